import { stdnum, type Validator } from 'stdnum';
import { codeText } from './code-text.js';

const named = (country: string, name: string): Validator | undefined => stdnum[country]?.[name];
export const allNamed = (country: string, names: readonly string[]): Validator[] =>
  names.flatMap((name) => named(country, name) ?? []);

// The library answers with the cédula inside a person's RUC and loses the last three digits.
const CUTS_SHORT: ReadonlySet<Validator> = new Set(allNamed('EC', ['ruc']));

// No country's number is shorter, but some checks let nothing at all pass: its digits add up to 0.
const FEWEST_CHARACTERS = 4;

/** The number as a validator writes it, without separators; undefined where it is not right. */
export function numberOf(validator: Validator, code: string): string | undefined {
  const compact = compactOf(validator, code);
  if (compact === undefined) return undefined;
  const number = CUTS_SHORT.has(validator) ? code : codeText(compact);
  return number.length < FEWEST_CHARACTERS ? undefined : number;
}

function compactOf(validator: Validator, code: string): string | undefined {
  try {
    const result = validator.validate(code);
    return result.isValid ? result.compact : undefined;
  } catch {
    // A few validators stumble over what they can't take apart ("NL" alone): it is no number either.
    return undefined;
  }
}

/** Numbers of countries that the library has nothing for. */
export const SHAPES: Readonly<Record<string, RegExp>> = { AE: /^\d{15}$/, SA: /^3\d{13}3$/ };

const ANY_TAX_NUMBER = /^(?=(?:.*\d){5})[0-9A-Z]{5,20}$/;
/** Could it be a tax number of a country of whose numbers nothing is known? */
export const hasTaxNumberShape = (code: string) => ANY_TAX_NUMBER.test(code);

/** The Swiss UID without the letters that say in which language it is for VAT. */
export const swissUid = (number: string) => number.replace(/(?:MWST|TVA|IVA)$/, '');
