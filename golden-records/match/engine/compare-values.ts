import { type Letters, letterBits, mayBeAlike, mostInCommon } from './align.js';
import type { Column } from './columns.js';
import { Comparison, type Group, type Level, MISSING } from './comparison.js';
import { commonPrefix, jaroWinkler, mayReach, withinOneEdit } from './similarity.js';

/** Costs of a comparison, beside 1 for numbers of values and a look at some characters: spelling, and words against words. */
export const SPELT = 2;
export const ALIGNED = 4;

/** Compares the best of the values of two records. */
export abstract class OfValues extends Comparison {
  private letters: Letters | undefined;
  constructor(
    name: string,
    protected readonly column: Column,
    group: Group,
    levels: readonly Level[],
  ) {
    super(name, group, levels, [column.spec.name]);
  }

  compare(left: number, right: number): number {
    const { rows, values } = this.column;
    const leftFrom = rows[left] as number;
    const leftTo = rows[left + 1] as number;
    const rightFrom = rows[right] as number;
    const rightTo = rows[right + 1] as number;
    if (leftFrom === leftTo || rightFrom === rightTo) return MISSING;
    if (leftTo - leftFrom === 1 && rightTo - rightFrom === 1) {
      return this.compareValues(values[leftFrom] as number, values[rightFrom] as number);
    }
    let best = this.levels.length;
    let info = 0;
    for (let i = leftFrom; i < leftTo; i++) {
      for (let j = rightFrom; j < rightTo; j++) {
        const found = this.compareValues(values[i] as number, values[j] as number);
        if (found === MISSING) continue;
        if (found < best || (found === best && this.info > info)) {
          best = found;
          info = this.info;
        }
      }
    }
    this.info = info;
    return best === this.levels.length ? MISSING : best;
  }

  protected abstract compareValues(a: number, b: number): number;

  /** 0 where the letters are others altogether, which is most often so, and where it can't be as much as is asked for. */
  protected similar(a: number, b: number, atLeast: number): number {
    const { chars, charStart } = this.column;
    this.letters ??= letterBits(chars, charStart);
    const { letters } = this;
    const aFrom = charStart[a] as number;
    const aTo = charStart[a + 1] as number;
    const bFrom = charStart[b] as number;
    const bTo = charStart[b + 1] as number;
    const aLength = aTo - aFrom;
    const bLength = bTo - bFrom;
    // What Jaro-Winkler doesn't look at would count as equal.
    if (Math.min(aLength, bLength) > MOST_SPELT) return 0;
    if (Math.min(aLength, bLength) * 2 < Math.max(aLength, bLength)) return 0;
    if (!mayBeAlike(letters.once[a] as number, letters.once[b] as number)) return 0;
    const common = mostInCommon(letters, a, aLength, b, bLength);
    if (!mayReach(atLeast, common, chars, aFrom, aTo, chars, bFrom, bTo)) return 0;
    return jaroWinkler(chars, aFrom, aTo, chars, bFrom, bTo);
  }

  protected isSimilar(a: number, b: number, atLeast: number): boolean {
    return this.similar(a, b, atLeast) >= atLeast;
  }

  protected oneEdit(a: number, b: number): boolean {
    const { chars, charStart } = this.column;
    return withinOneEdit(
      chars,
      charStart[a] as number,
      charStart[a + 1] as number,
      chars,
      charStart[b] as number,
      charStart[b + 1] as number,
    );
  }

  protected prefix(a: number, b: number): number {
    const { chars, charStart } = this.column;
    return commonPrefix(
      chars,
      charStart[a] as number,
      charStart[a + 1] as number,
      chars,
      charStart[b] as number,
      charStart[b + 1] as number,
    );
  }

  protected length(value: number): number {
    const { charStart } = this.column;
    return (charStart[value + 1] as number) - (charStart[value] as number);
  }

  /** Agreement on this value or one close to it: the rarer of both tells how much that says. */
  protected agreed(a: number, b: number): void {
    const { valueInfo } = this.column;
    this.info = Math.min(valueInfo[a] as number, valueInfo[b] as number);
  }
}

export const TYPO = 0.94;
const MOST_SPELT = 64;

/** Is the token among the sorted ones of a value? */
export function holds({ tokens, tokenStart }: Column, value: number, token: number): boolean {
  let low = tokenStart[value] as number;
  let high = (tokenStart[value + 1] as number) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = tokens[middle] as number;
    if (found === token) return true;
    if (found < token) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

export const hasValue = (column: Column, record: number) => column.rows[record] !== column.rows[record + 1];
export const first = (column: Column, record: number): number =>
  hasValue(column, record) ? (column.values[column.rows[record] as number] as number) : -1;
