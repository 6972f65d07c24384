import { ID, Int } from 'type-graphql';
import {
  type EntityTypeDefinition,
  explainPair,
  InvalidInput,
  isJsonObject,
  type Json,
  type MatchCandidate as Candidate,
  matchCandidates,
  NotFound,
  parameterSets,
  rulesVersionFor,
  type StoredParameterSet,
} from '../../golden-records/index.js';
import {
  countDuplicates,
  type DuplicateRow,
  listDuplicates,
  matchStatistics,
  type ScoreRow,
} from '../../golden-records/read/index.js';
import { connection, PAGE_ARGUMENTS, type PageArguments, pageRequest } from '../connection.js';
import type { Context } from '../context.js';
import { type ArgumentDeclaration, type Constructor, ResolverClass } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { nodeTypeOf, parseGoldenId, parseNodeId } from '../node-ids.js';
import { typeOf } from '../operation/payload.type.js';
import { taskRoot } from '../roots.js';
import { goldenRecordsOf, MatchEvidence } from '../steward-task/steward-task.type.js';
import {
  duplicateConnection,
  MatchCandidate,
  MatchParameters,
  MatchStatistics,
  MatchSubjectInput,
  PossibleDuplicate,
} from './matching.type.js';

const TYPE: ArgumentDeclaration = {
  name: 'entityType',
  type: () => EntityType,
  nullable: false,
  description: 'Records of this type.',
};
const MOST_MEMBERS = 20;

/** A record by its id, as the source records that it stands for. */
async function membersOf(
  context: Context,
  id: string,
  field: string,
): Promise<{ definition: EntityTypeDefinition; ids: string[] }> {
  if (nodeTypeOf(id) === 'SourceRecord') {
    const source = await context.loaders.sourceRecord.load(parseNodeId('SourceRecord', id, field));
    if (!source) throw new NotFound('NOT_FOUND', `no source record ${id}`, { field });
    return { definition: typeOf(context, source.entityType), ids: [source.uuid] };
  }
  const parsed = parseGoldenId(context.db.model, id, undefined, field);
  const definition = typeOf(context, parsed.entityType);
  const golden = await context.loaders.of(definition).golden.load(parsed.id);
  const sources = golden ? await context.loaders.of(definition).crosswalk.load(golden.uuid) : [];
  if (sources.length === 0) throw new NotFound('NOT_FOUND', `no golden record ${id} with source records`, { field });
  return { definition, ids: sources.slice(0, MOST_MEMBERS).map(({ uuid }) => uuid) };
}

interface CandidateRoot extends Candidate {
  readonly definition: EntityTypeDefinition;
}

const evidenceRoot = (
  context: Context,
  definition: EntityTypeDefinition,
  { left, right, weight, outcome, waterfall }: Pick<Candidate, 'left' | 'right' | 'weight' | 'outcome' | 'waterfall'>,
): ScoreRow => ({
  entityType: definition.code,
  leftId: left,
  rightId: right,
  weight: weight.toFixed(3),
  outcome,
  waterfall,
  rulesVersion: rulesVersionFor(context.db, definition.code),
});

interface SubjectInput {
  id?: string | null;
  entityType?: string | null;
  attributes?: Json;
}

async function candidatesOf(context: Context, record: SubjectInput, first: number): Promise<CandidateRoot[]> {
  const { definition, subject } = await subjectOf(context, record);
  const found = await matchCandidates(context.db, definition, subject, first);
  return found.map((candidate) => ({ ...candidate, definition }));
}

async function subjectOf(context: Context, { id, entityType, attributes }: SubjectInput) {
  if (id && (entityType || attributes))
    throw new InvalidInput('INVALID_INPUT', 'give `id`, or `entityType` with `attributes`, not both', {
      field: 'record',
    });
  if (id) {
    const { definition, ids } = await membersOf(context, id, 'record.id');
    return { definition, subject: { sourceIds: ids } };
  }
  if (!entityType || attributes === undefined || attributes === null || !isJsonObject(attributes))
    throw new InvalidInput('INVALID_INPUT', 'give `id`, or `entityType` with `attributes` as an object', {
      field: 'record',
    });
  return { definition: typeOf(context, entityType), subject: { attributes } };
}

interface ParametersRoot extends Omit<StoredParameterSet, 'parameters'> {
  readonly comparisons: Json;
  readonly createdBy: string | null;
}
export const parametersRoot = ({ parameters, ...set }: StoredParameterSet): ParametersRoot => ({
  ...set,
  comparisons: parameters?.comparisons ?? [],
  createdBy: set.createdByName,
});

export const MATCHING_RESOLVERS: readonly Constructor[] = [
  duplicateConnection.resolver,
  new ResolverClass('MatchingQueries')
    .query<{ record: SubjectInput; first?: number | null }>(
      'matchCandidates',
      {
        type: () => [MatchCandidate],
        nullable: false,
        needs: 'readGolden',
        description: 'The golden records that a record resembles most, compared now. Nothing is stored.',
        arguments: [
          { name: 'record', type: () => MatchSubjectInput, nullable: false, description: 'The record.' },
          { name: 'first', type: () => Int, description: 'At most so many: 1 to 100, 20 when nothing is said.' },
        ],
      },
      (_, context, { record, first }) => candidatesOf(context, record, first ?? 20),
    )
    .query<{ left: string; right: string }>(
      'matchExplanation',
      {
        type: () => MatchEvidence,
        nullable: false,
        needs: 'readGolden',
        description:
          'Two records compared now, comparison by comparison; of golden records, their best pair of source records.',
        arguments: [
          { name: 'left', type: () => ID, nullable: false, description: 'A golden record or a source record.' },
          { name: 'right', type: () => ID, nullable: false, description: 'The other, of the same type.' },
        ],
      },
      async (_, context, { left, right }) => {
        const [ours, theirs] = [await membersOf(context, left, 'left'), await membersOf(context, right, 'right')];
        if (ours.definition !== theirs.definition)
          throw new InvalidInput('INVALID_INPUT', 'records of two types are never compared', { field: 'right' });
        const score = await explainPair(context.db, ours.definition, ours.ids, theirs.ids);
        return evidenceRoot(context, ours.definition, score);
      },
    )
    .query<PageArguments & { entityType: string }>(
      'possibleDuplicates',
      {
        type: () => duplicateConnection.type,
        nullable: false,
        needs: 'readGolden',
        description: 'Pairs of golden records of which a person is asked whether they are the same, weightiest first.',
        arguments: [TYPE, ...PAGE_ARGUMENTS],
      },
      async (_, { db }, { entityType, ...page }) => {
        const query = { ...pageRequest(page), entityType };
        return connection(await listDuplicates(db, query), duplicateRoot, () => countDuplicates(db, query));
      },
    )
    .query<{ entityType: string }>(
      'matchParameters',
      {
        type: () => [MatchParameters],
        nullable: false,
        needs: 'readGolden',
        description: 'The parameter sets of a type, the newest first; one of them is ACTIVE.',
        arguments: [TYPE],
      },
      async (_, { db }, { entityType }) => (await parameterSets(db, entityType)).map(parametersRoot),
    )
    .query<{ entityType: string }>(
      'matchStatistics',
      {
        type: () => MatchStatistics,
        nullable: false,
        needs: 'readGolden',
        description: 'How matching of a type stands, counted now: over a million records that takes some seconds.',
        arguments: [TYPE],
      },
      async (_, { db }, { entityType }) => {
        const { version, thresholds } = db.parameters.for(entityType);
        const counts = await matchStatistics(db, entityType, thresholds.keyCap);
        const share = (count: number) => (counts.sourceRecords === 0 ? 0 : count / counts.sourceRecords);
        return {
          ...counts,
          parametersVersion: version,
          autoRate: share(counts.linked),
          reviewRate: share(counts.inDoubt),
          newRate: share(counts.alone),
        };
      },
    ).target,
  new ResolverClass('MatchCandidateResolver', MatchCandidate)
    .field<CandidateRoot>('goldenRecord', ({ definition, goldenId }, { loaders }) =>
      loaders.of(definition).golden.load(goldenId),
    )
    .field<CandidateRoot>('evidence', (root, context) => evidenceRoot(context, root.definition, root)).target,
  new ResolverClass('PossibleDuplicateResolver', PossibleDuplicate)
    .field<DuplicateRoot>('goldenRecords', ({ task }, context) => goldenRecordsOf(task, context))
    .field<DuplicateRoot>('evidence', ({ task }, { loaders }) => {
      const { left, right } = isJsonObject(task.details) ? task.details : {};
      return typeof left === 'string' && typeof right === 'string' && task.entityType !== null
        ? loaders.score.load({ entityType: task.entityType, left, right })
        : null;
    }).target,
];

const duplicateRoot = ({ weight, ...task }: DuplicateRow) => ({ weight, task: taskRoot(task) });
type DuplicateRoot = ReturnType<typeof duplicateRoot>;
