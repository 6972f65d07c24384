import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { type Db, HUB_ACTOR, ingest, isJsonObject, type Mapping, newId } from '../golden-records/index.js';
import { duns, frenchVat, germanVat, gs1, lei } from '../src/demo/identifiers.js';
import { Random } from '../src/demo/random.js';
import {
  COMPANY_FIRST,
  COMPANY_SECOND,
  LEGAL_FORMS,
  OTHER_PLACES,
  STREETS,
  US_PLACES,
} from '../src/demo/vocabulary.js';
import { cell, choice, fileStream, listOf, objectOf, qualified, supplier } from '../src/index.js';

const ADDRESS_KINDS = { MAIN: 'MAIN', REMITTANCE: 'REMITTANCE' } as const;

/** Suppliers as an ERP exports them: everything that such a system knows of a vendor. */
export const SUPPLIER_STREAM = fileStream(supplier, {
  scope: 'main',
  pattern: 'bench-suppliers*.csv',
  format: 'csv',
  id: 'vendor_no',
  modifiedAt: { field: 'write_date', timeZone: 'America/Chicago' },
  map: (row) => ({
    name: cell(row, 'name'),
    legalName: cell(row, 'legal_name'),
    legalForm: cell(row, 'legal_form'),
    taxIds: listOf(
      qualified(cell(row, 'tax_type') === 'EIN' ? 'EIN' : 'VAT', cell(row, 'tax_id'), cell(row, 'country')),
    ),
    gln: cell(row, 'gln'),
    duns: cell(row, 'duns'),
    lei: cell(row, 'lei'),
    addresses: listOf(
      objectOf(
        {
          line1: cell(row, 'street'),
          line2: cell(row, 'street2'),
          city: cell(row, 'city'),
          region: cell(row, 'state'),
          postcode: cell(row, 'zip'),
          country: cell(row, 'country'),
        },
        { kind: choice('MAIN', ADDRESS_KINDS) },
      ),
      objectOf(
        {
          line1: cell(row, 'remit_street'),
          line2: null,
          city: cell(row, 'remit_city'),
          region: cell(row, 'remit_state'),
          postcode: cell(row, 'remit_zip'),
          country: cell(row, 'country'),
        },
        { kind: choice('REMITTANCE', ADDRESS_KINDS) },
      ),
    ),
    phones: listOf(cell(row, 'phone'), cell(row, 'fax')),
    emails: listOf(cell(row, 'email')),
    website: cell(row, 'website'),
    currency: cell(row, 'currency'),
    paymentTerms: [
      { businessUnit: cell(row, 'company'), value: { code: cell(row, 'terms'), netDays: cell(row, 'net_days') } },
    ],
    status: choice(cell(row, 'status'), { ok: 'ACTIVE', hold: 'ON_HOLD', blocked: 'BLOCKED' }),
    statusReason: cell(row, 'status_note'),
  }),
});

const UNITS = 12;
const UNIT_MAPPING: Mapping = { version: 'bench', map: (payload) => (isJsonObject(payload) ? payload : {}) };

/** The business units that the suppliers' payment terms name. */
export async function ingestUnits(db: Db): Promise<void> {
  await ingest(db, HUB_ACTOR, {
    system: 'erp',
    scope: 'main',
    entityType: 'business_unit',
    records: Array.from({ length: UNITS }, (_, at) => ({
      externalId: `BU${at}`,
      payload: { code: `BU${at}`, name: `Lakeshore hospital ${at}` },
    })),
    mapping: UNIT_MAPPING,
    correlationId: newId(),
  });
}

export type SupplierRow = Readonly<Record<string, string>>;

/** The nth supplier of the world: a company of its own, whose identifiers are valid and nobody else's. */
export function supplierRow(at: number): SupplierRow {
  const random = new Random(`bench/${at}`);
  const isAmerican = random.chance(0.7);
  const place = isAmerican ? random.pick(US_PLACES) : random.pick(OTHER_PLACES);
  const street = () => `${random.integer(1, 9999)} ${random.pick(STREETS[place.country])}`;
  const zip = () => (isAmerican ? `${place.postcode}${random.digits(2)}` : place.postcode);
  const form = random.pick(LEGAL_FORMS[place.country]);
  const name = `${random.pick(COMPANY_FIRST)} ${inventedWord(at)} ${random.pick(COMPANY_SECOND)}`;
  const domain = `${name.toLowerCase().replace(/[^a-z]+/g, '-')}.com`;
  return {
    vendor_no: `V${10_000_000 + at}`,
    name,
    legal_name: `${name} ${form}`,
    legal_form: form,
    tax_type: isAmerican ? 'EIN' : 'VAT',
    tax_id: taxNumber(random, place.country, at),
    gln: gs1(`0614${String(at).padStart(8, '0')}`),
    duns: random.chance(0.6) ? duns(random) : '',
    lei: random.chance(0.3) ? lei(random) : '',
    street: street(),
    street2: random.chance(0.3) ? `Suite ${random.integer(100, 999)}` : '',
    city: place.city,
    state: place.region,
    zip: zip(),
    country: place.country,
    remit_street: street(),
    remit_city: place.city,
    remit_state: place.region,
    remit_zip: zip(),
    phone: phone(random, place.area, place.country),
    fax: random.chance(0.4) ? phone(random, place.area, place.country) : '',
    email: `orders@${domain}`,
    website: `www.${domain}`,
    currency: { US: 'USD', GB: 'GBP', DE: 'EUR', FR: 'EUR' }[place.country],
    company: `BU${at % UNITS}`,
    terms: random.pick(['NET30', 'NET45', 'NET60']),
    net_days: random.pick(['30', '45', '60']),
    status: random.chance(0.97) ? 'ok' : 'hold',
    status_note: '',
    write_date: `2026-0${random.integer(1, 9)}-1${random.integer(0, 9)} 1${random.integer(0, 9)}:00:00`,
  };
}

const SYLLABLES = [
  'ba',
  'do',
  'ri',
  'mel',
  'tan',
  'vo',
  'lux',
  'ker',
  'sai',
  'nor',
  'pim',
  'que',
  'zan',
  'fel',
  'gro',
  'hil',
];

/** A word of its own for each number, so that no two companies share their name. */
function inventedWord(at: number): string {
  let word = '';
  for (let rest = at + 4096; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    word += SYLLABLES[rest % SYLLABLES.length];
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const EIN_PREFIXES = [20, 26, 27, 36, 37, 41, 45, 46, 47, 61, 81, 82, 83, 84];

/** Counted up where chance would give two companies one number. */
function taxNumber(random: Random, country: 'US' | 'DE' | 'FR' | 'GB', at: number): string {
  if (country === 'US') {
    const prefix = EIN_PREFIXES[at % EIN_PREFIXES.length];
    return `${prefix}-${1_000_000 + Math.floor(at / EIN_PREFIXES.length)}`;
  }
  if (country === 'FR') return frenchVat(random);
  return country === 'DE' ? germanVat(random) : '';
}

function phone(random: Random, area: string, country: string): string {
  if (country === 'US') return `(${area}) ${random.integer(200, 999)}-${random.digits(4)}`;
  return country === 'FR' ? `${area}${random.digits(8)}` : `${area} ${random.digits(7)}`;
}

/** Write the suppliers `from` … `from + count - 1` as one CSV file. */
export async function writeSuppliers(path: string, from: number, count: number): Promise<void> {
  const file = createWriteStream(path);
  const step = 1_000;
  for (let at = from; at < from + count; at += step) {
    const rows = Array.from({ length: Math.min(step, from + count - at) }, (_, nth) => supplierRow(at + nth));
    file.write(stringify(rows, { header: at === from }));
  }
  file.end();
  await finished(file);
}
