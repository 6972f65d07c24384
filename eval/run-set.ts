import { matchRecords, probabilityOf, RecordMatcher } from '../golden-records/match/engine/index.js';
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
  return set.truth.form === 'labelled' ? judgePairs(set, set.truth.labels) : matchAll(set);
}

/**
 * Single pairs that somebody judged: each is scored by itself with the shipped parameters, at even odds, since nothing was
 * searched for.
 */
function judgePairs(set: EvalSet, labels: ReadonlyMap<number, boolean>): Outcome {
  const started = performance.now();
  const size = set.rows.length;
  const found = { accepted: 0, right: 0, predicted: 0 };
  let all = 0;
  for (const { schema, records } of set.parts) {
    const matcher = new RecordMatcher(schema);
    const own = new Set(records);
    const cells = (record: number) => schema.fields.map(({ name }) => set.rows[record]?.[name]);
    for (const [key, isSame] of labels) {
      const left = Math.floor(key / size);
      if (!own.has(left)) continue;
      const [scored] = matcher.score(cells(left), [cells(key % size)]);
      const weight = (scored?.weight ?? 0) - matcher.parameters.prior;
      if (isSame) all++;
      if (weight < 0) continue;
      found.accepted++;
      found.predicted += probabilityOf(weight);
      if (isSame) found.right++;
    }
  }
  const precision = found.right / found.accepted;
  const recall = found.right / all;
  return {
    quality: { precision, recall, f1: (2 * precision * recall) / (precision + recall) },
    bcubed: undefined,
    predicted: found.predicted / found.accepted,
    real: precision,
    candidates: labels.size,
    seconds: (performance.now() - started) / 1000,
    clusters: Int32Array.from(set.rows, (_, at) => at),
    notes: ['judged pair by pair, at even odds, with the shipped parameters'],
  };
}

async function matchAll(set: EvalSet): Promise<Outcome> {
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
      accepted.predicted += result.probabilities[pair] as number;
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
