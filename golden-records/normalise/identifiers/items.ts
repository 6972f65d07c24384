import { invalid, type Normalised, valid, weak } from '../normalised.js';
import { foldToAscii } from '../text.js';
import { codeText, codeWithSeparators, isPlaceholder } from './code-text.js';
import { refusedPlaceholder } from './scheme.js';

const EXPECTED_NDC = 'an NDC: hyphenated (4-4-2, 5-3-2, 5-4-1, 5-4-2 or 6-4-2), or 10 to 12 digits';
const NDC_PREFIX = /^NDC[\s:#]*/;
const HYPHENATED = /^(\d{4,6})-(\d{3,4})-(\d{1,2})$/;
const PLAIN = /^\d{10,12}$/;
const HYPHENS = /[\u2010-\u2015\u2212]/g;

/**
 * National drug code (United States). The hyphenated 10-digit forms become the 11 digits that billing uses (5-4-2);
 * 11 and 12 digits (6-4-2, from 2033) stay. Ten digits without hyphens could be three different codes: kept, but weak.
 */
export function ndc(input: unknown): Normalised<string> {
  const code = codeWithSeparators(input).replace(NDC_PREFIX, '').replace(HYPHENS, '-');
  const digits = PLAIN.test(code) ? code : fromHyphenated(code);
  if (digits === undefined) return invalid(EXPECTED_NDC, input);
  if (isPlaceholder(code.replaceAll('-', ''))) return refusedPlaceholder(EXPECTED_NDC, input);
  return digits.length === 10 ? weak(digits) : valid(digits);
}

/** The lengths of labeler, product and package in each form, and how far each part is filled up. */
const FORMS: Readonly<Record<string, readonly [labeler: number, product: number, pack: number]>> = {
  '4-4-2': [5, 4, 2],
  '5-3-2': [5, 4, 2],
  '5-4-1': [5, 4, 2],
  '5-4-2': [5, 4, 2],
  '6-4-2': [6, 4, 2],
};

function fromHyphenated(code: string): string | undefined {
  const [, labeler = '', product = '', pack = ''] = HYPHENATED.exec(code) ?? [];
  const lengths = FORMS[`${labeler.length}-${product.length}-${pack.length}`];
  return (
    lengths && labeler.padStart(lengths[0], '0') + product.padStart(lengths[1], '0') + pack.padStart(lengths[2], '0')
  );
}

const NOT_ALPHANUMERIC = /[^0-9A-Z]/g;
const EXPECTED_MPN = 'a manufacturer part number: 1 to 64 letters and digits';
const MOST_CHARACTERS = 64;

/**
 * A manufacturer's part number as matching compares it: upper case, without separators ("ab-12/3" → "AB123").
 * Unique only together with the manufacturer. Leading zeros stay: they can tell two parts apart.
 */
export function manufacturerPartNumber(input: unknown): Normalised<string> {
  // Folded before codeText, whose NFKC would turn a trade mark sign into letters.
  const code = codeText(typeof input === 'string' ? foldToAscii(input) : input).replace(NOT_ALPHANUMERIC, '');
  if (code === '' || code.length > MOST_CHARACTERS) return invalid(EXPECTED_MPN, input);
  return isPlaceholder(code) && code.length > 2 ? refusedPlaceholder(EXPECTED_MPN, input) : valid(code);
}
