import {
  aba,
  britishIban,
  britishVat,
  duns,
  ein,
  frenchIban,
  frenchVat,
  germanIban,
  germanVat,
  gs1,
  lei,
  ndc,
  npi,
  outerGtin,
} from './identifiers.js';
import type { Random } from './random.js';
import {
  COMPANY_FIRST,
  COMPANY_SECOND,
  FAMILIES,
  FAMILY_NAMES,
  type Family,
  GIVEN_NAMES,
  LEGAL_FORMS,
  OTHER_PLACES,
  PAYMENT_TERMS,
  type Place,
  STREETS,
  type Terms,
  UNITS,
  type Unit,
  US_PLACES,
} from './vocabulary.js';

/** What is really so. Each system of the demo knows a part of it, in its own words, and some of it wrong. */
export interface World {
  readonly suppliers: readonly Company[];
  readonly items: readonly Thing[];
  readonly places: readonly Store[];
  readonly units: readonly OwnUnit[];
}

export interface Address {
  readonly street: string;
  readonly extra?: string;
  readonly place: Place;
  readonly postcode: string;
}
export interface Company {
  readonly no: number;
  readonly name: string;
  readonly legalForm: string;
  readonly address: Address;
  /** Where it was before it moved, for whoever missed that. */
  readonly formerAddress: Address;
  /** EIN in the United States, VAT number elsewhere. */
  readonly taxNumber: string;
  readonly lei: string;
  readonly duns: string;
  readonly gln: string;
  readonly npi: string | null;
  /** As dialled at home. */
  readonly phone: string;
  readonly domain: string;
  readonly bank: { readonly iban?: string; readonly aba?: string; readonly account?: string };
  readonly currency: 'USD' | 'EUR' | 'GBP';
  readonly terms: Terms;
  readonly contact: { readonly name: string; readonly email: string; readonly role: string };
  readonly unspsc: readonly string[];
  /** Number of the company that owns it. */
  readonly parent: number | null;
  readonly status: 'ACTIVE' | 'ON_HOLD' | 'BLOCKED';
}

export interface Thing {
  readonly no: number;
  readonly family: Family;
  readonly variant: string;
  readonly maker: Company;
  readonly partNumber: string;
  readonly gtin: string;
  readonly boxGtin: string;
  readonly ndc: string | null;
  readonly cents: number;
  readonly sellers: readonly { readonly company: Company; readonly number: string; readonly cents: number }[];
  readonly shelfLifeMonths: number;
  readonly isDiscontinued: boolean;
  readonly replacedBy: number | null;
}

export interface OwnUnit extends Unit {
  readonly gln: string;
  readonly npi: string | null;
  readonly ein: string;
  readonly postcode: string;
}

export interface Store {
  readonly no: number;
  readonly code: string;
  readonly name: string;
  readonly kind: 'CENTRAL' | 'WARD' | 'PHARMACY' | 'THEATRE' | 'CONSIGNMENT';
  readonly unit: OwnUnit;
  readonly gln: string;
  readonly parent: string | null;
}

export interface WorldSize {
  readonly suppliers: number;
  readonly items: number;
}

export function makeWorld(random: Random, size: WorldSize): World {
  const suppliers = Array.from({ length: size.suppliers }, (_, no) => company(random.fork(`company/${no}`), no));
  const units = UNITS.map((unit, at) => ownUnit(random.fork(`unit/${unit.code}`), unit, at));
  return { suppliers, units, places: stores(units), items: things(random, suppliers, size.items) };
}

/** The company that examples name: it is in every system that knows suppliers. */
export const MERIDIAN = 0;

function company(random: Random, no: number): Company {
  const place = no === MERIDIAN || random.chance(0.8) ? random.pick(US_PLACES) : random.pick(OTHER_PLACES);
  const { country } = place;
  const name = no === MERIDIAN ? 'Meridian Surgical Supply' : companyName(no);
  const domain = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '')}.example.com`;
  const person = { given: random.pick(GIVEN_NAMES), family: random.pick(FAMILY_NAMES) };
  return {
    no,
    name,
    legalForm: no === MERIDIAN ? 'Inc.' : random.pick(LEGAL_FORMS[country]),
    address: address(random, place),
    formerAddress: address(random, place),
    ...identifiersOf(random, country, no),
    phone: phoneNumber(random, place),
    domain,
    terms: random.pick<Terms>(PAYMENT_TERMS),
    contact: {
      name: `${person.given} ${person.family}`,
      email: `${person.given}.${person.family}@${domain}`.toLowerCase(),
      role: random.pick(['Accounts receivable', 'Key account', 'Customer service']),
    },
    unspsc: [random.pick(FAMILIES).unspsc],
    parent: no > 20 && random.chance(0.06) ? random.integer(0, 20) : null,
    status: random.chance(0.94) || no === MERIDIAN ? 'ACTIVE' : random.pick(['ON_HOLD', 'BLOCKED']),
  };
}

/** Every name once: two words for the first some seven hundred, with a place of origin after that. */
function companyName(no: number): string {
  const second = COMPANY_SECOND[no % COMPANY_SECOND.length];
  const first = COMPANY_FIRST[Math.floor(no / COMPANY_SECOND.length) % COMPANY_FIRST.length];
  const round = Math.floor(no / (COMPANY_SECOND.length * COMPANY_FIRST.length));
  if (round === 0) return `${first} ${second}`;
  const city = US_PLACES[(round - 1) % US_PLACES.length]?.city;
  const number = Math.floor((round - 1) / US_PLACES.length);
  return `${first} ${second} of ${city}${number > 0 ? ` ${number + 1}` : ''}`;
}

function address(random: Random, place: Place): Address {
  const street = random.pick(STREETS[place.country]);
  const number = random.integer(1, place.country === 'US' ? 4999 : 180);
  return {
    street: place.country === 'DE' ? `${street} ${number}` : `${number} ${street}`,
    ...(random.chance(0.3) && place.country === 'US' ? { extra: `Suite ${random.integer(100, 900)}` } : {}),
    place,
    postcode:
      place.country === 'US' ? `${place.postcode}${String(random.integer(1, 60)).padStart(2, '0')}` : place.postcode,
  };
}

function identifiersOf(random: Random, country: Place['country'], no: number) {
  const common = {
    lei: lei(random),
    duns: duns(random),
    gln: gs1(`0860${String(no).padStart(6, '0')}01`),
    npi: country === 'US' && random.chance(0.15) ? npi(random) : null,
  };
  switch (country) {
    case 'DE':
      return { ...common, taxNumber: germanVat(random), bank: { iban: germanIban(random) }, currency: 'EUR' as const };
    case 'FR':
      return { ...common, taxNumber: frenchVat(random), bank: { iban: frenchIban(random) }, currency: 'EUR' as const };
    case 'GB':
      return {
        ...common,
        taxNumber: britishVat(random),
        bank: { iban: britishIban(random) },
        currency: 'GBP' as const,
      };
    default: {
      const bank = { aba: aba(random), account: random.digits(10) };
      return { ...common, taxNumber: ein(random), bank, currency: 'USD' as const };
    }
  }
}

function phoneNumber(random: Random, { country, area }: Place): string {
  if (country === 'US') return `${area}${random.integer(200, 899)}${random.digits(4)}`;
  if (country === 'FR') return `${area}${random.digits(8)}`;
  if (country === 'DE') return `${area}${random.integer(2, 6)}${random.digits(6)}`;
  return area === '0113' ? `${area}2${random.digits(6)}` : `${area}${random.integer(2, 8)}${random.digits(5)}`;
}

function things(random: Random, companies: readonly Company[], count: number): Thing[] {
  // One in eight of the suppliers makes things; each maker has its families in all variants.
  const makers = companies.filter(({ no }) => no % 8 === 0);
  return Array.from({ length: count }, (_, no) => {
    const maker = makers[no % makers.length] ?? (companies[0] as Company);
    const turn = Math.floor(no / makers.length);
    const family = FAMILIES[(turn + maker.no) % FAMILIES.length] ?? FAMILIES[0];
    const round = Math.floor(turn / FAMILIES.length);
    return thing(random.fork(`thing/${no}`), no, count, family, round, maker, companies);
  });
}

function thing(
  random: Random,
  no: number,
  count: number,
  family: Family,
  round: number,
  maker: Company,
  companies: readonly Company[],
): Thing {
  const variant = family.variants[round % family.variants.length] ?? family.variants[0];
  const series = Math.floor(round / family.variants.length);
  const gtin = gs1(`0861${String(no).padStart(8, '0')}`);
  const cents = random.integer(...family.cents);
  const isDiscontinued = no > 10 && random.chance(0.04);
  const sellers = [maker, companies[random.integer(0, companies.length - 1)] ?? maker];
  return {
    no,
    family,
    variant: series > 0 ? `${variant} series ${series + 1}` : variant,
    maker,
    partNumber: `${maker.name.slice(0, 2).toUpperCase()}-${1000 + maker.no}-${String(no).padStart(5, '0')}`,
    gtin,
    boxGtin: outerGtin(gtin, 1),
    ndc: family.kind === 'DRUG' ? ndc(random) : null,
    cents,
    sellers: [...new Set(sellers)].map((company) => ({
      company,
      number: `${company.name.slice(0, 3).toUpperCase()}${random.digits(6)}`,
      cents: Math.max(1, Math.round((cents * random.integer(72, 96)) / 100)),
    })),
    shelfLifeMonths: random.pick([12, 24, 36, 60]),
    isDiscontinued,
    replacedBy: isDiscontinued && random.chance(0.6) ? (no + 1) % count : null,
  };
}

function ownUnit(random: Random, unit: Unit, at: number): OwnUnit {
  return {
    ...unit,
    gln: gs1(`08629000${String(at).padStart(4, '0')}`),
    npi: unit.kind === 'DISTRIBUTOR' || unit.kind === 'SHARED_SERVICE' ? null : npi(random),
    ein: ein(random),
    postcode: `${unit.place.postcode}${String(10 + at)}`,
  };
}

const ROOMS = [
  ['CS', 'Central Store', 'CENTRAL'],
  ['RX', 'Pharmacy', 'PHARMACY'],
  ['OR', 'Operating Theatre Store', 'THEATRE'],
  ['ICU', 'Intensive Care Cupboard', 'WARD'],
  ['ED', 'Emergency Cupboard', 'WARD'],
  ['W3', 'Ward 3 Cupboard', 'WARD'],
  ['CON', 'Consignment Cabinet', 'CONSIGNMENT'],
] as const;
const ROOMS_OF: Readonly<Record<Unit['kind'], number>> = {
  HOSPITAL: 7,
  CLINIC: 2,
  LABORATORY: 1,
  DISTRIBUTOR: 1,
  SHARED_SERVICE: 1,
};

function stores(units: readonly OwnUnit[]): Store[] {
  const rooms = units.flatMap((unit) => ROOMS.slice(0, ROOMS_OF[unit.kind]).map((room) => ({ unit, room })));
  return rooms.map(({ unit, room: [suffix, name, kind] }, no) => ({
    no,
    code: `${unit.code}-${suffix}`,
    name: `${unit.name} ${name}`,
    kind,
    unit,
    gln: gs1(`08629100${String(no).padStart(4, '0')}`),
    parent: suffix === 'CS' ? null : `${unit.code}-CS`,
  }));
}
