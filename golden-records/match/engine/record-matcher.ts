import { keysOfRecords } from './candidates.js';
import { type Block, type Cell, type MadeBlock, makeBlock } from './columns.js';
import { type Comparison, decisive, isConflict } from './comparison.js';
import { comparisonsOf } from './comparisons.js';
import { type ExplainedStep, PairScorer } from './pair-scorer.js';
import { type MatchParameters, shippedParameters } from './parameters.js';
import type { MatchSchema } from './schema.js';
import { sharesOfFrequencies, sharesOfRecords } from './shares.js';

export interface ScoredCandidate {
  /** log2 odds that both are the same. */
  readonly weight: number;
  readonly probability: number;
  readonly steps: readonly ExplainedStep[];
  /** Both have a value of an exclusive identifier and none in common: never linked by the machine. */
  readonly conflict: boolean;
}

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
    const block = this.block([record, ...candidates]);
    const comparisons: Comparison[] = comparisonsOf(block);
    const deciding = decisive(comparisons);
    const scorer = new PairScorer(comparisons, this.parameters);
    return candidates.map((_, at) => ({ ...scorer.explain(0, at + 1), conflict: isConflict(deciding, 0, at + 1) }));
  }

  /** Keys of a record, as signed 32-bit numbers: records that share a rare one are candidates. They don't change between releases of one schema. */
  keys(record: readonly Cell[]): Int32Array {
    const { keys } = keysOfRecords(this.block([record]));
    return keys.slice();
  }

  private block(records: readonly (readonly Cell[])[]): Block {
    const made: MadeBlock = makeBlock(this.schema, records, (spec, size) => {
      const known = this.parameters?.frequencies?.[spec.name];
      return known ? sharesOfFrequencies(spec, known) : sharesOfRecords(spec, size);
    });
    return made.block;
  }
}
