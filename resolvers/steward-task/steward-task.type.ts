import { Float, ID, Int, registerEnumType } from 'type-graphql';
import { isJsonObject, type Json } from '../../golden-records/index.js';
import type { ScoreRow } from '../../golden-records/read/index.js';
import { connectionType } from '../connection.js';
import type { Context } from '../context.js';
import { type Constructor, inputType, objectType, ResolverClass } from '../declare.js';
import { EntityType, GoldenRecord } from '../golden-record/golden-record.type.js';
import { visibleDetails } from '../masks.js';
import { Node } from '../node.type.js';
import { nodeId } from '../node-ids.js';
import { Operation } from '../operation/operation.type.js';
import type { GoldenRoot, SourceRoot, TaskRoot } from '../roots.js';
import { DateTimeScalar, DecimalScalar, JsonScalar } from '../scalars.js';
import { SourceRecord } from '../source-record/source-record.type.js';

export const TaskKind = {
  POSSIBLE_MATCH: 'POSSIBLE_MATCH',
  POSSIBLE_DUPLICATE: 'POSSIBLE_DUPLICATE',
  QUESTIONED_MERGE: 'QUESTIONED_MERGE',
  REJECTED_RECORD: 'REJECTED_RECORD',
  OWNERSHIP_CONFLICT: 'OWNERSHIP_CONFLICT',
  EXCEPTION: 'EXCEPTION',
  DEAD_LETTER: 'DEAD_LETTER',
  MASS_DELETE: 'MASS_DELETE',
  SCHEMA_DRIFT: 'SCHEMA_DRIFT',
  UNKNOWN_CODE: 'UNKNOWN_CODE',
  REPLACED_RECORD: 'REPLACED_RECORD',
} as const;
registerEnumType(TaskKind, {
  name: 'StewardTaskKind',
  description: 'What a person is asked.',
  valuesConfig: {
    POSSIBLE_MATCH: { description: 'Does this new record belong to that golden record?' },
    POSSIBLE_DUPLICATE: { description: 'Are these golden records the same thing?' },
    QUESTIONED_MERGE: { description: 'The evidence speaks against what is joined: does it stand?' },
    REJECTED_RECORD: { description: 'A record could not be taken: what is to be done?' },
    OWNERSHIP_CONFLICT: { description: 'A system says something of an attribute that another one owns.' },
    EXCEPTION: { description: 'Something went against the rules and needs a look.' },
    DEAD_LETTER: { description: 'Deliveries to a system failed for good: see deadLetters.' },
    MASS_DELETE: { description: 'A system lacks more records than a sweep may delete: are they gone?' },
    SCHEMA_DRIFT: { description: "A system's own schema changed under a mapping, which is paused." },
    UNKNOWN_CODE: { description: 'A code of a system that nobody has explained yet: see setCode.' },
    REPLACED_RECORD: {
      description: 'A system replaced a record by others, or merged it into another: does this one take its place?',
    },
  },
});

export const TaskState = { OPEN: 'OPEN', CLAIMED: 'CLAIMED', RESOLVED: 'RESOLVED', CLOSED: 'CLOSED' } as const;
registerEnumType(TaskState, {
  name: 'StewardTaskState',
  description: 'Where a question stands.',
  valuesConfig: {
    OPEN: { description: 'Waits for somebody.' },
    CLAIMED: { description: 'Somebody has it.' },
    RESOLVED: { description: 'Answered by a person.' },
    CLOSED: { description: 'Went away by itself.' },
  },
});

export const MatchOutcome = {
  MATCH: 'MATCH',
  POSSIBLE_MATCH: 'POSSIBLE_MATCH',
  NO_MATCH: 'NO_MATCH',
  KEPT: 'KEPT',
} as const;
registerEnumType(MatchOutcome, {
  name: 'MatchOutcome',
  description: 'What a comparison came to.',
  valuesConfig: {
    MATCH: { description: 'The same thing, as far as the matcher can say.' },
    POSSIBLE_MATCH: { description: 'Perhaps the same thing: a person is asked.' },
    NO_MATCH: { description: 'Two things, as far as the matcher can say. Not kept.' },
    KEPT: { description: 'Two things, as far as the matcher can say; linked, as the hub keeps them in agreement.' },
  },
});
const ComparisonLevel = { EQUAL: 'EQUAL', SIMILAR: 'SIMILAR', DIFFERENT: 'DIFFERENT', OVERALL: 'OVERALL' } as const;
registerEnumType(ComparisonLevel, {
  name: 'ComparisonLevel',
  description: 'How alike two values are.',
  valuesConfig: { OVERALL: { description: 'No comparison, but what holds for the pair as a whole.' } },
});

const MatchStep = objectType('MatchStep', 'One comparison, and what it adds to the weight.', {
  comparison: {
    type: () => String,
    nullable: false,
    description: 'What was compared, e.g. name, street, vat; or what holds for the pair as a whole, e.g. prior.',
  },
  level: { type: () => ComparisonLevel, nullable: false, description: 'How alike the values are.' },
  detail: { type: () => String, nullable: false, description: 'The same in words, e.g. one slip.' },
  weight: { type: () => Float, nullable: false, description: 'Log2 odds that it adds; below zero it speaks against.' },
  left: { type: () => String, nullable: false, description: 'Value of the left record, as it was compared.' },
  right: { type: () => String, nullable: false, description: 'Value of the right record, as it was compared.' },
});
export const MatchEvidence = objectType('MatchEvidence', 'Why two source records look alike.', {
  left: { type: () => SourceRecord, description: 'One record.' },
  right: { type: () => SourceRecord, description: 'The other.' },
  weight: {
    type: () => DecimalScalar,
    nullable: false,
    description: 'Log2 odds for the same thing: +10 is about 1000 : 1.',
  },
  outcome: { type: () => MatchOutcome, nullable: false, description: 'What it came to.' },
  waterfall: { type: () => [MatchStep], nullable: false, description: 'The weight, comparison by comparison.' },
  rulesVersion: { type: () => String, nullable: false, description: 'Version of the rules that compared them.' },
});

export const StewardTask: Constructor = objectType(
  'StewardTask',
  'A question for a person.',
  {
    id: { type: () => ID, nullable: false, description: 'Typed id, tsk_….' },
    kind: { type: () => TaskKind, nullable: false, description: 'What is asked.' },
    entityType: { type: () => EntityType, description: 'The type of records that it is about.' },
    state: { type: () => TaskState, nullable: false, description: 'Where it stands.' },
    priority: { type: () => Int, nullable: false, description: 'The higher, the sooner.' },
    goldenRecords: { type: () => [GoldenRecord], nullable: false, description: 'The golden records that it is about.' },
    sourceRecords: { type: () => [SourceRecord], nullable: false, description: 'The source records that it is about.' },
    details: {
      type: () => JsonScalar,
      nullable: false,
      description: 'Evidence by kind, e.g. the waterfall of a match weight.',
    },
    evidence: { type: () => MatchEvidence, description: 'Why the two records look alike, where that is the question.' },
    assignee: { type: () => String, description: 'Id of the key of whoever has it.' },
    createdAt: { type: () => DateTimeScalar, nullable: false, description: 'Since when it waits.' },
    dueAt: { type: () => DateTimeScalar, nullable: false, description: 'By when it should be answered.' },
    snoozedUntil: { type: () => DateTimeScalar, description: 'Put off until then.' },
    resolvedAt: { type: () => DateTimeScalar, description: 'When it was answered.' },
    resolvedBy: { type: () => String, description: 'Id of the key of whoever answered it.' },
    resolution: { type: () => JsonScalar, description: 'The answer.' },
    operation: { type: () => Operation, description: 'The command that raised it.' },
    correlationId: {
      type: () => String,
      nullable: false,
      description: 'Ties it to the request, the logs and the rest.',
    },
  },
  [Node],
);

export const taskConnection = connectionType('StewardTask', () => StewardTask);

export const StewardTaskFilter = inputType('StewardTaskFilter', 'Which tasks; all that is given holds.', {
  kind: { type: () => [TaskKind], description: 'Only these kinds.' },
  state: { type: () => [TaskState], description: 'Only these states. Default: OPEN and CLAIMED.' },
  entityType: { type: () => EntityType, description: 'Only about this type.' },
  assignee: { type: () => String, description: 'Only those of this key.' },
  unassigned: { type: () => Boolean, description: 'Only those that nobody has.' },
  goldenId: { type: () => ID, description: 'Only those about this golden record.' },
  snoozed: { type: () => Boolean, description: 'Also those that are put off now. Default: no.' },
});

export const TASK_RESOLVERS: readonly Constructor[] = [
  taskConnection.resolver,
  new ResolverClass('StewardTaskResolver', StewardTask)
    .field<TaskRoot>('goldenRecords', goldenRecordsOf)
    .field<TaskRoot>('sourceRecords', async ({ sourceIds }, { loaders }) => {
      const found = await Promise.all((sourceIds ?? []).map((id) => loaders.sourceRecord.load(id)));
      return found.filter((source): source is SourceRoot => source !== null);
    })
    .field<TaskRoot>('evidence', evidenceOf)
    .field<TaskRoot>('details', ({ entityType, details, id }, context) =>
      visibleDetails(context, definitionOf(context, entityType), id, details),
    )
    .field<TaskRoot>('resolution', ({ entityType, resolution, id }, context) =>
      visibleDetails(context, definitionOf(context, entityType), id, resolution),
    )
    .field<TaskRoot>('operation', ({ operationId }, { loaders }) => loaders.operation.load(operationId)).target,
  new ResolverClass('MatchEvidenceResolver', MatchEvidence)
    .field<ScoreRow>('left', ({ leftId }, { loaders }) => loaders.sourceRecord.load(leftId))
    .field<ScoreRow>('right', ({ rightId }, { loaders }) => loaders.sourceRecord.load(rightId))
    .field<ScoreRow>('waterfall', ({ entityType, leftId, waterfall }, context) =>
      visibleDetails(
        context,
        definitionOf(context, entityType),
        nodeId('SourceRecord', leftId),
        waterfall as unknown as Json,
      ),
    ).target,
];

function evidenceOf({ entityType, details }: TaskRoot, { loaders }: Context) {
  if (entityType === null || !isJsonObject(details)) return null;
  const { left, right } = details;
  return typeof left === 'string' && typeof right === 'string' ? loaders.score.load({ entityType, left, right }) : null;
}

const definitionOf = ({ db }: Context, entityType: string | null) => db.model.entityTypes.get(entityType ?? '');

/** Merged ids answer with their survivors, each named once. */
export async function goldenRecordsOf({ entityType, goldenIds }: TaskRoot, context: Context): Promise<GoldenRoot[]> {
  const definition = definitionOf(context, entityType);
  if (!definition) return [];
  const found = await Promise.all((goldenIds ?? []).map((id) => context.loaders.of(definition).golden.load(id)));
  const byId = new Map(found.flatMap((record) => (record === null ? [] : [[record.uuid, record] as const])));
  return [...byId.values()];
}
