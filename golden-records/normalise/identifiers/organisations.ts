import { luhn } from 'cdigit';
import { invalid, type Normalised, valid } from '../normalised.js';
import { codeText, isPlaceholder } from './code-text.js';
import { refusedPlaceholder } from './scheme.js';

const NPI = /^[12]\d{9}$/;
const LEI = /^[0-9A-Z]{18}\d{2}$/;
const DUNS = /^\d{9}$/;

const EXPECTED_NPI = 'an NPI: 10 digits, the first 1 or 2, with a right check digit';
const EXPECTED_LEI = 'an LEI: 20 letters and digits with right check digits';
const EXPECTED_DUNS = 'a D-U-N-S number: 9 digits';

// Issuer prefix of United States health applications (45 CFR 162.406), part of what the check digit covers.
const NPI_ISSUER = '80840';

/** National provider identifier (United States). */
export function npi(input: unknown): Normalised<string> {
  const digits = codeText(input);
  if (!NPI.test(digits)) return invalid(EXPECTED_NPI, input);
  if (isPlaceholder(digits)) return refusedPlaceholder(EXPECTED_NPI, input);
  return luhn.validate(NPI_ISSUER + digits) ? valid(digits) : invalid(EXPECTED_NPI, input);
}

/** Legal entity identifier (ISO 17442). */
export function lei(input: unknown): Normalised<string> {
  const code = codeText(input);
  if (!LEI.test(code)) return invalid(EXPECTED_LEI, input);
  if (isPlaceholder(code)) return refusedPlaceholder(EXPECTED_LEI, input);
  return mod97(code) === 1 ? valid(code) : invalid(EXPECTED_LEI, input);
}

/** Remainder modulo 97 with A = 10 … Z = 35 (ISO 7064). */
function mod97(code: string): number {
  let remainder = 0;
  for (const character of code) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}

/** Data Universal Numbering System: 9 digits; numbers given since 2006 have no check digit. */
export function duns(input: unknown): Normalised<string> {
  const digits = codeText(input);
  if (!DUNS.test(digits)) return invalid(EXPECTED_DUNS, input);
  return isPlaceholder(digits) ? refusedPlaceholder(EXPECTED_DUNS, input) : valid(digits);
}
