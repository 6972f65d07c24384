import { entityValidators, type Validator } from 'stdnum';
import { countryCode } from '../country.js';
import { invalid, type NormaliseContext, type Normalised, valid, weak } from '../normalised.js';
import { codeText, isPlaceholder } from './code-text.js';
import { allNamed, hasTaxNumberShape, numberOf, SHAPES, swissUid } from './national-numbers.js';
import { refusedPlaceholder } from './scheme.js';

const EXPECTED_EIN = 'an EIN: 9 digits with a prefix that the IRS gives out';
const EXPECTED_TAX_ID = 'a tax number that is right in its country: with the country known, or as "CC:number"';

const EIN = /^\d{9}$/;
const EIN_VALIDATORS = allNamed('US', ['ein']);

/** Employer identification number (United States): 9 digits. */
export function ein(input: unknown): Normalised<string> {
  const digits = codeText(input);
  if (!EIN.test(digits)) return invalid(EXPECTED_EIN, input);
  if (isPlaceholder(digits)) return refusedPlaceholder(EXPECTED_EIN, input);
  return firstNumber(EIN_VALIDATORS, digits) === undefined ? invalid(EXPECTED_EIN, input) : valid(digits);
}

interface TaxNumbers {
  /** The number by which the country's tax office knows everybody: two different ones are two taxpayers. */
  readonly main: readonly string[];
  /** Further numbers that the same taxpayer may have beside it, or whose check says little: valid, but weak. */
  readonly beside?: readonly string[];
  /** Brings numbers that contain one another to the one that stands for the taxpayer. */
  readonly canonical?: (number: string) => string;
}

/** Countries where the library's own choice of numbers for organisations doesn't say enough. */
const TAX_NUMBERS: Readonly<Record<string, TaxNumbers>> = {
  AT: { main: ['uid'], beside: ['tin', 'businessid'] },
  AU: { main: ['abn'], beside: ['acn', 'tfn'] },
  BG: { main: ['vat'], beside: ['egn', 'pnf'] },
  BR: { main: ['cnpj', 'cpf'] },
  // Program accounts (RT0001 …) hang on the business number.
  CA: { main: ['bn'], canonical: (number) => number.slice(0, 9) },
  CH: { main: ['uid', 'vat'], canonical: swissUid },
  CN: { main: ['uscc'], beside: ['ric'] },
  CO: { main: ['nit'] },
  CZ: { main: ['dic'], beside: ['rc'] },
  DE: { main: ['vat'], beside: ['stnr', 'idnr'] },
  DO: { main: ['rnc'], beside: ['cedula'] },
  DZ: { main: ['nif'] },
  EE: { main: ['registrikood'], beside: ['kmkr', 'ik'] },
  EG: { main: ['tn'] },
  ES: { main: ['nif'] },
  FI: { main: ['ytunnus', 'alv'] },
  FO: { main: ['vn'] },
  // SIRET is SIREN and the establishment; the VAT number is two check digits and SIREN.
  FR: {
    main: ['siren', 'siret', 'tva'],
    canonical: (number) => (number.length === 11 ? number.slice(2) : number.slice(0, 9)),
  },
  GB: { main: ['vat'], beside: ['utr'] },
  GH: { main: ['tin'] },
  GN: { main: ['nifp'] },
  HR: { main: ['oib'] },
  HU: { main: ['anum'] },
  // The GST number of each state contains the one PAN.
  IN: { main: ['pan', 'gstin'], canonical: (number) => (number.length === 15 ? number.slice(2, 12) : number) },
  IS: { main: ['kennitala'], beside: ['vsk'] },
  IT: { main: ['iva'], beside: ['codicefiscale'] },
  KE: { main: ['pin'] },
  MA: { main: ['ice'], beside: ['ice9'] },
  ME: { main: ['pib'] },
  MK: { main: ['edb'] },
  NL: { main: ['btw'], beside: ['bsn'] },
  NO: { main: ['orgnr', 'mva'], canonical: (number) => number.replace(/MVA$/, '') },
  PL: { main: ['nip'], beside: ['regon', 'pesel'] },
  PT: { main: ['nif', 'nipc'] },
  RO: { main: ['cui', 'cif'], beside: ['onrc', 'cnp'] },
  RU: { main: ['inn'] },
  SE: { main: ['orgnr', 'vat'], canonical: (number) => number.slice(0, 10) },
  TH: { main: ['tin'], beside: ['moa', 'idnr'] },
  TN: { main: ['mf'] },
  TR: { main: ['vkn'], beside: ['tckimlik'] },
  // A social security number has no check digit: nearly any nine digits pass for one.
  US: { main: ['ein'], beside: ['ssn'] },
  ZA: { main: ['tin'], beside: ['vat'] },
};

const WITH_COUNTRY = /^([A-Z]{2}):(.+)$/;

/**
 * A country's tax number: "CC:number", e.g. "US:043067890". Related numbers of one taxpayer become one value: a French
 * SIRET or VAT number its SIREN, a Swedish VAT number the organisation number, an Indian GSTIN the PAN.
 */
export function taxId(input: unknown, ctx?: NormaliseContext): Normalised<string> {
  const [, prefix, rest] = WITH_COUNTRY.exec(codeText(input)) ?? [];
  const country = countryCode(prefix ?? ctx?.country ?? '');
  const code = rest ?? codeText(input);
  if (country === undefined || code === '') return invalid(EXPECTED_TAX_ID, input);
  if (isPlaceholder(code)) return refusedPlaceholder(EXPECTED_TAX_ID, input);
  return nationalTaxId(country, code) ?? invalid(EXPECTED_TAX_ID, input);
}

interface TaxValidators {
  readonly main: readonly Validator[];
  readonly beside: readonly Validator[];
  readonly canonical: (number: string) => string;
}
const asWritten = (number: string) => number;
const TAX_VALIDATORS = new Map<string, TaxValidators>();
for (const [country, validators] of Object.entries(entityValidators)) {
  TAX_VALIDATORS.set(country, { main: validators, beside: [], canonical: asWritten });
}
for (const [country, { main, beside = [], canonical = asWritten }] of Object.entries(TAX_NUMBERS)) {
  TAX_VALIDATORS.set(country, { main: allNamed(country, main), beside: allNamed(country, beside), canonical });
}

function nationalTaxId(country: string, code: string): Normalised<string> | undefined {
  const known = TAX_VALIDATORS.get(country);
  if (known === undefined) return shapedTaxId(country, code);
  const number = firstNumber(known.main, code);
  if (number !== undefined) return canonicalTaxId(country, known, number);
  const other = firstNumber(known.beside, code);
  return other === undefined ? undefined : weak(`${country}:${other}`);
}

/** The number inside must be right too: the check digit of a SIRET may cover a SIREN that isn't one. */
function canonicalTaxId(country: string, known: TaxValidators, number: string): Normalised<string> | undefined {
  const canonical = known.canonical(number);
  const isRight = canonical === number || firstNumber(known.main, canonical) === canonical;
  return isRight && !isPlaceholder(canonical) ? valid(`${country}:${canonical}`) : undefined;
}

function shapedTaxId(country: string, code: string): Normalised<string> | undefined {
  const shape = SHAPES[country];
  if (shape) return shape.test(code) ? valid(`${country}:${code}`) : undefined;
  return hasTaxNumberShape(code) ? weak(`${country}:${code}`) : undefined;
}

function firstNumber(validators: readonly Validator[], code: string): string | undefined {
  for (const validator of validators) {
    const number = numberOf(validator, code);
    if (number !== undefined) return number;
  }
  return undefined;
}
