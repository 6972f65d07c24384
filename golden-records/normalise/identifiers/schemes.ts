import { aba, bic, iban } from './banking.js';
import { hcpcs, unspsc } from './classification.js';
import { gln, gtin, sscc } from './gs1.js';
import { manufacturerPartNumber, ndc } from './items.js';
import { duns, lei, npi } from './organisations.js';
import type { IdentifierScheme } from './scheme.js';
import { ein, taxId } from './tax-id.js';
import { udiDi } from './udi.js';
import { vat } from './vat.js';

export type { IdentifierScheme } from './scheme.js';

export const SCHEME_CODES = [
  'GTIN',
  'GLN',
  'SSCC',
  'UDI_DI',
  'NPI',
  'LEI',
  'DUNS',
  'IBAN',
  'BIC',
  'ABA',
  'VAT',
  'EIN',
  'TAX_ID',
  'NDC',
  'UNSPSC',
  'HCPCS',
  'MPN',
] as const;
export type SchemeCode = (typeof SCHEME_CODES)[number];

const ITEMS = ['item'];
const ORGANISATIONS = ['supplier', 'business_unit'];
const LOCATIONS = ['supplier', 'warehouse', 'business_unit'];

type SchemeWithoutCode = Omit<IdentifierScheme, 'code'>;
const scheme = (
  label: string,
  entityTypes: readonly string[],
  normalise: IdentifierScheme['normalise'],
): SchemeWithoutCode => ({
  label,
  entityTypes,
  strong: true,
  normalise,
});
/** Many things share one value: a bank, a class of goods, a part number that two makers use. */
const shared = (
  label: string,
  entityTypes: readonly string[],
  normalise: IdentifierScheme['normalise'],
): SchemeWithoutCode => ({
  ...scheme(label, entityTypes, normalise),
  strong: false,
});

const SCHEMES: Readonly<Record<SchemeCode, SchemeWithoutCode>> = {
  GTIN: scheme('GTIN (global trade item number)', ITEMS, gtin),
  GLN: scheme('GLN (global location number)', LOCATIONS, gln),
  SSCC: scheme('SSCC (serial shipping container code)', [], sscc),
  UDI_DI: scheme('UDI-DI (device identifier)', ITEMS, udiDi),
  NPI: scheme('NPI (national provider identifier)', ORGANISATIONS, npi),
  LEI: scheme('LEI (legal entity identifier)', ORGANISATIONS, lei),
  DUNS: scheme('D-U-N-S number', ORGANISATIONS, duns),
  IBAN: scheme('IBAN', ORGANISATIONS, iban),
  BIC: shared('BIC (bank)', ORGANISATIONS, bic),
  ABA: shared('ABA routing number (bank)', ORGANISATIONS, aba),
  VAT: scheme('VAT number', ORGANISATIONS, vat),
  EIN: scheme('EIN (employer identification number)', ORGANISATIONS, ein),
  TAX_ID: scheme('National tax number', ORGANISATIONS, taxId),
  NDC: scheme('NDC (national drug code)', ITEMS, ndc),
  UNSPSC: shared('UNSPSC (classification)', ITEMS, unspsc),
  HCPCS: shared('HCPCS level II (billing code)', ITEMS, hcpcs),
  MPN: shared('Manufacturer part number', ITEMS, manufacturerPartNumber),
};

/** Every identifier scheme by its code. */
export const IDENTIFIER_SCHEMES: Readonly<Record<SchemeCode, IdentifierScheme>> = Object.freeze(
  Object.fromEntries(SCHEME_CODES.map((code) => [code, Object.freeze({ code, ...SCHEMES[code] })])) as Record<
    SchemeCode,
    IdentifierScheme
  >,
);

const CODES: ReadonlySet<string> = new Set(SCHEME_CODES);
export const isSchemeCode = (text: string): text is SchemeCode => CODES.has(text);
