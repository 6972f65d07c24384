import { keysOfRecords } from './candidates.js';
import {
  type Block,
  type Cell,
  type ColumnSpec,
  columnSpecs,
  featuresOfRecord,
  makeBlock,
  makeBlockOfFeatures,
  type RecordFeatures,
  type Shares,
} from './columns.js';
import { decisive, isConflict } from './comparison.js';
import { comparisonsOf } from './comparisons.js';
import { type Explained, type ExplainedStep, PairScorer } from './pair-scorer.js';
import { type MatchParameters, monotoneWeights, shippedParameters } from './parameters.js';
import { isExclusive, type MatchSchema } from './schema.js';
import { sharesOfFrequencies, sharesOfRecords } from './shares.js';

export interface ScoredCandidate {
  /** log2 odds that both are the same. */
  readonly weight: number;
  readonly probability: number;
  readonly steps: readonly ExplainedStep[];
  /** Both have a value of an exclusive identifier and none in common: never linked by the machine. */
  readonly conflict: boolean;
}

/** What of a record is kept for matching it later. */
export interface DescribedRecord {
  readonly features: RecordFeatures;
  /**
   * Signed 32-bit numbers, each once: records that share a rare one are candidates. They don't change between releases of
   * one schema.
   */
  readonly keys: Int32Array;
}

/** A handful of records that may be compared with each other, by their places in the list. */
export interface Comparable {
  /** log2 odds; below `floor` an upper bound of them. */
  weight(left: number, right: number, floor?: number): number;
  explain(left: number, right: number): Explained;
  isConflict(left: number, right: number): boolean;
  /** The values that a comparison saw of a record, as it saw them. */
  seen(comparison: string, record: number): readonly string[];
}

/** In how many records a word counts as found once, where nobody has counted: as rare as words usually are. */
const USUAL_RECORDS = 16_384;

/**
 * What the program ships for a schema, before any records of it were seen. How rare a value is, only words tell by
 * themselves. An identifier of a known scheme was validated before it came here: sharing one is hardly ever chance.
 */
export function shippedFor(schema: MatchSchema): MatchParameters {
  const uncounted = { records: USUAL_RECORDS, values: {}, tokens: {}, neighbours: {} };
  const shipped = new RecordMatcher(schema).parameters;
  const fields = new Map(schema.fields.map((field) => [field.name, field]));
  return {
    ...shipped,
    comparisons: shipped.comparisons.map((comparison) => {
      const field = fields.get(comparison.name);
      if (field !== undefined && WORDS.has(field.kind)) return comparison;
      const usualInfo = comparison.usualInfo.map(() => 0);
      if (field?.checkedAs === undefined) return { ...comparison, usualInfo };
      const last = comparison.levels.length - 1;
      const m = comparison.m.map((share, level) => (level === last ? share * DIFFERS_THOUGH_VALIDATED : share));
      const chance = isExclusive(field) ? CHANCE_OF_EXCLUSIVE : CHANCE_OF_VALIDATED;
      const u = comparison.u.map((share, level) =>
        level === 0 ? share * chance : level < last ? share * NEXT_TO_EACH_OTHER : share,
      );
      return { ...comparison, m, u, usualInfo, weights: monotoneWeights(m, u) };
    }),
    frequencies: Object.fromEntries(columnSpecs(schema).map(({ name }) => [name, uncounted])),
  };
}

/** Of a catalogue the words are few: what a title has in common with another isn't rare. */
const WORDS: ReadonlySet<string> = new Set(['organisation-name', 'person-name', 'address', 'street']);
/** What is left of the chance that two things share an identifier where its check digit is right. */
const CHANCE_OF_VALIDATED = 0.1;
/** The same of a number of which a thing has only one. */
const CHANCE_OF_EXCLUSIVE = 0.01;
/** Numbers are given out in order: two neighbours differ by one digit, and are two. */
const NEXT_TO_EACH_OTHER = 10;
/** What is left of the chance that one thing has two: no slip passes the check. */
const DIFFERS_THOUGH_VALIDATED = 0.2;

/**
 * Scores single records with frozen parameters, by the same code as a whole batch. `parameters` come from a batch, or are
 * the shipped ones; without `frequencies` words and values count as rare, except for those that are usual.
 */
export class RecordMatcher {
  readonly parameters: MatchParameters;
  constructor(
    readonly schema: MatchSchema,
    parameters?: MatchParameters,
  ) {
    this.parameters = parameters ?? shippedParameters(comparisonsOf(this.block([])));
  }

  /** One record against others; each is the cells of the schema's fields. */
  score(record: readonly Cell[], candidates: readonly (readonly Cell[])[]): ScoredCandidate[] {
    const comparable = this.comparable(this.block([record, ...candidates]));
    return candidates.map((_, at) => ({
      ...comparable.explain(0, at + 1),
      conflict: comparable.isConflict(0, at + 1),
    }));
  }

  /** Normalise records, once and for all. */
  describe(records: readonly (readonly Cell[])[]): DescribedRecord[] {
    const block = this.block(records);
    const { keyStart, keys } = keysOfRecords(block);
    return records.map((_, at) => ({
      features: featuresOfRecord(block, at),
      keys: keys.slice(keyStart[at], keyStart[at + 1]),
    }));
  }

  /** Records that were described before, to be compared in pairs. */
  compare(records: readonly RecordFeatures[]): Comparable {
    return this.comparable(makeBlockOfFeatures(this.schema, records, this.sharesOf).block);
  }

  private comparable(block: Block): Comparable {
    const comparisons = comparisonsOf(block);
    const deciding = decisive(comparisons);
    const scorer = new PairScorer(comparisons, this.parameters);
    const fields = new Map(comparisons.map(({ name, fields: read }) => [name, new Set(read)]));
    return {
      weight: (left, right, floor) => scorer.weight(left, right, floor),
      explain: (left, right) => scorer.explain(left, right),
      isConflict: (left, right) => isConflict(deciding, left, right),
      seen: (comparison, record) => {
        const columns = block.columns.filter(({ spec }) => fields.get(comparison)?.has(spec.name));
        return featuresOfRecord({ ...block, columns }, record).flat();
      },
    };
  }

  private readonly sharesOf = (spec: ColumnSpec, size: number): Shares => {
    const known = this.parameters?.frequencies?.[spec.name];
    return known ? sharesOfFrequencies(spec, known) : sharesOfRecords(spec, size);
  };

  private block(records: readonly (readonly Cell[])[]): Block {
    return makeBlock(this.schema, records, this.sharesOf).block;
  }
}
