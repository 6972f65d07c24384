import type { Block } from './columns.js';
import { combinations, combine, keysOf, type ValueKeys } from './keys.js';

export interface Limits {
  /** A key in more records than this brings no candidates. */
  readonly cap: number;
  /** The best so many earlier records are compared with each. */
  readonly best: number;
  readonly grams: boolean;
  /** Few keys a record, and nobody is compared who shares less than LEAST_STRENGTH. */
  readonly lean: boolean;
  readonly mostKeys: number;
}

const SMALL = 30_000;
const MEDIUM = 200_000;

/** Small data can afford common keys; in large data a key that many share would cost more than it finds. */
export function limitsFor({ size, columns }: Block): Limits {
  if (size <= SMALL)
    return { cap: Math.max(60, Math.round(size / 12)), best: 60, grams: true, lean: false, mostKeys: 400 };
  // Titles have many words of which none is rare: there all keys are needed.
  const lean = !columns.some(({ spec }) => spec.kind === 'title');
  const mostKeys = lean ? MOST_LEAN_KEYS : 100;
  return size <= MEDIUM
    ? { cap: 100, best: 15, grams: false, lean, mostKeys }
    : { cap: 60, best: 12, grams: false, lean, mostKeys };
}
const MOST_LEAN_KEYS = 24;

/** Records by key: `records[start[k]..start[k + 1])`, ascending. Keys fall into buckets; a shared bucket costs a little time. */
export interface KeyIndexData {
  readonly keyStart: Int32Array;
  readonly keys: Int32Array;
  readonly mask: number;
  readonly start: Int32Array;
  readonly records: Int32Array;
}

export class KeyIndex implements KeyIndexData {
  readonly start: Int32Array;
  readonly records: Int32Array;
  constructor(
    readonly keyStart: Int32Array,
    readonly keys: Int32Array,
    readonly mask: number,
  ) {
    const size = keyStart.length - 1;
    const start = sharedInts(mask + 2);
    for (let at = 0; at < keys.length; at++) count(start, ((keys[at] as number) & mask) + 1);
    for (let at = 0; at <= mask; at++) start[at + 1] = (start[at + 1] as number) + (start[at] as number);
    const next = start.slice();
    const records = sharedInts(keys.length);
    for (let record = 0; record < size; record++) {
      for (let at = keyStart[record] as number; at < (keyStart[record + 1] as number); at++) {
        const bucket = (keys[at] as number) & mask;
        const to = next[bucket] as number;
        records[to] = record;
        next[bucket] = to + 1;
      }
    }
    this.start = start;
    this.records = records;
  }
}

/** The keys of a few records for an index that lives: those that a large batch of their kind would have. */
export const keysOfRecords = (block: Block) =>
  recordKeys(block, limitsFor({ ...block, size: Number.POSITIVE_INFINITY }));

/** The keys of every record: those of its values, and combinations of parts. */
export function recordKeys(block: Block, limits: Limits): { keyStart: Int32Array; keys: Int32Array } {
  const perColumn = block.columns.map((column) => keysOf(column, limits));
  const pairs = combinations(block, limits);
  const mostParts = limits.lean ? LEAN_PARTS : Number.POSITIVE_INFINITY;
  const order = tellingFirst(block);
  const keyStart = sharedInts(block.size + 1);
  let keys = sharedInts(Math.max(1024, block.size * 24));
  let length = 0;
  const own = new Int32Array(limits.mostKeys);
  for (let record = 0; record < block.size; record++) {
    const count = keysOfRecord(block, perColumn, pairs, record, own, mostParts, order);
    if (length + count > keys.length) {
      const wider = sharedInts(Math.max(Math.ceil(keys.length * 1.5), length + count));
      wider.set(keys);
      keys = wider;
    }
    const sorted = own.subarray(0, count).sort();
    for (let at = 0; at < count; at++) {
      if (at === 0 || sorted[at] !== sorted[at - 1]) keys[length++] = sorted[at] as number;
    }
    keyStart[record + 1] = length;
  }
  return { keyStart, keys: keys.subarray(0, length) };
}

/** Where there is room for some keys only, numbers that identify come before words. */
const tellingFirst = ({ columns }: Block): number[] => {
  const isNumber = (at: number) => ['identifier', 'code'].includes(columns[at]?.spec.kind ?? '');
  const all = [...columns.keys()];
  return [...all.filter(isNumber), ...all.filter((at) => !isNumber(at))];
};

/** Of each value, as many parts are combined in a lean index. */
const LEAN_PARTS = 1;

function keysOfRecord(
  block: Block,
  perColumn: readonly ValueKeys[],
  pairs: readonly (readonly [number, number])[],
  record: number,
  own: Int32Array,
  mostParts: number,
  order: readonly number[],
): number {
  let count = 0;
  const most = own.length;
  for (const at of order) {
    const { rows, values } = block.columns[at] as Block['columns'][number];
    const { lone } = perColumn[at] as ValueKeys;
    for (let row = rows[record] as number; row < (rows[record + 1] as number); row++) {
      const value = values[row] as number;
      for (let k = lone.start[value] as number; k < (lone.start[value + 1] as number); k++) {
        if (count < most) own[count++] = lone.items[k] as number;
      }
    }
  }
  for (let at = 0; at < pairs.length; at++) {
    const [a, b] = pairs[at] as readonly [number, number];
    const columnA = block.columns[a] as Block['columns'][number];
    const columnB = block.columns[b] as Block['columns'][number];
    const rowA = columnA.rows[record] as number;
    const rowB = columnB.rows[record] as number;
    if (rowA === columnA.rows[record + 1] || rowB === columnB.rows[record + 1]) continue;
    const partA = (perColumn[a] as ValueKeys).part;
    const partB = (perColumn[b] as ValueKeys).part;
    const valueA = columnA.values[rowA] as number;
    const valueB = columnB.values[rowB] as number;
    const fromA = partA.start[valueA] as number;
    const fromB = partB.start[valueB] as number;
    const toA = Math.min(partA.start[valueA + 1] as number, fromA + mostParts);
    const toB = Math.min(partB.start[valueB + 1] as number, fromB + mostParts);
    for (let i = fromA; i < toA; i++) {
      for (let j = fromB; j < toB; j++) {
        if (count < most) own[count++] = combine(partA.items[i] as number, partB.items[j] as number, at);
      }
    }
  }
  return count;
}

/**
 * Of a lean index: who shares less, in bits, is somebody else. A key counts log2(2 cap / others who have it): one that as many
 * have as may, a bit. Of a million synthetic suppliers this leaves some five candidates a record of fifteen, and loses one
 * true pair in a thousand.
 */
export const LEAST_STRENGTH = 5.5;

/** For each record, the earlier ones that share the most and rarest keys with it. */
export class Prober {
  private readonly sum: Float32Array;
  private readonly touched: Int32Array;
  /** What a key in so many records counts. */
  private readonly rarity: Float64Array;
  readonly found: Int32Array;
  readonly strength: Float32Array;

  constructor(
    private readonly index: KeyIndexData,
    size: number,
    private readonly limits: Limits,
    private readonly sources: Uint16Array | undefined,
  ) {
    this.sum = new Float32Array(size);
    this.touched = new Int32Array(size);
    this.rarity = Float64Array.from({ length: limits.cap + 1 }, (_, records) =>
      limits.lean ? Math.log2((2 * limits.cap) / Math.max(1, records - 1)) : Math.log2(size / records) + 1,
    );
    this.found = new Int32Array(limits.best);
    this.strength = new Float32Array(limits.best);
  }

  /** How many candidates of this record lie in `found`. */
  probe(record: number): number {
    const { index, sum, touched, sources, limits, rarity } = this;
    const { keyStart, keys, mask, start, records } = index;
    let count = 0;
    const own = sources?.[record];
    for (let at = keyStart[record] as number; at < (keyStart[record + 1] as number); at++) {
      const bucket = (keys[at] as number) & mask;
      const from = start[bucket] as number;
      const to = start[bucket + 1] as number;
      if (to - from > limits.cap || to - from < 2) continue;
      const weight = rarity[to - from] as number;
      for (let k = from; k < to; k++) {
        const other = records[k] as number;
        if (other >= record) break;
        if (own !== undefined && (sources as Uint16Array)[other] === own) continue;
        if (sum[other] === 0) touched[count++] = other;
        sum[other] = (sum[other] as number) + weight;
      }
    }
    const kept = this.best(count);
    for (let at = 0; at < count; at++) sum[touched[at] as number] = 0;
    return kept;
  }

  /** The strongest of those touched, by insertion: there are few to keep. */
  private best(count: number): number {
    const { sum, touched, found, strength, limits } = this;
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const other = touched[at] as number;
      const value = sum[other] as number;
      if (limits.lean && value < LEAST_STRENGTH) continue;
      if (kept === limits.best && value <= (strength[kept - 1] as number)) continue;
      let to = kept < limits.best ? kept++ : kept - 1;
      while (to > 0 && (strength[to - 1] as number) < value) {
        strength[to] = strength[to - 1] as number;
        found[to] = found[to - 1] as number;
        to--;
      }
      strength[to] = value;
      found[to] = other;
    }
    return kept;
  }
}

export function bucketMask(keys: number): number {
  let size = 1024;
  while (size < keys * 1.5 && size < 1 << 26) size *= 2;
  return size - 1;
}

/** Keys of all records and the index over them, in arrays that threads share. */
export function indexOf(block: Block): KeyIndex {
  const { keyStart, keys } = recordKeys(block, limitsFor(block));
  return new KeyIndex(keyStart, keys, bucketMask(keys.length));
}

/** How many keys are in so many records that they bring no candidates. */
export function skippedKeys({ start, mask }: KeyIndex, cap: number): number {
  let skipped = 0;
  for (let at = 0; at <= mask; at++) if ((start[at + 1] as number) - (start[at] as number) > cap) skipped++;
  return skipped;
}

function count(counts: Int32Array, at: number): void {
  counts[at] = (counts[at] as number) + 1;
}

const sharedInts = (length: number) => new Int32Array(new SharedArrayBuffer(length * 4));
