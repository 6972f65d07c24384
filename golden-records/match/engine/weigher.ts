import { type Comparison, Conflicts, type Group } from './comparison.js';
import type { MatchParameters } from './parameters.js';

// Looked up once: this is the innermost loop.
const { max, min, log2 } = Math;

/** How much of its surplus of rarity an agreement is credited with, and at most. */
const RARITY = 0.5;
const MOST_RARITY = 5;
const LEAST_RARITY = -6;

/** What further evidence of a group counts beside the strongest of the same sign: it says partly the same again. */
const GROUPS: readonly Group[] = ['name', 'place', 'contact', 'identity', 'detail'];
const FURTHER_FOR: Readonly<Record<Group, number>> = { name: 0.9, place: 0.55, contact: 0.7, identity: 1, detail: 0.8 };
const FURTHER_AGAINST: Readonly<Record<Group, number>> = {
  name: 0.8,
  place: 0.35,
  contact: 0.4,
  identity: 0.8,
  detail: 0.8,
};

const FURTHER_FOR_BY_NUMBER = Float64Array.from(GROUPS, (group) => FURTHER_FOR[group]);
const FURTHER_AGAINST_BY_NUMBER = Float64Array.from(GROUPS, (group) => FURTHER_AGAINST[group]);

/**
 * Adds up what the comparisons of one pair say, for each thing that the pair may be: the same, or two that are related
 * (they share a place, or a name). All are weighed against two that have nothing to do with each other.
 */
export class Weigher {
  private readonly classes: number;
  private readonly groups: Int32Array;
  /** First level of each comparison in `weights`. */
  private readonly offset: Int32Array;
  /** By class, then comparison and level. */
  private readonly weights: Float64Array;
  private readonly usualInfo: Float64Array;
  private readonly levels: number;
  private readonly priors: Float64Array;
  /** By class, then group: the strongest for and against, and the others. */
  private readonly sums: Float64Array;
  private readonly conflicts = new Conflicts();

  constructor(
    private readonly comparisons: readonly Comparison[],
    parameters: MatchParameters,
  ) {
    const { relations } = parameters;
    this.classes = 1 + relations.length;
    this.groups = Int32Array.from(comparisons, ({ group }) => GROUPS.indexOf(group));
    this.offset = new Int32Array(comparisons.length);
    let levels = 0;
    for (const [at, { weights }] of parameters.comparisons.entries()) {
      this.offset[at] = levels;
      levels += weights.length;
    }
    this.levels = levels;
    this.usualInfo = Float64Array.from(parameters.comparisons.flatMap(({ usualInfo }) => usualInfo));
    this.weights = Float64Array.from([
      ...parameters.comparisons.flatMap(({ weights }) => weights),
      ...relations.flatMap(({ comparisons: own }) => own.flatMap(({ weights }) => weights)),
    ]);
    this.priors = Float64Array.from([parameters.prior, ...relations.map(({ prior }) => prior)]);
    this.sums = new Float64Array(this.classes * GROUPS.length * 4);
  }

  clear(): void {
    this.sums.fill(0);
    this.conflicts.clear();
  }

  /** A comparison's level, with what its rarity adds, as evidence that both are the same. */
  step(comparison: number, level: number, info: number): number {
    return this.weightOf(0, (this.offset[comparison] as number) + level, info);
  }

  see(comparison: number, level: number, info: number): void {
    this.seeSame(comparison, level, info);
    this.seeRelated(comparison, level, info);
  }

  /** The most that a comparison can add to the odds that both are the same. */
  mostOf(comparison: number): number {
    const from = this.offset[comparison] as number;
    const to = from + (this.comparisons[comparison] as Comparison).levels.length;
    let most = 0;
    for (let at = from; at < to; at++) most = max(most, this.weightOf(0, at, Number.POSITIVE_INFINITY));
    return most;
  }

  /** As evidence that both are the same, only: enough where that is out of the question. */
  seeSame(comparison: number, level: number, info: number): void {
    this.conflicts.see(this.comparisons[comparison] as Comparison, level);
    this.add(comparison, level, info, 0, 1);
  }

  seeRelated(comparison: number, level: number, info: number): void {
    this.add(comparison, level, info, 1, this.classes);
  }

  private add(comparison: number, level: number, info: number, from: number, to: number): void {
    const { sums } = this;
    const at = (this.offset[comparison] as number) + level;
    const group = this.groups[comparison] as number;
    for (let kind = from; kind < to; kind++) {
      const weight = this.weightOf(kind, at, info);
      const base = (kind * GROUPS.length + group) * 4;
      if (weight >= 0) {
        const best = sums[base] as number;
        sums[base + 1] = (sums[base + 1] as number) + min(best, weight);
        if (weight > best) sums[base] = weight;
      } else {
        const worst = sums[base + 2] as number;
        sums[base + 3] = (sums[base + 3] as number) + max(worst, weight);
        if (weight < worst) sums[base + 2] = weight;
      }
    }
  }

  private weightOf(kind: number, at: number, info: number): number {
    const weight = this.weights[kind * this.levels + at] as number;
    const usual = this.usualInfo[at] as number;
    if (usual === 0 || weight <= 0) return weight;
    const surplus = max(LEAST_RARITY, min(MOST_RARITY, (info - usual) * RARITY));
    return max(weight + surplus, 0);
  }

  /** log2 odds of a class against two unrelated records: 0 the same, then the relations. */
  total(kind: number): number {
    const { sums } = this;
    let sum = this.priors[kind] as number;
    for (let group = 0; group < GROUPS.length; group++) {
      const base = (kind * GROUPS.length + group) * 4;
      sum += (sums[base] as number) + (FURTHER_FOR_BY_NUMBER[group] as number) * (sums[base + 1] as number);
      sum += (sums[base + 2] as number) + (FURTHER_AGAINST_BY_NUMBER[group] as number) * (sums[base + 3] as number);
    }
    return kind === 0 ? sum + this.conflicts.weight : sum;
  }

  /** log2 odds that both are the same from what was seen so far; facts that differ can still be made up for. */
  most(): number {
    const total = this.total(0);
    return this.conflicts.found ? total : total - this.conflicts.weight;
  }

  get conflict(): number {
    return this.conflicts.weight;
  }
  get ruledOut(): boolean {
    return this.conflicts.ruledOut;
  }

  /** What takes away from the odds that the pair may be two related things. Never positive. */
  rivals(): number {
    let odds = 1;
    for (let kind = 1; kind < this.classes; kind++) odds += 2 ** min(MOST_EXPONENT, this.total(kind));
    return -log2(odds);
  }
}

const MOST_EXPONENT = 200;
