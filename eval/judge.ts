/** Judges clusters and pairs against a truth. Its figures agree with those of any other tool that counts pairs. */

export type Truth =
  | { readonly form: 'clusters'; readonly clusters: Int32Array }
  | { readonly form: 'pairs'; readonly pairs: ReadonlySet<number> }
  | { readonly form: 'labelled'; readonly labels: ReadonlyMap<number, boolean> };

export interface Quality {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** One number for a pair of record numbers. */
export const pairKey = (a: number, b: number, records: number) => (a < b ? a * records + b : b * records + a);

const quality = (right: number, accepted: number, all: number): Quality => {
  const precision = accepted === 0 ? 0 : right / accepted;
  const recall = all === 0 ? 0 : right / all;
  return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
};

const choose2 = (count: number) => (count * (count - 1)) / 2;

function countsOf(labels: ArrayLike<number | string>): Map<number | string, number> {
  const counts = new Map<number | string, number>();
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at] as number | string;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}
const pairsWithin = (labels: ArrayLike<number | string>) =>
  [...countsOf(labels).values()].reduce((sum, count) => sum + choose2(count), 0);

/** How many pairs there are to find. */
export const truePairs = (truth: Truth): number =>
  truth.form === 'clusters' ? pairsWithin(truth.clusters) : truth.form === 'pairs' ? truth.pairs.size : 0;

/** `sources`: judge pairs of different sources only. */
export function judgeClusters(clusters: Int32Array, truth: Truth, sources?: ArrayLike<number>): Quality {
  const records = clusters.length;
  if (truth.form === 'labelled') {
    let right = 0;
    let accepted = 0;
    let all = 0;
    for (const [key, isSame] of truth.labels) {
      const together = clusters[Math.floor(key / records)] === clusters[key % records];
      if (isSame) all++;
      if (together) accepted++;
      if (together && isSame) right++;
    }
    return quality(right, accepted, all);
  }
  const within = (labels: ArrayLike<number | string>) =>
    pairsWithin(labels) - (sources ? pairsWithin(Array.from(labels, (label, at) => `${label}|${sources[at]}`)) : 0);
  const accepted = within(clusters);
  if (truth.form === 'clusters') {
    const both = Array.from(clusters, (cluster, at) => `${cluster}/${truth.clusters[at]}`);
    return quality(within(both), accepted, within(truth.clusters));
  }
  let right = 0;
  let all = 0;
  for (const key of truth.pairs) {
    const a = Math.floor(key / records);
    const b = key % records;
    if (sources && sources[a] === sources[b]) continue;
    all++;
    if (clusters[a] === clusters[b]) right++;
  }
  return quality(right, accepted, all);
}

/** B-cubed: for each record, how much of its cluster is right, and how much of its entity is there. */
export function bcubed(clusters: Int32Array, truth: Int32Array): Quality {
  const predicted = countsOf(clusters);
  const real = countsOf(truth);
  let precision = 0;
  let recall = 0;
  for (const [key, count] of countsOf(Array.from(clusters, (cluster, at) => `${cluster}/${truth[at]}`))) {
    const [cluster = 0, entity = 0] = String(key).split('/').map(Number);
    precision += count ** 2 / (predicted.get(cluster) ?? 1);
    recall += count ** 2 / (real.get(entity) ?? 1);
  }
  precision /= clusters.length;
  recall /= clusters.length;
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall || 1) };
}

export function isPair(truth: Truth, a: number, b: number, records: number): boolean | undefined {
  if (truth.form === 'clusters') return truth.clusters[a] === truth.clusters[b];
  const key = pairKey(a, b, records);
  return truth.form === 'pairs' ? truth.pairs.has(key) : truth.labels.get(key);
}
