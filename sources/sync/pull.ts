import {
  type Db,
  type InboundRecord,
  type IngestResult,
  saveCursor,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { Lane, PullStep, SyncStream, Window } from '../connector.js';
import { Retryable, Throttled } from '../errors.js';
import { backoffMs, STREAM_BACKOFF } from './backoff.js';
import { checkDrift } from './drift.js';
import { asSourceError } from './failure.js';
import { type IntakeOptions, takeIn } from './intake.js';
import { keepLease, LEASE_MS } from './lease.js';
import { settleOpenCreates } from './open-creates.js';
import { askAhead, takeAhead } from './page-ahead.js';
import {
  claimStream,
  noteLoaded,
  noteLoadFailed,
  notePulled,
  noteStreamFailed,
  openStreams,
  postponeSweep,
  readCursor,
  renewStream,
  type StreamLease,
} from './stream-store.js';
import { sweepOnce } from './sweep.js';
import { type Synchronised, streamName, streamOf } from './synchronised.js';
import { noteFailure, tryAgain, type Wait } from './system-state.js';
import { callOf } from './turns.js';
import {
  asCursor,
  type LoadProgress,
  loadAfter,
  nextWindow,
  type Place,
  placeAfter,
  placeIn,
  tickOf,
} from './windows.js';

export interface PullOptions {
  readonly signal?: AbortSignal;
  readonly random?: () => number;
  readonly wait?: Wait;
  /** How long the stream of a worker that died stays its own. Default 20,000. */
  readonly leaseMs?: number;
}

/** What one step brought. */
export interface SyncPullStep extends PullStep {
  /** ISO time, by the system's clock, up to which everything has arrived; null: a window is under way. */
  readonly caughtUpTo: string | null;
  readonly more: boolean;
}

const CALL_MS = 60_000;
const COUNT_MS = 10_000;
const POSTPONED_MS = 60_000;

/**
 * Bring in one page of a stream: the window under way, else the next one. Its cursor moves in the transaction of what it
 * brought. The first time, LIVE begins with what changes from now on, and what was there before is BACKFILL's. Null: nothing
 * to do. Throws SourceErrors.
 */
export async function pullOnce(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  lane: Lane = 'LIVE',
  options: PullOptions = {},
): Promise<SyncPullStep | null> {
  const name = streamName(sync.system, stream);
  const place = placeIn(await readCursor(db, cursorName(name, lane)));
  const call = callOf(db, sync, { signal: options.signal, wait: options.wait, callMs: CALL_MS });
  const now = place.window ? null : await call((signal) => sync.open.pull.now(signal));
  if (now !== null && place.high === null) {
    if (lane === 'BACKFILL') return null;
    return begin(db, sync, stream, now, options);
  }
  const window = place.window ?? (lane === 'LIVE' && now !== null ? windowOf(place, now, stream) : null);
  if (!window) return lane === 'LIVE' ? idle(place) : null;
  const after = place.window?.after ?? null;
  const ask = (from: string | null) =>
    call((signal) => sync.open.pull.page(stream, window, from, stream.pageSize, signal));
  const page = await (takeAhead(sync, name, lane, window, after) ?? ask(after));
  const { next: following } = page;
  if (following !== null) askAhead(sync, name, lane, window, following, () => ask(following));
  await settleOpenCreates(db, sync, stream, page.records.length, call);
  const next = placeAfter(place, window, page.next, page.records.length);
  const cursor = { name: cursorName(name, lane), value: asCursor(next) };
  const { counts } = await takeInInOrder(db, sync, stream, page.records, { cursor, lane });
  return {
    records: page.records.length,
    counts,
    caughtUpTo: lane === 'LIVE' ? next.high : null,
    more: next.window !== null,
  };
}

/** Where a record may take the place of one that is gone, it is there before the other goes. */
async function takeInInOrder(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  records: readonly InboundRecord[],
  options: IntakeOptions,
): Promise<Pick<IngestResult, 'counts'>> {
  const gone = records.filter(({ deleted }) => deleted);
  if (stream.family === undefined || gone.length === 0 || gone.length === records.length)
    return takeIn(db, sync, stream, records, options);
  const { cursor: _cursor, ...early } = options;
  const there = await takeIn(
    db,
    sync,
    stream,
    records.filter(({ deleted }) => !deleted),
    early,
  );
  const { counts } = await takeIn(db, sync, stream, gone, options);
  return { counts: sumOf(there.counts, counts) };
}

const sumOf = (left: IngestResult['counts'], right: IngestResult['counts']): IngestResult['counts'] => {
  const outcomes = Object.keys(COUNTS) as (keyof typeof COUNTS)[];
  return Object.fromEntries(outcomes.map((key) => [key, left[key] + right[key]])) as IngestResult['counts'];
};

/** Has everything that the stream's system had when it was connected arrived? */
export async function isFirstLoadDone(db: Db, name: string): Promise<boolean> {
  const place = placeIn(await readCursor(db, cursorName(name, 'BACKFILL')));
  return place.high !== null && place.window === null;
}

export const cursorName = (stream: string, lane: Lane) =>
  lane === 'LIVE' ? `sync/${stream}` : `sync/${stream}/backfill`;

/** Without a time to ask by, each pass reads everything; what is the same costs no write. */
function windowOf(place: Place, now: string, stream: SyncStream) {
  const window = nextWindow(place, now, stream);
  return window && !stream.capabilities.incremental ? { ...window, from: null } : window;
}

async function begin(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  now: string,
  options: PullOptions,
): Promise<SyncPullStep> {
  const name = streamName(sync.system, stream);
  const to = tickOf(now, stream.resolutionMs);
  const window = { from: null, to };
  const load = { loaded: 0, toLoad: await countOf(db, sync, stream, window, options) };
  const backfill: Place = { high: to, window: { ...window, after: null, load } };
  const writer = withoutTransaction(db);
  // The backfill's first: killed in between, it is begun again, with a later end.
  await saveCursor(writer, { name: cursorName(name, 'BACKFILL'), value: asCursor(backfill) });
  await saveCursor(writer, { name: cursorName(name, 'LIVE'), value: asCursor({ high: to, window: null }) });
  return { ...NOTHING, caughtUpTo: to, more: false };
}

/** Null where it isn't told in a moment: a load goes on without knowing how long it is. */
async function countOf(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  window: Window,
  options: PullOptions,
): Promise<number | null> {
  const { pull } = sync.open;
  const count = pull.count?.bind(pull);
  if (!count) return null;
  const { signal, wait } = options;
  const call = callOf(db, sync, { signal, wait, callMs: COUNT_MS, mayCall: true });
  try {
    return await call((limit) => count(stream, window, limit));
  } catch (err) {
    if (signal?.aborted) throw err;
    db.log.info({ err, stream: streamName(sync.system, stream) }, 'the system does not say how many records there are');
    return null;
  }
}

const COUNTS = { CREATED: 0, LINKED: 0, PROVISIONAL: 0, UPDATED: 0, UNCHANGED: 0, STALE: 0, DELETED: 0, REJECTED: 0 };
const NOTHING = { records: 0, counts: COUNTS };
const idle = ({ high }: Place): SyncPullStep => ({ ...NOTHING, caughtUpTo: high, more: false });

export type StreamStep =
  | { readonly kind: 'PULLED'; readonly stream: string; readonly step: SyncPullStep | null }
  | { readonly kind: 'SWEPT'; readonly stream: string }
  | {
      readonly kind: 'FAILED';
      readonly stream: string;
      readonly error: { readonly code: string; readonly message: string };
    };

/**
 * Worker step: take the stream of this system that is due the longest, and pull or sweep it once. A failure is the stream's
 * own: it backs off, the others go on (law 10). Null: none is due.
 */
export async function pullDueOnce(
  db: Db,
  sync: Synchronised,
  options: PullOptions & { readonly streams?: readonly string[] } = {},
): Promise<StreamStep | null> {
  const names = options.streams ?? sync.connector.streams.map((stream) => streamName(sync.system, stream));
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const lease = await claimStream(db, names, leaseMs);
  if (!lease) return null;
  const unkeep = keepLease(db, leaseMs, () => renewStream(db, lease, leaseMs));
  const stream = streamOf(sync, lease.name);
  const startedAt = performance.now();
  try {
    if (lease.isSweepDue) {
      // Before the first load is over a sweep would be it, in one go.
      if (!(await isFirstLoadDone(db, lease.name))) {
        await postponeSweep(db, lease, new Date(db.now().getTime() + POSTPONED_MS));
        return { kind: 'PULLED', stream: lease.name, step: null };
      }
      await sweepOnce(db, sync, stream, lease, options);
      return { kind: 'SWEPT', stream: lease.name };
    }
    const step = await pullOnce(db, sync, stream, 'LIVE', options);
    const tookMs = performance.now() - startedAt;
    const { records = 0, caughtUpTo = null, more = false } = step ?? {};
    await notePulled(db, stream, lease, { records, tookMs, caughtUpTo, more });
    // What can be read may refuse to be written: the circuit is closed by a delivery alone.
    if (lease.failures > 0) await tryAgain(db, sync.system);
    return { kind: 'PULLED', stream: lease.name, step };
  } catch (cause) {
    return await failed(db, sync, lease, cause, options);
  } finally {
    unkeep();
  }
}

async function failed(
  db: Db,
  sync: Synchronised,
  lease: StreamLease,
  cause: unknown,
  { random = Math.random, signal }: PullOptions,
): Promise<StreamStep> {
  const error = asSourceError(cause);
  if (error instanceof Throttled) await noteFailure(db, sync.system, error, random());
  db.log.warn({ err: cause, stream: lease.name, code: error.code }, 'a stream failed; it will be tried again');
  const retryAfterMs = error instanceof Retryable ? error.retryAfterMs : undefined;
  const waitMs = backoffMs(lease.failures + 1, random(), STREAM_BACKOFF, retryAfterMs);
  await noteStreamFailed(db, lease, error, new Date(db.now().getTime() + waitMs));
  if (error.code === 'SCHEMA_DRIFTED') {
    // It is looked at daily by itself; now there is a reason.
    await checkDrift(db, sync, signal).catch((err: unknown) =>
      db.log.warn({ err, system: sync.system }, 'the schema could not be looked at'),
    );
  }
  return { kind: 'FAILED', stream: lease.name, error: { code: error.code, message: error.message } };
}

export interface LoadStep extends LoadProgress {
  readonly stream: string;
  readonly records: number;
}

/**
 * Worker step of the backfill lane: one page of the first stream that has one to go; one that fails lets the next have its
 * turn. Null: all are done. Throws what the last failure was when none got anywhere.
 */
export async function backfillOnce(db: Db, sync: Synchronised, options: PullOptions = {}): Promise<LoadStep | null> {
  const open = await openStreams(db, sync);
  let failure: unknown;
  for (const stream of sync.connector.streams) {
    const name = streamName(sync.system, stream);
    if (!open.has(name)) continue;
    const place = placeIn(await readCursor(db, cursorName(name, 'BACKFILL')));
    if (!place.window) continue;
    const startedAt = performance.now();
    try {
      const { records = 0 } = (await pullOnce(db, sync, stream, 'BACKFILL', options)) ?? {};
      await noteLoaded(db, name, { records, tookMs: performance.now() - startedAt });
      return { stream: name, records, ...(loadAfter(place, records) ?? { loaded: records, toLoad: null }) };
    } catch (error) {
      db.log.warn({ err: error, stream: name }, 'a first load failed; it goes on where it was');
      await noteLoadFailed(db, name, asSourceError(error));
      if (error instanceof Throttled) await noteFailure(db, sync.system, error, (options.random ?? Math.random)());
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return null;
}
