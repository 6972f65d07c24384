import { type Comparison, type Group, MISSING } from './comparison.js';
import { Evidence, GROUPS, stepWeight } from './pair-scorer.js';
import { type ComparisonParameters, type MatchParameters, monotoneWeights } from './parameters.js';

/** Levels of a sample of candidates, comparison by comparison; MISSING where one has no value. */
export interface Sample {
  readonly pairs: number;
  /** `levels[pair * comparisons + c]`. */
  readonly levels: Int8Array;
  readonly info: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
}

export function takeSample(comparisons: readonly Comparison[], left: Int32Array, right: Int32Array): Sample {
  const width = comparisons.length;
  const levels = new Int8Array(left.length * width);
  const info = new Float32Array(left.length * width);
  for (let pair = 0; pair < left.length; pair++) {
    for (let at = 0; at < width; at++) {
      const comparison = comparisons[at] as Comparison;
      levels[pair * width + at] = comparison.compare(left[pair] as number, right[pair] as number);
      info[pair * width + at] = comparison.info;
    }
  }
  return { pairs: left.length, levels, info, left, right };
}

export interface EstimateOptions {
  /** Of linkage: only pairs of different sources are compared, so a record's candidates are rivals. */
  readonly linkage: boolean;
  /** Where sources are free of duplicates: at most one of a record's candidates is right. */
  readonly oneToOne: boolean;
  /** The prior share of pairs among candidates can't be more than this. */
  readonly mostPairs: number;
  readonly records: number;
}

const FEWEST_CANDIDATES = 200;
const FEWEST_PAIRS = 25;
const ROUNDS = 20;
const SETTLED = 1e-4;
/** What is known beforehand counts as so many pairs. */
const PRIOR_PAIRS = 40;
const PRIOR_OTHERS = 100;
const PRIOR_INFO = 25;
const MOST_SHARE = 0.7;

/**
 * Learn m, u and the share of pairs from candidates without labels, by expectation and maximisation. u is learnt from the
 * candidates too: they are alike by selection, and what two random records have in common says nothing about them.
 */
export function estimate(
  comparisons: readonly Comparison[],
  shipped: MatchParameters,
  sample: Sample,
  options: EstimateOptions,
): MatchParameters {
  if (sample.pairs < FEWEST_CANDIDATES) {
    return withNote(
      shipped,
      `${sample.pairs} candidates are too few to learn from (at least ${FEWEST_CANDIDATES}): the shipped parameters are used`,
    );
  }
  const first = Math.min(0.3, (0.25 * options.records) / sample.pairs, options.mostPairs / sample.pairs);
  let parameters: MatchParameters = { ...shipped, prior: logOdds(first) };
  const posterior = new Float64Array(sample.pairs);
  let share = first;
  for (let round = 0; round < ROUNDS; round++) {
    expect(comparisons, parameters, sample, options, posterior);
    const found = posterior.reduce((sum, p) => sum + p, 0);
    const next = Math.min(MOST_SHARE, options.mostPairs / sample.pairs, Math.max(found, 1) / sample.pairs);
    parameters = maximise(comparisons, shipped, sample, posterior, next);
    if (Math.abs(next - share) < SETTLED * share) break;
    share = next;
  }
  const pairs = share * sample.pairs;
  if (pairs < FEWEST_PAIRS) {
    return withNote(
      { ...shipped, prior: Math.max(shipped.prior - 4, Math.min(shipped.prior, logOdds(share))) },
      `about ${Math.round(pairs)} pairs among ${sample.pairs} candidates are too few to learn from (at least ${FEWEST_PAIRS}): the shipped parameters are used`,
    );
  }
  return parameters;
}

const withNote = (parameters: MatchParameters, note: string): MatchParameters => ({
  ...parameters,
  notes: [...parameters.notes, note],
});
const logOdds = (share: number) => Math.log2(share / (1 - share));

/** Posterior of every candidate; rivals for one record share what can only be given once. */
export function expect(
  comparisons: readonly Comparison[],
  parameters: MatchParameters,
  sample: Sample,
  { linkage, oneToOne, records }: EstimateOptions,
  posterior: Float64Array,
): void {
  const width = comparisons.length;
  const evidence = new Evidence();
  const groups = comparisons.map(({ group }: { group: Group }) => GROUPS.indexOf(group));
  for (let pair = 0; pair < sample.pairs; pair++) {
    evidence.clear();
    for (let at = 0; at < width; at++) {
      const level = sample.levels[pair * width + at] as number;
      if (level === MISSING) continue;
      evidence.add(
        groups[at] as number,
        stepWeight(parameters.comparisons[at] as ComparisonParameters, level, sample.info[pair * width + at] as number),
      );
    }
    posterior[pair] = 2 ** Math.max(-60, Math.min(60, parameters.prior + evidence.total()));
  }
  if (!linkage) {
    for (let pair = 0; pair < sample.pairs; pair++) {
      const odds = posterior[pair] as number;
      posterior[pair] = odds / (1 + odds);
    }
    return;
  }
  compete(sample, posterior, records, oneToOne ? 1 : 0.5);
}

/** Divide the odds of rivals: `strength` 1 where only one can be right, less where some records have several partners. */
function compete(sample: Sample, odds: Float64Array, records: number, strength: number): void {
  const total = new Float64Array(records);
  for (let pair = 0; pair < sample.pairs; pair++) {
    const left = sample.left[pair] as number;
    const right = sample.right[pair] as number;
    total[left] = (total[left] as number) + (odds[pair] as number);
    total[right] = (total[right] as number) + (odds[pair] as number);
  }
  for (let pair = 0; pair < sample.pairs; pair++) {
    const own = odds[pair] as number;
    const rivalsLeft = (total[sample.left[pair] as number] as number) - own;
    const rivalsRight = (total[sample.right[pair] as number] as number) - own;
    const rivals = Math.max(0, rivalsLeft, rivalsRight);
    odds[pair] = own / (1 + own + strength * rivals);
  }
}

function maximise(
  comparisons: readonly Comparison[],
  shipped: MatchParameters,
  sample: Sample,
  posterior: Float64Array,
  share: number,
): MatchParameters {
  const width = comparisons.length;
  return {
    ...shipped,
    prior: logOdds(share),
    comparisons: comparisons.map((comparison, at): ComparisonParameters => {
      const known = shipped.comparisons[at] as ComparisonParameters;
      const levels = comparison.levels.length;
      const m = Float64Array.from(known.m, (value) => value * PRIOR_PAIRS);
      const u = Float64Array.from(known.u, (value) => value * PRIOR_OTHERS);
      const info = Float64Array.from(known.usualInfo, (value) => value * PRIOR_INFO);
      const others = new Float64Array(levels).fill(PRIOR_INFO);
      for (let pair = 0; pair < sample.pairs; pair++) {
        const level = sample.levels[pair * width + at] as number;
        if (level === MISSING) continue;
        const p = posterior[pair] as number;
        m[level] = (m[level] as number) + p;
        u[level] = (u[level] as number) + 1 - p;
        info[level] = (info[level] as number) + (1 - p) * (sample.info[pair * width + at] as number);
        others[level] = (others[level] as number) + 1 - p;
      }
      const shareM = normalised(m);
      const shareU = normalised(u);
      return {
        name: known.name,
        levels: known.levels,
        m: shareM,
        u: shareU,
        weights: monotoneWeights(shareM, shareU),
        usualInfo: known.usualInfo.map((usual, level) =>
          usual === 0 ? 0 : (info[level] as number) / (others[level] as number),
        ),
        origin: 'estimated',
      };
    }),
  };
}

function normalised(counts: Float64Array): number[] {
  const sum = counts.reduce((total, count) => total + count, 0);
  return Array.from(counts, (count) => count / sum);
}
