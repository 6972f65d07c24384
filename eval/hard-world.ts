import { ENTITY_SCHEMAS, type MatchSchema } from '../golden-records/match/engine/index.js';
import { germanIban } from '../src/demo/identifiers.js';
import { Random } from '../src/demo/random.js';
import { companySpelling, phoneSpelling, streetSpelling } from '../src/demo/spelling.js';
import { type Address, type Company, makeWorld, type Thing } from '../src/demo/world.js';
import type { EvalSet } from './load-set.js';

/**
 * The demo's suppliers and items as several systems would hold them, with what makes matching hard: subsidiaries, sibling sites,
 * agencies whose phone and address many have, other pack sizes and variants of one product, typing errors and blanks.
 */
export const HARD_SETS: Readonly<Record<string, (size: number) => EvalSet>> = {
  'hard-suppliers': (size) => hardSuppliers('1', size),
  'hard-items': (size) => hardItems('1', size),
};

type Values = Readonly<Record<string, string | null>>;

class Rows {
  private readonly ids: string[] = [];
  private readonly rows: EvalSet['rows'][number][] = [];
  private readonly entities: number[] = [];
  private entity = -1;
  constructor(
    private readonly random: Random,
    private readonly type: 'supplier' | 'item',
  ) {}

  /** One real thing, as so many systems hold it as `times` says. */
  thing(times: number, inOneSystem: (random: Random) => Values): void {
    this.entity++;
    for (let at = 0; at < times; at++) {
      const random = this.random.fork(`${this.entity}/${at}`);
      const values = inOneSystem(random);
      this.ids.push(`r${random.digits(9)}-${this.ids.length}`);
      this.entities.push(this.entity);
      this.rows.push(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? ''])));
    }
  }

  build = (): EvalSet => ({
    name: `hard ${this.type}s`,
    rows: this.rows,
    ids: this.ids,
    truth: { form: 'clusters', clusters: Int32Array.from(this.entities) },
    schema: ENTITY_SCHEMAS[this.type] as MatchSchema,
    sources: undefined,
    oneToOne: false,
  });
}

const times = (random: Random) => random.pick([1, 1, 2, 2, 3, 4]);
/** A value, where the system has it. */
const kept = (random: Random, share: number, value: string | null) => (random.chance(share) ? value : null);

/** A slip of the keyboard in some of them: two letters swapped, one dropped, or one doubled. */
function mistyped(random: Random, share: number, text: string): string {
  if (!random.chance(share)) return text;
  const at = random.integer(1, Math.max(1, text.length - 3));
  const swapped = `${text.slice(0, at)}${text[at + 1] ?? ''}${text[at] ?? ''}${text.slice(at + 2)}`;
  return random.pick([swapped, text.slice(0, at) + text.slice(at + 1), text.slice(0, at) + text.slice(at - 1)]);
}

const ACTIVITIES = ['Logistics', 'Diagnostics', 'Leasing', 'Services', 'Dental', 'Home Care'] as const;
const COUNTRIES = ['Canada', 'Mexico', 'France', 'Ireland', 'Singapore'] as const;
const AGENCIES = 12;

function hardSuppliers(seed: string, size: number): EvalSet {
  const random = new Random(`hard suppliers/${seed}`);
  const { suppliers } = makeWorld(random, { suppliers: size, items: 0 });
  const rows = new Rows(random, 'supplier');
  for (const company of suppliers) {
    const own = random.fork(`company/${company.no}`);
    // Factors and agencies take calls and letters for many.
    const agency = own.chance(0.08) ? suppliers[own.integer(0, Math.min(AGENCIES, size) - 1)] : undefined;
    const iban = company.bank.iban ?? germanIban(own);
    rows.thing(times(own), (one) => supplierRow(one, company, { iban, ...(agency ? { agency } : {}) }));
    if (own.chance(0.12)) subsidiary(rows, own, company, suppliers);
    if (own.chance(0.06)) siblingSites(rows, own, company);
  }
  return rows.build();
}

interface Told {
  readonly iban?: string;
  readonly agency?: Company;
  /** Of a subsidiary or a site: its name, and what it doesn't have of its own. */
  readonly name?: string;
  readonly unit?: string;
  readonly withoutNumbers?: boolean;
}

function supplierRow(random: Random, company: Company, told: Told): Values {
  const address: Address = random.chance(0.05) ? company.formerAddress : company.address;
  const named: Company = told.name === undefined ? company : { ...company, no: company.no + 1, name: told.name };
  const reached = told.agency && random.chance(0.7) ? told.agency : company;
  const isAtAgency = told.agency !== undefined && random.chance(0.4);
  const { street, extra, place, postcode } = isAtAgency ? told.agency.address : address;
  const { country } = company.address.place;
  const numbers = told.withoutNumbers ? 0 : 1;
  return {
    name: mistyped(random, 0.06, companySpelling(random, named)),
    street: kept(
      random,
      0.9,
      [mistyped(random, 0.04, streetSpelling(random, { ...address, street })), told.unit ?? extra ?? '']
        .filter((line) => line !== '')
        .join(' '),
    ),
    city: kept(random, 0.92, mistyped(random, 0.03, place.city)),
    postcode: kept(random, 0.85, postcode),
    country: kept(random, 0.9, place.country),
    phone: kept(random, 0.75, phoneSpelling(random, reached)),
    email: kept(random, 0.5, reached.contact.email),
    website: kept(random, 0.5, `www.${company.domain}`),
    taxId: kept(random, 0.55 * numbers, country === 'US' ? `US:${company.taxNumber}` : company.taxNumber),
    lei: kept(random, 0.12 * numbers, company.lei),
    duns: kept(random, 0.2 * numbers, company.duns),
    npi: kept(random, numbers, company.npi),
    gln: kept(random, 0.2, company.gln),
    iban: kept(random, 0.35 * numbers, told.iban ?? null),
  };
}

/** Its own company with its own numbers; name, site and often the house are the parent's. */
function subsidiary(rows: Rows, random: Random, parent: Company, companies: readonly Company[]): void {
  const numbers = makeWorld(random.fork('numbers'), { suppliers: 2, items: 0 }).suppliers[1] as Company;
  const elsewhere = companies[random.integer(0, companies.length - 1)] as Company;
  const company: Company = {
    ...numbers,
    no: parent.no,
    gln: siteGln(parent, 7),
    legalForm: parent.legalForm,
    domain: parent.domain,
    address: random.chance(0.5) ? parent.address : elsewhere.address,
    phone: random.chance(0.5) ? parent.phone : numbers.phone,
  };
  const name = `${parent.name} ${random.chance(0.5) ? random.pick(ACTIVITIES) : random.pick(COUNTRIES)}`;
  rows.thing(random.integer(1, 3), (one) => supplierRow(one, company, { name, iban: germanIban(random.fork('iban')) }));
}

/** Warehouses of one company in one park: nothing but a unit number, and sometimes a GLN, tells them apart. */
function siblingSites(rows: Rows, random: Random, company: Company): void {
  const first = random.integer(2, 40);
  for (let site = 0; site < random.integer(2, 3); site++) {
    const unit = `Unit ${first + site}`;
    const own: Company = { ...company, gln: siteGln(company, site + 1) };
    rows.thing(random.integer(1, 3), (one) =>
      supplierRow(one, own, { name: `${company.name} ${unit}`, unit, withoutNumbers: true }),
    );
  }
}

const CHECKED = 12;
/** GLNs of one company differ in the digits before the check digit. */
function siteGln({ gln }: Company, site: number): string {
  const digits = String(Number(gln.slice(0, CHECKED)) + site).padStart(CHECKED, '0');
  const sum = [...digits].reverse().reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function hardItems(seed: string, size: number): EvalSet {
  const random = new Random(`hard items/${seed}`);
  const { items } = makeWorld(random, { suppliers: Math.max(80, Math.round(size / 12)), items: size });
  const rows = new Rows(random, 'item');
  for (const item of items) {
    const own = random.fork(`item/${item.no}`);
    rows.thing(times(own), (one) => itemRow(one, item, 1));
    // The same product by the box is another item: another GTIN, price and, mostly, part number.
    if (own.chance(0.2) && item.family.perBox > 1)
      rows.thing(own.integer(1, 3), (one) => itemRow(one, item, item.family.perBox));
  }
  return rows.build();
}

function itemRow(random: Random, { family, variant, maker, ...item }: Thing, pack: number): Values {
  const isBox = pack > 1;
  const packed = isBox ? random.pick([`box of ${pack}`, `${pack}/bx`, `pack of ${pack}`]) : '';
  const partNumber = isBox ? `${item.partNumber}-B` : item.partNumber;
  const name = random.pick([
    `${family.name} ${variant}`,
    `${maker.name} ${family.name}, ${variant}`,
    `${family.short} ${variant}`.toUpperCase(),
    `${family.name} ${variant} ${partNumber}`,
  ]);
  // A system that has neither number of an item can't tell which it is, and nobody could.
  const gtin = kept(random, 0.7, isBox ? item.boxGtin : item.gtin);
  const cents = item.cents * pack * (0.9 + random.next() * 0.2);
  return {
    name: mistyped(random, 0.05, [name, packed].filter((part) => part !== '').join(' ')),
    description: kept(
      random,
      0.4,
      [`${family.name} ${variant}`, family.sterile ? 'sterile' : '', packed].join(' ').trim(),
    ),
    manufacturer: kept(random, 0.8, companySpelling(random, maker)),
    partNumber: kept(
      random,
      gtin === null ? 1 : 0.85,
      random.chance(0.2) ? partNumber.replaceAll('-', '') : partNumber,
    ),
    gtin,
    ndc: kept(random, isBox ? 0 : 0.8, item.ndc),
    unspsc: kept(random, 0.6, family.unspsc),
    price: kept(random, 0.8, (cents / 100).toFixed(2)),
  };
}
