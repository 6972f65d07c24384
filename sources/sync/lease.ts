import type { Db } from '../../golden-records/index.js';

/** Who dies with something in hand stops it for no longer than this. Clocks of workers may differ by most of it. */
export const LEASE_MS = 20_000;
/** So often it is renewed before it would run out: one slow statement loses nothing. */
const BEATS = 4;

/**
 * Renew a lease for as long as its holder lives, however long a call takes, until the function that is given back is called. A
 * renewal that fails is tried again with the next beat; who lost the lease meanwhile finds out when it settles.
 */
export function keepLease({ log }: Pick<Db, 'log'>, leaseMs: number, renew: () => Promise<void>): () => void {
  const timer = setInterval(() => {
    renew().catch((err: unknown) => log.warn({ err }, 'a lease could not be renewed; it will be tried again'));
  }, leaseMs / BEATS);
  timer.unref();
  return () => clearInterval(timer);
}
