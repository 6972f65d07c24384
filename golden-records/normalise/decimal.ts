import { Decimal } from 'decimal.js';
import { invalid, type Normalised, valid } from './normalised.js';

const EXPECTED = 'a decimal such as 1234.5: no grouping, no exponent, "." before the fraction';
const PLAIN = /^(-?)0*(\d+)(?:\.(\d+))?$/;
const MOST_CHARACTERS = 100;
// What a double carries for certain; digits beyond are noise of binary arithmetic (30.400000000000002).
const DOUBLE_DIGITS = 15;

/**
 * Decimal text without exponent, leading zeros or trailing fraction zeros: "007.50" → "7.5", "-0" → "0".
 * A JS number is read at the 15 digits that it carries for certain; whole numbers beyond the safe range are refused.
 */
export function decimal(input: unknown): Normalised<string> {
  const plain = typeof input === 'number' ? fromNumber(input) : typeof input === 'bigint' ? String(input) : input;
  const canonical = typeof plain === 'string' ? canonicalDecimal(plain.trim()) : undefined;
  return canonical === undefined ? invalid(EXPECTED, input) : valid(canonical);
}

function fromNumber(value: number): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  if (!Number.isFinite(value) || Number.isInteger(value)) return undefined;
  return new Decimal(value.toPrecision(DOUBLE_DIGITS)).toFixed();
}

function canonicalDecimal(plain: string): string | undefined {
  if (plain.length > MOST_CHARACTERS) return undefined;
  const [, sign, whole, fraction = ''] = PLAIN.exec(plain) ?? [];
  if (whole === undefined) return undefined;
  const kept = fraction.replace(/0+$/, '');
  const magnitude = kept === '' ? whole : `${whole}.${kept}`;
  return magnitude === '0' ? '0' : `${sign}${magnitude}`;
}
