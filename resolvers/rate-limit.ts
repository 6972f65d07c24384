import type { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import { refusal } from './errors.js';

/** Cost that one key may spend, in this process. */
export interface RateLimits {
  readonly costPerSecond: number;
  /** What may be saved up: the size of the bucket. */
  readonly burstCost: number;
}

export const DEFAULT_RATE_LIMITS: RateLimits = { costPerSecond: 100_000, burstCost: 1_000_000 };

export type Spending = { readonly ok: true } | { readonly ok: false; readonly retryAfterSeconds: number };

interface Bucket {
  level: number;
  at: number;
}

/** A token bucket for each key. */
export class RateLimiter {
  // A key that falls out starts full again: harmless, as it was idle longest.
  private readonly buckets = new LRUCache<string, Bucket>({ max: 10_000 });

  constructor(
    private readonly limits: RateLimits,
    /** Milliseconds, monotonic. */
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Spend, or say after how many seconds it would be possible. */
  spend(key: string, cost: number): Spending {
    const bucket = this.refill(key);
    // A request dearer than the whole bucket waits for a full one, or it could never run.
    const needed = Math.min(cost, this.limits.burstCost);
    if (bucket.level >= needed) {
      bucket.level -= needed;
      return { ok: true };
    }
    return {
      ok: false,
      retryAfterSeconds: Math.max(1, Math.ceil((needed - bucket.level) / this.limits.costPerSecond)),
    };
  }

  private refill(key: string): Bucket {
    const now = this.clock();
    const bucket = this.buckets.get(key) ?? { level: this.limits.burstCost, at: now };
    const gained = ((now - bucket.at) / 1_000) * this.limits.costPerSecond;
    bucket.level = Math.min(this.limits.burstCost, bucket.level + gained);
    bucket.at = now;
    this.buckets.set(key, bucket);
    return bucket;
  }
}

export const rateLimited = (retryAfterSeconds: number): GraphQLError =>
  refusal('RATE_LIMITED', `this key has spent its budget; try again in ${retryAfterSeconds} s`, {
    status: 429,
    headers: [['retry-after', String(retryAfterSeconds)]],
    details: { retryAfterSeconds },
  });
