import { Aligner } from './align.js';
import type { Column } from './columns.js';
import { ALIGNED, OfValues, SPELT, TYPO } from './compare-values.js';
import { level } from './comparison.js';
import { jaroWinkler } from './similarity.js';

/** House number, street and units of one address line. */
export class AddressLine extends OfValues {
  override readonly cost = ALIGNED;
  private readonly aligner: Aligner;
  private readonly numberOf: Int32Array;
  private readonly unitOf: Int32Array;
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.55, 0.04, 12),
      level('number equal, street similar', 0.17, 0.01, 12),
      level('street equal, no number', 0.05, 0.015, 8),
      level('street equal, other unit', 0.04, 0.02, 10),
      level('street equal, other number', 0.05, 0.06, 7),
      level('number equal', 0.04, 0.03),
      level('different', 0.1, 0.825),
    ]);
    this.aligner = new Aligner(column, false);
    const values = column.tokenStart.length - 1;
    this.numberOf = new Int32Array(values).fill(-1);
    this.unitOf = new Int32Array(values).fill(-1);
    for (let value = 0; value < values; value++) this.parse(value);
  }

  private parse(value: number): void {
    const { tokens, tokenStart, tokenChars, tokenCharStart } = this.column;
    const from = tokenStart[value] as number;
    const to = tokenStart[value + 1] as number;
    for (let at = from; at < to; at++) {
      const token = tokens[at] as number;
      const char = tokenChars[tokenCharStart[token] as number] as number;
      const startsWithDigit = char >= 0x30 && char <= 0x39;
      if (startsWithDigit && at === from) this.numberOf[value] = token;
      if (this.isUnitWord(token) && at + 1 < to && at > from) {
        this.unitOf[value] = tokens[at + 1] as number;
        break;
      }
    }
  }

  private isUnitWord(token: number): boolean {
    const { tokenChars, tokenCharStart } = this.column;
    const from = tokenCharStart[token] as number;
    const word = String.fromCharCode(...tokenChars.subarray(from, tokenCharStart[token + 1]));
    return word === 'unit' || word === 'fl' || word === 'bldg' || word === 'rm' || word === 'dept';
  }

  protected compareValues(a: number, b: number): number {
    const { aligner, numberOf, unitOf } = this;
    aligner.align(a, b);
    this.info = aligner.shared;
    if (a === b) return 0;
    const { tokenInfo } = this.column;
    const aNumber = numberOf[a] as number;
    const bNumber = numberOf[b] as number;
    const number = aNumber >= 0 && aNumber === bNumber ? (tokenInfo[aNumber] as number) : 0;
    const aStreet = aligner.left - (aNumber < 0 ? 0 : (tokenInfo[aNumber] as number));
    const bStreet = aligner.right - (bNumber < 0 ? 0 : (tokenInfo[bNumber] as number));
    const shared = aligner.shared - number;
    // What only one of them mentions (a floor, a cross street) takes nothing away.
    const least = Math.min(aStreet, bStreet);
    const most = Math.max(aStreet, bStreet);
    const within = least <= 0 ? 0 : shared / least;
    const alike = aStreet + bStreet <= 0 ? 0 : (2 * shared) / (aStreet + bStreet);
    const isStreet = within >= 0.85 && (alike >= 0.4 || most < 1);
    if (aNumber >= 0 && aNumber === bNumber) {
      if (isStreet || within >= 0.6) {
        if (unitOf[a] !== unitOf[b] && (unitOf[a] as number) >= 0 && (unitOf[b] as number) >= 0) return 3;
        return alike >= 0.98 ? 0 : 1;
      }
      return this.isSimilar(a, b, 0.9) ? 1 : 5;
    }
    if (!isStreet) return 6;
    return aNumber < 0 || bNumber < 0 ? 2 : 4;
  }
}

export class Street extends OfValues {
  override readonly cost = SPELT;
  private readonly aligner: Aligner;
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.6, 0.05, 9),
      level('nearly equal', 0.2, 0.02, 9),
      level('similar', 0.07, 0.05, 7),
      level('different', 0.13, 0.88),
    ]);
    this.aligner = new Aligner(column, false);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.isSimilar(a, b, TYPO)) return 1;
    const { aligner } = this;
    aligner.align(a, b);
    const alike = (2 * aligner.shared) / Math.max(aligner.left + aligner.right, 1e-9);
    this.info = aligner.shared;
    return alike >= 0.9 ? 1 : alike >= 0.6 ? 2 : 3;
  }
}

export class HouseNumber extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.75, 0.05, 7),
      level('one slip', 0.1, 0.06),
      level('different', 0.15, 0.89),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    return Math.min(this.length(a), this.length(b)) >= 2 && this.oneEdit(a, b) ? 1 : 2;
  }
}

/** Of two slips in a word, which few other towns are as close to. */
const MISTYPED_CITY = 0.84;

export class City extends OfValues {
  override readonly cost = SPELT;
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.75, 0.12, 6),
      level('nearly equal', 0.09, 0.01, 8),
      level('similar or in part', 0.05, 0.04, 5),
      level('different', 0.11, 0.83),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const similarity = this.similar(a, b, MISTYPED_CITY);
    if (similarity >= 0.92) return 1;
    if (similarity >= MISTYPED_CITY) return 2;
    const prefix = this.prefix(a, b);
    return prefix >= 4 && prefix >= Math.min(this.length(a), this.length(b)) ? 2 : 3;
  }
}

export class Postcode extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.75, 0.1, 7),
      level('one slip', 0.08, 0.03, 7),
      level('same area', 0.05, 0.1, 4),
      level('different', 0.12, 0.77),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.oneEdit(a, b)) return 1;
    this.info /= 2;
    return this.prefix(a, b) >= Math.max(2, Math.min(this.length(a), this.length(b)) - 3) ? 2 : 3;
  }
}

export class Country extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'place', [level('equal', 0.95, 0.5, 1.5), level('different', 0.05, 0.5)]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    return a === b ? 0 : 1;
  }
}

const FEWEST_LOCAL_DIGITS = 7;

export class Phone extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'contact', [
      level('equal', 0.65, 0.03, 11),
      level('one slip', 0.08, 0.004, 11),
      level('same exchange', 0.06, 0.04),
      level('different', 0.21, 0.926),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b || this.endsAlike(a, b)) return 0;
    if (this.oneEdit(a, b)) return 1;
    return this.length(a) === this.length(b) && this.prefix(a, b) >= this.length(a) - 4 ? 2 : 3;
  }

  /** One is written with an area code, the other without. */
  private endsAlike(a: number, b: number): boolean {
    const { chars, charStart } = this.column;
    const shorter = Math.min(this.length(a), this.length(b));
    if (shorter < FEWEST_LOCAL_DIGITS || this.length(a) === this.length(b)) return false;
    const aTo = charStart[a + 1] as number;
    const bTo = charStart[b + 1] as number;
    for (let back = 1; back <= shorter; back++) if (chars[aTo - back] !== chars[bTo - back]) return false;
    return true;
  }
}

const AT = 0x40;
const MISTYPED_MAIL = 0.85;

export class Email extends OfValues {
  override readonly cost = SPELT;
  constructor(name: string, column: Column) {
    super(name, column, 'contact', [
      level('equal', 0.6, 0.01, 11),
      level('nearly equal', 0.12, 0.005, 11),
      level('similar', 0.03, 0.005, 10),
      level('same mailbox name', 0.05, 0.02, 9),
      level('same domain', 0.08, 0.05),
      level('different', 0.12, 0.915),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.oneEdit(a, b)) return 1;
    const { chars, charStart } = this.column;
    const aFrom = charStart[a] as number;
    const aTo = charStart[a + 1] as number;
    const bFrom = charStart[b] as number;
    const bTo = charStart[b + 1] as number;
    const aAt = chars.subarray(aFrom, aTo).indexOf(AT);
    const bAt = chars.subarray(bFrom, bTo).indexOf(AT);
    if (aAt < 0 || bAt < 0) return this.isSimilar(a, b, TYPO) ? 1 : this.isSimilar(a, b, MISTYPED_MAIL) ? 2 : 5;
    const local = jaroWinkler(chars, aFrom, aFrom + aAt, chars, bFrom, bFrom + bAt);
    const domain = jaroWinkler(chars, aFrom + aAt, aTo, chars, bFrom + bAt, bTo);
    if (local >= 0.93 && domain >= 0.93) return 1;
    // Both halves mistyped, and neither that of many.
    if (local >= MISTYPED_MAIL && local < 1 && domain >= MISTYPED_MAIL && domain < 1) return 2;
    if (local >= 0.97 && aAt >= 4) return 3;
    return domain >= 0.97 ? 4 : 5;
  }
}

export class WebAddress extends OfValues {
  override readonly cost = SPELT;
  constructor(name: string, column: Column) {
    super(name, column, 'contact', [
      level('equal', 0.6, 0.03, 10),
      level('same site', 0.12, 0.03, 10),
      level('similar', 0.1, 0.03, 8),
      level('different', 0.18, 0.91),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo } = this.column;
    this.agreed(a, b);
    const aSite = tokens[tokenStart[a] as number] as number;
    const site = tokens[tokenStart[b] as number] === aSite;
    // Many pages of one site are the pages of many: what they share is the site.
    if (site) this.info = tokenInfo[aSite] as number;
    if (a === b) return 0;
    if (site) return 1;
    const shorter = Math.min(this.length(a), this.length(b));
    return this.isSimilar(a, b, 0.95) || this.prefix(a, b) >= Math.max(6, shorter * 0.7) ? 2 : 3;
  }
}
