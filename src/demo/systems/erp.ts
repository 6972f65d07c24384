import { amount, type CsvRow, csvFile, type DemoFile, localOf } from '../file.js';
import type { Random } from '../random.js';
import { companySpelling, phoneSpelling, streetSpelling } from '../spelling.js';
import { type Address, type Company, MERIDIAN, type OwnUnit, type Store, type Thing, type World } from '../world.js';

/**
 * The ERP: Odoo's partners and products, exported as CSV. The oldest system, so it knows nearly everything, some of it
 * out of date, and it has duplicates. Times are Chicago time without an offset.
 */
export function erpFiles(world: World, random: Random): DemoFile[] {
  const known = world.suppliers.filter(({ no }) => no % 25 !== 24);
  const partners = known.map((company) => partner(random.fork(`partner/${company.no}`), company));
  const file = (name: string, entityType: string, day: number) => ({
    name,
    system: 'erp',
    entityType,
    writtenAt: `${localOf(day).slice(0, 10)}T06:00:00.000Z`,
  });
  return [
    csvFile(file('erp-companies.csv', 'business_unit', 100), world.units.map(unitRow)),
    csvFile(file('erp-products.csv', 'item', 100), productRows(world, random), { extra: [RAGGED_PRODUCT] }),
    csvFile(file('erp-partners.csv', 'supplier', 100), [...partners, ...duplicates(known, random), NAMELESS], {
      extra: [STRAY_QUOTE],
    }),
    csvFile(
      file('erp-warehouses.csv', 'warehouse', 100),
      world.places.filter(({ no }) => no % 8 !== 7).map(warehouseRow),
    ),
    csvFile(file('erp-partners-2.csv', 'supplier', 160), laterPartners(known, random)),
  ];
}

export const vendorNo = ({ no }: Company) => `V${1001 + no}`;
export const productNo = (no: number) => `P${10001 + no}`;

/** A row whose only content is a city: nothing to know it by. */
const NAMELESS: CsvRow = { vendor_no: 'V8888', city: 'Chicago', write_date: localOf(40) };
const STRAY_QUOTE = 'V8889,"Unclosed Quote Medical,,,,,,,,,,,,,,,,,,,';
const RAGGED_PRODUCT = 'P99999,Half a row';

function partner(random: Random, company: Company): CsvRow {
  const missedTheMove = random.chance(0.1) || company.no === MERIDIAN;
  const isAmerican = company.address.place.country === 'US';
  return {
    vendor_no: vendorNo(company),
    name: company.no === MERIDIAN ? 'MERIDIAN SURGICAL SUPPLY INC' : companySpelling(random, company),
    legal_name: random.chance(0.7) ? `${company.name} ${company.legalForm}` : '',
    legal_form: company.legalForm,
    tax_id: random.chance(0.88) || company.no === MERIDIAN ? company.taxNumber : random.pick(['', 'N/A']),
    tax_type: isAmerican ? 'EIN' : 'VAT',
    lei: random.chance(0.5) || company.no === MERIDIAN ? company.lei : '',
    duns: random.chance(0.6) ? company.duns : '',
    ...addressColumns(random, missedTheMove ? company.formerAddress : company.address),
    // One in forty is a digit short: the number is held back, and the record goes on.
    phone: random.chance(0.025) ? company.phone.slice(1) : phoneSpelling(random, company),
    email: random.chance(0.8) ? `orders@${company.domain}` : '',
    website: random.chance(0.6) ? `www.${company.domain}` : '',
    currency: company.currency,
    parent_vendor_no: company.parent === null ? '' : `V${1001 + company.parent}`,
    status: { ACTIVE: 'ok', ON_HOLD: 'hold', BLOCKED: 'blocked' }[company.status],
    status_note:
      company.status === 'ACTIVE'
        ? ''
        : random.pick(['Quality complaint open', 'Insurance expired', 'Invoice dispute']),
    deleted: '',
    write_date: localOf(random.integer(0, 90), random.integer(0, 1439)),
  };
}

const addressColumns = (random: Random, address: Address) => ({
  street: streetSpelling(random, address),
  street2: address.extra ?? '',
  zip: address.postcode,
  city: address.place.city,
  state: address.place.region,
  country: address.place.country,
});

/**
 * Vendors that were entered twice: most with their tax number, which settles it; some with nothing but the name, which
 * leaves it to a person.
 */
function duplicates(companies: readonly Company[], random: Random): CsvRow[] {
  return companies
    .filter(({ no }) => no % 30 === 5 || no % 60 === 11)
    .map((company) => {
      const own = random.fork(`duplicate/${company.no}`);
      const row = {
        ...partner(own, company),
        vendor_no: `V${7001 + company.no}`,
        parent_vendor_no: '',
        lei: '',
        duns: '',
      };
      if (company.no % 30 === 5) return { ...row, tax_id: company.taxNumber };
      return {
        ...row,
        name: `${company.name} ${company.legalForm}`,
        tax_id: '',
        street: '',
        street2: '',
        zip: '',
        city: '',
        state: '',
        email: '',
        website: '',
        phone: '',
      };
    });
}

/** A later export: some moved, some went on hold, some were deleted, and a few rows are older than what came before. */
function laterPartners(companies: readonly Company[], random: Random): CsvRow[] {
  return companies
    .filter(({ no }) => no % 6 === 3)
    .map((company) => {
      const own = random.fork(`later/${company.no}`);
      const row = {
        ...partner(own, company),
        ...addressColumns(own, company.address),
        write_date: localOf(own.integer(110, 155), 600),
      };
      if (company.no % 90 === 33) return { ...row, deleted: 'yes' };
      if (company.no % 36 === 9) return { ...row, name: 'OUTDATED NAME', write_date: '2025-03-01 08:00:00' };
      return company.no % 18 === 15 ? { ...row, status: 'hold', status_note: 'Contract under review' } : row;
    });
}

const TYPES = { GOODS: 'product', CONSUMABLE: 'consu', SERVICE: 'service', DRUG: 'drug', DEVICE: 'device' } as const;

function productRows({ items }: World, random: Random): CsvRow[] {
  return items.filter(({ no }) => no % 33 !== 32).map((item) => product(random.fork(`product/${item.no}`), item));
}

function product(random: Random, item: Thing): CsvRow {
  const { family, maker } = item;
  const [seller] = item.sellers;
  const brand = maker.name.split(' ').slice(0, 2).join(' ');
  return {
    product_no: productNo(item.no),
    name: `${family.name[0]?.toUpperCase()}${family.name.slice(1)} ${item.variant}, ${brand}`,
    description: random.chance(0.4) ? `${family.name}, ${item.variant}, ${family.perBox} per box` : '',
    type: TYPES[family.kind],
    barcode: barcode(random, item),
    uom: family.kind === 'SERVICE' ? 'HUR' : 'EA',
    category: family.category,
    manufacturer: companySpelling(random, maker),
    part_no: random.chance(0.9) || item.no === 0 ? item.partNumber : '',
    ndc: item.ndc ?? '',
    hcpcs: family.hcpcs ?? '',
    tracking: { NONE: 'none', LOT: 'lot', SERIAL: 'serial' }[family.tracking],
    list_price: amount(item.cents),
    currency: 'USD',
    vendor_no: seller ? vendorNo(seller.company) : '',
    vendor_item_no: seller?.number ?? '',
    vendor_price: seller ? amount(seller.cents) : '',
    active: item.isDiscontinued ? 'no' : 'yes',
    replaced_by: item.replacedBy === null ? '' : productNo(item.replacedBy),
    write_date: localOf(random.integer(0, 90), random.integer(0, 1439)),
  };
}

/** Mostly right, sometimes missing, one in fifty mistyped in its last digit. */
function barcode(random: Random, item: Thing): string {
  if (item.family.kind === 'SERVICE' || (item.no > 0 && random.chance(0.03))) return '';
  if (item.no === 0 || !random.chance(0.02)) return item.gtin;
  return `${item.gtin.slice(0, -1)}${(Number(item.gtin.at(-1)) + 1) % 10}`;
}

const unitRow = (unit: OwnUnit): CsvRow => ({
  code: unit.code,
  name: unit.name,
  legal_name: unit.code === 'LH' ? 'Lakeshore Health System, Inc.' : '',
  type: unit.kind.toLowerCase().replace('_', ' '),
  parent: unit.parent ?? '',
  ein: unit.ein,
  npi: unit.npi ?? '',
  street: unit.street,
  city: unit.place.city,
  state: unit.place.region,
  zip: unit.postcode,
  country: 'US',
  currency: 'USD',
  write_date: localOf(1),
});

const warehouseRow = (store: Store): CsvRow => ({
  code: store.code,
  name: store.name,
  company: store.unit.code,
  parent: store.parent ?? '',
  gln: store.no % 3 === 0 ? '' : store.gln,
  street: store.unit.street,
  city: store.unit.place.city,
  state: store.unit.place.region,
  zip: store.unit.postcode,
  country: 'USA',
  write_date: localOf(2),
});
