import { Aligner } from './align.js';
import type { Column } from './columns.js';
import { Words } from './compare-organisations.js';
import { ALIGNED, first, hasValue, OfValues, SPELT } from './compare-values.js';
import { level, MISSING, related } from './comparison.js';
import { commonPrefix, jaroWinkler } from './similarity.js';

/** Full names: a word that only one has (a middle name, a title) is common; when each has one of its own, they are mostly two people. */
export class FullPersonName extends OfValues {
  override readonly cost = ALIGNED;
  private readonly aligner: Aligner;
  constructor(name: string, column: Column) {
    super(name, column, 'name', [
      level('equal', 0.5, 0.02, 14),
      level('nearly equal', 0.14, 0.007, 14),
      level('one within the other', 0.17, 0.04, 12),
      level('similar', 0.04, 0.035),
      level('each has words of its own', 0.09, 0.2, 9),
      level('different', 0.06, 0.698),
    ]);
    this.aligner = new Aligner(column, true);
  }

  protected compareValues(a: number, b: number): number {
    const { aligner } = this;
    aligner.align(a, b);
    const { shared, left, right } = aligner;
    this.info = shared;
    if (a === b) return 0;
    const { tokenStart } = this.column;
    const openLeft = open(aligner.takenLeft, (tokenStart[a + 1] as number) - (tokenStart[a] as number));
    const openRight = open(aligner.takenRight, (tokenStart[b + 1] as number) - (tokenStart[b] as number));
    const alike = left + right === 0 ? 0 : (2 * shared) / (left + right);
    if (this.oneEdit(a, b)) return 1;
    // More than one slip may be another name: Castillo and Castro, Sancho and Sánchez.
    if (openLeft === 0 && openRight === 0) return alike >= 0.999 && this.isTurned(a, b) ? 0 : 3;
    if (openLeft === 0 || openRight === 0) return shared > 0 ? 2 : 5;
    return alike >= 0.4 ? 4 : 5;
  }

  /** The family name may be written first. Words in any other order are another name: Omar bin Hasan, Hasan bin Omar. */
  private isTurned(a: number, b: number): boolean {
    const { tokens, tokenStart } = this.column;
    const aFrom = tokenStart[a] as number;
    const bFrom = tokenStart[b] as number;
    const words = (tokenStart[a + 1] as number) - aFrom;
    if (words !== (tokenStart[b + 1] as number) - bFrom) return true;
    for (let by = 0; by < words; by++) {
      let at = 0;
      while (at < words && tokens[aFrom + at] === tokens[bFrom + ((at + by) % words)]) at++;
      if (at === words) return true;
    }
    return false;
  }
}

/** How many of the first words found no partner. */
function open(taken: Uint8Array, words: number): number {
  let count = 0;
  for (let at = 0; at < Math.min(words, taken.length); at++) if (taken[at] === 0) count++;
  return count;
}

export class ListOfNames extends Words {
  constructor(name: string, column: Column) {
    super(
      name,
      column,
      'detail',
      [
        level('equal', 0.5, 0.005, 24),
        level('nearly equal', 0.25, 0.01, 24),
        level('similar', 0.15, 0.03, 18),
        level('in part', 0.06, 0.1, 10),
        level('different', 0.04, 0.855),
      ],
      [0.999, 0.85, 0.6, 0.3],
      true,
    );
  }
}

const CLOSE_NAME = 0.92;
const SIMILAR_NAME = 0.83;
/** Both names have to be as alike, so each may be less. */
const CLOSE_SWAPPED = 0.86;

/** Given or family name; the two swapped count as nearly equal. */
export class PersonNamePart extends OfValues {
  override readonly cost = SPELT;
  constructor(
    column: Column,
    private readonly counterpart: Column | undefined,
    private readonly full: Column | undefined,
  ) {
    const levels = [
      level('equal', 0.72, 0.06, 8),
      level('nearly equal', 0.14, 0.02, 9),
      level('similar', 0.05, 0.04, 7),
      level('initial or short form', 0.04, 0.05, 4),
      level('different', 0.05, 0.83),
    ];
    // Who lives together shares the family name, and has a given name of their own.
    const samePlace = column.spec.part === 'family' ? [0.7, 0.1, 0.03, 0.01, 0.16] : [0.03, 0.02, 0.05, 0.05, 0.85];
    super(column.spec.name, column, 'name', related(levels, { samePlace }));
  }

  override compare(left: number, right: number): number {
    // Where both have the full name, its parts say the same once more.
    if (this.full && hasValue(this.full, left) && hasValue(this.full, right)) return MISSING;
    const straight = super.compare(left, right);
    if (straight <= 1 || this.counterpart === undefined) return straight;
    return Math.min(straight, this.swapped(left, right));
  }

  /** The level of two names that stand in each other's columns. Where one of them is missing, the other alone tells less. */
  private swapped(left: number, right: number): number {
    const other = this.counterpart as Column;
    const a = first(this.column, left);
    const b = first(this.column, right);
    const c = first(other, left);
    const d = first(other, right);
    const there = a >= 0 && d >= 0 && sameText(this.column, a, other, d);
    const back = b >= 0 && c >= 0 && sameText(this.column, b, other, c);
    if (!there && !back) return this.levels.length;
    const isHalf = c < 0 || d < 0;
    if (!isHalf && !(there && back)) return this.levels.length;
    this.agreed(a, b);
    return isHalf ? 2 : 1;
  }

  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const similarity = this.similar(a, b, SIMILAR_NAME);
    const shorter = Math.min(this.length(a), this.length(b));
    if (similarity >= CLOSE_NAME || (shorter >= 4 && this.oneEdit(a, b))) return 1;
    const prefix = this.prefix(a, b);
    if (prefix === shorter && shorter >= 1) {
      this.info = Math.min(this.info, shorter * 2);
      return shorter >= 3 ? 2 : 3;
    }
    if (similarity >= SIMILAR_NAME || this.sharesWord(a, b)) return 2;
    return 4;
  }

  private sharesWord(a: number, b: number): boolean {
    const { tokens, tokenStart } = this.column;
    for (let i = tokenStart[a] as number; i < (tokenStart[a + 1] as number); i++) {
      for (let j = tokenStart[b] as number; j < (tokenStart[b + 1] as number); j++) {
        if (tokens[i] === tokens[j]) return true;
      }
    }
    return false;
  }
}

function sameText(one: Column, a: number, two: Column, b: number): boolean {
  const from = one.charStart[a] as number;
  const to = one.charStart[a + 1] as number;
  const otherFrom = two.charStart[b] as number;
  const otherTo = two.charStart[b + 1] as number;
  return (
    to - from === otherTo - otherFrom &&
    (commonPrefix(one.chars, from, to, two.chars, otherFrom, otherTo) === to - from ||
      jaroWinkler(one.chars, from, to, two.chars, otherFrom, otherTo) >= CLOSE_SWAPPED)
  );
}
