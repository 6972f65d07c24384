import type {
  BusinessUnitSourceAttributes,
  ItemSourceAttributes,
  Json,
  JsonObject,
  SupplierSourceAttributes,
  WarehouseSourceAttributes,
} from '../../golden-records/index.js';
import { countryCode, currencyCode, isJsonObject } from '../../golden-records/index.js';
import type { InwardCodes, Outward, OutwardContext } from '../connector.js';
import type { Mapped } from '../files/mapping.js';
import type {
  AddressFields,
  ChildPayload,
  CompanyPayload,
  PartnerPayload,
  PricePayload,
  ProductPayload,
  TermPayload,
  UnitPayload,
  WarehousePayload,
} from './payloads.js';
import { englishName, nameOfUnit, unitOfName } from './unit-names.js';
import {
  alphanumeric,
  bareUrl,
  htmlOfText,
  lower,
  objects,
  paddedGtin,
  rounded,
  samePhone,
  textOf,
  textOfHtml,
} from './values.js';

/**
 * Between what Odoo holds and the attributes of the four types, both ways; pure. Outward, a field is named as Odoo names
 * it and its value written as people and standards write it (a country is "US", a unit "kg"): the push part knows the ids.
 * Fields in angle brackets are records of their own there (`<contacts>`), compared and written as a whole.
 */

// ---- Suppliers ------------------------------------------------------------------------------------------------------

export function supplierOf(partner: PartnerPayload, codes: InwardCodes): Mapped<SupplierSourceAttributes> {
  const country = countryFrom(partner.country, codes);
  const isOfCompany = !partner.isCompany && partner.parent !== null;
  const currency = isOfCompany ? undefined : currencyFrom(partner.currency, codes);
  const addresses = allKnown([
    addressOf(partner, 'MAIN', codes),
    ...partner.children
      .filter(({ active }) => active)
      .map((child) => (isAddress(child) ? addressOf(child, ADDRESS_KINDS[child.type] ?? 'SHIPPING', codes) : null)),
  ]);
  const contacts = partner.children.filter((child) => child.active && isContact(child)).map(contactOf);
  const banks = allKnown(partner.banks.filter(({ active }) => active).map((bank) => bankOf(bank, codes)));
  const terms = isOfCompany ? undefined : paymentTermsOf(partner.terms, codes);
  return {
    name: partner.name,
    ...(isOfCompany ? {} : { taxIds: partner.vat === null ? null : [taxIdOf(partner.vat, country ?? null)] }),
    ...(partner.gln === null ? {} : { gln: partner.gln }),
    ...(addresses === undefined ? {} : { addresses }),
    phones: listOrNull([partner.phone, partner.mobile]),
    emails: listOrNull([partner.email]),
    website: partner.website,
    ...(banks === undefined ? {} : { bankAccounts: banks }),
    ...(terms === undefined ? {} : { paymentTerms: terms }),
    ...(currency === undefined ? {} : { currency }),
    parent: partner.parent,
    contacts: contacts.length > 0 ? contacts : null,
    status: partner.active ? 'ACTIVE' : 'BLOCKED',
  };
}

const ADDRESS_KINDS: Readonly<Record<string, 'BILLING' | 'SHIPPING' | 'RETURNS'>> = {
  invoice: 'BILLING',
  delivery: 'SHIPPING',
  other: 'RETURNS',
};
const CHILD_TYPES: Readonly<Record<string, string>> = { BILLING: 'invoice', SHIPPING: 'delivery', RETURNS: 'other' };

const isAddress = ({ type }: ChildPayload) => type in ADDRESS_KINDS;
const isContact = ({ type, name }: ChildPayload) => type === 'contact' && name !== null;

/** The hub's country for one there: its ISO code says it; what a code of somebody's own means, a steward does. */
const countryFrom = (code: string | null, codes: InwardCodes): string | null | undefined =>
  code === null ? null : (countryCode(code) ?? codes.inward('countries', code, code));
const currencyFrom = (code: string | null, codes: InwardCodes): string | null | undefined =>
  code === null ? null : (currencyCode(code) ?? codes.inward('currencies', code, code));

/** While one of them means nothing to the hub (undefined), it can't say what they all are. */
function allKnown<T>(values: readonly (T | null | undefined)[]): T[] | null | undefined {
  if (values.includes(undefined)) return undefined;
  const found = values.filter((value) => value !== null && value !== undefined);
  return found.length > 0 ? found : null;
}

function addressOf<K extends string>(fields: AddressFields, kind: K, codes: InwardCodes) {
  const { street, street2, city, state, zip } = fields;
  const country = countryFrom(fields.country, codes);
  if (country === undefined) return undefined;
  if ([street, street2, city, state, zip, country].every((field) => field === null)) return null;
  return { kind, line1: street, line2: street2, city, region: state, postcode: zip, country };
}

const contactOf = ({ name, function: role, email, phone }: ChildPayload) => ({ name, role, email, phone });

const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/;

function bankOf({ number, holder, bank, bic, ...row }: PartnerPayload['banks'][number], codes: InwardCodes) {
  const currency = currencyFrom(row.currency, codes);
  if (currency === undefined) return undefined;
  const account = alphanumeric(number);
  const isIban = IBAN.test(account);
  return {
    ...(isIban ? { iban: account } : { accountNumber: number }),
    holder,
    bankName: bank,
    bic,
    currency,
    ...(isIban ? { country: account.slice(0, 2) } : {}),
  };
}

/** One field there for every country's number: which scheme it is, country and form say. */
function taxIdOf(vat: string, country: string | null) {
  const stated = /^([A-Z]{2})[\s-]?\d/.exec(vat.toUpperCase())?.[1];
  if (country === 'US' && /^(US)?\d{2}-?\d{7}$/.test(vat.trim())) {
    return { scheme: 'EIN' as const, value: vat.trim().replace(/^US/, ''), country };
  }
  if (stated !== undefined && stated !== 'US') return { scheme: 'VAT' as const, value: vat };
  return country === null
    ? { scheme: 'TAX_ID' as const, value: vat }
    : { scheme: 'TAX_ID' as const, value: vat, country };
}

function paymentTermsOf(terms: PartnerPayload['terms'], codes: InwardCodes) {
  const stated = Object.entries(terms).flatMap(([company, term]) => (term === null ? [] : [{ company, term }]));
  const known = stated.flatMap(({ company, term }) => {
    const code = codes.inward('paymentTerms', term.id, term.name);
    return code === undefined ? [] : [{ businessUnit: company, value: termsOf(code, term) }];
  });
  // While one of them means nothing to the hub, it can't say what the terms are.
  if (known.length < stated.length) return undefined;
  return known.length > 0 ? known : null;
}

const termsOf = (code: string, { name, netDays, discountDays, discountPercent }: TermPayload) => ({
  code,
  description: name,
  netDays,
  discountDays,
  discountPercent,
});

const listOrNull = (values: readonly (string | null)[]): string[] | null => {
  const found = values.filter((value) => value !== null);
  return found.length > 0 ? found : null;
};

export const MAIN_FIELDS: readonly string[] = ['street', 'street2', 'city', 'zip', 'state_id', 'country_id'];
const COMPANY = '<company>';
/** What a person has from the company that it is under. */
const OF_COMPANY: ReadonlySet<string> = new Set([...MAIN_FIELDS, 'vat', '<terms>', 'property_purchase_currency_id']);

export const supplierOutward = (options: { readonly creates: boolean }): Outward => ({
  creates: options.creates,
  defaults: { is_company: true, supplier_rank: 1 },
  attributes: {
    name: { fields: ['name'], write: (name) => ({ name }) },
    taxIds: { fields: ['vat'], write: (taxIds) => ({ vat: firstTaxId(taxIds) }) },
    addresses: { fields: [...MAIN_FIELDS, '<addresses>'], write: writeAddresses },
    phones: { fields: ['phone'], write: (phones) => ({ phone: first(phones) }) },
    emails: { fields: ['email'], write: (emails) => ({ email: first(emails) }) },
    website: { fields: ['website'], write: (website) => ({ website }) },
    bankAccounts: {
      fields: ['<banks>'],
      write: (accounts, context) => ({ '<banks>': objects(accounts).map((one) => writeBank(one, context)) }),
    },
    paymentTerms: { fields: ['<terms>'], write: writeTerms },
    currency: {
      fields: ['property_purchase_currency_id'],
      write: (currency, context) => ({ property_purchase_currency_id: codeThere('currencies', currency, context) }),
    },
    parent: {
      fields: ['parent_id'],
      write: (parent, context) => ({ parent_id: referenced(parent, 'supplier', context) }),
    },
    contacts: {
      fields: ['<contacts>'],
      write: (contacts) => ({
        '<contacts>': objects(contacts)
          .filter(({ name }) => textOf(name) !== null)
          .map(({ name, role, email, phone }) => ({
            name: textOf(name),
            function: textOf(role),
            email: textOf(email),
            phone: textOf(phone),
          })),
      }),
    },
    status: { fields: ['active'], write: (status) => ({ active: status !== 'BLOCKED' }) },
  },
  present: presentSupplier,
  // What is written to one of a company's people would be written to all. Who is put under another becomes one of its people.
  writable: (field, { [COMPANY]: isCompany, parent_id: parent = null }) =>
    isCompany === true || (field !== 'parent_id' && (parent === null || !OF_COMPANY.has(field))),
  same: sameSupplier,
});

function presentSupplier(payload: Json): JsonObject {
  const partner = payload as unknown as PartnerPayload;
  const active = partner.children.filter((child) => child.active);
  return {
    [COMPANY]: partner.isCompany,
    name: partner.name,
    vat: partner.vat,
    street: partner.street,
    street2: partner.street2,
    city: partner.city,
    zip: partner.zip,
    state_id: stateIn(partner),
    country_id: partner.country,
    '<addresses>': active.filter(isAddress).map((child) => ({
      type: child.type,
      street: child.street,
      street2: child.street2,
      city: child.city,
      zip: child.zip,
      state_id: stateIn(child),
      country_id: child.country,
    })),
    phone: partner.phone,
    email: partner.email,
    website: partner.website,
    '<banks>': partner.banks
      .filter((bank) => bank.active)
      .map(({ number, holder, bank, bic, currency }) => ({ number, holder, bank, bic, currency })),
    '<terms>': Object.fromEntries(
      Object.entries(partner.terms).flatMap(([company, term]) => (term ? [[company, term.id]] : [])),
    ),
    property_purchase_currency_id: partner.currency,
    parent_id: partner.parent,
    '<contacts>': active
      .filter(isContact)
      .map(({ name, function: role, email, phone }) => ({ name, function: role, email, phone })),
    active: partner.active,
  };
}

function sameSupplier(field: string, ours: Json, theirs: Json): boolean {
  switch (field) {
    case 'vat':
      return alphanumeric(ours) === alphanumeric(theirs);
    case 'phone':
      return samePhone(ours, theirs);
    case 'email':
      return lower(ours) === lower(theirs);
    case 'state_id':
      return theirs === NO_STATES || lower(ours) === lower(theirs);
    case 'website':
      return bareUrl(ours) === bareUrl(theirs);
    case '<banks>':
      return sameRows(ours, theirs, ({ number, currency }) => `${alphanumeric(number)} ${textOf(currency) ?? ''}`);
    case '<contacts>':
      return sameRows(ours, theirs, (row) =>
        [row.name, row.function, row.email].map(lower).concat(digits(row.phone)).join('\n'),
      );
    case '<addresses>':
      return sameRows(withoutUnknownStates(ours, theirs), theirs, addressKey);
    case '<terms>':
      return sameText(sorted(ours), sorted(theirs));
    default:
      return sameText(ours, theirs);
  }
}

/** Stands for a state where this Odoo has none to choose from: whatever the region is, there is nothing to write. */
const NO_STATES = '*';
const stateIn = ({ state, country, stateless }: AddressFields): string | null =>
  state === null && country !== null && stateless ? NO_STATES : state;

function withoutUnknownStates(ours: Json, theirs: Json): Json {
  const countries = new Set(
    objects(theirs).flatMap((row) => (row.state_id === NO_STATES ? [lower(row.country_id)] : [])),
  );
  return objects(ours).map((row) => (countries.has(lower(row.country_id)) ? { ...row, state_id: NO_STATES } : row));
}

export const addressKey = (row: JsonObject): string =>
  [row.type, row.street, row.street2, row.city, row.zip, row.state_id, row.country_id].map(lower).join('\n');

/** As it is called there: by its ISO code, else by the code that a steward gave. Null too while nobody knows it. */
function codeThere(list: 'countries' | 'currencies', value: Json | undefined, context: OutwardContext): string | null {
  const word = textOf(value);
  return word === null ? null : (context.code(list, word) ?? null);
}

function writeAddresses(value: Json, context: OutwardContext): JsonObject {
  const all = objects(value);
  const main = all.find(({ kind }) => kind === 'MAIN') ?? all.find(({ kind }) => kind === 'LEGAL') ?? {};
  const others = all.filter(({ kind }) => typeof kind === 'string' && kind in CHILD_TYPES);
  return {
    ...odooAddress(main, context),
    '<addresses>': others.map((address) => ({
      type: CHILD_TYPES[String(address.kind)] ?? 'other',
      ...odooAddress(address, context),
    })),
  };
}

const odooAddress = (
  { line1, line2, city, postcode, region, country }: JsonObject,
  context: OutwardContext,
): JsonObject => ({
  street: textOf(line1),
  street2: textOf(line2),
  city: textOf(city),
  zip: textOf(postcode),
  state_id: textOf(region),
  country_id: codeThere('countries', country, context),
});

const writeBank = (
  { iban, accountNumber, holder, bankName, bic, currency }: JsonObject,
  context: OutwardContext,
): JsonObject => ({
  number: textOf(iban) ?? textOf(accountNumber),
  holder: textOf(holder),
  bank: textOf(bankName),
  bic: textOf(bic),
  currency: codeThere('currencies', currency, context),
});

function writeTerms(value: Json, context: OutwardContext): JsonObject {
  const terms: JsonObject = {};
  const there = context.theirs?.['<terms>'];
  const present = isJsonObject(there) ? there : {};
  const parts = partsOf(context);
  for (const { businessUnit, value: stated } of objects(value)) {
    const company = typeof businessUnit === 'string' ? parts.reference('business_unit', businessUnit) : undefined;
    if (company === undefined) continue;
    const word = isJsonObject(stated) ? textOf(stated.code) : null;
    const code = word === null ? undefined : context.code('paymentTerms', word, present[company]);
    if (code !== undefined) terms[company] = code;
  }
  return { '<terms>': parts.areMissing() ? { ...present, ...terms } : terms };
}

/** Of a list whose entries refer to records: those that Odoo lacks are left out, and what it has of others stays while any is. */
function partsOf(context: OutwardContext) {
  let isMissing = false;
  return {
    reference(entityType: string, goldenId: string): string | undefined {
      const id = context.reference(entityType, goldenId, true);
      isMissing ||= id === undefined;
      return id;
    },
    leaveOut: () => {
      isMissing = true;
    },
    areMissing: () => isMissing,
  };
}

const TAX_ORDER = ['VAT', 'EIN', 'TAX_ID'];
function firstTaxId(value: Json): Json {
  const all = objects(value);
  for (const scheme of TAX_ORDER) {
    const found = all.find((one) => one.scheme === scheme);
    if (found) return textOf(found.value);
  }
  return null;
}

// ---- Items ----------------------------------------------------------------------------------------------------------

export function itemOf(
  product: ProductPayload,
  codes: InwardCodes,
  categories: 'NAMES' | 'CODES' = 'NAMES',
): Mapped<ItemSourceAttributes> {
  const unit = product.unit === null ? null : unitFrom(product.unit, codes);
  const category = product.category === null ? null : categoryFrom(product.category, codes, categories);
  const offers = allKnown(product.prices.map((price) => offerOf(price, codes)));
  const preferred = product.prices[0]?.partner ?? null;
  return {
    name: product.name,
    description: textOfHtml(product.description),
    ...(product.kind === null ? {} : { kind: product.kind as 'GOODS' }),
    ...(category === undefined ? {} : { category }),
    ...(unit === undefined ? {} : { baseUnit: unit }),
    packagings:
      product.barcode === null ? null : [{ level: 'BASE' as const, gtin: product.barcode, ...(unit ? { unit } : {}) }],
    // It is never empty: without the module Inventory nobody says anything of it.
    ...(product.tracking === null ? {} : { tracking: product.tracking.toUpperCase() as 'LOT' }),
    ...(offers === undefined ? {} : { supplierItems: offers }),
    preferredSupplier: preferred,
    status: product.active ? 'ACTIVE' : 'DISCONTINUED',
  };
}

const categoryFrom = (
  { id, name }: { id: string; name: string },
  codes: InwardCodes,
  mode: 'NAMES' | 'CODES',
): string | undefined =>
  mode === 'CODES' ? codes.inward('categories', id, name) : codes.inward('categories', id, name, name);

/** The hub's unit for one there: by its English name where Odoo brings it, else by what a steward answered. */
const unitFrom = (unit: UnitPayload, codes: InwardCodes): string | undefined =>
  unitOfName(englishName(unit)) ?? codes.inward('units', unit.id, unit.name);

function offerOf(price: PricePayload, codes: InwardCodes) {
  const unit = price.unit === null ? undefined : unitFrom(price.unit, codes);
  const minimum = rounded(price.minimum, 2);
  const currency = currencyFrom(price.currency, codes);
  if (currency === undefined) return undefined;
  return {
    supplier: price.partner,
    number: price.number,
    ...(price.company === null ? {} : { businessUnit: price.company }),
    price: currency === null ? null : { amount: price.price, currency },
    ...(unit === undefined ? {} : { priceUnit: unit }),
    ...(minimum === null || minimum === '0' || unit === undefined ? {} : { minimumQuantity: { value: minimum, unit } }),
    validFrom: price.from,
    validTo: price.to,
  };
}

export const itemOutward = (options: { readonly creates: boolean }): Outward => ({
  creates: options.creates,
  attributes: {
    name: { fields: ['name'], write: (name) => ({ name }) },
    description: { fields: ['description'], write: (text) => ({ description: text }) },
    kind: { fields: ['<kind>'], write: (kind) => ({ '<kind>': odooKind(kind) }) },
    category: {
      fields: ['categ_id'],
      write: (category, context) => ({ categ_id: categoryThere(category, context) }),
    },
    baseUnit: { fields: ['uom_id'], write: (unit, context) => ({ uom_id: unitName(unit, context) }) },
    packagings: { fields: ['barcode'], write: (packagings) => ({ barcode: baseGtin(packagings) }) },
    tracking: {
      fields: ['tracking'],
      write: (tracking) => ({ tracking: typeof tracking === 'string' ? tracking.toLowerCase() : 'none' }),
    },
    supplierItems: {
      fields: ['<prices>'],
      write: writeOffers,
    },
    status: { fields: ['active'], write: (status) => ({ active: status !== 'DISCONTINUED' }) },
  },
  present: presentItem,
  writable: (field, theirs) => theirs[SIBLINGS] !== true || !OF_TEMPLATE.has(field),
  same: sameItem,
});

/** In what `present` gives: the template has other variants. */
const SIBLINGS = '<siblings>';
/** What Odoo keeps once for all variants of a template: two items can't have it otherwise there. */
const OF_TEMPLATE: ReadonlySet<string> = new Set(['name', 'description', '<kind>', 'categ_id', 'uom_id', 'tracking']);

function presentItem(payload: Json): JsonObject {
  const product = payload as unknown as ProductPayload;
  return {
    name: product.name,
    description: product.description,
    '<kind>': product.kind,
    categ_id: product.category === null ? null : `#${product.category.id} ${product.category.name}`,
    uom_id: product.unit === null ? null : `#${product.unit.id} ${englishName(product.unit)}`,
    barcode: product.barcode,
    tracking: product.tracking,
    '<prices>': product.prices.map(({ partner, number, price, currency, company, minimum, from, to }) => ({
      partner,
      number,
      price,
      currency,
      company,
      minimum,
      from,
      to,
    })),
    active: product.active,
    [SIBLINGS]: product.hasSiblings,
  };
}

function sameItem(field: string, ours: Json, theirs: Json): boolean {
  switch (field) {
    case 'description':
      return sameText(textOfHtml(ours), textOfHtml(theirs));
    case 'barcode':
      return paddedGtin(ours) === paddedGtin(theirs);
    case '<kind>':
      // Where Odoo doesn't tell goods from consumables there is nothing to correct.
      return theirs === null ? ours !== 'SERVICE' : sameText(ours, theirs);
    case 'uom_id':
      return sameNamed(ours, theirs);
    case 'categ_id':
      return sameNamed(lower(ours), lower(theirs));
    case '<prices>':
      return sameRows(ours, theirs, priceKey);
    default:
      return sameText(ours, theirs);
  }
}

/** Prices are kept as they are, quantities with two digits. */
export const priceKey = (row: JsonObject): string =>
  [
    row.partner,
    row.number,
    rounded(row.price, 6),
    row.currency,
    row.company,
    rounded(row.minimum, 2) ?? '0',
    row.from,
    row.to,
  ]
    .map(lower)
    .join('\n');

/** What the hub tells apart and Odoo doesn't is goods there. */
const odooKind = (kind: Json): string => (kind === 'SERVICE' || kind === 'CONSUMABLE' ? String(kind) : 'GOODS');

function unitName(unit: Json, context: OutwardContext): Json {
  if (typeof unit !== 'string') return null;
  const name = nameOfUnit(unit);
  if (name !== undefined) return name;
  const id = context.code('units', unit);
  return id === undefined ? null : `#${id}`;
}

/** By its id, `#12`: two systems seldom call it the same. */
function categoryThere(category: Json, context: OutwardContext): Json {
  const word = textOf(category);
  const code = word === null ? undefined : context.code('categories', word);
  if (code === undefined) return null;
  return `#${code}`;
}

/** `#12` or a name, and `#12 All / Gloves`. */
function sameNamed(ours: Json, theirs: Json): boolean {
  const [wanted, present] = [textOf(ours) ?? '', textOf(theirs) ?? ''];
  const [id = ''] = present.split(' ', 1);
  return wanted.startsWith('#') ? wanted.split(' ', 1)[0] === id : wanted === present.slice(id.length + 1);
}

function baseGtin(packagings: Json): Json {
  const base = objects(packagings).find(({ level }) => level === 'BASE') ?? {};
  const gtin = textOf(base.gtin);
  // Padded to 14 digits here; a scanner reads 13 of them where the first is a zero.
  return gtin === null ? null : gtin.replace(/^0(?=\d{13}$)/, '');
}

function writeOffers(offers: Json, context: OutwardContext): JsonObject {
  const parts = partsOf(context);
  const rows = objects(offers).flatMap((offer) => priceOf(offer, parts, context));
  if (!parts.areMissing()) return { '<prices>': rows };
  const sellers = new Set(rows.map(sellerKey));
  const left = objects(context.theirs?.['<prices>']).filter((row) => !sellers.has(sellerKey(row)));
  return { '<prices>': [...rows, ...left] };
}

const sellerKey = ({ partner, company }: JsonObject): string => `${textOf(partner)} ${textOf(company)}`;

function priceOf(offer: JsonObject, parts: ReturnType<typeof partsOf>, context: OutwardContext): JsonObject[] {
  const partner = typeof offer.supplier === 'string' ? parts.reference('supplier', offer.supplier) : undefined;
  // Without a price it has no row there; whoever made one has more to say.
  if (!isJsonObject(offer.price)) parts.leaveOut();
  const isOfUnit = typeof offer.businessUnit === 'string';
  const company = isOfUnit ? parts.reference('business_unit', String(offer.businessUnit)) : undefined;
  if (partner === undefined || !isJsonObject(offer.price) || (isOfUnit && company === undefined)) return [];
  return [
    {
      partner,
      number: textOf(offer.number),
      price: textOf(offer.price.amount),
      currency: codeThere('currencies', offer.price.currency, context),
      company: company ?? null,
      minimum: isJsonObject(offer.minimumQuantity) ? rounded(offer.minimumQuantity.value, 2) : null,
      from: textOf(offer.validFrom),
      to: textOf(offer.validTo),
    },
  ];
}

// ---- Warehouses and business units ----------------------------------------------------------------------------------

export function warehouseOf(warehouse: WarehousePayload, codes: InwardCodes): Mapped<WarehouseSourceAttributes> {
  const address = warehouse.address === null ? null : addressOf(warehouse.address, 'SHIPPING', codes);
  return {
    code: warehouse.code,
    name: warehouse.name,
    ...(address === undefined ? {} : { address }),
    businessUnit: warehouse.company,
    status: warehouse.active ? 'ACTIVE' : 'CLOSED',
  };
}

export const warehouseOutward = (options: { readonly creates: boolean }): Outward => ({
  creates: options.creates,
  attributes: {
    name: { fields: ['name'], write: (name) => ({ name }) },
    // Five characters at most there, part of the numbers of its transfers.
    code: { fields: ['code'], write: (code) => ({ code: textOf(code)?.slice(0, 5) ?? null }) },
    status: { fields: ['active'], write: (status) => ({ active: status !== 'CLOSED' }) },
    businessUnit: {
      fields: ['company_id'],
      write: (unit, context) => ({ company_id: referenced(unit, 'business_unit', context) }),
    },
  },
  present: (payload) => {
    const { name, code, active, company } = payload as unknown as WarehousePayload;
    return { name, code, active, company_id: company };
  },
  // A warehouse stays with the company that it was made for.
  same: (field, ours, theirs) => (field === 'company_id' && theirs !== null) || sameText(ours, theirs),
});

export function businessUnitOf(company: CompanyPayload, codes: InwardCodes): Mapped<BusinessUnitSourceAttributes> {
  const country = countryFrom(company.country, codes);
  const currency = currencyFrom(company.currency, codes);
  const address = addressOf(company, 'MAIN', codes);
  return {
    name: company.name,
    parent: company.parent,
    taxId: company.vat === null ? null : taxIdOf(company.vat, country ?? null),
    ...(country === undefined ? {} : { country }),
    ...(currency === undefined ? {} : { currency }),
    ...(address === undefined ? {} : { address }),
    status: company.active ? 'ACTIVE' : 'CLOSED',
  };
}

export const businessUnitOutward = (options: { readonly creates: boolean }): Outward => ({
  creates: options.creates,
  attributes: {
    name: { fields: ['name'], write: (name) => ({ name }) },
    taxId: { fields: ['vat'], write: (taxId) => ({ vat: isJsonObject(taxId) ? textOf(taxId.value) : null }) },
    address: {
      fields: [...MAIN_FIELDS],
      write: (address, context) => odooAddress(isJsonObject(address) ? address : {}, context),
    },
  },
  present: (payload) => {
    const company = payload as unknown as CompanyPayload;
    const { name, vat, street, street2, city, zip, country } = company;
    return { name, vat, street, street2, city, zip, state_id: stateIn(company), country_id: country };
  },
  same: (field, ours, theirs) => {
    if (field === 'state_id' && theirs === NO_STATES) return true;
    if (field === 'vat') return alphanumeric(ours) === alphanumeric(theirs);
    return sameText(lower(ours), lower(theirs));
  },
});

// ---- Comparing ------------------------------------------------------------------------------------------------------

const first = (value: Json): Json => (Array.isArray(value) ? (value[0] ?? null) : null);
const digits = (value: Json | undefined): string => (textOf(value) ?? '').replace(/\D/g, '').slice(-9);

const sorted = (value: Json): Json =>
  isJsonObject(value) ? JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

function sameText(ours: Json, theirs: Json): boolean {
  if (typeof ours === 'boolean' || typeof theirs === 'boolean') return ours === theirs;
  return (textOf(ours) ?? '') === (textOf(theirs) ?? '');
}

/** The same rows in any order, by what makes each of them what it is. */
function sameRows(ours: Json, theirs: Json, key: (row: JsonObject) => string): boolean {
  const [left, right] = [ours, theirs].map((rows) => objects(rows).map(key).sort());
  return left?.length === right?.length && (left ?? []).every((one, at) => one === right?.[at]);
}

function referenced(value: Json, entityType: string, context: OutwardContext): Json {
  return typeof value === 'string' ? (context.reference(entityType, value) ?? null) : null;
}

export { htmlOfText };
