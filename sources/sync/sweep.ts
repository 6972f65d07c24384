import {
  contentHash,
  type Db,
  HUB_ACTOR,
  type InboundRecord,
  inTransaction,
  iso,
  newId,
  recordOperation,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { ListPage, SyncStream } from '../connector.js';
import { healByPlainCodes } from './codes.js';
import { takeIn } from './intake.js';
import { settleOpenCreates } from './open-creates.js';
import { askAboutMerged } from './replaced.js';
import { noteSwept, requireGoing, type StreamLease } from './stream-store.js';
import { type Synchronised, streamName } from './synchronised.js';
import type { Wait } from './system-state.js';
import { type Call, callOf } from './turns.js';

export interface SweepResult {
  readonly listed: number;
  readonly deleted: number;
  /** Records that the cursor missed, or that a reset system has in another state. */
  readonly recovered: number;
  /** How many deletes the guard refused; a steward is asked. */
  readonly refused: number;
}

export interface SweepOptions {
  readonly signal?: AbortSignal;
  readonly wait?: Wait;
}

const CALL_MS = 2 * 60_000;
const GUARD = { share: 0.1, least: 20 };
const LIST_PAGE = 5_000;

type Listed = Omit<ListPage['entries'][number], 'externalId'>;

interface Known {
  readonly externalId: string;
  readonly state: 'ACTIVE' | 'DELETED' | 'HELD';
  readonly contentHash: string;
  readonly sourceTime: string;
  /** Another time under which it was found to be the same. */
  readonly seenTime: string | null;
  readonly parts: number;
}

/**
 * Compare all ids of a stream with what the hub knows: deletes, which systems don't tell; what the cursor missed; and, where
 * a system was set back to an older state, what it has now. More deletes than the guard allows wait for a steward.
 */
export async function sweep(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const { pull } = sync.open;
  if (!pull.list) return { listed: 0, deleted: 0, recovered: 0, refused: 0 };
  const inItsTurn = callOf(db, sync, { ...options, callMs: CALL_MS });
  const call: Call = async (work) => {
    await requireGoing(db, streamName(sync.system, stream));
    return inItsTurn(work);
  };
  const now = await call((signal) => sync.open.pull.now(signal));
  // What the hub knows first: what is created while the ids are listed is missing from neither.
  const known = await knownRecords(db, sync, stream);
  const listed = new Map<string, Listed>();
  for (let after: string | null = null; ; ) {
    const page: ListPage | undefined = await call(async (signal) => pull.list?.(stream, after, LIST_PAGE, signal));
    if (!page) break;
    for (const entry of page.entries) listed.set(entry.externalId, entry);
    after = page.next;
    if (after === null) break;
  }
  const { missing, different } = compare(known, listed);
  const read = (ids: readonly string[]) => call((signal) => sync.open.pull.read(stream, ids, signal));
  await settleOpenCreates(db, sync, stream, different.length, call);
  const recovered = await recover(db, sync, stream, different, { known, listed }, now, read);
  const refused = await isRefused(db, sync, stream, missing.length, known);
  const deleted = refused ? 0 : await remove(db, sync, stream, missing, now, read);
  try {
    await askAboutMerged(db, sync, stream, call);
  } catch (err) {
    if (options.signal?.aborted) throw err;
    db.log.warn({ err, system: sync.system }, 'whom it merged could not be asked; the next sweep asks again');
  }
  await healByPlainCodes(db, sync, callOf(db, sync, { ...options, callMs: CALL_MS, mayCall: true }));
  return { listed: listed.size, deleted, recovered, refused: refused ? missing.length : 0 };
}

/** Pure: which known records the listing lacks, and which it has otherwise than the hub knows them. */
export function compare(
  known: ReadonlyMap<string, Known>,
  listed: ReadonlyMap<string, Listed>,
): { missing: string[]; different: string[] } {
  const missing = [...known.values()].filter(({ state, externalId }) => state === 'ACTIVE' && !listed.has(externalId));
  const different = [...listed].filter(([externalId, { sourceTime, parts }]) => {
    const before = known.get(externalId);
    if (!before || before.state === 'DELETED') return true;
    const isDated = sourceTime !== undefined && sourceTime !== before.sourceTime && sourceTime !== before.seenTime;
    return isDated || (parts !== undefined && parts !== before.parts);
  });
  return {
    missing: missing.map(({ externalId }) => externalId),
    different: different.map(([externalId]) => externalId),
  };
}

async function knownRecords(db: Db, { system }: Synchronised, stream: SyncStream): Promise<Map<string, Known>> {
  const rows = await withoutTransaction(db).query<Known>(
    `select external_id as "externalId", state, content_hash as "contentHash", ${iso('source_time')} as "sourceTime",
         case when seen_hash = content_hash then ${iso('seen_time')} end as "seenTime",
         (select coalesce(sum(case jsonb_typeof(payload->part) when 'array' then jsonb_array_length(payload->part) when 'string' then 1 else 0 end), 0)
           from jsonb_array_elements_text($4::jsonb) part)::int as parts
       from source_record where entity_type = $1 and system = $2 and scope = $3`,
    stream.entityType,
    system,
    stream.scope,
    stream.parts ?? [],
  );
  return new Map(rows.map((row) => [row.externalId, row]));
}

type Read = (ids: readonly string[]) => Promise<readonly InboundRecord[]>;

async function recover(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  ids: readonly string[],
  { known, listed }: { readonly known: ReadonlyMap<string, Known>; readonly listed: ReadonlyMap<string, Listed> },
  now: string,
  read: Read,
): Promise<number> {
  // A system that was set back says something older than it said before; what it says now is the truth about it.
  const current = new Map([...known].map(([externalId, { contentHash }]) => [externalId, contentHash]));
  const hasFewer = ({ externalId, sourceTime }: InboundRecord) => {
    const before = known.get(externalId ?? '');
    if (before === undefined || sourceTime === undefined || sourceTime >= before.sourceTime) return false;
    return (listed.get(before.externalId)?.parts ?? before.parts) < before.parts;
  };
  let recovered = 0;
  for (const part of partsOf(ids, stream.pageSize)) {
    const found = await read(part);
    const bereaved = await otherwiseSame(db, sync, stream, found.filter(hasFewer));
    const records = found.map((record): InboundRecord => {
      const before = known.get(record.externalId ?? '');
      return before && bereaved.has(before.externalId)
        ? { ...record, sourceTime: now > before.sourceTime ? now : before.sourceTime }
        : record;
    });
    const { counts } = await takeIn(db, sync, stream, records, {
      reason: 'found by a sweep',
      lane: 'BACKFILL',
      current,
    });
    await noteSeen(db, sync, stream, found);
    recovered += records.length - counts.UNCHANGED - counts.STALE;
  }
  return recovered;
}

/**
 * What has another date there, and is what the hub knows, is known by that date too: otherwise each sweep would read it again. Only a
 * content that was read with its date counts, so that a system which was set back is still found out.
 */
async function noteSeen(
  db: Db,
  { system }: Synchronised,
  { entityType, scope }: SyncStream,
  found: readonly InboundRecord[],
): Promise<void> {
  const seen = found.flatMap(({ externalId, sourceTime, payload }) =>
    sourceTime === undefined ? [] : [{ externalId, sourceTime, hash: contentHash(payload) }],
  );
  if (seen.length === 0) return;
  await withoutTransaction(db).execute(
    // Who is being changed at this moment is read again, and nobody waits for anybody.
    `with same as (
       select s.id, x."sourceTime", x.hash from jsonb_to_recordset($4::jsonb) as x("externalId" text, "sourceTime" timestamptz, hash text)
         join source_record s on s.entity_type = $1 and s.system = $2 and s.scope = $3 and s.external_id = x."externalId"
         where s.state <> 'DELETED' and s.content_hash = x.hash and s.source_time <> x."sourceTime"
         for update of s skip locked)
     update source_record s set seen_time = same."sourceTime", seen_hash = same.hash from same where s.entity_type = $1 and s.id = same.id`,
    entityType,
    system,
    scope,
    seen,
  );
}

/** Of these, those that are as the hub knows them but for their parts: one that went took its date along. */
async function otherwiseSame(
  db: Db,
  { system }: Synchronised,
  { entityType, scope, parts = [] }: SyncStream,
  records: readonly InboundRecord[],
): Promise<ReadonlySet<string>> {
  if (records.length === 0) return new Set();
  const rows = await withoutTransaction(db).query<{ externalId: string }>(
    `select s.external_id as "externalId" from jsonb_to_recordset($4::jsonb) as x("externalId" text, payload jsonb)
       join source_record s on s.entity_type = $1 and s.system = $2 and s.scope = $3 and s.external_id = x."externalId",
       lateral (select array(select jsonb_array_elements_text($5::jsonb)) as names) part
       where s.payload - part.names = x.payload - part.names`,
    entityType,
    system,
    scope,
    records,
    parts,
  );
  return new Set(rows.map(({ externalId }) => externalId));
}

/** Looked for once more, one by one, before they count as gone: a listing may lie. */
async function remove(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  ids: readonly string[],
  now: string,
  read: Read,
): Promise<number> {
  let deleted = 0;
  for (const part of partsOf(ids, stream.pageSize)) {
    const there = new Set((await read(part)).map(({ externalId }) => externalId));
    const gone = part.filter((externalId) => !there.has(externalId));
    const records = gone.map(
      (externalId): InboundRecord => ({ externalId, payload: { id: externalId }, deleted: true, sourceTime: now }),
    );
    const { counts } = await takeIn(db, sync, stream, records, { reason: 'missing from the system' });
    deleted += counts.DELETED;
  }
  return deleted;
}

function* partsOf<T>(all: readonly T[], size: number): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

/** Would so many deletes be an accident? Then a steward is asked, whose yes holds for no more than was asked about. */
async function isRefused(
  db: Db,
  { system }: Synchronised,
  stream: SyncStream,
  missing: number,
  known: ReadonlyMap<string, Known>,
): Promise<boolean> {
  const name = streamName(system, stream);
  const key = `mass-delete:${name}`;
  const { share = GUARD.share, least = GUARD.least } = stream.guard ?? {};
  const active = [...known.values()].filter(({ state }) => state === 'ACTIVE').length;
  const isMass = missing > Math.max(least, Math.floor(active * share));
  return inTransaction(db, async (tx) => {
    const [last] = await tx.query<{ id: string; state: string; allowed: number | null; count: number }>(
      `select id::text, state, (details->>'missing')::int as count,
           case when resolution->>'resolution' = 'ACCEPT_PROPOSED' and resolution->>'used' is null then (details->>'missing')::int end as allowed
         from steward_task where subject_key = $1 order by created_at desc, id desc limit 1`,
      key,
    );
    const useUp = () =>
      tx.execute(`update steward_task set resolution = resolution || '{"used": true}' where id = $1::uuid`, last?.id);
    const operation = { actor: HUB_ACTOR, correlationId: newId(), entityType: stream.entityType };
    const subject = { stream: name, missing, known: active };
    if (!isMass) {
      if (last?.state === 'OPEN' || last?.state === 'CLAIMED')
        await recordOperation(tx, { ...operation, kind: 'SWEEP', subject }, { close: [key] });
      // What was allowed isn't missing any more: the answer holds for nothing that comes later.
      else if (last && last.allowed !== null) await useUp();
      return false;
    }
    if (last && last.allowed !== null && missing <= last.allowed) {
      await useUp();
      return false;
    }
    if ((last?.state === 'OPEN' || last?.state === 'CLAIMED') && last.count === missing) return true;
    await recordOperation(
      tx,
      { ...operation, kind: 'SWEEP', subject },
      { raise: [{ kind: 'MASS_DELETE', key, details: { stream: name, missing, known: active } }] },
    );
    return true;
  });
}

/** Worker step: sweep a stream that is due for it. */
export async function sweepOnce(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  lease: StreamLease,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const result = await sweep(db, sync, stream, options);
  const everyMs = stream.sweepEveryMs ?? DAY_MS;
  await noteSwept(db, lease, new Date(db.now().getTime() + everyMs));
  return result;
}
const DAY_MS = 24 * 60 * 60_000;
