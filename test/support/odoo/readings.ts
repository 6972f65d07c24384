import { isJsonObject, type Json, type JsonObject } from '../../../golden-records/index.js';
import type { OdooClient, OdooRow } from '../../../sources/odoo/client.js';

/**
 * What Odoo has, by the attributes that the scripts edit, each as one plain text: read and mapped without the connector, so that
 * its mistakes aren't repeated here. Nothing is left out that both sides can say.
 */
export type Compared = Readonly<Record<string, string>>;

/** How a reference is written: by id as Odoo has it, or by golden record. */
type Refer<R> = (type: string, reference: R) => string;

export interface ReadRecord {
  readonly type: string;
  readonly id: string;
  readonly raw: OdooRow;
  compared(refer: Refer<string>): Compared;
  /** The same of attributes, be they golden or those of a source record. */
  comparedOf(attributes: JsonObject, refer: Refer<Json>): Compared;
}

const context = { lang: 'en_US' };

export async function readEverything(admin: OdooClient): Promise<ReadRecord[]> {
  return [...(await readSuppliers(admin)), ...(await readItems(admin)), ...(await readWarehouses(admin))];
}

// ---- Suppliers ------------------------------------------------------------------------------------------------------

const PLACE = ['street', 'street2', 'city', 'state_id', 'zip', 'country_id'];
const PARTNER = [
  ...['name', 'active', 'is_company', 'type', 'parent_id', 'supplier_rank', 'customer_rank'],
  ...['vat', 'phone', 'email', 'website', 'function', ...PLACE],
];

async function readSuppliers(admin: OdooClient): Promise<ReadRecord[]> {
  const everything = <T extends string>(model: string, fields: readonly T[]) =>
    admin.searchRead(model, [], fields, context);
  const partners = await everything('res.partner', PARTNER);
  const accounts = await everything('res.partner.bank', ['acc_number', 'partner_id', 'active']);
  const ours = (await everything('res.company', ['partner_id'])).map((row) => idIn(row.partner_id));
  const countries = byId(await everything('res.country', ['code']), 'code');
  const states = byId(await everything('res.country.state', ['code']), 'code');
  const suppliers = partners.filter(
    ({ id, supplier_rank, customer_rank, is_company, parent_id }) =>
      (is_company === true
        ? Number(supplier_rank) > 0 || Number(customer_rank) === 0
        : Number(supplier_rank) > 0 && !parent_id) && !ours.includes(String(id)),
  );
  return suppliers.map((row) => {
    const people = partners.filter(
      (one) =>
        idIn(one.parent_id) === String(row.id) && one.type === 'contact' && one.is_company !== true && one.active,
    );
    const own = accounts.filter((account) => idIn(account.partner_id) === String(row.id) && account.active !== false);
    return {
      type: 'supplier',
      id: String(row.id),
      raw: row,
      compared: (refer) => ({
        name: text(row.name),
        taxIds: code(row.vat),
        addresses: place([row.street, row.street2, row.city, states(row.state_id), row.zip, countries(row.country_id)]),
        phones: digits(row.phone),
        emails: lower(row.email),
        website: site(row.website),
        contacts: rows(people.map((one) => [text(one.name), text(one.function), lower(one.email), digits(one.phone)])),
        bankAccounts: rows(own.map(({ acc_number }) => [code(acc_number)])),
        parent: row.parent_id ? refer('supplier', idIn(row.parent_id)) : '',
        status: row.active === false ? 'archived' : 'in use',
      }),
      comparedOf: supplierCompared,
    };
  });
}

function supplierCompared(attributes: JsonObject, refer: Refer<Json>): Compared {
  const { name, taxIds, addresses, phones, emails, website, contacts, bankAccounts, parent, status } = attributes;
  const main = objects(addresses).find(({ kind }) => kind === 'MAIN') ?? {};
  return {
    name: text(name),
    taxIds: code(objects(taxIds)[0]?.value),
    addresses: place([main.line1, main.line2, main.city, main.region, main.postcode, main.country]),
    phones: digits(first(phones)),
    emails: lower(first(emails)),
    website: site(website),
    contacts: rows(
      objects(contacts).map((one) => [text(one.name), text(one.role), lower(one.email), digits(one.phone)]),
    ),
    bankAccounts: rows(objects(bankAccounts).map(({ iban, accountNumber }) => [code(iban ?? accountNumber)])),
    parent: isThere(parent) ? refer('supplier', parent) : '',
    // On hold has no place in Odoo.
    status: status === 'BLOCKED' ? 'archived' : 'in use',
  };
}

// ---- Items ----------------------------------------------------------------------------------------------------------

const PRODUCT = ['name', 'active', 'barcode', 'tracking', 'description', 'categ_id', 'product_tmpl_id'];
const PRICE = ['product_tmpl_id', 'product_code', 'price', 'currency_id', 'min_qty', 'company_id'];

async function readItems(admin: OdooClient): Promise<ReadRecord[]> {
  const vendor = await vendorField(admin);
  const products = await admin.searchRead('product.product', [], PRODUCT, context);
  const prices = await admin.searchRead('product.supplierinfo', [], [...PRICE, vendor], context);
  const categories = byId(await admin.searchRead('product.category', [], ['complete_name'], context), 'complete_name');
  return products.map((row) => {
    const own = prices.filter((price) => idIn(price.product_tmpl_id) === idIn(row.product_tmpl_id));
    return {
      type: 'item',
      id: String(row.id),
      raw: row,
      compared: (refer) => ({
        name: text(row.name),
        packagings: gtin(row.barcode),
        category: lower(categories(row.categ_id)),
        tracking: lower(row.tracking),
        description: prose(row.description),
        supplierItems: rows(
          own.map((price) => [
            refer('supplier', idIn(price[vendor])),
            price.company_id ? refer('business_unit', idIn(price.company_id)) : '',
            text(price.product_code),
            number(price.price),
            nameIn(price.currency_id),
            number(price.min_qty),
          ]),
        ),
        status: row.active === false ? 'archived' : 'in use',
      }),
      comparedOf: itemCompared,
    };
  });
}

/** Of a vendor's price: 14 calls it otherwise. */
export async function vendorField(admin: OdooClient): Promise<'partner_id' | 'name'> {
  const fields = await admin.fieldsGet('product.supplierinfo', ['type'], context);
  return 'partner_id' in fields ? 'partner_id' : 'name';
}

function itemCompared(attributes: JsonObject, refer: Refer<Json>): Compared {
  const { name, packagings, category, tracking, description, supplierItems, status } = attributes;
  const base = objects(packagings).find(({ level }) => level === 'BASE') ?? {};
  return {
    name: text(name),
    packagings: gtin(base.gtin),
    category: lower(category),
    tracking: lower(tracking),
    description: prose(description),
    supplierItems: rows(
      objects(supplierItems).map(({ supplier, businessUnit, number: theirs, price, minimumQuantity }) => [
        isThere(supplier) ? refer('supplier', supplier) : '',
        isThere(businessUnit) ? refer('business_unit', businessUnit) : '',
        text(theirs),
        number(isJsonObject(price) ? price.amount : 0),
        text(isJsonObject(price) ? price.currency : null),
        number(isJsonObject(minimumQuantity) ? minimumQuantity.value : 0),
      ]),
    ),
    status: status === 'DISCONTINUED' ? 'archived' : 'in use',
  };
}

// ---- Warehouses -----------------------------------------------------------------------------------------------------

async function readWarehouses(admin: OdooClient): Promise<ReadRecord[]> {
  const warehouses = await admin.searchRead('stock.warehouse', [], ['name', 'code', 'active'], context);
  return warehouses.map((row) => ({
    type: 'warehouse',
    id: String(row.id),
    raw: row,
    compared: () => ({
      name: text(row.name),
      code: text(row.code),
      status: row.active === false ? 'archived' : 'in use',
    }),
    comparedOf: ({ name, code, status }) => ({
      name: text(name),
      code: text(code),
      status: status === 'CLOSED' ? 'archived' : 'in use',
    }),
  }));
}

// ---- Values ---------------------------------------------------------------------------------------------------------

const isThere = (value: Json | undefined): value is Exclude<Json, null | false> =>
  value !== undefined && value !== null && value !== false && value !== '';
const text = (value: Json | undefined): string => (isThere(value) ? String(value).trim() : '');
const lower = (value: Json | undefined): string => text(value).toLowerCase();
const digits = (value: Json | undefined): string => text(value).replace(/\D/g, '');
const code = (value: Json | undefined): string =>
  text(value)
    .replace(/[^a-z0-9]/gi, '')
    .toUpperCase();
const number = (value: Json | undefined): string => String(Number(text(value)));
const gtin = (value: Json | undefined): string => text(value).padStart(text(value) === '' ? 0 : 14, '0');
const site = (value: Json | undefined): string => lower(value).replace(/^https?:\/\/(www\.)?|\/+$/g, '');
/** 19 keeps paragraphs. */
const prose = (value: Json | undefined): string =>
  text(value)
    .replace(/<\/p>\s*<p>|<br\s*\/?>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .trim();
const place = (parts: readonly (Json | undefined)[]): string =>
  parts.some(isThere) ? parts.map((part) => lower(part).replace(/^us-/, '')).join(', ') : '';

const objects = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const first = (value: Json | undefined): Json | undefined => (Array.isArray(value) ? value[0] : undefined);
const rows = (list: readonly (readonly string[])[]): string =>
  list
    .map((row) => row.join(' '))
    .sort()
    .join('; ');
/** A many2one is a pair: the id, and how it is called. */
const idIn = (value: Json | undefined): string => (Array.isArray(value) ? String(value[0]) : '');
const nameIn = (value: Json | undefined): string => (Array.isArray(value) ? String(value[1]) : '');

function byId(list: readonly OdooRow[], field: string): (value: Json | undefined) => string {
  const found = new Map(list.map((row) => [String(row.id), text(row[field])]));
  return (value) => found.get(idIn(value)) ?? '';
}
