import type { Block, Column } from './columns.js';

/** Records that say the very same as some others, which are matched in their place. */
export interface Copies {
  /** The records that are matched, in the order of the input. */
  readonly kept: Uint32Array;
  /** The records that aren't, and for each the place in `kept` of the first that says the same; the second one follows in `second`. */
  readonly left: Uint32Array;
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** An export of bookings says the same a thousand times. More than so many: all keys would be in too many records. */
const MOST_ALIKE = 8;
/** So many stand for all: what the first two of them are to each other, all are. */
const KEPT = 3;

/** Which records of an order are matched, where some say the very same in all columns. */
export function withoutCopies({ columns }: Block, order: Uint32Array): Copies {
  const size = order.length;
  const mask = tableMask(size);
  const groupAt = new Int32Array(mask + 1).fill(-1);
  const groupOf = new Int32Array(size);
  const firstOf: number[] = [];
  const sizes: number[] = [];
  for (let at = 0; at < size; at++) {
    const record = order[at] as number;
    let slot = hashOf(columns, record) & mask;
    let group = groupAt[slot] as number;
    while (group >= 0 && !isSame(columns, order[firstOf[group] as number] as number, record)) {
      slot = (slot + 1) & mask;
      group = groupAt[slot] as number;
    }
    if (group < 0) {
      group = firstOf.length;
      groupAt[slot] = group;
      firstOf.push(at);
      sizes.push(0);
    }
    groupOf[at] = group;
    sizes[group] = (sizes[group] as number) + 1;
  }
  const seen = new Uint8Array(firstOf.length);
  const places = new Uint32Array(firstOf.length * 2);
  const kept: number[] = [];
  const left: number[] = [];
  const first: number[] = [];
  const second: number[] = [];
  for (let at = 0; at < size; at++) {
    const group = groupOf[at] as number;
    const before = seen[group] as number;
    if ((sizes[group] as number) <= MOST_ALIKE || before < KEPT) {
      if (before < 2) places[group * 2 + before] = kept.length;
      seen[group] = Math.min(before + 1, KEPT);
      kept.push(order[at] as number);
    } else {
      left.push(order[at] as number);
      first.push(places[group * 2] as number);
      second.push(places[group * 2 + 1] as number);
    }
  }
  return {
    kept: Uint32Array.from(kept),
    left: Uint32Array.from(left),
    first: Uint32Array.from(first),
    second: Uint32Array.from(second),
  };
}

function tableMask(size: number): number {
  let slots = 1024;
  while (slots < size * 2) slots *= 2;
  return slots - 1;
}

function hashOf(columns: readonly Column[], record: number): number {
  let hash = 0;
  for (const { rows, values } of columns) {
    for (let row = rows[record] as number; row < (rows[record + 1] as number); row++) {
      hash = Math.imul(hash ^ (values[row] as number), 0x01000193);
    }
    hash = Math.imul(hash ^ 0x9e3779b9, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isSame(columns: readonly Column[], a: number, b: number): boolean {
  for (const { rows, values } of columns) {
    const aFrom = rows[a] as number;
    const bFrom = rows[b] as number;
    const length = (rows[a + 1] as number) - aFrom;
    if ((rows[b + 1] as number) - bFrom !== length) return false;
    for (let at = 0; at < length; at++) if (values[aFrom + at] !== values[bFrom + at]) return false;
  }
  return true;
}
