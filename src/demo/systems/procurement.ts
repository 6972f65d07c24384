import { amount, type DemoFile, dayOf, instantOf, jsonLinesFile } from '../file.js';
import type { Random } from '../random.js';
import { companySpelling, streetSpelling } from '../spelling.js';
import type { Company, Thing, World } from '../world.js';

/**
 * The procurement tool: JSON Lines through its export. It agrees prices and payment terms with suppliers, per business
 * unit, and knows items by the suppliers' numbers. Numbers are numbers, what it doesn't know is missing or null.
 */
export function procurementFiles(world: World, random: Random): DemoFile[] {
  const suppliers = world.suppliers.filter(({ no }) => no === 0 || no % 4 !== 3);
  const items = world.items.filter(({ no }) => no % 20 !== 19);
  const file = (name: string, entityType: string, day: number) => ({
    name,
    system: 'procurement',
    entityType,
    writtenAt: instantOf(day),
  });
  return [
    // Items come first, and name suppliers that nobody has heard of yet.
    jsonLinesFile(
      file('procurement-items.jsonl', 'item', 120),
      items.map((item) => itemRecord(random.fork(`item/${item.no}`), item, 0)),
    ),
    jsonLinesFile(
      file('procurement-suppliers.jsonl', 'supplier', 120),
      suppliers.map((company) => supplierRecord(random.fork(`supplier/${company.no}`), company)),
      BAD_LINES,
    ),
    // A new price list for a third of them.
    jsonLinesFile(
      file('procurement-items-2.jsonl', 'item', 170),
      items.filter(({ no }) => no % 3 === 0).map((item) => itemRecord(random.fork(`item/${item.no}`), item, 1)),
    ),
  ];
}

export const supplierId = ({ no }: Company) => `SUP-${77 + no}`;
const itemId = ({ no }: Thing) => `ITEM-${20001 + no}`;

const BAD_LINES = [
  // A name of the wrong type, no name at all, and half a line.
  '{"id":"SUP-90001","name":{"en":"Wrong Type Medical"},"updated":"2026-04-01T00:00:00Z"}',
  '{"id":"SUP-90002","name":null,"updated":"2026-04-01T00:00:00Z"}',
  '{"id":"SUP-90003","name":"Cut short',
];

function supplierRecord(random: Random, company: Company) {
  const { place } = company.address;
  const isAmerican = place.country === 'US';
  return {
    id: supplierId(company),
    name: companySpelling(random, company),
    ...(random.chance(0.8) || company.no === 0
      ? { tax: { type: isAmerican ? 'EIN' : 'VAT', number: undashed(random, company.taxNumber) } }
      : {}),
    ...(random.chance(0.5) ? { duns: company.duns } : {}),
    gln: random.chance(0.7) || company.no === 0 ? company.gln : null,
    address: {
      line1: streetSpelling(random, company.address),
      line2: company.address.extra ?? null,
      city: place.city,
      region: place.region,
      postcode: company.address.postcode,
      country: place.country,
    },
    currency: company.currency,
    categories: company.unspsc,
    terms: termsOf(random, company),
    ...(company.parent === null ? {} : { parent: `SUP-${77 + company.parent}` }),
    updated: instantOf(random.integer(20, 115), random.integer(0, 1439)),
  };
}

const undashed = (random: Random, number: string) => (random.chance(0.5) ? number.replace('-', '') : number);

/** The terms for everybody, and now and then better ones for one hospital. */
function termsOf(random: Random, company: Company) {
  const { terms } = company;
  const standard = { unit: 'LH', code: terms.code, netDays: terms.netDays, discount: terms.discount ?? null };
  return random.chance(0.2) ? [standard, { unit: 'LH-CHI', code: 'NET90', netDays: 90, discount: null }] : [standard];
}

function itemRecord(random: Random, item: Thing, priceList: number) {
  const { family } = item;
  const hasNumbers = item.no === 0 || random.chance(0.95);
  const day = random.integer(20, 115);
  return {
    id: itemId(item),
    title: `${family.name} ${item.variant} ${item.maker.name}`,
    brand: companySpelling(random, item.maker),
    ...(hasNumbers ? { mpn: item.partNumber } : {}),
    packs: packsOf(item, hasNumbers),
    ...(family.kind === 'DEVICE' && hasNumbers ? { udi: `(01)0${item.gtin}` } : {}),
    unspsc: family.unspsc,
    sterile: family.sterile ?? false,
    latex: family.latex ?? false,
    hazardous: family.hazardous ?? false,
    shelfLifeMonths: family.kind === 'SERVICE' || family.kind === 'DEVICE' ? null : item.shelfLifeMonths,
    listPrice: { amount: item.cents / 100, currency: 'USD' },
    offers: item.sellers.map((seller) => ({
      supplier: supplierId(seller.company),
      number: seller.number,
      price: amount(Math.round(seller.cents * (1 + 0.03 * priceList))),
      currency: 'USD',
      minimum: family.perBox,
      from: priceList === 0 ? dayOf(0) : dayOf(177),
      to: priceList === 0 ? dayOf(176) : dayOf(360),
    })),
    updated: instantOf(priceList === 0 ? day : 165, 30),
  };
}

function packsOf(item: Thing, hasNumbers: boolean) {
  if (item.family.kind === 'SERVICE') return [];
  const base = { level: 'each', unit: 'each', quantity: 1, ...(hasNumbers ? { gtin: item.gtin } : {}) };
  const box = { level: 'box', unit: 'box', quantity: item.family.perBox, gtin: item.boxGtin };
  return item.family.perBox > 1 ? [base, box] : [base];
}
