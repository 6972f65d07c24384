import { matchRecords, probabilityOf } from '../golden-records/match/engine/index.js';
import { bcubed, isPair, judgeClusters, type Quality } from './judge.js';
import type { EvalSet } from './load-set.js';

export interface Outcome {
  readonly quality: Quality;
  readonly bcubed: Quality | undefined;
  /** Mean predicted probability of the accepted pairs, and how many of them are right. */
  readonly predicted: number;
  readonly real: number;
  readonly candidates: number;
  readonly seconds: number;
  readonly clusters: Int32Array;
  readonly notes: readonly string[];
}

/** Match a set as `concord match` does, and judge it. */
export async function runSet(set: EvalSet): Promise<Outcome> {
  const started = performance.now();
  const clusters = new Int32Array(set.rows.length);
  const accepted = { pairs: 0, predicted: 0, right: 0 };
  const notes: string[] = [];
  let candidates = 0;
  for (const { schema, records } of set.parts) {
    const result = await matchRecords(
      schema,
      records.map((at) => schema.fields.map(({ name }) => set.rows[at]?.[name])),
      {
        ids: records.map((at) => set.ids[at] as string),
        oneToOne: set.oneToOne,
        ...(set.sources ? { sources: Uint16Array.from(records, (at) => set.sources?.[at] ?? 0) } : {}),
      },
    );
    candidates += result.candidates;
    notes.push(...result.parameters.notes);
    for (const [at, record] of records.entries()) clusters[record] = records[result.clusters[at] as number] as number;
    const { pairs } = result;
    for (let pair = 0; pair < pairs.length; pair++) {
      const left = records[pairs.left[pair] as number] as number;
      const right = records[pairs.right[pair] as number] as number;
      const isRight = isPair(set.truth, left, right, set.rows.length);
      if (isRight === undefined || clusters[left] !== clusters[right]) continue;
      accepted.pairs++;
      accepted.predicted += probabilityOf(pairs.weight[pair] as number);
      if (isRight) accepted.right++;
    }
  }
  return {
    quality: judgeClusters(clusters, set.truth, set.sources),
    bcubed: set.truth.form === 'clusters' ? bcubed(clusters, set.truth.clusters) : undefined,
    predicted: accepted.predicted / accepted.pairs,
    real: accepted.right / accepted.pairs,
    candidates,
    seconds: (performance.now() - started) / 1000,
    clusters,
    notes,
  };
}
