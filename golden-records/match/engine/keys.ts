import type { Block, Column } from './columns.js';
import type { ColumnKind } from './schema.js';

/**
 * Keys of values, as 32-bit hashes: two records that share a rare one are compared. A lone key is found by itself; part
 * keys say too little alone and are combined with those of other columns.
 */
export interface ValueKeys {
  readonly lone: Lists;
  readonly part: Lists;
}

/** Lists of numbers, one per value: `items[start[v]..start[v + 1])`. */
export interface Lists {
  readonly start: Int32Array;
  readonly items: Int32Array;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

const step = (hash: number, byte: number) => Math.imul(hash ^ byte, FNV_PRIME);

function hashOf(chars: Uint8Array, from: number, to: number, seed: number): number {
  let hash = step(FNV_OFFSET, seed);
  for (let at = from; at < to; at++) hash = step(hash, chars[at] as number);
  return finish(hash);
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  return mixed;
}

export const combine = (a: number, b: number, seed: number) =>
  finish(step(Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b), seed));

/** Letters that are taken for each other, by one of them; vowels and silent letters by 0. */
const SOUND = new Uint8Array(128);
for (const group of ['bp', 'ckq', 'gj', 'dt', 'szx', 'fv', 'l', 'r', 'mn']) {
  for (const letter of group) SOUND[letter.charCodeAt(0)] = group.charCodeAt(0);
}
for (const digit of '0123456789') SOUND[digit.charCodeAt(0)] = digit.charCodeAt(0);
const LETTER_P = 0x70;
const LETTER_H = 0x68;
const LETTER_F = 0x66;
const LETTER_A = 0x61;

/** Hash of how a word sounds: its consonants, whatever the vowels; a vowel in front counts as one. */
function soundOf(chars: Uint8Array, from: number, to: number, seed: number): number {
  let hash = step(FNV_OFFSET, seed);
  let last = 0;
  for (let at = from; at < to; at++) {
    const char = chars[at] as number;
    let sound = SOUND[char] as number;
    if (char === LETTER_P && chars[at + 1] === LETTER_H && at + 1 < to) sound = LETTER_F;
    if (sound === 0) {
      if (at === from) hash = step(hash, LETTER_A);
      else last = 0;
      continue;
    }
    if (sound !== last) hash = step(hash, sound);
    last = sound;
  }
  return finish(hash);
}

class ListsBuilder {
  private readonly start: number[] = [0];
  private items = new Int32Array(1024);
  private length = 0;
  push(item: number): void {
    if (this.length === this.items.length) {
      const wider = new Int32Array(this.items.length * 2);
      wider.set(this.items);
      this.items = wider;
    }
    this.items[this.length++] = item;
  }
  next(): void {
    this.start.push(this.length);
  }
  build(): Lists {
    return { start: Int32Array.from(this.start), items: this.items.slice(0, this.length) };
  }
}

/** Whether there is room for keys that only few records need: the smaller the data, the more generous. */
export interface KeyDetail {
  readonly grams: boolean;
  /** For an index that lives: few keys a record, of which each costs a write. */
  readonly lean: boolean;
}

export function keysOf(column: Column, detail: KeyDetail): ValueKeys {
  const lone = new ListsBuilder();
  const part = new ListsBuilder();
  const seed = seedOf(column.spec.kind);
  const make = RECIPES[column.spec.kind];
  const values = column.charStart.length - 1;
  for (let value = 0; value < values; value++) {
    make({ column, value, lone, part, seed, detail });
    lone.next();
    part.next();
  }
  return { lone: lone.build(), part: part.build() };
}

/** Columns of one kind share their keys: a number may stand under "phone" here and under "fax" there. */
const seedOf = (kind: ColumnKind) => kind.length * 7 + kind.charCodeAt(0) * 3 + kind.charCodeAt(kind.length - 1);

interface Making {
  readonly column: Column;
  readonly value: number;
  readonly lone: ListsBuilder;
  readonly part: ListsBuilder;
  readonly seed: number;
  readonly detail: KeyDetail;
}

const whole = ({ column: { chars, charStart }, value, seed }: Making) =>
  hashOf(chars, charStart[value] as number, charStart[value + 1] as number, seed);
const between = ({ column: { chars, charStart }, value, seed }: Making, from: number, to: number, salt: number) => {
  const start = charStart[value] as number;
  return hashOf(chars, start + from, start + to, seed + salt);
};
const lengthOf = ({ column: { charStart }, value }: Making) =>
  (charStart[value + 1] as number) - (charStart[value] as number);

const MOST_WORDS_KEYED = 12;
const MOST_TEXT_WORDS_KEYED = 40;
const GRAM = 3;
const MOST_GRAMS = 40;

/** Words as written, as they sound, by their beginning, and next to each other. */
function wordKeys(making: Making, mostWords: number, near: boolean): void {
  const { column, value, lone, part, seed, detail } = making;
  const { tokens, tokenStart, tokenChars, tokenCharStart } = column;
  const from = tokenStart[value] as number;
  const to = Math.min(tokenStart[value + 1] as number, from + mostWords);
  let before = 0;
  for (let at = from; at < to; at++) {
    const token = tokens[at] as number;
    const start = tokenCharStart[token] as number;
    const end = tokenCharStart[token + 1] as number;
    if (!near || !detail.lean) lone.push(hashOf(tokenChars, start, end, seed));
    if (near) {
      const sound = soundOf(tokenChars, start, end, seed + 1);
      if (end - start >= 3) lone.push(sound);
      if (end - start >= 6 && (!detail.lean || at === from)) lone.push(hashOf(tokenChars, start, start + 4, seed + 2));
      if (at > from) lone.push(combine(before, sound, seed + 3));
      if (at < from + 3) part.push(sound);
      before = sound;
    }
  }
  if (near) {
    const { chars, charStart } = column;
    const start = charStart[value] as number;
    const end = charStart[value + 1] as number;
    lone.push(hashOf(chars, start, end, seed + 4));
    if (end - start >= 3) part.push(hashOf(chars, start, start + 3, seed + 5));
    if (detail.grams) {
      for (let at = start; at + GRAM <= Math.min(end, start + MOST_GRAMS); at++) {
        lone.push(hashOf(chars, at, at + GRAM, seed + 6));
      }
    }
  }
}

const names = (making: Making) => wordKeys(making, MOST_WORDS_KEYED, true);

/** The whole, and each half, so that a slip in one leaves the other. */
function halves(making: Making): void {
  const length = lengthOf(making);
  making.lone.push(whole(making));
  // No slip passes a check, so that a number which was checked is found whole.
  if (length >= 6 && !(making.detail.lean && making.column.spec.checkedAs !== undefined)) {
    making.lone.push(between(making, 0, length >> 1, 1));
    making.lone.push(between(making, length - (length >> 1), length, 2));
  }
  making.part.push(length >= 4 ? between(making, length - 4, length, 3) : whole(making));
}

function address(making: Making): void {
  const { column, value, lone, part, seed } = making;
  const { tokens, tokenStart, tokenChars, tokenCharStart } = column;
  lone.push(whole(making));
  const from = tokenStart[value] as number;
  const to = Math.min(tokenStart[value + 1] as number, from + 8);
  const hash = (at: number, sound: boolean) => {
    const token = tokens[at] as number;
    const read = sound ? soundOf : hashOf;
    return read(
      tokenChars,
      tokenCharStart[token] as number,
      tokenCharStart[token + 1] as number,
      seed + (sound ? 1 : 0),
    );
  };
  if (from === to) return;
  const number = hash(from, false);
  part.push(number);
  for (let at = from + 1; at < to; at++) {
    const sound = hash(at, true);
    lone.push(combine(number, sound, seed + 2));
    lone.push(sound);
    if (at < from + 4) part.push(sound);
  }
}

function day(making: Making): void {
  const { column, value, lone, part } = making;
  lone.push(whole(making));
  if (lengthOf(making) !== 8 || Number.isNaN(column.number[value] as number)) return;
  part.push(between(making, 0, 4, 1));
  part.push(between(making, 4, 8, 2));
  part.push(between(making, 2, 6, 3));
}

function mail(making: Making): void {
  const { column, value, lone, part } = making;
  lone.push(whole(making));
  const { chars, charStart } = column;
  const at = chars.subarray(charStart[value], charStart[value + 1]).indexOf(0x40);
  if (at < 0) return;
  if (at >= 4) lone.push(between(making, 0, at, 1));
  lone.push(between(making, at, lengthOf(making), 2));
  part.push(between(making, 0, Math.min(3, at), 3));
}

const partly = (making: Making) => {
  making.part.push(whole(making));
  if (lengthOf(making) >= 4) making.part.push(between(making, 0, 3, 1));
};
const exactPart = (making: Making) => making.part.push(whole(making));
const eachPart = ({ column, value, part, seed }: Making) => {
  const { tokens, tokenStart, tokenChars, tokenCharStart } = column;
  for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
    const token = tokens[at] as number;
    part.push(hashOf(tokenChars, tokenCharStart[token] as number, tokenCharStart[token + 1] as number, seed));
  }
};
/** Prices within a fifth of each other share one of two steps of a ladder. */
const magnitude = ({ column, value, part, seed }: Making) => {
  const amount = column.number[value] as number;
  if (!(amount > 0)) return;
  const step = Math.floor(Math.log(amount) / PRICE_STEP);
  part.push(finish(Math.imul(step, FNV_PRIME) ^ seed));
  part.push(finish(Math.imul(step + 1, FNV_PRIME) ^ seed));
};
const PRICE_STEP = 0.2;
const CODE_WORTH = 4;
const none = () => undefined;

const RECIPES: Readonly<Record<ColumnKind, (making: Making) => void>> = {
  'organisation-name': names,
  'person-name': names,
  text: (making) => wordKeys(making, MOST_TEXT_WORDS_KEYED, false),
  title: (making) => wordKeys(making, MOST_WORDS_KEYED * 2, true),
  address,
  street: address,
  'house-number': exactPart,
  city: partly,
  postcode: partly,
  country: none,
  phone: halves,
  email: mail,
  url: ({ column, value, lone, seed }) => {
    const { tokens, tokenStart, tokenChars, tokenCharStart } = column;
    const token = tokens[tokenStart[value] as number] as number;
    lone.push(hashOf(tokenChars, tokenCharStart[token] as number, tokenCharStart[token + 1] as number, seed));
  },
  date: day,
  identifier: halves,
  code: (making) => {
    // One number says more than all the words that names of a kind share, and would be one key among many.
    const worth = making.detail.lean ? 1 : CODE_WORTH;
    for (let salt = 0; salt < worth; salt++) making.lone.push(combine(whole(making), salt, making.seed));
    if (lengthOf(making) >= 5) making.lone.push(between(making, 0, lengthOf(making) - 2, 1));
    making.part.push(whole(making));
  },
  number: exactPart,
  price: magnitude,
  category: exactPart,
  list: names,
  'model-code': (making) => {
    const { column, value, lone, seed } = making;
    const { tokens, tokenStart, tokenChars, tokenCharStart } = column;
    for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
      const token = tokens[at] as number;
      const start = tokenCharStart[token] as number;
      const end = tokenCharStart[token + 1] as number;
      lone.push(hashOf(tokenChars, start, end, seed));
      if (end - start >= 6) {
        lone.push(hashOf(tokenChars, start, end - 1, seed + 1));
        lone.push(hashOf(tokenChars, start, end - 2, seed + 1));
        lone.push(hashOf(tokenChars, end - 5, end, seed + 2));
      }
      lone.push(hashOf(tokenChars, start, end, seed + 1));
    }
  },
  measure: eachPart,
  'all-words': none,
};

/** Pairs of columns whose part keys are combined; of a lean index those with a name, and streets with their place. */
export function combinations(block: Block, { lean }: KeyDetail): readonly (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  for (let a = 0; a < block.columns.length; a++) {
    for (let b = a + 1; b < block.columns.length; b++) {
      if (!lean || isTelling(kindOf(block, a), kindOf(block, b))) pairs.push([a, b]);
    }
  }
  return pairs;
}

const kindOf = ({ columns }: Block, at: number) => (columns[at] as Column).spec.kind;
const NAMES: ReadonlySet<ColumnKind> = new Set(['organisation-name', 'person-name', 'title']);
const STREETS: ReadonlySet<ColumnKind> = new Set(['address', 'street']);
const PLACES: ReadonlySet<ColumnKind> = new Set(['city', 'postcode']);
const isTelling = (a: ColumnKind, b: ColumnKind) =>
  NAMES.has(a) || NAMES.has(b) || (STREETS.has(a) && PLACES.has(b)) || (PLACES.has(a) && STREETS.has(b));
