import { Aligner } from './align.js';
import type { Column } from './columns.js';
import { ALIGNED, holds, OfValues, SPELT } from './compare-values.js';
import { level, MISSING, related } from './comparison.js';
import { isFirm } from './measures.js';
import { commonPrefix } from './similarity.js';

/** Where the words of one record's title may stand in the other: in its text, or as the name of its maker. */
interface Elsewhere {
  readonly words: Column;
  /** Numbers of the title's tokens among the words. */
  readonly elsewhere: Int32Array;
}

/** A word of a title that the other record has in another field is hardly missing. */
const ELSEWHERE = 0.25;

export class Title extends OfValues {
  override readonly cost = ALIGNED;
  override readonly ofProduct = true;
  private readonly aligner: Aligner;
  private readonly least = [0.999, 0.88, 0.68, 0.48, 0.28];
  private leftRecord = 0;
  private rightRecord = 0;
  constructor(
    name: string,
    column: Column,
    private readonly other: Elsewhere | undefined,
  ) {
    super(
      name,
      column,
      'name',
      related(
        [
          level('equal', 0.3, 0.003, 24),
          level('nearly equal', 0.15, 0.004, 24),
          level('similar', 0.2, 0.02, 20),
          level('in part', 0.18, 0.08, 16),
          level('a little', 0.12, 0.3, 12),
          level('different', 0.05, 0.593),
        ],
        { sameName: [0.03, 0.1, 0.35, 0.37, 0.13, 0.02] },
      ),
    );
    this.aligner = new Aligner(column, false);
  }

  override compare(left: number, right: number): number {
    this.leftRecord = left;
    this.rightRecord = right;
    return super.compare(left, right);
  }

  protected compareValues(a: number, b: number): number {
    const { aligner, least } = this;
    aligner.align(a, b);
    this.info = aligner.shared;
    if (a === b) return 0;
    const left = aligner.left - this.foundElsewhere(a, aligner.takenLeft, this.rightRecord);
    const right = aligner.right - this.foundElsewhere(b, aligner.takenRight, this.leftRecord);
    const total = left + right;
    const alike = total <= 0 ? 0 : (2 * aligner.shared) / total;
    for (let at = 0; at < least.length; at++) if (alike >= (least[at] as number)) return at;
    if (this.isSimilar(a, b, 0.97)) return 1;
    return least.length;
  }

  private foundElsewhere(value: number, taken: Uint8Array, record: number): number {
    if (!this.other) return 0;
    const { words, elsewhere } = this.other;
    const { tokens, tokenStart, placeInfo } = this.column;
    const from = tokenStart[value] as number;
    const length = Math.min((tokenStart[value + 1] as number) - from, taken.length);
    const row = words.rows[record] as number;
    if (row === words.rows[record + 1]) return 0;
    const all = words.values[row] as number;
    let spared = 0;
    for (let at = 0; at < length; at++) {
      if (taken[at] === 1) continue;
      const word = elsewhere[tokens[from + at] as number] as number;
      if (word >= 0 && holds(words, all, word)) spared += placeInfo[from + at] as number;
    }
    return spared * (1 - ELSEWHERE);
  }
}

/** Descriptions: words in common, weighted by how rare they are. */
export class LongText extends OfValues {
  override readonly cost = SPELT;
  private readonly total: Float32Array;
  private readonly least = [0.9, 0.5, 0.28, 0.12];
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.15, 0.005, 40),
      level('similar', 0.2, 0.01, 40),
      level('in part', 0.25, 0.06, 30),
      level('a little', 0.25, 0.3),
      level('different', 0.15, 0.625),
    ]);
    const { tokens, tokenStart, tokenInfo } = column;
    this.total = new Float32Array(tokenStart.length - 1);
    for (let value = 0; value < this.total.length; value++) {
      let sum = 0;
      for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
        sum += tokenInfo[tokens[at] as number] as number;
      }
      this.total[value] = sum;
    }
  }

  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo } = this.column;
    let i = tokenStart[a] as number;
    let j = tokenStart[b] as number;
    const aTo = tokenStart[a + 1] as number;
    const bTo = tokenStart[b + 1] as number;
    let shared = 0;
    while (i < aTo && j < bTo) {
      const x = tokens[i] as number;
      const y = tokens[j] as number;
      if (x === y) {
        shared += tokenInfo[x] as number;
        i++;
        j++;
      } else if (x < y) i++;
      else j++;
    }
    this.info = shared;
    const { least, total } = this;
    // A short text that is all in a longer one agrees with it.
    const alike =
      shared /
      Math.max(
        1e-9,
        0.5 * Math.min(total[a] as number, total[b] as number) + 0.25 * ((total[a] as number) + (total[b] as number)),
      );
    for (let at = 0; at < least.length; at++) if (alike >= (least[at] as number)) return at;
    return least.length;
  }
}

/** Model numbers that titles and texts hold. Two titles that both have some, none of them related, are two models. */
export class ModelNumbers extends OfValues {
  override readonly cost = SPELT;
  /** `hasCodes`: beside titles and texts the records have columns of numbers, which are among those found in the text. */
  constructor(
    name: string,
    column: Column,
    private readonly hasCodes: boolean,
  ) {
    const levels = [
      level('equal', 0.5, 0.004, 10),
      level('found in the text', 0.12, 0.004, 10),
      level('one within the other', 0.2, 0.01, 9),
      level('different', 0.18, 0.982),
    ];
    super(name, column, 'identity', related(levels, { variants: [0.02, 0.02, 0.26, 0.7] }));
  }

  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo, number } = this.column;
    const aFrom = tokenStart[a] as number;
    const bFrom = tokenStart[b] as number;
    const aTo = tokenStart[a + 1] as number;
    const bTo = tokenStart[b + 1] as number;
    const aTitle = aFrom + (number[a] as number);
    const bTitle = bFrom + (number[b] as number);
    let best = 3;
    this.info = 0;
    for (let i = aFrom; i < aTo; i++) {
      for (let j = bFrom; j < bTo; j++) {
        if (i >= aTitle && j >= bTitle) break;
        const found = this.relation(tokens[i] as number, tokens[j] as number, i < aTitle && j < bTitle);
        if (found > best || found === 3) continue;
        const info = Math.min(tokenInfo[tokens[i] as number] as number, tokenInfo[tokens[j] as number] as number);
        if (found < best || info > this.info) this.info = info;
        best = found;
      }
    }
    if (best < 3) return best;
    return aTitle > aFrom && bTitle > bFrom ? 3 : MISSING;
  }

  private relation(a: number, b: number, titles: boolean): number {
    if (a === b) return titles ? 0 : 1;
    // A maker's number in one field and a longer one in another may be those of a piece and of a box.
    if (!titles && this.hasCodes) return 3;
    const { tokenChars, tokenCharStart } = this.column;
    const aFrom = tokenCharStart[a] as number;
    const aTo = tokenCharStart[a + 1] as number;
    const bFrom = tokenCharStart[b] as number;
    const bTo = tokenCharStart[b + 1] as number;
    return within(tokenChars, aFrom, aTo, bFrom, bTo) || within(tokenChars, bFrom, bTo, aFrom, aTo) ? 2 : 3;
  }
}

const FEWEST_WITHIN = 4;

/** Does the second code begin or end with the first, and add no digit's worth of another model? */
function within(chars: Uint8Array, aFrom: number, aTo: number, bFrom: number, bTo: number): boolean {
  const length = aTo - aFrom;
  if (length < FEWEST_WITHIN || length >= bTo - bFrom || length * 2 < bTo - bFrom) return false;
  if (commonPrefix(chars, aFrom, aTo, chars, bFrom, bTo) === length) {
    const next = chars[bFrom + length] as number;
    const last = chars[aTo - 1] as number;
    return !(isDigit(next) && isDigit(last));
  }
  for (let back = 1; back <= length; back++) if (chars[aTo - back] !== chars[bTo - back]) return false;
  return true;
}
const isDigit = (char: number) => char >= 0x30 && char <= 0x39;

const EQUALS = 0x3d;

/** Sizes, versions and counts of two titles, unit by unit. */
export class Measures extends OfValues {
  override readonly cost = SPELT;
  private readonly unitOf: Int32Array;
  /** By unit: does a thing have one of these? 1 or 0. */
  private readonly isFirm: Uint8Array;
  /** Number of the unit of packs; -1 where no title has any. */
  private readonly pack: number;
  constructor(name: string, column: Column) {
    super(
      name,
      column,
      'detail',
      related(
        [
          level('equal', 0.56, 0.1, 5),
          level('some equal', 0.22, 0.15),
          level('different', 0.2, 0.4),
          { ...level('another size', 0.02, 0.35), another: true },
        ],
        { sameName: [0.3, 0.2, 0.25, 0.25] },
      ),
    );
    const { tokenChars, tokenCharStart } = column;
    const units = new Map<string, number>();
    this.unitOf = Int32Array.from({ length: tokenCharStart.length - 1 }, (_, token) => {
      const from = tokenCharStart[token] as number;
      const chars = tokenChars.subarray(from, tokenCharStart[token + 1]);
      const unit = String.fromCharCode(...chars.subarray(0, chars.indexOf(EQUALS)));
      const known = units.get(unit) ?? units.size;
      units.set(unit, known);
      return known;
    });
    this.pack = units.get('pk') ?? -1;
    this.isFirm = Uint8Array.from(units.keys(), (unit) => (isFirm(unit) ? 1 : 0));
  }

  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo } = this.column;
    const aTo = tokenStart[a + 1] as number;
    const bTo = tokenStart[b + 1] as number;
    let equal = 0;
    let conflicts = 0;
    let isAnother = false;
    this.info = 0;
    for (let i = tokenStart[a] as number; i < aTo; i++) {
      const token = tokens[i] as number;
      let sameUnit = false;
      let same = false;
      for (let j = tokenStart[b] as number; j < bTo; j++) {
        const other = tokens[j] as number;
        if (other === token) same = true;
        else if (this.unitOf[other] === this.unitOf[token]) sameUnit = true;
      }
      if (same) {
        equal++;
        this.info += tokenInfo[token] as number;
      } else if (sameUnit) {
        conflicts++;
        const unit = this.unitOf[token] as number;
        isAnother ||= this.isFirm[unit] === 1 && !this.shareOf(unit, a, b);
      }
    }
    if (isAnother) return 3;
    if (equal === 0 && conflicts === 0) return MISSING;
    // Who sells by the box says so; a title that says nothing of it is that of one piece.
    if (this.isPacked(a) !== this.isPacked(b)) conflicts++;
    return conflicts === 0 ? 0 : equal > 0 ? 1 : 2;
  }

  /** Of several sizes in one unit, do both have one? */
  private shareOf(unit: number, a: number, b: number): boolean {
    const { tokens, tokenStart } = this.column;
    for (let i = tokenStart[a] as number; i < (tokenStart[a + 1] as number); i++) {
      if (this.unitOf[tokens[i] as number] !== unit) continue;
      for (let j = tokenStart[b] as number; j < (tokenStart[b + 1] as number); j++) {
        if (tokens[i] === tokens[j]) return true;
      }
    }
    return false;
  }

  private isPacked(value: number): boolean {
    const { tokens, tokenStart } = this.column;
    for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
      if (this.unitOf[tokens[at] as number] === this.pack) return true;
    }
    return false;
  }
}

export class Category extends OfValues {
  private readonly aligner: Aligner;
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.7, 0.25, 3),
      level('in part', 0.12, 0.12, 3),
      level('different', 0.18, 0.63),
    ]);
    this.aligner = new Aligner(column, false);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const { aligner } = this;
    aligner.align(a, b);
    this.info = aligner.shared;
    return aligner.shared >= 0.5 * Math.min(aligner.left, aligner.right) && aligner.shared > 0 ? 1 : 2;
  }
}
