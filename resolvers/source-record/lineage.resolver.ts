import { ID } from 'type-graphql';
import { InvalidInput, sameJson } from '../../golden-records/index.js';
import type { VersionRow } from '../../golden-records/read/index.js';
import { waysOut } from '../../sources/index.js';
import type { Context } from '../context.js';
import { type Constructor, objectType, ResolverClass } from '../declare.js';
import { Provenance, type ProvenanceRoot, provenanceOf } from '../golden-record/common-fields.js';
import { GoldenRecord } from '../golden-record/golden-record.type.js';
import { visibleValue } from '../masks.js';
import { parseGoldenId } from '../node-ids.js';
import { Operation } from '../operation/operation.type.js';
import type { GoldenRoot, SourceRoot } from '../roots.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';
import { LineageDelivery, wayOutRoot } from '../sync/sync.type.js';
import { InboxEvent, type InboxRoot, SourceRecord } from './source-record.type.js';

interface ContributionRoot {
  readonly record: GoldenRoot;
  readonly attribute: string;
  readonly sourceRecord: SourceRoot;
}
interface LineageRoot {
  readonly record: GoldenRoot;
  readonly attribute: string;
  readonly provenance: ProvenanceRoot | null;
  readonly since: VersionRow | null;
}

const Contribution = objectType(
  'LineageContribution',
  'What one source record says of an attribute, and how it came.',
  {
    sourceRecord: { type: () => SourceRecord, nullable: false, description: 'The source record.' },
    won: { type: () => Boolean, nullable: false, description: 'Did the value, or a part of it, come from here?' },
    value: { type: () => JsonScalar, description: 'What it says, normalised.' },
    inboxEvents: {
      type: () => [InboxEvent],
      nullable: false,
      description: 'What arrived for it, newest first, at most 20.',
    },
  },
);

const Lineage = objectType('Lineage', 'The whole way of a value: what arrived, the golden record, what went out.', {
  record: { type: () => GoldenRecord, nullable: false, description: 'The golden record.' },
  attribute: { type: () => String, nullable: false, description: 'Name of the attribute.' },
  value: { type: () => JsonScalar, description: 'Its golden value.' },
  provenance: { type: () => Provenance, description: 'Why it has this value.' },
  since: {
    type: () => DateTimeScalar,
    description: 'Since when the golden record has it, within the last 100 versions.',
  },
  operation: { type: () => Operation, description: 'The command that brought it.' },
  contributions: { type: () => [Contribution], nullable: false, description: 'What each linked source record says.' },
  deliveries: {
    type: () => [LineageDelivery],
    description: 'Where the value goes out to, and what was written there.',
  },
});

export const LINEAGE_RESOLVERS: readonly Constructor[] = [
  new ResolverClass('LineageQueries').query<{ id: string; attribute: string }>(
    'lineage',
    {
      type: () => Lineage,
      needs: 'readGolden',
      description:
        'The way of a value: source records, arrivals, rule, command, and what was written to other systems.',
      arguments: [
        { name: 'id', type: () => ID, nullable: false, description: 'Canonical id of the golden record.' },
        { name: 'attribute', type: () => String, nullable: false, description: 'Name of the attribute.' },
      ],
    },
    (_, context, { id, attribute }) => lineage(context, id, attribute),
  ).target,
  new ResolverClass('LineageResolver', Lineage)
    .field<LineageRoot>('value', ({ record, attribute }, context) =>
      visibleValue(context, record.definition, record.id, attribute, record.attributes[attribute] ?? null),
    )
    .field<LineageRoot>('since', ({ since }) => since?.validFrom ?? null)
    .field<LineageRoot>('operation', ({ since }, { loaders }) =>
      since ? loaders.operation.load(since.operationId) : null,
    )
    .field<LineageRoot>('contributions', async ({ record, attribute, provenance }, { loaders }) => {
      const winners = new Set(provenance?.sources.map(({ uuid }) => uuid));
      const sources = await loaders.of(record.definition).crosswalk.load(record.uuid);
      return sources.map((sourceRecord) => ({ record, attribute, sourceRecord, won: winners.has(sourceRecord.uuid) }));
    })
    .field<LineageRoot>(
      'deliveries',
      async ({ record: { definition, uuid }, attribute }, context) => {
        const ways = await waysOut(context.db, definition.code, uuid, attribute);
        return ways.map((way) => wayOutRoot(context, definition, attribute, way));
      },
      { needs: 'readSync' },
    ).target,
  new ResolverClass('LineageContributionResolver', Contribution)
    .field<ContributionRoot>('value', async ({ record, attribute, sourceRecord }, context) => {
      const values = await context.loaders.sourceValues.load(sourceRecord.uuid);
      return visibleValue(context, record.definition, record.id, attribute, values?.attributes[attribute] ?? null);
    })
    .field<ContributionRoot>('inboxEvents', async ({ sourceRecord: record }, { loaders }): Promise<InboxRoot[]> => {
      const { entityType, system, scope, externalId } = record;
      const rows = await loaders.inboxEvents.load({ entityType, system, scope, externalId });
      return rows.map((row) => ({ ...row, record }));
    }).target,
];

async function lineage(context: Context, publicId: string, attribute: string): Promise<LineageRoot | null> {
  const { entityType, id } = parseGoldenId(context.db.model, publicId, undefined, 'id');
  const definition = context.db.model.entityTypes.get(entityType);
  if (!definition || !Object.hasOwn(definition.attributes, attribute))
    throw new InvalidInput('UNKNOWN_ATTRIBUTE', `${entityType} has no attribute ${attribute.slice(0, 80)}`, {
      field: 'attribute',
    });
  const record = await context.loaders.of(definition).golden.load(id);
  if (!record) return null;
  const [provenance, since] = await Promise.all([
    provenanceOf(record, context, [attribute]),
    beginning(record, attribute, context),
  ]);
  return { record, attribute, provenance: provenance[0] ?? null, since };
}

const MOST_VERSIONS = 100;

/** The oldest version since which the attribute has not changed. */
async function beginning(record: GoldenRoot, attribute: string, { loaders }: Context): Promise<VersionRow | null> {
  const page = { goldenId: record.uuid, before: record.version + 1, limit: MOST_VERSIONS };
  const versions = await loaders.of(record.definition).history.load(page);
  const now = record.attributes[attribute];
  const changed = versions.findIndex((version) => !sameJson(version.attributes[attribute] ?? null, now ?? null));
  return (changed === -1 ? versions.at(-1) : versions[changed - 1]) ?? null;
}
