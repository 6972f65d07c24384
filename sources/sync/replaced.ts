import {
  type Db,
  HUB_ACTOR,
  type InboundRecord,
  inTransaction,
  newId,
  type RaisedTask,
  recordOperation,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import type { Synchronised } from './synchronised.js';
import { callOf } from './turns.js';

interface Replaced {
  readonly oldId: string;
  readonly oldExternalId: string;
  readonly oldGoldenId: string;
  readonly newId: string;
  readonly newExternalId: string;
  readonly newGoldenId: string;
  /** The system said so itself. */
  readonly isMerged?: boolean;
}

// Who was seen before it takes nobody's place. Where one is a golden record with it already, by a bar code that was typed in again,
// that one has its place: nobody needs to be asked about the others.
const REPLACED = `
select o.id::text as "oldId", o.external_id as "oldExternalId", o.golden_record_id::text as "oldGoldenId", n.id::text as "newId",
    n.external_id as "newExternalId", n.golden_record_id::text as "newGoldenId"
  from source_record o join source_record n on n.entity_type = o.entity_type and n.system = o.system and n.scope = o.scope
    and n.state = 'ACTIVE' and n.payload->>$5 = o.payload->>$5 and n.first_seen_at > o.first_seen_at
    and n.golden_record_id is distinct from o.golden_record_id and n.golden_record_id is not null
    and n.external_id not in (select jsonb_array_elements_text($4::jsonb))
  where o.entity_type = $1 and o.system = $2 and o.scope = $3 and o.state = 'ACTIVE' and o.golden_record_id is not null
    and o.external_id in (select jsonb_array_elements_text($4::jsonb))
    and not exists (select from source_record t where t.entity_type = o.entity_type and t.golden_record_id = o.golden_record_id
      and t.system = o.system and t.scope = o.scope and t.state = 'ACTIVE' and t.payload->>$5 = o.payload->>$5
      and t.first_seen_at > o.first_seen_at and t.external_id not in (select jsonb_array_elements_text($4::jsonb)))
  order by o.id, n.id`;

// The two that were one for the hub already need no question.
const MERGED = `
select o.id::text as "oldId", o.external_id as "oldExternalId", o.golden_record_id::text as "oldGoldenId", n.id::text as "newId",
    n.external_id as "newExternalId", n.golden_record_id::text as "newGoldenId"
  from jsonb_each_text($4::jsonb) as m(gone, into_id)
  join source_record o on o.entity_type = $1 and o.system = $2 and o.scope = $3 and o.external_id = m.gone
    and o.state = 'ACTIVE' and o.golden_record_id is not null
  join source_record n on n.entity_type = $1 and n.system = $2 and n.scope = $3 and n.external_id = m.into_id
    and n.state = 'ACTIVE' and n.golden_record_id <> o.golden_record_id
  order by o.id, n.id`;

const MERGED_MS = 30_000;

/**
 * These records are about to be taken in as deleted. Where newer ones of their family are there, or the system tells into whom it merged
 * them, a steward is asked about each: the link of the old one would be lost in silence. Before, not after: killed in between, it is
 * asked again.
 */
export async function askAboutReplaced(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  records: readonly InboundRecord[],
): Promise<void> {
  const gone = records.flatMap(({ deleted, externalId }) => (deleted && externalId !== null ? [externalId] : []));
  if (!canBeReplaced(sync, stream) || gone.length === 0) return;
  const { system } = sync;
  const { entityType, scope } = stream;
  const replaced = [...(await newerOfFamily(db, sync, stream, gone)), ...(await mergedPairs(db, sync, stream, gone))];
  if (replaced.length === 0) return;
  const raise = replaced.map((pair): RaisedTask => {
    const successors = replaced.filter(({ oldId }) => oldId === pair.oldId).map(({ newExternalId }) => newExternalId);
    return {
      kind: 'REPLACED_RECORD',
      key: `replaced:${pair.oldId}:${pair.newId}`,
      goldenIds: [pair.oldGoldenId, pair.newGoldenId],
      sourceIds: [pair.oldId, pair.newId],
      details: {
        system,
        scope,
        replaced: pair.oldExternalId,
        by: pair.newExternalId,
        successors,
        isMerged: pair.isMerged ?? false,
      },
    };
  });
  const subject = {
    system,
    scope,
    entityType,
    replaced: [...new Set(replaced.map(({ oldExternalId }) => oldExternalId))],
  };
  await inTransaction(db, (tx) =>
    recordOperation(
      tx,
      { kind: 'REPLACED_RECORD', actor: HUB_ACTOR, correlationId: newId(), entityType, subject },
      { raise },
    ),
  );
}

const canBeReplaced = ({ open }: Synchronised, { family }: SyncStream) =>
  family !== undefined || open.pull.mergedInto !== undefined;

async function newerOfFamily(
  db: Db,
  { system }: Synchronised,
  { entityType, scope, family }: SyncStream,
  gone: readonly string[],
): Promise<readonly Replaced[]> {
  if (family === undefined) return [];
  return withoutTransaction(db).query<Replaced>(REPLACED, entityType, system, scope, gone, family);
}

async function mergedPairs(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  gone: readonly string[],
): Promise<readonly Replaced[]> {
  const { pull } = sync.open;
  const mergedInto = pull.mergedInto?.bind(pull);
  if (!mergedInto) return [];
  const call = callOf(db, sync, { callMs: MERGED_MS, mayCall: true });
  const merged = await call((signal) => mergedInto(stream, gone, signal));
  if (merged.size === 0) return [];
  const { entityType, scope } = stream;
  const into = Object.fromEntries(merged);
  const pairs = await withoutTransaction(db).query<Replaced>(MERGED, entityType, sync.system, scope, into);
  return pairs.map((pair) => ({ ...pair, isMerged: true }));
}

const ANSWERED = `
select distinct q.open_key as key from steward_task q
  join source_record o on o.entity_type = $1 and o.system = $2 and o.scope = $3 and o.external_id = q.details->>'replaced'
  join source_record n on n.entity_type = $1 and n.golden_record_id = o.golden_record_id and n.system = $2 and n.scope = $3
    and n.state = 'ACTIVE' and jsonb_exists(q.details->'successors', n.external_id)
  where q.kind = 'REPLACED_RECORD' and q.open_key is not null and q.details->>'system' = $2 and q.details->>'scope' = $3`;

/** One of the family has the place of the old one by now, by a bar code or by an answer: the other questions go. */
export async function closeAnswered(db: Db, sync: Synchronised, stream: SyncStream): Promise<void> {
  if (!canBeReplaced(sync, stream)) return;
  const { system } = sync;
  const { entityType, scope } = stream;
  const found = await withoutTransaction(db).query<{ key: string }>(ANSWERED, entityType, system, scope);
  if (found.length === 0) return;
  const close = found.map(({ key }) => key);
  const subject = { system, scope, entityType, answered: close.length };
  await inTransaction(db, (tx) =>
    recordOperation(
      tx,
      { kind: 'REPLACED_RECORD', actor: HUB_ACTOR, correlationId: newId(), entityType, subject },
      { close },
    ),
  );
}
