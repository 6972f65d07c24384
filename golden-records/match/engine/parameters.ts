import type { Frequencies } from './columns.js';
import type { Comparison } from './comparison.js';

export interface ComparisonParameters {
  readonly name: string;
  readonly levels: readonly string[];
  /** Shares of true pairs and of other candidates at each level. */
  readonly m: readonly number[];
  readonly u: readonly number[];
  /** log2(m / u), falling from level to level. */
  readonly weights: readonly number[];
  /** Bits that agreement at each level usually carries; NaN-free: 0 where how rare something is doesn't count. */
  readonly usualInfo: readonly number[];
  readonly origin: 'shipped' | 'estimated';
}

/** A frozen set of what matching needs to know. The same set gives the same scores, live and in batch. */
export interface MatchParameters {
  /** log2 odds that a candidate is a pair, before anything is compared. */
  readonly prior: number;
  readonly comparisons: readonly ComparisonParameters[];
  /** By field; where absent, the records at hand tell. */
  readonly frequencies?: Readonly<Record<string, Frequencies>>;
  /** What was decided in estimating, for people: fallbacks with their reasons. */
  readonly notes: readonly string[];
}

/** log2 odds that one candidate among some tens is a pair. */
export const SHIPPED_PRIOR = -4;

/** What is known before any data are seen. */
export function shippedParameters(comparisons: readonly Comparison[]): MatchParameters {
  return {
    prior: SHIPPED_PRIOR,
    comparisons: comparisons.map(({ name, levels }) => {
      const m = levels.map((level) => level.m);
      const u = levels.map((level) => level.u);
      return {
        name,
        levels: levels.map((level) => level.name),
        m,
        u,
        weights: monotoneWeights(m, u),
        usualInfo: levels.map((level) => level.usualInfo ?? 0),
        origin: 'shipped' as const,
      };
    }),
    notes: [],
  };
}

const MOST_WEIGHT = 16;

/**
 * log2(m / u) by level, made to fall from the strongest to the weakest: where estimates of two neighbours cross, both
 * get what they have together (pool adjacent violators).
 */
export function monotoneWeights(m: readonly number[], u: readonly number[]): number[] {
  const pools: { m: number; u: number; size: number }[] = [];
  for (const [at, value] of m.entries()) {
    pools.push({ m: value, u: u[at] ?? 0, size: 1 });
    while (pools.length > 1) {
      const last = pools[pools.length - 1];
      const before = pools[pools.length - 2];
      if (!last || !before || ratio(last) <= ratio(before)) break;
      pools.splice(-2, 2, { m: last.m + before.m, u: last.u + before.u, size: last.size + before.size });
    }
  }
  return pools.flatMap((pool) =>
    Array.from({ length: pool.size }, () => Math.max(-MOST_WEIGHT, Math.min(MOST_WEIGHT, Math.log2(ratio(pool))))),
  );
}

const LEAST = 1e-7;
const ratio = ({ m, u }: { m: number; u: number }) => Math.max(m, LEAST) / Math.max(u, LEAST);
