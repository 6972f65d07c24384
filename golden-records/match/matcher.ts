import type { ParameterSet } from '../active-parameters.js';
import type { JsonObject } from '../json.js';
import type { EntityTypeDefinition } from '../model.js';
import type { Thresholds } from '../rules.js';
import {
  type Comparable,
  cellsOfAttributes,
  type Explained,
  type ExplainedStep,
  isExclusive,
  type MatchParameters,
  type RecordFeatures,
  RecordMatcher,
  rootOf,
  shippedFor,
  thawed,
} from './engine/index.js';
import { type IdentifierValue, identifierKey } from './identifiers.js';
import { storedKeys } from './keys.js';

/** One bar of the waterfall: how much this comparison moved the weight, and what was compared. */
export interface WaterfallStep {
  readonly comparison: string;
  /** OVERALL: no comparison, but what holds for the pair as a whole. */
  readonly level: 'EQUAL' | 'SIMILAR' | 'DIFFERENT' | 'OVERALL';
  /** The level in the comparison's own words, e.g. "one slip". */
  readonly detail: string;
  readonly weight: number;
  readonly left: string;
  readonly right: string;
  /** The attribute whose values these are, by which they are masked. */
  readonly attribute?: string;
}

/** Log2 odds that no comparison reaches: what the hub itself did. */
export const CERTAIN = 64;

/** KEPT: nothing but that the hub keeps the two in agreement; no outcome of comparing. */
export type MatchOutcome = 'MATCH' | 'POSSIBLE_MATCH' | 'NO_MATCH' | 'KEPT';

export interface Score {
  /** log2 odds: +10 is about 1000 : 1 for. */
  readonly weight: number;
  readonly waterfall: readonly WaterfallStep[];
  /** A strong identifier of which a real thing has only one differs: never linked by the machine. */
  readonly conflict: boolean;
}

/** What of a record takes part in matching. Computed once when it arrives, stored with it, compared many times. */
export interface Matchable {
  readonly id: string;
  readonly features: RecordFeatures;
  readonly keys: readonly number[];
}

/** What matching reads of a record. */
export interface NormalisedRecord {
  readonly attributes: JsonObject;
  readonly identifiers: readonly IdentifierValue[];
}

/** The engine for one entity type, going by one parameter set. */
export class Matcher {
  private readonly engine: RecordMatcher;
  private readonly attributeOf: ReadonlyMap<string, string>;
  /** Comparisons of numbers of which a thing has only one. */
  private readonly exclusive: ReadonlySet<string>;

  constructor(
    private readonly definition: EntityTypeDefinition,
    set: ParameterSet,
  ) {
    const { compared } = definition.matching;
    this.engine = new RecordMatcher(compared, parametersOf(definition, set));
    this.exclusive = new Set(
      compared.fields.filter((field) => field.kind === 'identifier' && isExclusive(field)).map(({ name }) => name),
    );
    this.attributeOf = new Map(
      compared.fields.flatMap(({ name, from }) => {
        const root = from.map(rootOf).find((attribute) => attribute in definition.attributes);
        return root === undefined ? [] : [[name, root] as const];
      }),
    );
  }

  /** What is to be kept of normalised records. */
  describe(records: readonly NormalisedRecord[]): Omit<Matchable, 'id'>[] {
    const { code, matching } = this.definition;
    const cells = records.map(({ attributes, identifiers }) => {
      const weak = new Set(identifiers.filter(({ strong }) => !strong).map(identifierKey));
      return cellsOfAttributes(matching.compared, attributes, weak);
    });
    return this.engine.describe(cells).map(({ features, keys }) => ({ features, keys: storedKeys(code, keys) }));
  }

  /** Scores these pairs, by their places among the records; from `floor` on each with its waterfall. */
  *score(
    records: readonly RecordFeatures[],
    pairs: Iterable<readonly [number, number]>,
    floor = Number.NEGATIVE_INFINITY,
  ): Iterable<Score & { readonly left: number; readonly right: number }> {
    const comparable = this.engine.compare(records);
    for (const [left, right] of pairs) {
      if (comparable.weight(left, right, floor) < floor) continue;
      const { weight, steps } = comparable.explain(left, right);
      // Both numbers are right as such: what may be a slip of the keyboard is a person's to say.
      const conflict =
        comparable.isConflict(left, right) ||
        steps.some(({ comparison, level }) => this.exclusive.has(comparison) && level !== 'equal');
      yield {
        left,
        right,
        weight: rounded(weight),
        conflict,
        waterfall: this.waterfall(comparable, steps, left, right),
      };
    }
  }

  private waterfall(comparable: Comparable, steps: Explained['steps'], left: number, right: number): WaterfallStep[] {
    return steps.map((step) => {
      const attribute = this.attributeOf.get(step.comparison);
      const words = (record: number) => comparable.seen(step.comparison, record).join('; ').slice(0, MOST_SHOWN);
      return {
        comparison: step.comparison,
        level: levelOf(step),
        detail: step.level,
        weight: rounded(step.weight),
        left: words(left),
        right: words(right),
        ...(attribute === undefined ? {} : { attribute }),
      };
    });
  }
}

/** Decide what a scored pair means. Never overrides a person's link (law 5): that is the clustering's to respect. */
export function outcomeOf(
  { weight, conflict }: Pick<Score, 'weight' | 'conflict'>,
  thresholds: Thresholds,
): MatchOutcome {
  if (weight >= thresholds.match) return conflict ? 'POSSIBLE_MATCH' : 'MATCH';
  return weight >= thresholds.review && !conflict ? 'POSSIBLE_MATCH' : 'NO_MATCH';
}

/** Texts are compared to the end and shown in part. */
const MOST_SHOWN = 200;
/** Weights are stored with three digits: the same are decided by. */
const rounded = (weight: number) => Math.round(weight * 1000) / 1000;

function levelOf({ comparison, level, weight }: ExplainedStep): WaterfallStep['level'] {
  if (OVERALL.has(comparison)) return 'OVERALL';
  if (level === 'equal') return 'EQUAL';
  return level === 'different' || weight < 0 ? 'DIFFERENT' : 'SIMILAR';
}
const OVERALL: ReadonlySet<string> = new Set(['prior', 'conflict', 'related', 'said twice']);

/**
 * The parameters that a set stands for; an empty one says what the program ships. Throws ConfigError for a set that was
 * learnt when other things were compared: its weights would fall to the wrong ones.
 */
function parametersOf(
  { code, matching }: EntityTypeDefinition,
  { parameters, version }: ParameterSet,
): MatchParameters {
  return parameters === null || Object.keys(parameters).length === 0
    ? shippedFor(matching.compared)
    : thawed(parameters, matching.compared, `parameter set ${version} of ${code}`);
}

const matchers = new WeakMap<ParameterSet, Matcher>();

/** Sets are frozen, so what was made of one serves as long as it lives. */
export function matcherFor(definition: EntityTypeDefinition, set: ParameterSet): Matcher {
  const known = matchers.get(set) ?? new Matcher(definition, set);
  matchers.set(set, known);
  return known;
}
