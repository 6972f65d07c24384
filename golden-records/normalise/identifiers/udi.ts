import { invalid, type Normalised } from '../normalised.js';
import { codeWithSeparators } from './code-text.js';
import { gtin } from './gs1.js';

const EXPECTED = 'a UDI-DI: GS1 (01) and 14 digits, HIBCC "+" with its check character, or ICCBBA "="';

/**
 * Device identifier of a UDI, without the production identifiers (lot, serial, dates) that may follow it.
 *
 * - GS1: "(01)00844588003288(17)141120…" → the GTIN, 14 digits.
 * - HIBCC: "+H123PARTNO1234567890120/$$4…" → "+", labeler, product, unit of measure and check character.
 * - ICCBBA: "=/A9999XYZ100T0944=,000025…" → "=/" and 16 characters; blood containers "=)" and 10.
 */
export function udiDi(input: unknown): Normalised<string> {
  const code = codeWithSeparators(input).replace(SYMBOLOGY, '').replace(ASTERISKS, '$1');
  if (code.startsWith('+')) return answer(hibcc(code), input);
  if (code.startsWith('=')) return answer(iccbba(code), input);
  const item = gtin(gs1Gtin(code));
  return item.ok ? item : invalid(EXPECTED, input);
}

const answer = (value: string | undefined, input: unknown): Normalised<string> =>
  value === undefined ? invalid(EXPECTED, input) : { ok: true, value };

// What a scanner puts in front to name the kind of barcode.
const SYMBOLOGY = /^\](?:C1|E0|D2|Q3|J1)/;
const ASTERISKS = /^\*(.*)\*$/;

const GS1_BRACKETED = /^\(01\)\s*(\d{14})(?:\s*\(|\s*$)/;
const GS1_ELEMENT_STRING = /^01(\d{14})/;

const gs1Gtin = (code: string) => (GS1_BRACKETED.exec(code) ?? GS1_ELEMENT_STRING.exec(code))?.[1] ?? code;

const MOD_43 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%';
// Labeler (a letter and three), product (1 to 18), unit of measure (a digit): 6 to 23 characters.
const HIBCC_PRIMARY = /^\+[A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}\d$/;

/**
 * With production identifiers the one check character stands at the very end and covers everything. It may be a blank,
 * written as "_" in text, and then gets lost when text is trimmed.
 */
function hibcc(code: string): string | undefined {
  for (const checked of [code, `${code} `]) {
    const body = checked.slice(0, -1);
    const last = checked.slice(-1).replace('_', ' ');
    const slash = body.indexOf('/');
    const primary = slash === -1 ? body : body.slice(0, slash);
    if (mod43(body) === last && HIBCC_PRIMARY.test(primary)) return primary + (mod43(primary) ?? '').replace(' ', '_');
  }
  return undefined;
}

/** The check character of a HIBC structure, undefined where a character is none of the 43. */
export function mod43(body: string): string | undefined {
  let sum = 0;
  for (const character of body) {
    const value = MOD_43.indexOf(character);
    if (value === -1) return undefined;
    sum += value;
  }
  return MOD_43[sum % 43];
}

// Facility (a letter and four), product description code and processor's product code; see ISBT 128.
const ICCBBA_PRODUCT = /^(=\/[A-Z][A-Z0-9]{15})(?:[=&]|$)/;
const ICCBBA_CONTAINER = /^(=\)[A-Z0-9]{10})(?:[=&]|$)/;

const iccbba = (code: string) => (ICCBBA_PRODUCT.exec(code) ?? ICCBBA_CONTAINER.exec(code))?.[1];
