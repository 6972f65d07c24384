import { type Comparison, MISSING } from './comparison.js';
import type { ComparisonParameters, MatchParameters } from './parameters.js';
import { Weigher } from './weigher.js';

export interface ExplainedStep {
  readonly comparison: string;
  readonly level: string;
  readonly weight: number;
}

export interface Explained {
  readonly weight: number;
  readonly probability: number;
  readonly steps: readonly ExplainedStep[];
}

/** Scores pairs of a block's records with a set of parameters. One code for batch and live. */
export class PairScorer {
  private readonly weigher: Weigher;
  private readonly levels: Int8Array;
  private readonly infos: Float64Array;
  /** Comparisons with the cheap ones first, and how much those from a place on can add at most. */
  private readonly cheapFirst: Int32Array;
  private readonly mostToCome: Float64Array;

  constructor(
    private readonly comparisons: readonly Comparison[],
    private readonly parameters: MatchParameters,
  ) {
    this.weigher = new Weigher(comparisons, parameters);
    this.levels = new Int8Array(comparisons.length);
    this.infos = new Float64Array(comparisons.length);
    const most = comparisons.map((_, at) => this.weigher.mostOf(at));
    // Of those that cost the same, the one that could speak loudest.
    this.cheapFirst = Int32Array.from(comparisons.keys()).sort(
      (a, b) =>
        (comparisons[a] as Comparison).cost - (comparisons[b] as Comparison).cost ||
        (most[b] as number) - (most[a] as number) ||
        a - b,
    );
    this.mostToCome = new Float64Array(comparisons.length + 1);
    for (let at = comparisons.length - 1; at >= 0; at--) {
      this.mostToCome[at] =
        (this.mostToCome[at + 1] as number) + (most[this.cheapFirst[at] as number] as number) + ROUNDING;
    }
  }

  /**
   * log2 odds that both are the same. Below `floor` an upper bound of it: what can't get there isn't compared to the end,
   * and what else such a pair may be isn't asked.
   */
  weight(left: number, right: number, floor = Number.NEGATIVE_INFINITY): number {
    const { comparisons, weigher, levels, infos, cheapFirst, mostToCome } = this;
    const count = cheapFirst.length;
    weigher.clear();
    for (let step = 0; step < count; step++) {
      const at = cheapFirst[step] as number;
      const comparison = comparisons[at] as Comparison;
      const level = comparison.compare(left, right);
      levels[at] = level;
      if (level === MISSING) continue;
      infos[at] = comparison.info;
      weigher.seeSame(at, level, comparison.info);
      if (floor === Number.NEGATIVE_INFINITY) continue;
      const most = weigher.most() + (mostToCome[step + 1] as number);
      if (most < floor) return most;
    }
    // Added up in one order whatever the costs, so that the sum is the same to the last bit.
    weigher.clear();
    for (let at = 0; at < count; at++) {
      if (levels[at] !== MISSING) weigher.seeSame(at, levels[at] as number, infos[at] as number);
    }
    const same = weigher.total(0);
    if (same < floor) return same;
    for (let at = 0; at < count; at++) {
      if (levels[at] !== MISSING) weigher.seeRelated(at, levels[at] as number, infos[at] as number);
    }
    return same + weigher.rivals();
  }

  /** The same, step by step; the steps add up to the weight. */
  explain(left: number, right: number): Explained {
    const { comparisons, parameters, weigher } = this;
    const steps: ExplainedStep[] = [{ comparison: 'prior', level: 'before comparing', weight: parameters.prior }];
    for (const [at, comparison] of comparisons.entries()) {
      const level = comparison.compare(left, right);
      if (level === MISSING) continue;
      const { levels } = parameters.comparisons[at] as ComparisonParameters;
      steps.push({
        comparison: comparison.name,
        level: levels[level] as string,
        weight: weigher.step(at, level, comparison.info),
      });
    }
    const weight = this.weight(left, right);
    const { conflict } = weigher;
    if (conflict !== 0) {
      steps.push({ comparison: 'conflict', level: 'what a thing has only one of differs', weight: conflict });
    }
    const rivals = weigher.rivals();
    if (rivals < -LEAST_SHOWN) {
      steps.push({ comparison: 'related', level: 'may be two that share a place or a name', weight: rivals });
    }
    const repeated = weight - steps.reduce((sum, step) => sum + step.weight, 0);
    if (Math.abs(repeated) > LEAST_SHOWN) {
      steps.push({ comparison: 'said twice', level: 'evidence of one kind repeats itself', weight: repeated });
    }
    return { weight, probability: probabilityOf(weight), steps };
  }
}

/** Steps closer to nothing aren't shown. */
export const LEAST_SHOWN = 0.05;
const ROUNDING = 1e-9;

export const probabilityOf = (weight: number) => 1 / (1 + 2 ** -weight);
