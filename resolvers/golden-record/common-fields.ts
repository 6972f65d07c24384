import { ID, Int } from 'type-graphql';
import { diffAttributes, type VersionRow } from '../../golden-records/read/index.js';
import { connectionType, FORWARD_ARGUMENTS, type PageArguments } from '../connection.js';
import type { Context } from '../context.js';
import { addFields, type Constructor, objectType, ResolverClass } from '../declare.js';
import { visibleAttributes, visibleDiff, visibleValue } from '../masks.js';
import { goldenId } from '../node-ids.js';
import { Decision } from '../operation/decision.type.js';
import { Operation } from '../operation/operation.type.js';
import type { GoldenRoot, SourceRoot } from '../roots.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';
import { SourceRecord } from '../source-record/source-record.type.js';
import { StewardTask } from '../steward-task/steward-task.type.js';
import {
  AttributeDiff,
  GoldenRecord,
  GoldenRecordState,
  PendingReference,
  ProvenanceRule,
} from './golden-record.type.js';
import { historyPage } from './history.js';

/** Why each attribute of a golden record has its value. */
export interface ProvenanceRoot {
  readonly record: GoldenRoot;
  readonly attribute: string;
  readonly source: SourceRoot | null;
  readonly sources: readonly SourceRoot[];
  readonly rule: string;
  readonly at: string;
  readonly provisional: boolean;
  readonly contested: boolean;
  readonly pending: readonly { entityType: string; system: string; scope: string; externalId: string }[];
  readonly decisionId: string | undefined;
}

export interface VersionRoot extends VersionRow {
  readonly record: GoldenRoot;
  readonly previous: VersionRow | null;
}

export const Provenance = objectType('Provenance', 'Why an attribute has its value.', {
  attribute: { type: () => String, nullable: false, description: 'Name of the attribute.' },
  value: { type: () => JsonScalar, description: 'The value itself, untyped.' },
  source: { type: () => SourceRecord, description: 'The source record that won; null when a steward said it.' },
  sources: {
    type: () => [SourceRecord],
    nullable: false,
    description: 'All source records that gave a part of the value.',
  },
  rule: { type: () => ProvenanceRule, nullable: false, description: 'Why it won.' },
  at: { type: () => DateTimeScalar, nullable: false, description: 'Since when the source says so.' },
  provisional: { type: () => Boolean, nullable: false, description: 'True until a system of record is linked.' },
  contested: { type: () => Boolean, nullable: false, description: 'True when another source says something else.' },
  pending: { type: () => [PendingReference], nullable: false, description: 'References to records not known yet.' },
  decision: { type: () => Decision, description: "The steward's override, where it is one." },
});

export const RecordVersion = objectType('RecordVersion', 'A golden record as it was for a while.', {
  version: { type: () => Int, nullable: false, description: 'Number of the version, from 1.' },
  state: { type: () => GoldenRecordState, nullable: false, description: 'State during this version.' },
  validFrom: { type: () => DateTimeScalar, nullable: false, description: 'When it began.' },
  validTo: { type: () => DateTimeScalar, description: 'When it ended; null while it is the current one.' },
  rulesVersion: { type: () => String, nullable: false, description: 'Version of the rules that made it.' },
  mergedIntoId: { type: () => ID, description: 'The record that answered for it, when it was merged.' },
  values: { type: () => JsonScalar, nullable: false, description: 'All attributes, untyped.' },
  operation: { type: () => Operation, description: 'The command that made it: who, why, when.' },
  diff: { type: () => [AttributeDiff], nullable: false, description: 'What it changed.' },
});

const versions = connectionType('RecordVersion', () => RecordVersion);

addFields(GoldenRecord, {
  mergedIds: {
    type: () => [ID],
    nullable: false,
    description: 'Ids that were merged into this one and answer with it.',
  },
  provenance: { type: () => [Provenance], nullable: false, description: 'Why each attribute has its value.' },
  crosswalk: {
    type: () => [SourceRecord],
    nullable: false,
    description: 'The linked source records, oldest link first.',
  },
  history: { type: () => versions.type, nullable: false, description: 'All versions, newest first.' },
  openTasks: { type: () => [StewardTask], nullable: false, description: 'Questions about it that wait for a person.' },
  decisions: { type: () => [Decision], nullable: false, description: 'What stewards decided about it, newest first.' },
});

/** How the fields of `GoldenRecord` are found. Loaders make one statement of each for a whole page. */
export const COMMON_RESOLVERS: readonly Constructor[] = [
  versions.resolver,
  new ResolverClass('GoldenRecordResolver', GoldenRecord)
    .field<GoldenRoot>('mergedIds', async ({ definition, uuid }, { loaders }) =>
      (await loaders.of(definition).mergedIds.load(uuid)).map((id) => goldenId(definition, id)),
    )
    .field<GoldenRoot, { attributes?: string[] | null }>(
      'provenance',
      (root, context, { attributes }) => provenanceOf(root, context, attributes ?? undefined),
      { arguments: [{ name: 'attributes', type: () => [String], description: 'Only these attributes.' }] },
    )
    .field<GoldenRoot>('crosswalk', (root, context) => crosswalkOf(root, context))
    .field<GoldenRoot, PageArguments>('history', (root, context, page) => historyPage(root, context, page), {
      arguments: FORWARD_ARGUMENTS,
    })
    .field<GoldenRoot>('openTasks', ({ uuid }, { loaders }) => loaders.openTasks.load(uuid))
    .field<GoldenRoot>('decisions', ({ definition, uuid }, { loaders }) => loaders.of(definition).decisions.load(uuid))
    .target,
  new ResolverClass('ProvenanceResolver', Provenance)
    .field<ProvenanceRoot>('value', ({ record, attribute }, context) =>
      visibleValue(context, record.definition, record.id, attribute, record.attributes[attribute] ?? null),
    )
    .field<ProvenanceRoot>('decision', ({ decisionId }, { loaders }) =>
      decisionId === undefined ? null : loaders.decision.load(decisionId),
    ).target,
  new ResolverClass('RecordVersionResolver', RecordVersion)
    .field<VersionRoot>('mergedIntoId', ({ mergedIntoId, record }) =>
      mergedIntoId === null ? null : goldenId(record.definition, mergedIntoId),
    )
    .field<VersionRoot>('values', ({ attributes, record }, context) =>
      visibleAttributes(context, record.definition, record.id, attributes),
    )
    .field<VersionRoot>('operation', ({ operationId }, { loaders }) => loaders.operation.load(operationId))
    .field<VersionRoot>('diff', ({ record, attributes, previous }, context) =>
      visibleDiff(
        context,
        record.definition,
        record.id,
        diffAttributes(record.definition, previous?.attributes ?? {}, attributes),
      ),
    ).target,
];

async function crosswalkOf({ definition, uuid, members }: GoldenRoot, { loaders }: Context): Promise<SourceRoot[]> {
  if (members === undefined) return loaders.of(definition).crosswalk.load(uuid);
  return present(await Promise.all(members.map((id) => loaders.sourceRecord.load(id))));
}

export async function provenanceOf(
  root: GoldenRoot,
  context: Context,
  attributes?: readonly string[],
): Promise<ProvenanceRoot[]> {
  const sources = new Map((await crosswalkOf(root, context)).map((source) => [source.uuid, source]));
  await addMissing(root, context, sources);
  return Object.keys(root.definition.attributes).flatMap((attribute) => {
    const stored = root.stored[attribute];
    if (stored === undefined || (attributes !== undefined && !attributes.includes(attribute))) return [];
    const source = stored.source === null ? null : (sources.get(stored.source) ?? null);
    return [
      {
        record: root,
        attribute,
        source,
        sources: stored.sources ? present(stored.sources.map((id) => sources.get(id))) : source ? [source] : [],
        rule: stored.rule,
        at: stored.at,
        provisional: stored.provisional === true,
        contested: stored.contested === true,
        pending: (stored.pending ?? []).map(({ id, ...rest }) => ({ ...rest, externalId: id })),
        decisionId: stored.decision,
      },
    ];
  });
}

/** Winners are linked records, but for the moment between a link's end and the recomputing of what it gave. */
async function addMissing(root: GoldenRoot, { loaders }: Context, sources: Map<string, SourceRoot>): Promise<void> {
  const missing = new Set<string>();
  for (const name in root.stored) {
    const stored = root.stored[name];
    if (typeof stored?.source === 'string' && !sources.has(stored.source)) missing.add(stored.source);
    for (const id of stored?.sources ?? []) if (!sources.has(id)) missing.add(id);
  }
  if (missing.size === 0) return;
  for (const source of present(await Promise.all([...missing].map((id) => loaders.sourceRecord.load(id)))))
    sources.set(source.uuid, source);
}

const present = <T>(values: readonly (T | null | undefined)[]): T[] =>
  values.filter((value): value is T => value !== null && value !== undefined);
