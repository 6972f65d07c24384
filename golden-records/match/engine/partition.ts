/** Scored pairs of records. */
export interface ScoredPairs {
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** log2 odds. */
  readonly weight: Float32Array;
  readonly length: number;
}

export interface PartitionOptions {
  /** Records join while their mean weight stays at or above this. */
  readonly threshold: number;
  /** What a pair counts before anything is compared: several pairs say more than one only in what lies above it. */
  readonly prior: number;
  /** What a pair that wasn't compared counts, and at worst one that was: no key brought it together, which speaks against it. */
  readonly unscored: number;
  /** Where set, pairs within one source were never candidates and count nothing. */
  readonly sources?: Uint16Array;
  /** With sources: a cluster holds at most one record of each. */
  readonly oneToOne?: boolean;
  /** The weight of two records that no key brought together, asked for within small components only. */
  readonly weigh?: (left: number, right: number) => number;
  /** Two records that must not meet, whatever their weight. */
  readonly apart?: (left: number, right: number) => boolean;
}

/** No single pair, however sure, carries more others than this. */
export const MOST_WEIGHT = 12;

/**
 * Cluster by average linkage, the best first: two clusters join when their records agree on the whole, so that one
 * bridge between two known things doesn't chain them. Pairs that weren't compared count against. A cluster is the number
 * of its first record. The same whatever the order of the pairs.
 */
export function partition(records: number, pairs: ScoredPairs, options: PartitionOptions): Int32Array {
  const clusters = Int32Array.from({ length: records }, (_, at) => at);
  for (const component of components(records, pairs, options.threshold)) {
    if (component.members.length === 2) {
      const [a, b] = component.members as [number, number];
      const pair = component.pairs[0] as number;
      if ((pairs.weight[pair] as number) >= options.threshold && mayMeet(a, b, options))
        clusters[Math.max(a, b)] = Math.min(a, b);
    } else {
      new Agglomeration(component, pairs, options).run(clusters);
    }
  }
  return clusters;
}

const mayMeet = (a: number, b: number, { sources, oneToOne, apart }: PartitionOptions) =>
  !(oneToOne && sources && sources[a] === sources[b]) && !apart?.(a, b);

/** How much of what one pair of two clusters says the others say again: they compare much the same values. */
const REPEATED = 0.85;
/** As how many independent pairs so many count. */
const worthOf = (pairs: number) => pairs / (1 + (pairs - 1) * REPEATED);

/** Of a larger component not every pair is compared: it would take quadratic time. */
const MOST_WEIGHED = 100;

interface Component {
  readonly members: readonly number[];
  readonly pairs: readonly number[];
}

/** What is connected by pairs at or above the threshold, with all scored pairs inside. */
function* components(records: number, pairs: ScoredPairs, threshold: number): Iterable<Component> {
  const parent = Int32Array.from({ length: records }, (_, at) => at);
  const find = (record: number): number => {
    let at = record;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  for (let pair = 0; pair < pairs.length; pair++) {
    if ((pairs.weight[pair] as number) < threshold) continue;
    const a = find(pairs.left[pair] as number);
    const b = find(pairs.right[pair] as number);
    if (a !== b) parent[Math.max(a, b)] = Math.min(a, b);
  }
  const found = new Map<number, { members: number[]; pairs: number[] }>();
  for (let pair = 0; pair < pairs.length; pair++) {
    const root = find(pairs.left[pair] as number);
    if (root !== find(pairs.right[pair] as number)) continue;
    let component = found.get(root);
    if (!component) {
      component = { members: [], pairs: [] };
      found.set(root, component);
    }
    component.pairs.push(pair);
  }
  for (let record = 0; record < records; record++) found.get(find(record))?.members.push(record);
  yield* found.values();
}

interface Group {
  readonly id: number;
  readonly members: number[];
  /** Sum of weights of scored pairs, and their number, by the other group. */
  readonly links: Map<number, { sum: number; count: number }>;
  /** How many records of each source, where sources matter. */
  readonly sources: Map<number, number>;
  /** Changes with every join, so that what was computed before is known to be old. */
  version: number;
}

interface Offer {
  readonly a: number;
  readonly b: number;
  readonly mean: number;
  readonly versionA: number;
  readonly versionB: number;
}

class Agglomeration {
  private readonly groups = new Map<number, Group>();
  private readonly heap: Offer[] = [];

  constructor(
    component: Component,
    pairs: ScoredPairs,
    private readonly options: PartitionOptions,
  ) {
    const { sources } = options;
    for (const record of component.members) {
      const own = sources ? new Map([[sources[record] as number, 1]]) : new Map<number, number>();
      this.groups.set(record, { id: record, members: [record], links: new Map(), sources: own, version: 0 });
    }
    for (const pair of component.pairs) {
      const a = pairs.left[pair] as number;
      const b = pairs.right[pair] as number;
      const sum = Math.max(this.options.unscored, Math.min(MOST_WEIGHT, pairs.weight[pair] as number));
      this.group(a).links.set(b, { sum, count: 1 });
      this.group(b).links.set(a, { sum, count: 1 });
    }
    if (component.members.length <= MOST_WEIGHED) this.weighTheRest(component.members);
    for (const group of this.groups.values()) {
      for (const other of group.links.keys()) if (group.id < other) this.offer(group, this.group(other));
    }
  }

  /** What no key brought together isn't as unlike as that: with many gaps there is little to bring two together. */
  private weighTheRest(members: readonly number[]): void {
    const { weigh, unscored } = this.options;
    if (!weigh) return;
    for (const [at, a] of members.entries()) {
      const { links } = this.group(a);
      for (const b of members.slice(at + 1)) {
        if (links.has(b)) continue;
        const sum = Math.max(unscored, Math.min(MOST_WEIGHT, weigh(a, b)));
        links.set(b, { sum, count: 1 });
        this.group(b).links.set(a, { sum, count: 1 });
      }
    }
  }

  private group(id: number): Group {
    return this.groups.get(id) as Group;
  }

  run(clusters: Int32Array): void {
    for (let best = this.take(); best !== undefined; best = this.take()) {
      const a = this.groups.get(best.a);
      const b = this.groups.get(best.b);
      if (a?.version !== best.versionA || b?.version !== best.versionB) continue;
      if (this.mayJoin(a, b)) this.join(a, b);
    }
    for (const { members } of this.groups.values()) {
      const first = Math.min(...members);
      for (const record of members) clusters[record] = first;
    }
  }

  private mayJoin(a: Group, b: Group): boolean {
    const { oneToOne, apart } = this.options;
    if (oneToOne) for (const source of a.sources.keys()) if (b.sources.has(source)) return false;
    if (!apart) return true;
    return !a.members.some((left) => b.members.some((right) => apart(left, right)));
  }

  private join(one: Group, two: Group): void {
    const [into, from] = one.links.size >= two.links.size ? [one, two] : [two, one];
    for (const member of from.members) into.members.push(member);
    for (const [source, count] of from.sources) into.sources.set(source, (into.sources.get(source) ?? 0) + count);
    into.links.delete(from.id);
    for (const [id, link] of from.links) {
      if (id === into.id) continue;
      const other = this.group(id);
      const known = into.links.get(id);
      const sum = (known?.sum ?? 0) + link.sum;
      const count = (known?.count ?? 0) + link.count;
      into.links.set(id, { sum, count });
      other.links.delete(from.id);
      other.links.set(into.id, { sum, count });
    }
    this.groups.delete(from.id);
    into.version++;
    for (const id of into.links.keys()) this.offer(into, this.group(id));
  }

  private offer(one: Group, two: Group): void {
    const link = one.links.get(two.id);
    if (!link) return;
    const comparable = this.comparable(one, two);
    const average = (link.sum + (comparable - link.count) * this.options.unscored) / comparable;
    const mean = average + (worthOf(comparable) - 1) * (average - this.options.prior);
    if (mean < this.options.threshold) return;
    const [a, b] = one.id < two.id ? [one, two] : [two, one];
    this.push({ a: a.id, b: b.id, mean, versionA: a.version, versionB: b.version });
  }

  private comparable(one: Group, two: Group): number {
    let pairs = one.members.length * two.members.length;
    for (const [source, count] of one.sources) pairs -= count * (two.sources.get(source) ?? 0);
    return Math.max(1, pairs);
  }

  private push(offer: Offer): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(offer);
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!isBetter(offer, heap[up] as Offer)) break;
      heap[at] = heap[up] as Offer;
      at = up;
    }
    heap[at] = offer;
  }

  private take(): Offer | undefined {
    const { heap } = this;
    const best = heap[0];
    const last = heap.pop();
    if (best === undefined || last === undefined || heap.length === 0) return best;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBetter(heap[down + 1] as Offer, heap[down] as Offer)) down++;
      if (!isBetter(heap[down] as Offer, last)) break;
      heap[at] = heap[down] as Offer;
      at = down;
    }
    heap[at] = last;
    return best;
  }
}

/** The higher mean; then the lower numbers, so that the order of the pairs decides nothing. */
const isBetter = (one: Offer, two: Offer): boolean =>
  one.mean !== two.mean ? one.mean > two.mean : one.a !== two.a ? one.a < two.a : one.b < two.b;
