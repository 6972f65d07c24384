import { type Comparison, type Group, MISSING } from './comparison.js';
import type { ComparisonParameters, MatchParameters } from './parameters.js';

export interface ExplainedStep {
  readonly comparison: string;
  readonly level: string;
  readonly weight: number;
}

/** How much of its surplus of rarity an agreement is credited with, and at most. */
const RARITY = 0.5;
const MOST_RARITY = 5;
const LEAST_RARITY = -6;

/** What further evidence of a group counts beside the strongest of the same sign: it says partly the same again. */
export const GROUPS: readonly Group[] = ['name', 'place', 'contact', 'identity', 'detail'];
const FURTHER_FOR: Readonly<Record<Group, number>> = { name: 0.9, place: 0.55, contact: 0.7, identity: 1, detail: 0.8 };
const FURTHER_AGAINST: Readonly<Record<Group, number>> = {
  name: 0.8,
  place: 0.35,
  contact: 0.4,
  identity: 0.8,
  detail: 0.8,
};

/** The weight of a comparison's level, with what its rarity adds. */
export function stepWeight({ weights, usualInfo }: ComparisonParameters, level: number, info: number): number {
  const weight = weights[level] as number;
  const usual = usualInfo[level] as number;
  if (usual === 0 || weight <= 0) return weight;
  const surplus = Math.max(LEAST_RARITY, Math.min(MOST_RARITY, (info - usual) * RARITY));
  return Math.max(weight + surplus, Math.min(weight, 0));
}

/** Adds up evidence, group by group. */
export class Evidence {
  private readonly best = new Float64Array(GROUPS.length);
  private readonly others = new Float64Array(GROUPS.length);
  private readonly worst = new Float64Array(GROUPS.length);
  private readonly otherWorst = new Float64Array(GROUPS.length);
  private readonly furtherFor = Float64Array.from(GROUPS, (group) => FURTHER_FOR[group]);
  private readonly furtherAgainst = Float64Array.from(GROUPS, (group) => FURTHER_AGAINST[group]);

  clear(): void {
    this.best.fill(0);
    this.others.fill(0);
    this.worst.fill(0);
    this.otherWorst.fill(0);
  }

  add(group: number, weight: number): void {
    if (weight >= 0) {
      const best = this.best[group] as number;
      this.others[group] = (this.others[group] as number) + Math.min(best, weight);
      if (weight > best) this.best[group] = weight;
    } else {
      const worst = this.worst[group] as number;
      this.otherWorst[group] = (this.otherWorst[group] as number) + Math.max(worst, weight);
      if (weight < worst) this.worst[group] = weight;
    }
  }

  total(): number {
    let sum = 0;
    for (let at = 0; at < this.best.length; at++) {
      sum += (this.best[at] as number) + (this.furtherFor[at] as number) * (this.others[at] as number);
      sum += (this.worst[at] as number) + (this.furtherAgainst[at] as number) * (this.otherWorst[at] as number);
    }
    return sum;
  }
}

/** Scores pairs of a block's records with a set of parameters. One code for batch and live. */
export class PairScorer {
  private readonly evidence = new Evidence();
  private readonly groups: Int32Array;

  constructor(
    private readonly comparisons: readonly Comparison[],
    private readonly parameters: MatchParameters,
  ) {
    this.groups = Int32Array.from(comparisons, ({ group }) => GROUPS.indexOf(group));
  }

  /** log2 odds that both are the same. */
  weight(left: number, right: number): number {
    const { comparisons, parameters, evidence, groups } = this;
    evidence.clear();
    for (let at = 0; at < comparisons.length; at++) {
      const comparison = comparisons[at] as Comparison;
      const level = comparison.compare(left, right);
      if (level === MISSING) continue;
      evidence.add(
        groups[at] as number,
        stepWeight(parameters.comparisons[at] as ComparisonParameters, level, comparison.info),
      );
    }
    return parameters.prior + evidence.total();
  }

  /** The same, step by step. What steps of one group say again is a step of its own, so that they add up to the weight. */
  explain(left: number, right: number): { weight: number; probability: number; steps: ExplainedStep[] } {
    const { comparisons, parameters } = this;
    const steps: ExplainedStep[] = [{ comparison: 'prior', level: 'before comparing', weight: parameters.prior }];
    let sum = parameters.prior;
    for (const [at, comparison] of comparisons.entries()) {
      const level = comparison.compare(left, right);
      if (level === MISSING) continue;
      const known = parameters.comparisons[at] as ComparisonParameters;
      const weight = stepWeight(known, level, comparison.info);
      sum += weight;
      steps.push({ comparison: comparison.name, level: known.levels[level] as string, weight });
    }
    const weight = this.weight(left, right);
    if (Math.abs(weight - sum) > 1e-9) {
      steps.push({ comparison: 'said twice', level: 'evidence of one kind repeats itself', weight: weight - sum });
    }
    return { weight, probability: probabilityOf(weight), steps };
  }
}

export const probabilityOf = (weight: number) => 1 / (1 + 2 ** -weight);
