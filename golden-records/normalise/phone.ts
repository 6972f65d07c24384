import { type CountryCode, getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';
import { countryCode } from './country.js';
import { invalid, type NormaliseContext, type Normalised, valid } from './normalised.js';

const EXPECTED = 'a telephone number that exists, with its country code or a country to read it by';
const LABEL = /^(?:tel(?:ephone)?|phone|ph|fax|mobile|mob|cell|office|main|[tpfm])\s*[.:]+\s*/i;
const INTERNATIONAL_00 = /^00(?=[1-9])/;
const MOST_CHARACTERS = 60;
const COUNTRIES = new Map<string, CountryCode>(getCountries(metadata).map((code) => [code, code]));

/**
 * E.164, with an extension as ";ext=": "(415) 555-2671 x12" in the US → "+14155552671;ext=12".
 * `ctx.country` reads national numbers. The whole text must be one number; two numbers in one field are refused.
 */
export function phone(input: unknown, ctx?: NormaliseContext): Normalised<string> {
  const written = typeof input === 'string' ? input.trim().replace(LABEL, '') : '';
  if (written === '' || written.length > MOST_CHARACTERS) return invalid(EXPECTED, input);
  const country = phoneCountry(ctx?.country);
  const dialled = country === undefined ? written.replace(INTERNATIONAL_00, '+') : written;
  const options = { ...(country === undefined ? {} : { defaultCountry: country }), extract: false };
  const number = parsePhoneNumberFromString(dialled, options, metadata);
  if (!number?.isValid()) return invalid(EXPECTED, input);
  return valid(number.ext ? `${number.number};ext=${number.ext}` : number.number);
}

function phoneCountry(spelling: string | undefined): CountryCode | undefined {
  const code = spelling && countryCode(spelling);
  return code ? COUNTRIES.get(code) : undefined;
}
