import { type KeyIndexData, type Limits, Prober } from './candidates.js';
import type { Block } from './columns.js';
import { comparisonsOf } from './comparisons.js';
import { PairScorer } from './pair-scorer.js';
import type { MatchParameters } from './parameters.js';

/** What a thread needs to find and score the candidates of any record. */
export interface ScoringTask {
  readonly block: Block;
  readonly index: KeyIndexData;
  readonly limits: Limits;
  readonly sources: Uint16Array | undefined;
  readonly parameters: MatchParameters;
  /** Pairs below this weight are counted and not kept. */
  readonly floor: number;
}

export interface ScoredRange {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly weight: Float32Array;
  readonly candidates: number;
}

/** Finds and scores the candidates of ranges of records. */
export class RangeScorer {
  private readonly prober: Prober;
  private readonly scorer: PairScorer;
  private left = new Int32Array(4096);
  private right = new Int32Array(4096);
  private weight = new Float32Array(4096);

  constructor(private readonly task: ScoringTask) {
    const { block, index, limits, sources, parameters } = task;
    this.prober = new Prober(index, block.size, limits, sources);
    this.scorer = new PairScorer(comparisonsOf(block), parameters);
  }

  score(from: number, to: number): ScoredRange {
    const { prober, scorer } = this;
    const { floor } = this.task;
    let length = 0;
    let candidates = 0;
    for (let record = from; record < to; record++) {
      const count = prober.probe(record);
      candidates += count;
      if (length + count > this.left.length) this.widen();
      for (let at = 0; at < count; at++) {
        const other = prober.found[at] as number;
        const weight = scorer.weight(record, other, floor);
        if (weight < floor) continue;
        this.left[length] = record;
        this.right[length] = other;
        this.weight[length++] = weight;
      }
    }
    return {
      left: this.left.slice(0, length),
      right: this.right.slice(0, length),
      weight: this.weight.slice(0, length),
      candidates,
    };
  }

  private widen(): void {
    const wider = <A extends Int32Array | Float32Array>(array: A, copy: A): A => {
      copy.set(array);
      return copy;
    };
    this.left = wider(this.left, new Int32Array(this.left.length * 2));
    this.right = wider(this.right, new Int32Array(this.right.length * 2));
    this.weight = wider(this.weight, new Float32Array(this.weight.length * 2));
  }
}
