import { invalid, type Normalised, valid } from './normalised.js';

const WHOLE = /^-?\d{1,16}$/;

/** A whole number within JavaScript's safe range (±2^53 − 1), from a number, a bigint or digits. */
export function integer(input: unknown): Normalised<number> {
  const value = toNumber(input);
  // + 0 turns -0 into 0
  return Number.isSafeInteger(value) ? valid(value + 0) : invalid('a whole number', input);
}

function toNumber(input: unknown): number {
  if (typeof input === 'number') return input;
  if (typeof input === 'bigint') return Number(input);
  if (typeof input !== 'string') return Number.NaN;
  const digits = input.trim();
  return WHOLE.test(digits) ? Number(digits) : Number.NaN;
}
