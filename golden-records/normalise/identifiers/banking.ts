import { isValidBIC, isValidIBAN } from 'ibantools';
import { invalid, type Normalised, valid } from '../normalised.js';
import { codeText, isPlaceholder } from './code-text.js';
import { refusedPlaceholder } from './scheme.js';

const EXPECTED_IBAN = 'an IBAN of its country’s length with right check digits';
const EXPECTED_BIC = 'a BIC: 8 or 11 letters and digits';
const EXPECTED_ABA = 'an ABA routing number: 9 digits with a right check digit';

/** International bank account number (ISO 13616), without blanks. */
export function iban(input: unknown): Normalised<string> {
  const code = codeText(input);
  if (!isValidIBAN(code)) return invalid(EXPECTED_IBAN, input);
  return isPlaceholder(code.slice(4)) ? refusedPlaceholder(EXPECTED_IBAN, input) : valid(code);
}

const HEAD_OFFICE = 'XXX';

/** Business identifier code of a bank (ISO 9362). The head office's optional "XXX" is dropped, so that it is one value. */
export function bic(input: unknown): Normalised<string> {
  const code = codeText(input);
  if (!isValidBIC(code)) return invalid(EXPECTED_BIC, input);
  return valid(code.length === 11 && code.endsWith(HEAD_OFFICE) ? code.slice(0, 8) : code);
}

// Federal Reserve districts 01 to 12, the same for thrifts (+20) and electronic transfers (+60), government, travellers' cheques.
const ABA = /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)\d{7}$/;
const ABA_WEIGHTS = [3, 7, 1, 3, 7, 1, 3, 7, 1];

/** Routing number of a bank in the United States. */
export function aba(input: unknown): Normalised<string> {
  const digits = codeText(input);
  if (/^\d{9}$/.test(digits) && isPlaceholder(digits)) return refusedPlaceholder(EXPECTED_ABA, input);
  return ABA.test(digits) && hasAbaCheckDigit(digits) ? valid(digits) : invalid(EXPECTED_ABA, input);
}

const hasAbaCheckDigit = (digits: string) =>
  ABA_WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0) % 10 === 0;
