import { gtin as gs1CheckDigit } from 'cdigit';
import { invalid, type Normalised, valid, weak } from '../normalised.js';
import { codeText, isPlaceholder } from './code-text.js';
import { refusedPlaceholder } from './scheme.js';

const GTIN = /^(?:\d{8}|\d{12,14})$/;
const GLN = /^\d{13}$/;
const SSCC = /^\d{18}$/;
const GLN_PREFIX = /^\(41\d\)/;
const SSCC_PREFIX = /^\(00\)/;
const GTIN_PREFIX = /^\(0[12]\)/;

const EXPECTED_GTIN = 'a GTIN: 8, 12, 13 or 14 digits with a right check digit';
const EXPECTED_GLN = 'a GLN: 13 digits with a right check digit';
const EXPECTED_SSCC = 'an SSCC: 18 digits with a right check digit';

const hasGs1CheckDigit = (digits: string) => gs1CheckDigit.validate(digits);

/** Global trade item number (GS1 General Specifications), padded to 14 digits. Weak where only one company uses it. */
export function gtin(input: unknown): Normalised<string> {
  const digits = codeText(input).replace(GTIN_PREFIX, '');
  if (!GTIN.test(digits)) return invalid(EXPECTED_GTIN, input);
  if (isPlaceholder(digits)) return refusedPlaceholder(EXPECTED_GTIN, input);
  if (!hasGs1CheckDigit(digits)) return invalid(EXPECTED_GTIN, input);
  const padded = digits.padStart(14, '0');
  return isRestricted(padded) ? weak(padded) : valid(padded);
}

/**
 * GS1 leaves some prefixes to be used inside one company or shop: price-labelled goods, own numbers, coupons.
 * Two companies use the same ones for different things.
 */
function isRestricted(gtin14: string): boolean {
  const isGtin8 = gtin14.startsWith('000000');
  if (isGtin8) return gtin14[6] === '0' || gtin14[6] === '2';
  const prefix = Number(gtin14.slice(1, 4));
  return (
    (prefix >= 20 && prefix <= 29) ||
    (prefix >= 40 && prefix <= 59) ||
    (prefix >= 200 && prefix <= 299) ||
    prefix >= 980
  );
}

/** Global location number: 13 digits. */
export function gln(input: unknown): Normalised<string> {
  return fixedLength(GLN, codeText(input).replace(GLN_PREFIX, ''), EXPECTED_GLN, input);
}

/** Serial shipping container code: 18 digits. */
export function sscc(input: unknown): Normalised<string> {
  return fixedLength(SSCC, codeText(input).replace(SSCC_PREFIX, ''), EXPECTED_SSCC, input);
}

function fixedLength(shape: RegExp, digits: string, expected: string, input: unknown): Normalised<string> {
  if (!shape.test(digits)) return invalid(expected, input);
  if (isPlaceholder(digits)) return refusedPlaceholder(expected, input);
  return hasGs1CheckDigit(digits) ? valid(digits) : invalid(expected, input);
}
