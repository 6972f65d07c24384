import { AsyncLocalStorage } from 'node:async_hooks';
import type { Db } from '../../golden-records/index.js';
import { requireSameSystem } from './identity.js';
import type { Synchronised } from './synchronised.js';
import { pace, type Wait } from './system-state.js';

/** Who asks the system at present: whose database keeps the queue of all workers, and how long there is to wait. */
interface Asking {
  readonly db: Db;
  readonly signal: AbortSignal;
  readonly wait: Wait | undefined;
  /** A turn that was waited for and not used yet. */
  hasTurn: boolean;
}

/** A connector's calls lie many functions below the engine's one; only it knows how many there are. */
const asking = new AsyncLocalStorage<Asking>();

export interface TurnOptions {
  readonly signal: AbortSignal;
  readonly wait?: Wait | undefined;
  /** It mostly answers without a call: nothing is waited for ahead. */
  readonly mayCall?: boolean | undefined;
}

/**
 * One call of a connector's part, in its turn, to the system that is meant. Where that is several calls of the system, the connector waits for each with
 * `OpenContext.turn`; the first of them has had its turn.
 */
export async function inTurn<T>(
  db: Db,
  sync: Synchronised,
  { signal, wait, mayCall = false }: TurnOptions,
  work: () => Promise<T>,
): Promise<T> {
  const { system, connector } = sync;
  if (!mayCall) await pace(db, system, connector.callsPerSecond, signal, wait);
  return asking.run({ db, signal, wait, hasTurn: !mayCall }, async () => {
    await requireSameSystem(db, sync, signal);
    return work();
  });
}

export interface CallOptions extends Omit<TurnOptions, 'signal'> {
  readonly signal?: AbortSignal | undefined;
  /** Longest call, from its turn on. */
  readonly callMs: number;
}

export type Call = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Calls in their turn, each with its own time-out: how long it waits for its turn doesn't count. */
export const callOf =
  (db: Db, sync: Synchronised, { signal = new AbortController().signal, callMs, ...turn }: CallOptions): Call =>
  (work) =>
    inTurn(db, sync, { ...turn, signal }, () => work(AbortSignal.any([signal, AbortSignal.timeout(callMs)])));

/** Wait for the next turn of the system, over all workers. Nobody is asked by the engine: nothing to wait for. */
export async function nextTurn(system: string, callsPerSecond: number | undefined): Promise<void> {
  const found = asking.getStore();
  if (!found) return;
  if (found.hasTurn) found.hasTurn = false;
  else await pace(found.db, system, callsPerSecond, found.signal, found.wait);
}
