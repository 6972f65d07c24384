import { keysOfRecords } from './candidates.js';
import { type Block, type Cell, type MadeBlock, makeBlock } from './columns.js';
import type { Comparison } from './comparison.js';
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
    const scorer = new PairScorer(comparisons, this.parameters);
    return candidates.map((_, at) => ({ ...scorer.explain(0, at + 1), conflict: isConflict(block, 0, at + 1) }));
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

/** Do two records have different values of an identifier of which a real thing has only one? */
export function isConflict({ columns }: Block, left: number, right: number): boolean {
  for (const { spec, rows, values } of columns) {
    if (spec.exclusive !== true) continue;
    const leftFrom = rows[left] as number;
    const leftTo = rows[left + 1] as number;
    const rightFrom = rows[right] as number;
    const rightTo = rows[right + 1] as number;
    if (leftFrom === leftTo || rightFrom === rightTo) continue;
    let shared = false;
    for (let i = leftFrom; i < leftTo && !shared; i++) {
      for (let j = rightFrom; j < rightTo && !shared; j++) shared = values[i] === values[j];
    }
    if (!shared) return true;
  }
  return false;
}
