const UPPER_ALPHANUMERIC = /^[0-9A-Z]+$/;
const SEPARATORS = /[\s\u00ad\u200b\u2060\ufeff\-\u2010-\u2015\u2212._]/g;
const MOST_CHARACTERS = 200;

/**
 * A code without the separators that people write into it: blanks, hyphens, dots. Upper case; full-width digits as
 * plain ones. Empty where the input is no text or far too long for a code.
 */
export function codeText(input: unknown): string {
  if (typeof input !== 'string' || input.length > MOST_CHARACTERS) return '';
  if (UPPER_ALPHANUMERIC.test(input)) return input;
  return input.normalize('NFKC').replace(SEPARATORS, '').toUpperCase();
}

/** Text trimmed and in upper case with its separators, for codes in which they mean something. */
export function codeWithSeparators(input: unknown): string {
  if (typeof input !== 'string' || input.length > MOST_CHARACTERS) return '';
  return input.normalize('NFKC').trim().toUpperCase();
}

const ONE_CHARACTER = /^(.)\1*$/;
const TYPED_IN_ORDER = new Set(['123456789', '1234567890', '0123456789', '987654321', '9876543210']);

/** What people type into a field that must not stay empty: one digit throughout, or the keyboard's digits in order. */
export const isPlaceholder = (code: string) => ONE_CHARACTER.test(code) || TYPED_IN_ORDER.has(code);
