import { setTimeout as delay } from 'node:timers/promises';
import { type Db, inTransaction, iso, withoutTransaction } from '../../golden-records/index.js';
import { Retryable, type SourceError, Throttled } from '../errors.js';
import { afterFailure, type Breaker, CLOSED, type Passage, passage, TRIAL_MS } from './breaker.js';
import { errorJson } from './failure.js';

export interface Gate {
  readonly passage: Passage;
  readonly isPaused: boolean;
}

interface Row extends Breaker {
  readonly isPaused: boolean;
}

const READ = `select breaker as state, failures, ${iso('retry_at')} as "retryAt", paused_at is not null as "isPaused"
  from sync_system where system = $1`;

/** Make sure that the system has its row. */
export async function registerSystem(db: Db, system: string): Promise<void> {
  await withoutTransaction(db).execute(
    `insert into sync_system (system) values ($1) on conflict (system) do nothing`,
    system,
  );
}

/** May the system be called now? Whoever gets TRIAL is the only one until its outcome is told, or its time is over. */
export async function enter(db: Db, system: string): Promise<Gate> {
  const reader = withoutTransaction(db);
  const [row] = await reader.query<Row>(READ, system);
  if (!row) return { passage: 'FREE', isPaused: false };
  const way = passage(row, reader.now);
  if (way !== 'TRIAL' || row.isPaused) return { passage: way, isPaused: row.isPaused };
  const mine = await reader.execute(
    `update sync_system set breaker = 'HALF_OPEN', retry_at = $2::timestamptz
       where system = $1 and breaker <> 'CLOSED' and retry_at <= $3::timestamptz`,
    system,
    new Date(reader.now.getTime() + TRIAL_MS).toISOString(),
    reader.now.toISOString(),
  );
  return { passage: mine > 0 ? 'TRIAL' : 'SHUT', isPaused: false };
}

/** A call got through. Costs a statement only where one had not before. */
export async function noteSuccess(db: Db, system: string): Promise<void> {
  await withoutTransaction(db).execute(
    `update sync_system set breaker = $2, failures = 0, retry_at = null, opened_at = null
       where system = $1 and (breaker <> 'CLOSED' or failures > 0)`,
    system,
    CLOSED.state,
  );
}

/** It answers again after it had not: what is to be sent may try at once. */
export async function tryAgain(db: Db, system: string): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.execute(
    `with was as materialized (
       select system, retry_at from sync_system where system = $1 and breaker = 'OPEN' and retry_at > $2::timestamptz for update
     ), tried as (
       update sync_system s set retry_at = $2::timestamptz from was where s.system = was.system
     )
     update delivery d set due_at = $2::timestamptz from was
       where d.system = was.system and d.state = 'PENDING' and d.due_at > $2::timestamptz and d.due_at <= was.retry_at`,
    system,
    writer.now.toISOString(),
  );
}

/** A call didn't get through. Answers when the next may try. */
export async function noteFailure(db: Db, system: string, error: SourceError, random: number): Promise<Date> {
  const retryAfterMs = error instanceof Retryable ? (error.retryAfterMs ?? 0) : 0;
  if (error instanceof Throttled) return noteThrottle(db, system, error, retryAfterMs);
  await registerSystem(db, system);
  return inTransaction(db, async (tx) => {
    const [row] = await tx.query<Row>(`${READ} for update`, system);
    const next = afterFailure(row ?? CLOSED, tx.now, random, retryAfterMs);
    await tx.execute(
      `update sync_system set breaker = $2, failures = $3::int, retry_at = $4::timestamptz, last_error = $5::jsonb,
         last_error_at = $6::timestamptz, opened_at = case when $2 = 'OPEN' then coalesce(opened_at, $6::timestamptz) end
       where system = $1`,
      system,
      next.state,
      next.failures,
      next.retryAt,
      errorJson(error),
      tx.now.toISOString(),
    );
    return new Date(next.retryAt ?? tx.now.getTime() + FIRST_WAIT_MS * (0.5 + random / 2));
  });
}
/** Before the circuit opens: a moment, in case it was chance. */
const FIRST_WAIT_MS = 1_000;

/** The system asked for fewer calls: nobody calls it until then. */
async function noteThrottle(db: Db, system: string, error: SourceError, retryAfterMs: number): Promise<Date> {
  await registerSystem(db, system);
  const writer = withoutTransaction(db);
  const until = new Date(writer.now.getTime() + Math.max(retryAfterMs, FIRST_WAIT_MS));
  await writer.execute(
    `update sync_system set next_call_at = greatest(next_call_at, $2::timestamptz), last_error = $3::jsonb,
       last_error_at = $4::timestamptz where system = $1`,
    system,
    until.toISOString(),
    errorJson(error),
    writer.now.toISOString(),
  );
  return until;
}

/** Take a place in the queue of calls, over all workers, and wait for its turn; where calls aren't counted, for what the system asked for. */
export async function pace(
  db: Db,
  system: string,
  callsPerSecond: number | undefined,
  signal: AbortSignal,
  wait: Wait = pause,
): Promise<void> {
  const writer = withoutTransaction(db);
  if (callsPerSecond === undefined) {
    const [asked] = await writer.query<{ at: string }>(
      `select ${iso('next_call_at')} as at from sync_system where system = $1 and next_call_at > $2::timestamptz`,
      system,
      writer.now.toISOString(),
    );
    if (asked) await wait(Date.parse(asked.at) - writer.now.getTime(), signal);
    return;
  }
  const [row] = await writer.query<{ at: string }>(
    `update sync_system set next_call_at = greatest(next_call_at, $2::timestamptz) + $3::float8 * interval '1 millisecond'
       where system = $1 returning ${iso(`(next_call_at - $3::float8 * interval '1 millisecond')`)} as at`,
    system,
    writer.now.toISOString(),
    1_000 / callsPerSecond,
  );
  const waitMs = row ? Date.parse(row.at) - writer.now.getTime() : 0;
  if (waitMs > 0) await wait(waitMs, signal);
}

export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;
const pause: Wait = (ms, signal) => delay(ms, undefined, { signal });

/** The trial had nothing to try with: the next one may. */
export async function leave(db: Db, system: string): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.execute(
    `update sync_system set retry_at = $2::timestamptz where system = $1 and breaker = 'HALF_OPEN'`,
    system,
    writer.now.toISOString(),
  );
}
