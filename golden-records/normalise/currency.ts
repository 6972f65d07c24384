import currencyCodes from 'currency-codes';
import { invalid, type Normalised, valid } from './normalised.js';

// The library's list is of June 2024; these came later (ISO 4217 amendments 176 and 177).
const ADDED_SINCE = ['XCG', 'ZWG'];
// "No currency" and "for testing" say that nobody filled the field in.
const NOT_A_CURRENCY = ['XXX', 'XTS'];

const CODES = new Set([...currencyCodes.codes(), ...ADDED_SINCE].filter((code) => !NOT_A_CURRENCY.includes(code)));

/** The code of a currency, in capital letters; undefined where the text is none. */
export function currencyCode(text: string): string | undefined {
  const code = text.trim().toUpperCase();
  return CODES.has(code) ? code : undefined;
}

/** ISO 4217 alphabetic code, upper case. */
export function currency(input: unknown): Normalised<string> {
  const code = typeof input === 'string' ? currencyCode(input) : undefined;
  return code === undefined ? invalid('an ISO 4217 currency code, e.g. USD', input) : valid(code);
}
