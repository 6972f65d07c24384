import { Float, ID, Int } from 'type-graphql';
import { TypeID } from 'typeid-js';
import { type EntityTypeDefinition, InvalidInput } from '../../golden-records/index.js';
import {
  type AttemptRow,
  type AttributeWrite,
  attemptsOf,
  DELIVERY_STATES,
  type DeliveryRow,
  maskedChange,
  maskedWrite,
  PLACES,
  type WayOut,
} from '../../sources/index.js';
import { connectionType } from '../connection.js';
import type { Context } from '../context.js';
import { type Constructor, enumType, inputType, objectType, ResolverClass } from '../declare.js';
import { EntityType, GoldenRecord } from '../golden-record/golden-record.type.js';
import { encodeId, goldenId } from '../node-ids.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';

const SyncTier = enumType('SyncTier', 'How fresh a stream is kept.', ['EVENT_CRITICAL', 'OPERATIONAL', 'PERIODIC']);
const SyncStreamState = enumType('SyncStreamState', 'How a stream stands.', [
  'RUNNING',
  'LOADING',
  'FAILING',
  'PAUSED',
  'DRIFTED',
]);
const BreakerState = enumType('BreakerState', 'Is a system called? OPEN: not until it may be tried again.', [
  'CLOSED',
  'OPEN',
  'HALF_OPEN',
]);
export const DeliveryStateEnum = enumType('DeliveryState', 'Where a delivery stands.', DELIVERY_STATES);
export const PlaceEnum = enumType('FailurePlace', 'Where something went wrong: whose it is.', PLACES);
const LaneEnum = enumType('SyncLane', 'LIVE is what changes now; BACKFILL is bulk, which never delays the other.', [
  'LIVE',
  'BACKFILL',
]);

const SyncError = objectType('SyncError', 'What went wrong. Explained in docs/errors.md.', {
  code: { type: () => String, nullable: false, description: 'For programs.' },
  message: { type: () => String, nullable: false, description: 'For people.' },
});

const SyncStreamStatus = objectType('SyncStreamStatus', 'One stream of a synchronised system.', {
  name: { type: () => String, nullable: false, description: 'system/scope/stream: what the other commands call it.' },
  system: { type: () => String, nullable: false, description: 'Code of the system.' },
  scope: { type: () => String, nullable: false, description: 'Code of the scope.' },
  entityType: { type: () => EntityType, nullable: false, description: 'What it brings.' },
  tier: { type: () => SyncTier, nullable: false, description: 'How fresh it is kept.' },
  state: { type: () => SyncStreamState, nullable: false, description: 'How it stands.' },
  writes: { type: () => Boolean, nullable: false, description: 'Does the hub write there too?' },
  lagMs: { type: () => Float, description: 'How old what is here may be; null before the first pull.' },
  cursor: { type: () => DateTimeScalar, description: "All before this, by the system's clock, has arrived." },
  loadedUpTo: { type: () => String, description: 'Id that the first load has reached; null when it is over.' },
  loaded: { type: () => Float, description: 'Records that the first load has brought; null when it is over.' },
  toLoad: { type: () => Float, description: 'How many there were when it began; null: unknown, or it is over.' },
  records: { type: () => Float, nullable: false, description: 'Records that it has brought, repeats too.' },
  recordsPerSecond: { type: () => Float, nullable: false, description: 'How fast it brings them, of late.' },
  failures: { type: () => Int, nullable: false, description: 'Failures in a row.' },
  lastError: { type: () => SyncError, description: 'What the last failure was, while it lasts.' },
  lastErrorAt: { type: () => DateTimeScalar, description: 'When it last failed.' },
  lastPullAt: { type: () => DateTimeScalar, description: 'When it last worked.' },
  lastSweepAt: { type: () => DateTimeScalar, description: 'When all its ids were last compared.' },
  pausedBy: { type: () => String, description: 'Who paused it, or its system.' },
  pauseReason: { type: () => String, description: 'Why it is paused.' },
  drift: { type: () => JsonScalar, description: "Fields of the system's schema that are not what the mapping knew." },
});

const SyncTargetStatus = objectType('SyncTargetStatus', 'The way out to one system.', {
  system: { type: () => String, nullable: false, description: 'Code of the system.' },
  breaker: { type: () => BreakerState, nullable: false, description: 'Is it called?' },
  retryAt: { type: () => DateTimeScalar, description: 'When it may be tried again.' },
  lastError: { type: () => SyncError, description: 'Why it could not be reached the last time.' },
  lastErrorAt: { type: () => DateTimeScalar, description: 'When that was.' },
  queued: { type: () => Int, nullable: false, description: 'Deliveries of what changes now.' },
  queuedInBulk: { type: () => Int, nullable: false, description: 'Deliveries of bulk.' },
  inFlight: { type: () => Int, nullable: false, description: 'Under way just now.' },
  waiting: { type: () => Int, nullable: false, description: 'Wait for a parent, a sweep or the first load.' },
  oldestMs: { type: () => Float, description: 'How long the oldest has been queued.' },
  dead: { type: () => Int, nullable: false, description: 'Dead letters, which wait for a person.' },
  pausedBy: { type: () => String, description: 'Who paused the whole system.' },
  pauseReason: { type: () => String, description: 'Why it is paused.' },
  callsPerSecond: { type: () => Float, description: 'Calls that it bears; null: as many as there are.' },
});

export const SyncStatusType = objectType('SyncStatus', 'Is everything flowing; if not, where is it stuck?', {
  at: { type: () => DateTimeScalar, nullable: false, description: 'As of when.' },
  streams: { type: () => [SyncStreamStatus], nullable: false, description: 'What comes in.' },
  targets: { type: () => [SyncTargetStatus], nullable: false, description: 'What goes out.' },
});

const WRITE_FIELDS = {
  id: { type: () => ID, nullable: false, description: 'Typed id, att_….' },
  number: { type: () => Int, nullable: false, description: 'Which try it was.' },
  action: {
    type: () => String,
    nullable: false,
    description: 'CREATE, UPDATE, or NONE where nothing could be sent.',
  },
  externalId: { type: () => String, description: 'The record there.' },
  result: { type: () => String, nullable: false, description: 'SENT, WRITTEN, CONFIRMED, REFUSED or UNKNOWN.' },
  place: { type: () => PlaceEnum, description: 'Where it failed.' },
  error: { type: () => SyncError, description: 'Why it failed.' },
  correlationId: { type: () => String, nullable: false, description: 'Of the change that it delivered.' },
  startedAt: { type: () => DateTimeScalar, nullable: false, description: 'When it was sent.' },
  finishedAt: { type: () => DateTimeScalar, description: 'When its outcome was known.' },
} as const;
const CHANGE_FIELDS = {
  before: { type: () => JsonScalar, description: "The system's fields before; null for a new record." },
  after: { type: () => JsonScalar, description: 'The fields as they were sent.' },
  why: {
    type: () => String,
    nullable: false,
    description: 'OURS moved, THEIRS is corrected, BOTH moved, FIRST meeting, KEPT by a person, CREATED, STATE.',
  },
} as const;

const AttemptChange = objectType('DeliveryChange', 'What an attempt did to one attribute.', {
  attribute: {
    type: () => String,
    nullable: false,
    description: 'The golden attribute; $state for the record itself.',
  },
  ...CHANGE_FIELDS,
});

export const DeliveryAttempt = objectType(
  'DeliveryAttempt',
  'One write to a system: before, after, why, what came of it.',
  {
    ...WRITE_FIELDS,
    changes: {
      type: () => [AttemptChange],
      nullable: false,
      description: 'By attribute. Sensitive values are masked.',
    },
    record: { type: () => GoldenRecord, description: 'The golden record.' },
  },
);

export const DeliveryType: Constructor = objectType(
  'Delivery',
  'The way of one golden record to one record of a system.',
  {
    id: { type: () => ID, nullable: false, description: 'Typed id, dlv_…; that of its link.' },
    system: { type: () => String, nullable: false, description: 'Code of the system.' },
    scope: { type: () => String, nullable: false, description: 'Code of the scope.' },
    entityType: { type: () => EntityType, nullable: false, description: 'Type of the record.' },
    record: { type: () => GoldenRecord, description: 'The golden record.' },
    externalId: { type: () => String, description: 'The record there; null while there is none.' },
    lane: { type: () => LaneEnum, nullable: false, description: 'What changes now, or bulk.' },
    state: { type: () => DeliveryStateEnum, nullable: false, description: 'Where it stands.' },
    attempts: { type: () => Int, nullable: false, description: 'Failures since it was queued.' },
    superseded: { type: () => Int, nullable: false, description: 'Changes that a newer one made unnecessary.' },
    queuedAt: { type: () => DateTimeScalar, nullable: false, description: 'Since when.' },
    dueAt: { type: () => DateTimeScalar, nullable: false, description: 'When it is tried.' },
    waitsFor: {
      type: () => String,
      description:
        'A record that it refers to (golden:…), a sweep, or the first load. DONE: the rest is written once that record is there.',
    },
    place: { type: () => PlaceEnum, description: 'Where it failed.' },
    error: { type: () => SyncError, description: 'Why it failed.' },
    reason: { type: () => String, description: 'Why it was given up.' },
    finishedAt: { type: () => DateTimeScalar, description: 'When it was done, or dead.' },
    correlationId: { type: () => String, nullable: false, description: 'Of the change that queued it.' },
    history: {
      type: () => [DeliveryAttempt],
      nullable: false,
      description: 'What was tried, newest first, at most 50.',
    },
  },
);

const LineageWrite = objectType('LineageWrite', 'One write of an attribute to a system. Sensitive values are masked.', {
  ...WRITE_FIELDS,
  ...CHANGE_FIELDS,
});
export const LineageDelivery = objectType(
  'LineageDelivery',
  'Where an attribute goes out to, and what was written there.',
  {
    delivery: { type: () => DeliveryType, nullable: false, description: 'The way to that system, and how it stands.' },
    writes: {
      type: () => [LineageWrite],
      nullable: false,
      description: 'Every write of the attribute there, newest first, at most 20.',
    },
  },
);

export const deliveryConnection = connectionType('Delivery', () => DeliveryType);

export const DeliveryFilter = inputType('DeliveryFilter', 'Which deliveries; all that is given holds.', {
  system: { type: () => String, description: 'Only to this system.' },
  scope: { type: () => String, description: 'Only to this scope.' },
  entityType: { type: () => EntityType, description: 'Only of this type.' },
  state: { type: () => [DeliveryStateEnum], description: 'Only in these states.' },
  goldenId: { type: () => ID, description: 'Only of this golden record.' },
});
export const DeadLetterFilterInput = inputType('DeadLetterFilter', 'Which dead letters; all that is given holds.', {
  system: { type: () => String, description: 'Only to this system.' },
  scope: { type: () => String, description: 'Only to this scope.' },
  entityType: { type: () => EntityType, description: 'Only of this type.' },
  code: { type: () => String, description: 'Only with this error, e.g. VALUE_REFUSED.' },
  place: { type: () => PlaceEnum, description: 'Only those that failed there.' },
  ids: { type: () => [ID], description: 'Only these deliveries.' },
});

export const deliveryId = (uuid: string): string => encodeId('dlv', uuid);
export function parseDeliveryId(text: string, field: string): string {
  try {
    return TypeID.fromString(text, 'dlv').toUUID();
  } catch (cause) {
    throw new InvalidInput('INVALID_ID', `expected an id like dlv_…, found "${text.slice(0, 80)}"`, { cause, field });
  }
}

export interface DeliveryRoot extends DeliveryRow {
  readonly uuid: string;
  readonly cursor: string;
}
export const deliveryRoot = (row: DeliveryRow): DeliveryRoot => ({
  ...row,
  uuid: row.id,
  id: deliveryId(row.id),
  cursor: deliveryId(row.id),
});

/** An attempt as this caller may see it: fields of attributes that are masked from them are not told. */
export function attemptRoot(context: Context, row: AttemptRow) {
  const definition = context.db.model.entityTypes.get(row.entityType);
  return {
    ...row,
    id: encodeId('att', row.id),
    changes: row.changes.map((change) =>
      isHidden(context, definition, row, change.attribute) ? maskedChange(change) : change,
    ),
  };
}

function isHidden(
  context: Context,
  definition: EntityTypeDefinition | undefined,
  row: { readonly goldenId: string },
  attribute: string,
): boolean {
  const sensitive = definition?.attributes[attribute]?.sensitive;
  if (definition === undefined || sensitive === undefined) return false;
  if (!context.unmasked.has(sensitive)) return true;
  context.noteUnmasked(sensitive, [goldenId(definition, row.goldenId)]);
  return false;
}

/** A way out of one attribute, as this caller may see it. */
export function wayOutRoot(
  context: Context,
  definition: EntityTypeDefinition,
  attribute: string,
  { delivery, writes }: WayOut,
) {
  const isMasked = writes.length > 0 && isHidden(context, definition, delivery, attribute);
  const shown = (write: AttributeWrite) => (isMasked ? maskedWrite(write) : write);
  return {
    delivery: deliveryRoot(delivery),
    writes: writes.map((write) => ({ ...shown(write), id: encodeId('att', write.id) })),
  };
}

const recordOf = ({ entityType, goldenId: id }: { entityType: string; goldenId: string }, context: Context) => {
  const definition = context.db.model.entityTypes.get(entityType);
  return definition ? context.loaders.of(definition).golden.load(id) : null;
};

export const SYNC_TYPE_RESOLVERS: readonly Constructor[] = [
  deliveryConnection.resolver,
  new ResolverClass('DeliveryResolver', DeliveryType)
    .field<DeliveryRoot>('record', recordOf)
    .field<DeliveryRoot>('history', async ({ uuid }, context) => {
      const [attempts = []] = await attemptsOf(context.db, [uuid]);
      return attempts.map((attempt) => attemptRoot(context, attempt));
    }).target,
  new ResolverClass('DeliveryAttemptResolver', DeliveryAttempt).field<AttemptRow>('record', recordOf).target,
];
