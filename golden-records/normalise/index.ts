export { type Address, address, comparableAddress, comparableStreet } from './address.js';
export { boolean } from './boolean.js';
export { canonicalJson, contentHash } from './content-hash.js';
export { country, countryCode } from './country.js';
export { currency, currencyCode } from './currency.js';
export { instant, localDate } from './date.js';
export { decimal } from './decimal.js';
export { email } from './email.js';
export { manufacturerPartNumber } from './identifiers/items.js';
export {
  IDENTIFIER_SCHEMES,
  type IdentifierScheme,
  isSchemeCode,
  SCHEME_CODES,
  type SchemeCode,
} from './identifiers/schemes.js';
export { integer } from './integer.js';
export { type Money, money } from './money.js';
export { describeFound, type NormaliseContext, type Normalised, type Normaliser } from './normalised.js';
export { oneOf } from './one-of.js';
export {
  comparableOrganisationName,
  type LegalForm,
  organisationName,
  type SplitName,
  splitLegalForm,
} from './organisation-name.js';
export { phone } from './phone.js';
export { type Quantity, quantity } from './quantity.js';
export { cleanLine, comparableText, foldToAscii, multilineText, nameTokens, text } from './text.js';
export { timeZone } from './time-zone.js';
export { UNITS, type UnitOfMeasure, unit, unitOfMeasure } from './units.js';
export { registrableDomain, url } from './url.js';
