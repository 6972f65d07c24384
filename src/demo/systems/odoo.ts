import type { Json, JsonObject } from '../../../golden-records/index.js';
import { instantOf } from '../file.js';
import type { OdooWorld } from '../odoo/index.js';
import type { Random } from '../random.js';
import { companySpelling, phoneSpelling, streetSpelling } from '../spelling.js';
import { type Address, type Company, MERIDIAN, type Thing, type World } from '../world.js';

/**
 * The buyers' Odoo: every third vendor and every tenth product, as they were typed in there. Numbers to call are right, as
 * the buyers call them; names and addresses are as people remembered them, and nobody keeps accounts or contacts in it.
 */
export function fillOdoo(odoo: OdooWorld, world: World, random: Random): void {
  const codes = codesOf(odoo);
  /** Written on a day of the demo's year, as all of its systems are: what the machine's clock says decides nothing. */
  const put = (day: number, model: string, values: JsonObject) =>
    odoo.as('admin', (call) => odoo.create(call, model, values), Date.parse(instantOf(day)));

  const home = world.units[0];
  const store = world.places.find(({ unit }) => unit === home);
  if (home && store) {
    const address = addressFields(codes, { street: home.street, place: home.place, postcode: home.postcode });
    odoo.as(
      'admin',
      (call) => {
        odoo.write(call, 'res.company', [1], { name: home.name });
        odoo.write(call, 'res.partner', [1], { name: home.name, vat: home.ein, ...address });
        odoo.write(call, 'stock.warehouse', [1], { name: store.name, code: store.code });
      },
      Date.parse(instantOf(1)),
    );
  }

  const vendors = new Map<number, number>();
  for (const company of world.suppliers.filter(({ no }) => no % 3 === 0)) {
    const own = random.fork(`partner/${company.no}`);
    vendors.set(company.no, put(own.integer(2, 60), 'res.partner', partner(own, codes, company)));
  }

  const categories = new Map<string, number>();
  const categoryOf = (path: string): number => {
    const known = categories.get(path);
    if (known !== undefined) return known;
    const at = path.lastIndexOf(' / ');
    const parent = at < 0 ? false : categoryOf(path.slice(0, at));
    const id = put(1, 'product.category', { name: at < 0 ? path : path.slice(at + 3), parent_id: parent });
    categories.set(path, id);
    return id;
  };
  for (const { family } of world.items) categoryOf(family.category);

  for (const item of world.items.filter(({ no }) => no % 10 === 0)) {
    const own = random.fork(`product/${item.no}`);
    const day = own.integer(2, 60);
    const product = put(day, 'product.template', template(own, codes, item, categoryOf(item.family.category)));
    const [seller] = item.sellers;
    const vendor = seller && vendors.get(seller.company.no);
    if (vendor !== undefined)
      put(day, 'product.supplierinfo', {
        partner_id: vendor,
        product_tmpl_id: product,
        product_code: seller?.number ?? false,
        price: (seller?.cents ?? 0) / 100,
      });
  }
}

/** Ids by the words that people write. */
interface Codes {
  id(model: string, field: string, value: Json, country?: number): number | false;
}

const codesOf = (odoo: OdooWorld): Codes => ({
  id(model, field, value, country) {
    for (const [id, row] of odoo.table(model).rows)
      if (row[field] === value && (country === undefined || row.country_id === country)) return id;
    return false;
  },
});

function addressFields(codes: Codes, { street, extra, place, postcode }: Address): JsonObject {
  const country = codes.id('res.country', 'code', place.country);
  return {
    street,
    street2: extra ?? false,
    city: place.city,
    zip: postcode,
    country_id: country,
    state_id: country === false ? false : codes.id('res.country.state', 'code', place.region, country),
  };
}

function partner(random: Random, codes: Codes, company: Company): JsonObject {
  const address = random.chance(0.2) ? company.formerAddress : company.address;
  return {
    name: company.no === MERIDIAN ? 'Meridian Surgical' : companySpelling(random, company),
    is_company: true,
    supplier_rank: 1,
    vat: random.chance(0.8) || company.no === MERIDIAN ? company.taxNumber : false,
    ...addressFields(codes, { ...address, street: streetSpelling(random, address) }),
    phone: phoneSpelling(random, company),
    email: random.chance(0.6) ? `sales@${company.domain}` : false,
  };
}

function template(random: Random, codes: Codes, item: Thing, category: number): JsonObject {
  const { family, maker } = item;
  const isService = family.kind === 'SERVICE';
  return {
    name: `${maker.name.split(' ')[0]} ${family.name} ${item.variant}`,
    default_code: item.partNumber,
    barcode: isService || (item.no > 0 && random.chance(0.05)) ? false : item.gtin,
    type: isService ? 'service' : 'consu',
    is_storable: !isService,
    tracking: isService ? 'none' : family.tracking.toLowerCase(),
    categ_id: category,
    uom_id: codes.id('uom.uom', 'name', isService ? 'Hours' : 'Units'),
    list_price: item.cents / 100,
  };
}
