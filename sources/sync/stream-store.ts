import {
  type Actor,
  type Db,
  DELIVERY_CHANNEL,
  inTransaction,
  type Json,
  newId,
  recordOperation,
  type Tx,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import { Retryable, type SourceError } from '../errors.js';
import { errorJson } from './failure.js';
import { nextDue } from './schedule.js';
import { type Synchronised, streamName } from './synchronised.js';
import { registerSystem } from './system-state.js';

/** A NOTIFY on it says: a stream is due before its time. */
export const STREAM_CHANNEL = 'concord_stream';

/** Give the system and each of its streams their rows. Idempotent; streams that the configuration lost keep theirs. */
export async function registerStreams(db: Db, { system, connector }: Synchronised): Promise<void> {
  await registerSystem(db, system);
  const writer = withoutTransaction(db);
  const rows = connector.streams.map((stream) => ({
    name: streamName(system, stream),
    scope: stream.scope,
    entity_type: stream.entityType,
    sweeps: stream.sweepEveryMs !== undefined,
  }));
  await writer.execute(
    `insert into sync_stream (name, system, scope, entity_type, due_at, sweep_due_at)
       select x.name, $2, x.scope, x.entity_type, $3::timestamptz, case when x.sweeps then $3::timestamptz end
       from jsonb_to_recordset($1::jsonb) as x(name text, scope text, entity_type text, sweeps boolean)
     on conflict (name) do update set scope = excluded.scope, entity_type = excluded.entity_type,
       sweep_due_at = case when excluded.sweep_due_at is null then null else coalesce(sync_stream.sweep_due_at, excluded.sweep_due_at) end`,
    rows,
    system,
    writer.now.toISOString(),
  );
}

export interface StreamLease {
  readonly name: string;
  readonly leaseId: string;
  /** ISO time at which it ran out, were it not renewed. */
  readonly until: string;
  readonly failures: number;
  readonly isSweepDue: boolean;
}

// One worker at a time pulls a stream; a lease that ran out is taken over. Until it is told what came of it the stream is due when the
// lease ends: sooner means that the system has told of a change meanwhile.
const CLAIM = `
update sync_stream s set lease_id = $3::uuid, lease_until = $4::timestamptz,
    due_at = case when due.due_at <= $2::timestamptz then $4::timestamptz else s.due_at end
  from (select name, due_at from sync_stream where name in (select jsonb_array_elements_text($1::jsonb)) and paused_at is null and drift is null
      and not exists (select from sync_system y where y.system = sync_stream.system and y.paused_at is not null)
      and (due_at <= $2::timestamptz or sweep_due_at <= $2::timestamptz) and (lease_until is null or lease_until <= $2::timestamptz)
      order by due_at limit 1 for update skip locked) due
  where s.name = due.name
  returning s.name, case when due.due_at > $2::timestamptz then s.sweep_failures else s.failures end as failures,
    due.due_at > $2::timestamptz as "isSweepDue"`;

/** Take the stream, of these, that is due the longest. */
export async function claimStream(db: Db, names: readonly string[], leaseMs: number): Promise<StreamLease | null> {
  const writer = withoutTransaction(db);
  const leaseId = newId();
  const until = new Date(writer.now.getTime() + leaseMs).toISOString();
  const [row] = await writer.query<Omit<StreamLease, 'leaseId' | 'until'>>(
    CLAIM,
    names,
    writer.now.toISOString(),
    leaseId,
    until,
  );
  return row ? { ...row, leaseId, until } : null;
}

/** Keep it for another while. */
export async function renewStream(db: Db, { name, leaseId }: StreamLease, leaseMs: number): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.execute(
    `update sync_stream set lease_until = $3::timestamptz where name = $1 and lease_id = $2::uuid`,
    name,
    leaseId,
    new Date(writer.now.getTime() + leaseMs).toISOString(),
  );
}

export interface PullOutcome {
  readonly records: number;
  readonly tookMs: number;
  /** ISO time up to which everything has arrived; null: still on its way. */
  readonly caughtUpTo: string | null;
  /** There is more: come again at once. */
  readonly more: boolean;
}

/** How much the newest pull weighs in the rate shown. */
const RATE_WEIGHT = 0.2;
const rateWith = (records: string, tookMs: string) =>
  `case when ${records}::bigint = 0 then records_per_second
     else records_per_second * ${1 - RATE_WEIGHT} + ${RATE_WEIGHT} * ${records}::float8 * 1000 / greatest(${tookMs}::float8, 1) end`;

export async function notePulled(db: Db, stream: SyncStream, lease: StreamLease, outcome: PullOutcome): Promise<void> {
  const writer = withoutTransaction(db);
  const now = writer.now;
  await writer.execute(
    `update sync_stream set lease_id = null, lease_until = null,
       due_at = case when due_at < $8::timestamptz then $4::timestamptz else $3::timestamptz end, last_pull_at = $4::timestamptz, failures = 0,
       last_error = null, records = records + $5::bigint, caught_up_to = coalesce($6::timestamptz, caught_up_to),
       records_per_second = ${rateWith('$5', '$7')}
     where name = $1 and lease_id = $2::uuid`,
    lease.name,
    lease.leaseId,
    (outcome.more ? now : nextDue(stream.every, now)).toISOString(),
    now.toISOString(),
    outcome.records,
    outcome.caughtUpTo,
    outcome.tookMs,
    lease.until,
  );
}

export async function noteSwept(db: Db, lease: StreamLease, nextAt: Date): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.execute(
    `update sync_stream set lease_id = null, lease_until = null, sweep_due_at = $3::timestamptz, last_sweep_at = $4::timestamptz,
       sweep_failures = 0, sweep_error = null where name = $1 and lease_id = $2::uuid`,
    lease.name,
    lease.leaseId,
    nextAt.toISOString(),
    writer.now.toISOString(),
  );
}

/** What takes long stops as soon as somebody pauses the stream or its system, or its schema has changed. */
export async function requireGoing(db: Db, name: string): Promise<void> {
  const [row] = await withoutTransaction(db).query<{ isStopped: boolean }>(
    `select s.paused_at is not null or s.drift is not null or y.paused_at is not null as "isStopped"
       from sync_stream s left join sync_system y on y.system = s.system where s.name = $1`,
    name,
  );
  if (row?.isStopped) throw new Retryable('STREAM_PAUSED', `"${name}" was paused`, { place: 'HUB' });
}

export async function postponeSweep(db: Db, lease: StreamLease, until: Date): Promise<void> {
  await withoutTransaction(db).execute(
    `update sync_stream set lease_id = null, lease_until = null, sweep_due_at = $3::timestamptz where name = $1 and lease_id = $2::uuid`,
    lease.name,
    lease.leaseId,
    until.toISOString(),
  );
}

export async function noteStreamFailed(db: Db, lease: StreamLease, error: SourceError, dueAt: Date): Promise<void> {
  const writer = withoutTransaction(db);
  const [due, failures, last] = lease.isSweepDue
    ? ['sweep_due_at', 'sweep_failures', 'sweep_error']
    : ['due_at', 'failures', 'last_error'];
  await writer.execute(
    `update sync_stream set lease_id = null, lease_until = null, ${due} = $3::timestamptz, ${failures} = ${failures} + 1,
       ${last} = $4::jsonb, last_error_at = $5::timestamptz where name = $1 and lease_id = $2::uuid`,
    lease.name,
    lease.leaseId,
    dueAt.toISOString(),
    errorJson(error),
    writer.now.toISOString(),
  );
}

/** A page of the first load is here. */
export async function noteLoaded(
  db: Db,
  name: string,
  { records, tookMs }: Pick<PullOutcome, 'records' | 'tookMs'>,
): Promise<void> {
  await withoutTransaction(db).execute(
    `update sync_stream set load_error = null, records = records + $2::bigint, records_per_second = ${rateWith('$2', '$3')} where name = $1`,
    name,
    records,
    tookMs,
  );
}

/** It is tried again from where it was. */
export async function noteLoadFailed(db: Db, name: string, error: SourceError): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.execute(
    `update sync_stream set load_error = $2::jsonb, last_error_at = $3::timestamptz where name = $1`,
    name,
    errorJson(error),
    writer.now.toISOString(),
  );
}

/** A system says that something changed: its streams (or one) are due now. Never more than that is believed of it. */
export async function hint(db: Db, names: readonly string[]): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.query(
    `with due as (update sync_stream set due_at = least(due_at, $2::timestamptz)
       where name in (select jsonb_array_elements_text($1::jsonb)) and failures = 0 returning 1)
     select pg_notify('${STREAM_CHANNEL}', '')::text from (select count(*) from due) d`,
    names,
    writer.now.toISOString(),
  );
}

/** Stop a stream in both directions. What waits to go out stays queued. */
export async function pauseStream(
  db: Db,
  actor: Actor,
  correlationId: string,
  { name, reason }: { readonly name: string; readonly reason: string },
): Promise<void> {
  await change(db, actor, correlationId, 'PAUSE_STREAM', name, reason, (tx) =>
    tx.execute(
      `update sync_stream set paused_at = $2::timestamptz, paused_by = $3, pause_reason = $4 where name = $1`,
      name,
      tx.now.toISOString(),
      actor.id,
      reason,
    ),
  );
}

/** Let it go on, from where it stopped. What the system's schema has become is accepted. */
export async function resumeStream(
  db: Db,
  actor: Actor,
  correlationId: string,
  { name, reason }: { readonly name: string; readonly reason?: string },
): Promise<void> {
  await change(db, actor, correlationId, 'RESUME_STREAM', name, reason, async (tx) => {
    await acceptDrift(tx, name);
    return tx.execute(
      `update sync_stream set paused_at = null, paused_by = null, pause_reason = null, drift = null, failures = 0, sweep_failures = 0,
         due_at = least(due_at, $2::timestamptz) where name = $1`,
      name,
      tx.now.toISOString(),
    );
  });
}

/** Stop all streams of a system in both directions, whatever else is said of each. What waits to go out stays queued. */
export async function pauseSystem(
  db: Db,
  actor: Actor,
  correlationId: string,
  { system, reason }: { readonly system: string; readonly reason: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.execute(
      `insert into sync_system (system, paused_at, paused_by, pause_reason) values ($1, $2::timestamptz, $3, $4)
       on conflict (system) do update set paused_at = excluded.paused_at, paused_by = excluded.paused_by, pause_reason = excluded.pause_reason`,
      system,
      tx.now.toISOString(),
      actor.id,
      reason,
    );
    await recordOperation(tx, { kind: 'PAUSE_SYSTEM', actor, correlationId, reason, subject: { system } });
  });
}

/** Let it go on, from where it stopped. Streams that were paused by themselves stay so. */
export async function resumeSystem(
  db: Db,
  actor: Actor,
  correlationId: string,
  { system, reason }: { readonly system: string; readonly reason?: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.execute(
      `update sync_system set paused_at = null, paused_by = null, pause_reason = null where system = $1`,
      system,
    );
    await recordOperation(tx, { kind: 'RESUME_SYSTEM', actor, correlationId, reason, subject: { system } });
    await tx.query(`select pg_notify('${STREAM_CHANNEL}', '')::text, pg_notify('${DELIVERY_CHANNEL}', '')::text`);
  });
}

/** The next installation that answers is the right one. All its records are compared soon, as after a reset. */
export async function acceptSystem(
  db: Db,
  actor: Actor,
  correlationId: string,
  { system, reason }: { readonly system: string; readonly reason: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.execute(
      `update sync_system set identity = null, breaker = 'CLOSED', failures = 0, retry_at = null, opened_at = null where system = $1`,
      system,
    );
    await tx.execute(
      `update sync_stream set due_at = $2::timestamptz,
         sweep_due_at = case when sweep_due_at is not null then $2::timestamptz end where system = $1`,
      system,
      tx.now.toISOString(),
    );
    await recordOperation(tx, { kind: 'ACCEPT_SYSTEM', actor, correlationId, reason, subject: { system } });
    await tx.query(`select pg_notify('${STREAM_CHANNEL}', '')::text, pg_notify('${DELIVERY_CHANNEL}', '')::text`);
  });
}

/** Types that changed are taken as they are now; a field that is gone stays gone, and stops the stream at the next check. */
async function acceptDrift(tx: Tx, name: string): Promise<void> {
  await tx.execute(
    `update sync_system y set schema = (select jsonb_object_agg(m.key, (select coalesce(jsonb_object_agg(f.key, f.value), '{}')
         from jsonb_each(m.value) f where not exists (select from jsonb_array_elements(s.drift) d
           where d->>'model' = m.key and d->>'field' = f.key))) from jsonb_each(y.schema) m)
       from sync_stream s where s.name = $1 and y.system = s.system and jsonb_typeof(s.drift) = 'array' and y.schema <> '{}'`,
    name,
  );
}

async function change(
  db: Db,
  actor: Actor,
  correlationId: string,
  kind: string,
  name: string,
  reason: string | undefined,
  update: (tx: Tx) => Promise<number>,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await update(tx);
    const close = kind === 'RESUME_STREAM' ? [driftKey(name)] : [];
    await recordOperation(tx, { kind, actor, correlationId, reason, subject: { stream: name } }, { close });
    await tx.query(`select pg_notify('${STREAM_CHANNEL}', '')::text`);
  });
}

export const driftKey = (name: string) => `drift:${name}`;

/** The value of a cursor; null: it never moved. */
export async function readCursor(db: Db, name: string): Promise<Json> {
  const cursor = await db.prisma.cursor.findUnique({ where: { name } });
  return (cursor?.value ?? null) as Json;
}

/** The streams of a system that, like itself, nobody paused and no drift stopped. */
export async function openStreams(db: Db, { system }: Pick<Synchronised, 'system'>): Promise<Set<string>> {
  const rows = await withoutTransaction(db).query<{ name: string }>(
    `select name from sync_stream s where system = $1 and paused_at is null and drift is null
       and not exists (select from sync_system y where y.system = s.system and y.paused_at is not null)`,
    system,
  );
  return new Set(rows.map(({ name }) => name));
}

/** Something seems to be gone: have the stream swept before its time. */
export async function sweepSoon(db: Db, name: string): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.execute(
    `update sync_stream set sweep_due_at = least(sweep_due_at, $2::timestamptz) where name = $1
       and (last_sweep_at is null or last_sweep_at < $3::timestamptz)`,
    name,
    writer.now.toISOString(),
    new Date(writer.now.getTime() - SWEEP_REST_MS).toISOString(),
  );
}
/** A sweep that was refused is not repeated all the time. */
const SWEEP_REST_MS = 60_000;
