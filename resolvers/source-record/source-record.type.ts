import { ID, registerEnumType } from 'type-graphql';
import type { EntityTypeDefinition } from '../../golden-records/index.js';
import type { InboxRow } from '../../golden-records/read/index.js';
import type { Context } from '../context.js';
import { type Constructor, objectType, ResolverClass } from '../declare.js';
import { EntityType, GoldenRecord } from '../golden-record/golden-record.type.js';
import { visibleAttributes, visibleDetails, visiblePayload } from '../masks.js';
import { Node } from '../node.type.js';
import { Operation } from '../operation/operation.type.js';
import type { SourceRoot } from '../roots.js';
import { DateTimeScalar, DecimalScalar, JsonScalar } from '../scalars.js';

const SourceRecordState = { ACTIVE: 'ACTIVE', DELETED: 'DELETED', HELD: 'HELD' } as const;
registerEnumType(SourceRecordState, {
  name: 'SourceRecordState',
  description: 'Whether a source record counts.',
  valuesConfig: {
    ACTIVE: { description: 'Counts.' },
    DELETED: { description: 'Deleted at the source: keeps its link, gives no values.' },
    HELD: { description: 'Held back with a reason; has no golden record.' },
  },
});

const LinkKind = { AUTO: 'AUTO', MANUAL: 'MANUAL' } as const;
registerEnumType(LinkKind, { name: 'LinkKind', description: 'Who linked a source record: the matcher or a person.' });

const InboxOutcome = { APPLIED: 'APPLIED', STALE: 'STALE', REJECTED: 'REJECTED' } as const;
registerEnumType(InboxOutcome, {
  name: 'InboxOutcome',
  description: 'What became of something that arrived.',
  valuesConfig: {
    APPLIED: { description: 'Taken over.' },
    STALE: { description: 'Older than what was applied already; kept, not applied.' },
    REJECTED: { description: 'Held back, with a reason.' },
  },
});

const AttributeValue = objectType('AttributeValue', 'What a source record says of one attribute.', {
  attribute: { type: () => String, nullable: false, description: 'Name of the attribute.' },
  value: { type: () => JsonScalar, description: 'Normalised value; null means that the source says: empty.' },
  at: { type: () => DateTimeScalar, nullable: false, description: 'Since when the source says so.' },
});

export const InboxEvent = objectType('InboxEvent', 'Something that arrived, as it came.', {
  receivedAt: { type: () => DateTimeScalar, nullable: false, description: 'When it arrived.' },
  sourceTime: { type: () => DateTimeScalar, description: 'When the source says that it happened.' },
  deleted: { type: () => Boolean, nullable: false, description: 'Did it report a deletion?' },
  outcome: { type: () => InboxOutcome, nullable: false, description: 'What became of it.' },
  reason: { type: () => JsonScalar, description: 'Why it was held back.' },
  contentHash: { type: () => String, nullable: false, description: 'Equal for equal content.' },
  correlationId: {
    type: () => String,
    nullable: false,
    description: 'Ties it to the pull or request that brought it.',
  },
  operation: { type: () => Operation, description: 'The command that took it in.' },
  payload: { type: () => JsonScalar, description: 'The payload as it came. For stewards, integrators and auditors.' },
});

export const SourceRecord: Constructor = objectType(
  'SourceRecord',
  'One record as a system holds it, with its link in the crosswalk.',
  {
    id: { type: () => ID, nullable: false, description: 'Typed id, src_….' },
    entityType: { type: () => EntityType, nullable: false, description: 'What it describes.' },
    system: { type: () => String, nullable: false, description: 'Code of the system.' },
    scope: { type: () => String, nullable: false, description: 'Database or company of the system.' },
    externalId: { type: () => String, nullable: false, description: "The system's own id." },
    state: { type: () => SourceRecordState, nullable: false, description: 'Whether it counts.' },
    linkKind: { type: () => LinkKind, description: 'Who linked it.' },
    matchWeight: { type: () => DecimalScalar, description: 'Log2 odds with which the matcher linked it.' },
    linkedAt: { type: () => DateTimeScalar, description: 'Since when it is linked.' },
    sourceTime: { type: () => DateTimeScalar, nullable: false, description: 'When the source last changed it.' },
    firstSeenAt: { type: () => DateTimeScalar, nullable: false, description: 'When it arrived for the first time.' },
    changedAt: { type: () => DateTimeScalar, nullable: false, description: 'When the hub last took a change of it.' },
    goldenRecord: { type: () => GoldenRecord, description: 'The golden record that it is linked to.' },
    attributes: { type: () => [AttributeValue], nullable: false, description: 'What it says, mapped and normalised.' },
    issues: {
      type: () => JsonScalar,
      nullable: false,
      description: 'Values that were held back: attribute, expected, found.',
    },
    heldReason: { type: () => JsonScalar, description: 'Why the whole record is held back.' },
    mappingVersion: { type: () => String, nullable: false, description: 'Version of the mapping that read it.' },
    payload: { type: () => JsonScalar, description: 'The payload as it came. For stewards, integrators and auditors.' },
    inboxEvents: {
      type: () => [InboxEvent],
      nullable: false,
      description: 'What arrived for it, newest first, at most 20.',
    },
  },
  [Node],
);

const definitionOf = (context: Context, { entityType }: { entityType: string }): EntityTypeDefinition => {
  const definition = context.db.model.entityTypes.get(entityType);
  if (!definition) throw new Error(`source record of the unknown entity type ${entityType}`);
  return definition;
};

async function valuesOf(root: SourceRoot, { loaders }: Context) {
  const values = await loaders.sourceValues.load(root.uuid);
  if (!values) throw new Error(`source record ${root.uuid} is gone`);
  return values;
}

async function attributesOf(root: SourceRoot, context: Context) {
  const { attributes, attributeTimes } = await valuesOf(root, context);
  const visible = visibleAttributes(context, definitionOf(context, root), root.id, attributes);
  return Object.entries(visible).map(([attribute, value]) => ({
    attribute,
    value,
    at: attributeTimes[attribute] ?? root.sourceTime,
  }));
}

export interface InboxRoot extends InboxRow {
  readonly record: SourceRoot;
}

export const SOURCE_RECORD_RESOLVERS: readonly Constructor[] = [
  new ResolverClass('SourceRecordResolver', SourceRecord)
    .field<SourceRoot>('goldenRecord', (root, context) =>
      root.goldenId === null ? null : context.loaders.of(definitionOf(context, root)).golden.load(root.goldenId),
    )
    .field<SourceRoot>('attributes', attributesOf)
    .field<SourceRoot>('issues', async (root, context) =>
      visibleDetails(context, definitionOf(context, root), root.id, (await valuesOf(root, context)).issues),
    )
    .field<SourceRoot>('heldReason', async (root, context) =>
      visibleDetails(context, definitionOf(context, root), root.id, (await valuesOf(root, context)).heldReason),
    )
    .field<SourceRoot>('mappingVersion', async (root, context) => (await valuesOf(root, context)).mappingVersion)
    .field<SourceRoot>(
      'payload',
      async (root, context) => {
        const values = await valuesOf(root, context);
        return visiblePayload(context, definitionOf(context, root), root.id, values.payload, values);
      },
      { needs: 'readPayload' },
    )
    .field<SourceRoot>('inboxEvents', async (record, { loaders }) => {
      const { entityType, system, scope, externalId } = record;
      const rows = await loaders.inboxEvents.load({ entityType, system, scope, externalId });
      return rows.map((row) => ({ ...row, record }));
    }).target,
  new ResolverClass('InboxEventResolver', InboxEvent)
    .field<InboxRoot>('operation', ({ operationId }, { loaders }) => loaders.operation.load(operationId))
    .field<InboxRoot>('reason', ({ record, reason }, context) =>
      visibleDetails(context, definitionOf(context, record), record.id, reason),
    )
    .field<InboxRoot>(
      'payload',
      async ({ record, payload }, context) => {
        const values = await valuesOf(record, context);
        // What arrived earlier may say what the record no longer says: only the masked reading is safe for it.
        const read = { ...values, heldReason: 'earlier' };
        return visiblePayload(context, definitionOf(context, record), record.id, payload, read);
      },
      { needs: 'readPayload' },
    ).target,
];
