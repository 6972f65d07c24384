import { entityValidators, euVat, type Validator } from 'stdnum';
import { countryCode } from '../country.js';
import { invalid, type NormaliseContext, type Normalised, valid, weak } from '../normalised.js';
import { codeText, isPlaceholder } from './code-text.js';
import { allNamed, hasTaxNumberShape, numberOf, SHAPES, swissUid } from './national-numbers.js';
import { refusedPlaceholder } from './scheme.js';

const EXPECTED_VAT = 'a VAT number with its country prefix, or with a country to read it by';

/** Countries whose VAT number starts with something else than their alpha-2 code. */
const VAT_PREFIX: Readonly<Record<string, string>> = { GR: 'EL' };
/** XI is Northern Ireland in trade with the EU: the same number as in the United Kingdom. */
const COUNTRY_OF_PREFIX: Readonly<Record<string, string>> = { EL: 'GR', XI: 'GB' };

/** Countries outside the library's list of VAT numbers whose VAT is filed under another of their numbers. */
const FURTHER_VAT: Readonly<Record<string, readonly string[]>> = {
  AU: ['abn'],
  CH: ['vat', 'uid'],
  GB: ['vat'],
  IN: ['gstin'],
  IS: ['vsk'],
  MC: ['tva'],
  NO: ['mva', 'orgnr'],
  ZA: ['vat'],
};

const FURTHER_VAT_VALIDATORS = new Map(
  Object.entries(FURTHER_VAT).map(([country, names]) => [country, allNamed(country, names)]),
);
const vatValidators = (country: string): readonly Validator[] =>
  FURTHER_VAT_VALIDATORS.get(country) ?? euVat[country] ?? entityValidators[country] ?? [];

/**
 * VAT number with its prefix: "DE 136 695 976" → "DE136695976", Greece as "EL". Without a prefix `ctx.country` reads it.
 * Weak where nothing is known of the country's numbers, so that only the shape was checked.
 */
export function vat(input: unknown, ctx?: NormaliseContext): Normalised<string> {
  const code = codeText(input);
  if (code.length < 4) return invalid(EXPECTED_VAT, input);
  const country = countryCode(ctx?.country ?? '');
  const prefix = prefixCountry(code);
  if (isPlaceholder(prefix ? code.slice(2) : code)) return refusedPlaceholder(EXPECTED_VAT, input);
  const checked = (country && checkedVat(country, code)) || (prefix && checkedVat(prefix, code));
  if (checked) return valid(checked);
  const shaped = (prefix && shapedVat(prefix, code.slice(2))) || (country && shapedVat(country, code));
  return shaped ? weak(shaped) : invalid(EXPECTED_VAT, input);
}

function prefixCountry(code: string): string | undefined {
  const prefix = code.slice(0, 2);
  return COUNTRY_OF_PREFIX[prefix] ?? (/^[A-Z]{2}$/.test(prefix) ? countryCode(prefix) : undefined);
}

/** With and without the prefix, because a few countries' numbers contain it (CHE…) and some begin like another's. */
function checkedVat(country: string, code: string): string | undefined {
  const hasPrefix = prefixCountry(code) === country;
  for (const national of hasPrefix ? [code.slice(2), code] : [code]) {
    for (const validator of vatValidators(country)) {
      const number = numberOf(validator, national);
      if (number !== undefined) return vatNumber(country, number);
    }
    if (SHAPES[country]?.test(national)) return vatNumber(country, national);
  }
  return undefined;
}

function shapedVat(country: string, national: string): string | undefined {
  if (vatValidators(country).length > 0 || SHAPES[country] !== undefined) return undefined;
  return hasTaxNumberShape(national) ? vatNumber(country, national) : undefined;
}

const vatNumber = (country: string, national: string) =>
  (VAT_PREFIX[country] ?? country) + (VAT_CANONICAL[country]?.(national) ?? national);

/** One VAT number, written differently by language or with and without the letters that say it is for VAT. */
const VAT_CANONICAL: Readonly<Record<string, (national: string) => string>> = {
  CH: (number) => swissUid(number).replace(/^CH/, ''),
  NO: (number) => number.replace(/MVA$/, ''),
};
