import type { Column } from './columns.js';
import { OfValues } from './compare-values.js';
import { level, MISSING, related } from './comparison.js';
import { isExclusive, NATIONAL_SCHEMES } from './schema.js';

const YEAR = 10_000;

export class CalendarDate extends OfValues {
  constructor(name: string, column: Column) {
    const levels = [
      level('equal', 0.72, 0.01, 12),
      level('one slip', 0.1, 0.01, 11),
      level('same year or day', 0.06, 0.06, 6),
      level('two digits different', 0.02, 0.04),
      { ...level('close years', 0.03, 0.06), differs: true },
      { ...level('different', 0.07, 0.82), differs: true },
    ];
    // Of those who live together, one in some tens is a twin of another.
    super(name, column, 'identity', related(levels, { samePlace: [0.03, 0.01, 0.04, 0.04, 0.08, 0.8] }));
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const x = this.column.number[a] as number;
    const y = this.column.number[b] as number;
    if (Number.isNaN(x) || Number.isNaN(y)) return this.oneEdit(a, b) ? 1 : 5;
    const xYear = Math.floor(x / YEAR);
    const yYear = Math.floor(y / YEAR);
    const xDay = x % YEAR;
    const yDay = y % YEAR;
    if (xYear === yYear) {
      this.info = Math.min(this.info, 7);
      const isVague = isPlaceholderDay(xDay) || isPlaceholderDay(yDay);
      const isSwapped = Math.floor(xDay / 100) === yDay % 100 && xDay % 100 === Math.floor(yDay / 100);
      if (isSwapped || (this.oneEdit(a, b) && !isVague)) return 1;
      return 2;
    }
    if (this.oneEdit(a, b)) return 1;
    if (xDay === yDay && !isPlaceholderDay(xDay)) return 2;
    if (this.digitsApart(a, b) <= 2) return 3;
    return Math.abs(xYear - yYear) <= 1 ? 4 : 5;
  }

  private digitsApart(a: number, b: number): number {
    const { chars, charStart } = this.column;
    const aFrom = charStart[a] as number;
    const bFrom = charStart[b] as number;
    if (this.length(a) !== this.length(b)) return Number.POSITIVE_INFINITY;
    let apart = 0;
    for (let at = 0; at < this.length(a); at++) if (chars[aFrom + at] !== chars[bFrom + at]) apart++;
    return apart;
  }
}

/** The first of January, or no day at all: somebody knew the year only. */
const isPlaceholderDay = (day: number) => day === 101 || day === 0 || day % 100 === 0;

/** An organisation may have a number in each country: those of two countries say nothing. */
const COUNTRY_CODE = 2;

export class Identifier extends OfValues {
  override readonly isIdentifier = true;
  private readonly isNational: boolean;
  constructor(name: string, column: Column) {
    super(name, column, 'identity', [
      level('equal', 0.87, 0.002, 13),
      level('one slip', 0.07, 0.002, 13),
      { ...level('different', 0.06, 0.996), conflict: isExclusive(column.spec), differs: true },
    ]);
    this.isNational = NATIONAL_SCHEMES.includes(column.spec.scheme ?? '');
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.isNational && this.prefix(a, b) < COUNTRY_CODE && this.hasCountry(a) && this.hasCountry(b)) return MISSING;
    return Math.min(this.length(a), this.length(b)) >= 5 && this.oneEdit(a, b) ? 1 : 2;
  }

  private hasCountry(value: number): boolean {
    const { chars, charStart } = this.column;
    const start = charStart[value] as number;
    return this.length(value) > COUNTRY_CODE && isLetter(chars[start]) && isLetter(chars[start + 1]);
  }
}

const LETTER_A = 0x61;
const LETTER_Z = 0x7a;
const isLetter = (char = 0) => char >= LETTER_A && char <= LETTER_Z;

export class Code extends OfValues {
  override readonly isCode = true;
  constructor(name: string, column: Column) {
    const levels = [
      level('equal', 0.75, 0.005, 11),
      level('one begins like the other', 0.1, 0.01, 9),
      level('different', 0.15, 0.985),
    ];
    // A box's number is often that of the piece with something added.
    super(name, column, 'identity', related(levels, { variants: [0.01, 0.25, 0.74] }));
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const shorter = Math.min(this.length(a), this.length(b));
    return shorter >= 4 && this.prefix(a, b) === shorter ? 1 : 2;
  }
}

export class Amount extends OfValues {
  private readonly most: readonly number[];
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.4, 0.04, 7),
      level('close', 0.2, 0.06),
      level('near', 0.2, 0.12),
      level('apart', 0.12, 0.25),
      level('different', 0.08, 0.53),
    ]);
    this.most = [1.03, 1.15, 1.6];
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const x = Math.abs(this.column.number[a] as number);
    const y = Math.abs(this.column.number[b] as number);
    // A price of nothing is no price.
    if (x === 0 || y === 0) return MISSING;
    const ratio = x > y ? x / y : y / x;
    for (let at = 0; at < this.most.length; at++) if (ratio <= (this.most[at] as number)) return at + 1;
    return 4;
  }
}

export class Numeral extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.8, 0.1, 4),
      level('next to it', 0.08, 0.15),
      level('different', 0.12, 0.75),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const x = this.column.number[a] as number;
    const y = this.column.number[b] as number;
    return Math.abs(x - y) <= Math.max(1, 0.01 * Math.max(Math.abs(x), Math.abs(y))) ? 1 : 2;
  }
}
