import type { Json } from '../../golden-records/index.js';
import type { PlainCode } from '../connector.js';
import type { CallContext, OdooClient, OdooRow } from './client.js';
import type { TermPayload, UnitPayload } from './payloads.js';
import { englishName } from './unit-names.js';
import { idOf, idsOf, rounded, textOf } from './values.js';
import { type Fields, type TermLayout, termLayout } from './versions.js';

/** Odoo's own code lists, read once and again when an id turns up that they don't have. */
export interface CodeLists {
  country(id: number | null): string | null;
  state(id: number | null): string | null;
  /** Are there states for this country? */
  hasStates(country: number | null): boolean;
  currency(id: number | null): string | null;
  unit(id: number | null): UnitPayload | null;
  category(id: number | null): { readonly id: string; readonly name: string } | null;
  term(id: number | null): TermPayload | null;
  countryId(code: string): number | undefined;
  stateId(country: number | undefined, text: string): number | undefined;
  currencyId(code: string): number | undefined;
  /** By its English name, or `#12` for an id that a steward gave. */
  unitId(name: string): number | undefined;
  /** By full name, or by id: `#12`. */
  categoryId(name: string): number | undefined;
  /** What needs nobody's answer: ISO codes, and names of categories where they are the hub's. */
  plain(categories: 'NAMES' | 'CODES'): PlainCode[];
  /** When the database was made: its first countries came with it. Null: the key may not read them. */
  readonly madeAt: string | null;
  readonly companies: readonly { readonly id: number; readonly name: string; readonly partner: number | null }[];
}

interface State {
  readonly code: string;
  readonly name: string;
  readonly country: number | null;
}

/** By its English name Odoo's own units are known in every language. It is the source term: it's there where English isn't. */
const ENGLISH = 'en_US';

/** Read all lists; of a model that has no fields (a module that isn't installed) the list is empty. */
export async function readCodeLists(
  client: OdooClient,
  context: CallContext,
  fieldsOf: (model: string) => Fields,
): Promise<CodeLists> {
  const rows = (model: string, fields: readonly string[], lang = context.lang): Promise<OdooRow[]> =>
    fieldsOf(model).size > 0 ? client.searchRead(model, [], fields, { ...context, lang }) : Promise.resolve([]);
  // One after the other: they are few, and the server has others to serve.
  const countries = await rows('res.country', ['code', 'create_date']);
  const states = await rows('res.country.state', ['code', 'name', 'country_id']);
  const currencies = await rows('res.currency', ['name']);
  const units = await rows('uom.uom', ['name']);
  const english = context.lang === ENGLISH ? units : await rows('uom.uom', ['name'], ENGLISH);
  const categories = await rows('product.category', ['complete_name']);
  const companies = await rows('res.company', ['name', 'partner_id']);
  const layout = termLayout(fieldsOf('account.payment.term'), fieldsOf('account.payment.term.line'));
  const terms = await rows('account.payment.term', ['name', 'line_ids', ...layout.term]);
  const lines = await rows('account.payment.term.line', layout.line);

  const countryCodes = new Map(countries.map(({ id, code }) => [id, textOf(code)]));
  const stateRows = new Map<number, State>(
    states.map(({ id, code, name, country_id }) => [
      id,
      { code: bareState(textOf(code) ?? ''), name: textOf(name) ?? '', country: idOf(country_id) },
    ]),
  );
  const lineRows = new Map(lines.map((line) => [line.id, line]));
  const countriesWithStates = new Set([...stateRows.values()].map(({ country }) => country));
  const termRows = new Map(terms.map((term) => [term.id, termOf(term, lineRows, layout)]));
  const named = (list: readonly OdooRow[], field: string) =>
    new Map(list.map((row) => [row.id, { id: String(row.id), name: textOf(row[field]) ?? '' }]));
  const sources = named(english, 'name');
  const unitRows = new Map<number, UnitPayload>(
    [...named(units, 'name')].map(([id, unit]) => {
      const source = sources.get(id)?.name ?? unit.name;
      return [id, source === unit.name ? unit : { ...unit, english: source }];
    }),
  );
  const categoryRows = named(categories, 'complete_name');
  const currencyCodes = new Map(currencies.map(({ id, name }) => [id, textOf(name)]));
  const found = <T>(map: ReadonlyMap<number, T>, id: number | null): T | null => {
    if (id === null) return null;
    const value = map.get(id);
    if (value === undefined) throw new UnknownCode();
    return value;
  };
  return {
    country: (id) => found(countryCodes, id),
    state: (id) => {
      const state = found(stateRows, id);
      return state === null ? null : state.code || state.name;
    },
    hasStates: (country) => countriesWithStates.has(country),
    currency: (id) => found(currencyCodes, id),
    unit: (id) => found(unitRows, id),
    category: (id) => found(categoryRows, id),
    term: (id) => found(termRows, id),
    countryId: (code) => keyOf(countryCodes, (one) => one === code.toUpperCase()),
    stateId: (country, text) =>
      keyOf(stateRows, (state) => state.country === country && [state.code, state.name].some((one) => same(one, text))),
    currencyId: (code) => keyOf(currencyCodes, (one) => one === code.toUpperCase()),
    unitId: (name) => byGivenId(unitRows, name) ?? keyOf(unitRows, (unit) => englishName(unit) === name),
    categoryId: (name) => byGivenId(categoryRows, name) ?? keyOf(categoryRows, (category) => same(category.name, name)),
    plain: (mode) => [
      ...plainCodes('countries', countryCodes.values()),
      ...plainCodes('currencies', currencyCodes.values()),
      ...(mode === 'NAMES'
        ? [...categoryRows.values()].map(({ id, name }) => ({ list: 'categories', code: id, word: name }))
        : []),
    ],
    madeAt: countries.map(({ create_date }) => textOf(create_date)).sort()[0] ?? null,
    companies: companies.map(({ id, name, partner_id }) => ({
      id,
      name: textOf(name) ?? '',
      partner: idOf(partner_id),
    })),
  };
}

/** A list is older than what it is asked for: it is to be read again. */
export class UnknownCode extends Error {}

/** 19 writes `DE-BW` where 14 writes `BW`; people write `BW`. */
const bareState = (code: string): string => code.replace(/^[A-Z]{2}-/, '');

function plainCodes(list: string, codes: Iterable<string | null>): PlainCode[] {
  return [...codes].flatMap((code) => (code === null ? [] : [{ list, code, word: code }]));
}

/** `#12`, or as it is shown: `#12 Box of 10`. */
const byGivenId = (rows: ReadonlyMap<number, { readonly id: string }>, name: string): number | undefined =>
  name.startsWith('#') ? keyOf(rows, ({ id }) => id === name.slice(1).split(' ', 1)[0]) : undefined;

const same = (left: string, right: string): boolean => left.toLowerCase() === right.trim().toLowerCase();

function keyOf<T>(map: ReadonlyMap<number, T>, test: (value: T) => boolean): number | undefined {
  for (const [key, value] of map) if (test(value)) return key;
  return undefined;
}

/** Days net where one line says it all; a term in parts has no such number. */
function termOf(term: OdooRow, lines: ReadonlyMap<number, OdooRow>, layout: TermLayout): TermPayload {
  const [first, ...more] = idsOf(term.line_ids);
  const only = first === undefined || more.length > 0 ? undefined : lines.get(first);
  const discount = layout.discount(term, only);
  const number = (value: Json | undefined) => (typeof value === 'number' ? value : null);
  return {
    id: String(term.id),
    name: textOf(term.name) ?? '',
    netDays: only ? layout.netDays(only) : null,
    discountDays: number(discount?.discount_days),
    discountPercent: discount ? rounded(discount.discount_percentage, 4) : null,
  };
}
