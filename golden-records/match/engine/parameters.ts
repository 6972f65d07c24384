import type { Frequencies } from './columns.js';
import { type Comparison, type RelationName, sharesOfRelated } from './comparison.js';

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

/** Pairs of two things that have something in common: sister companies, a household, variants of a product. */
export interface RelationParameters {
  readonly name: RelationName;
  /** log2 odds against two unrelated records. */
  readonly prior: number;
  /** By comparison: shares at each level, and log2 of them against those of unrelated records. */
  readonly comparisons: readonly { readonly shares: readonly number[]; readonly weights: readonly number[] }[];
}

/** A frozen set of what matching needs to know. The same set gives the same scores, live and in batch. */
export interface MatchParameters {
  /** log2 odds that a candidate is a pair rather than two unrelated records, before anything is compared. */
  readonly prior: number;
  readonly comparisons: readonly ComparisonParameters[];
  readonly relations: readonly RelationParameters[];
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
    relations: relationsOf(comparisons).map((name) => ({
      name,
      prior: SHIPPED_PRIOR - RARER_RELATION,
      comparisons: comparisons.map((comparison) => {
        const shares = sharesOfRelated(comparison, name);
        const m = comparison.levels.map((level) => level.m);
        const u = comparison.levels.map((level) => level.u);
        return { shares, weights: weightsBeside(shares, m, monotoneWeights(m, u)) };
      }),
    })),
    notes: [],
  };
}

/**
 * Related things are told from the same where something beside name and place sometimes says so: an identifier, or, of
 * organisations, a phone. Without one, how many there are can't be learnt, and true pairs that have moved would be taken
 * for them.
 */
function relationsOf(comparisons: readonly Comparison[]): readonly RelationName[] {
  if (comparisons.some(({ ofProduct }) => ofProduct))
    return comparisons.some(({ isCode }) => isCode) ? ['variants'] : [];
  if (!comparisons.some(({ group }) => group === 'place')) return [];
  if (comparisons.some(({ isIdentifier }) => isIdentifier)) return ['same place', 'same name'];
  const isReached = comparisons.some(({ group }) => group === 'contact');
  return isReached && comparisons.some(({ ofOrganisation }) => ofOrganisation) ? ['neighbours', 'sister sites'] : [];
}

/** How much rarer related records are than pairs, in bits, before any data are seen. */
export const RARER_RELATION = 1.5;

/** Weights of related pairs, which stand to those of pairs as their shares do, whatever those were made to fall to. */
export const weightsBeside = (shares: readonly number[], m: readonly number[], weights: readonly number[]): number[] =>
  shares.map((share, at) =>
    bounded((weights[at] as number) + Math.log2(Math.max(share, LEAST) / Math.max(m[at] as number, LEAST))),
  );

const MOST_WEIGHT = 16;
const bounded = (weight: number) => Math.max(-MOST_WEIGHT, Math.min(MOST_WEIGHT, weight));

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
  return pools.flatMap((pool) => Array.from({ length: pool.size }, () => bounded(Math.log2(ratio(pool)))));
}

const LEAST = 1e-7;
const ratio = ({ m, u }: { m: number; u: number }) => Math.max(m, LEAST) / Math.max(u, LEAST);
