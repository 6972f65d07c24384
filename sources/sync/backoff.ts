export interface Backoff {
  /** Ceiling of the first wait; doubles with each further failure. */
  readonly baseMs: number;
  readonly capMs: number;
}
export const DELIVERY_BACKOFF: Backoff = { baseMs: 1_000, capMs: 5 * 60_000 };
export const STREAM_BACKOFF: Backoff = { baseMs: 1_000, capMs: 60_000 };

/**
 * Milliseconds until the next try, after so many failures (1: the first). Full jitter: anything up to the ceiling, so that
 * who failed together doesn't return together. Never earlier than the system asked for (Retry-After).
 */
export function backoffMs(failures: number, random: number, { baseMs, capMs }: Backoff, retryAfterMs = 0): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.max(Math.round(random * ceiling), retryAfterMs);
}
