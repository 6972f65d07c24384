import { type Backoff, backoffMs } from './backoff.js';

/** The circuit of one system, for all workers: it lives in `sync_system`, so that each sees what the others met. */
export interface Breaker {
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  /** Calls in a row that didn't get through. */
  readonly failures: number;
  /** ISO time: when the next call may try. */
  readonly retryAt: string | null;
}

/** One lost call may be chance. */
const OPENS_AFTER = 3;
const BREAKER_BACKOFF: Backoff = { baseMs: 2_000, capMs: 2 * 60_000 };
/** A process that dies while it tries must not keep the circuit half open. */
export const TRIAL_MS = 60_000;

export type Passage = 'FREE' | 'TRIAL' | 'SHUT';

/** May a call be made now? TRIAL: one alone, and its outcome decides. */
export function passage({ state, retryAt }: Breaker, now: Date): Passage {
  if (state === 'CLOSED') return 'FREE';
  return retryAt === null || now.toISOString() >= retryAt ? 'TRIAL' : 'SHUT';
}

/** Nothing got through. At least half of the ceiling is waited: a system that is down isn't asked at once again. */
export function afterFailure(breaker: Breaker, now: Date, random: number, retryAfterMs = 0): Breaker {
  const failures = breaker.failures + 1;
  if (breaker.state === 'CLOSED' && failures < OPENS_AFTER) return { state: 'CLOSED', failures, retryAt: null };
  const opened = Math.max(1, failures - OPENS_AFTER + 1);
  const waitMs = backoffMs(opened, 0.5 + random / 2, BREAKER_BACKOFF, retryAfterMs);
  return { state: 'OPEN', failures, retryAt: new Date(now.getTime() + waitMs).toISOString() };
}

export const CLOSED: Breaker = { state: 'CLOSED', failures: 0, retryAt: null };
