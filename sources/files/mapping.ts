import { isJsonObject, type Json, RejectedRecord } from '../../golden-records/index.js';
import type { Row } from '../connector.js';

/**
 * Small pure functions to write mappings with. All keep the three values apart: undefined is ABSENT (the source says
 * nothing), null is NULL (it says: empty), anything else is a value.
 */
export type Cell = string | null | undefined;

/** What a mapping may return for an attribute: its checked form, or text that the attribute's own check will read. */
export type Mapped<T> = T extends null | undefined
  ? T
  : T extends boolean
    ? boolean | string
    : T extends number
      ? number | string
      : T extends string
        ? T
        : T extends readonly (infer Element)[]
          ? readonly Mapped<Element>[]
          : { readonly [K in keyof T]: Mapped<T[K]> | null | undefined };

export interface CellOptions {
  /** What an empty cell says. Default NULL; ABSENT for an export that leaves cells empty which it doesn't know. */
  readonly empty?: 'NULL' | 'ABSENT';
  /** Words that also mean NULL, e.g. `['N/A', '-']`; case doesn't matter. */
  readonly nulls?: readonly string[];
}

/** A column of CSV, a key of JSON, as text. Numbers and truth values become text; of JSON, null stays NULL. */
export function cell(row: Row, name: string, options: CellOptions = {}): Cell {
  const found = Object.hasOwn(row, name) ? row[name] : undefined;
  if (found === undefined) return undefined;
  if (found === null) return null;
  if (typeof found === 'number' || typeof found === 'boolean') return String(found);
  // A list or object where text is expected goes on as it is: the attribute's own check names it.
  if (typeof found !== 'string') return found as unknown as string;
  const text = found.trim();
  if (text === '') return options.empty === 'ABSENT' ? undefined : null;
  const isNull = options.nulls?.some((word) => word.toLowerCase() === text.toLowerCase());
  return isNull ? null : text;
}

/** A cell that holds several values, e.g. `+1 312 555 0100; +1 312 555 0101`. */
export function cells(row: Row, name: string, separator = ';'): string[] | null | undefined {
  const text = cell(row, name);
  if (text === undefined || text === null) return text;
  const values = text.split(separator).map((part) => part.trim());
  return values.filter((part) => part !== '');
}

/** An object inside a JSON record. Anything else there rejects the record. */
export function nested(row: Row, name: string): Row | null | undefined {
  const found = Object.hasOwn(row, name) ? row[name] : undefined;
  return found === undefined || found === null ? found : asObject(found, name);
}

/** Every object of a list inside a JSON record, mapped; what `map` leaves ABSENT or NULL drops out. */
export function each<T>(row: Row, name: string, map: (element: Row) => T | null | undefined): T[] | null | undefined {
  const found = Object.hasOwn(row, name) ? row[name] : undefined;
  if (found === undefined || found === null) return found;
  if (!Array.isArray(found)) throw unexpected(name, 'a list', found);
  return found
    .map((element) => map(asObject(element, name)))
    .filter((mapped) => mapped !== undefined && mapped !== null);
}

const asObject = (value: Json, name: string): Row => {
  if (!isJsonObject(value)) throw unexpected(name, 'an object', value);
  return value;
};
const unexpected = (name: string, expected: string, found: Json) =>
  new RejectedRecord('RECORD_REJECTED', `${name}: expected ${expected}, found ${JSON.stringify(found).slice(0, 80)}`);

/** A list of what there is. ABSENT when every element is, NULL when none has a value. */
export function listOf<T>(...elements: readonly (T | null | undefined)[]): T[] | null | undefined {
  const values = elements.filter((element) => element !== undefined && element !== null);
  if (values.length > 0) return values;
  return elements.includes(null) ? null : undefined;
}

/** An object of several cells. ABSENT when every field is, NULL when none has a value; constants don't count. */
export function objectOf<T extends object, const C extends object = Record<never, never>>(
  fields: T,
  constants?: C,
): (C & T) | null | undefined {
  const values = Object.values(fields);
  if (values.every((value) => value === undefined)) return undefined;
  if (values.every((value) => value === undefined || value === null)) return null;
  return { ...(constants ?? ({} as C)), ...fields };
}

/** The hub's word for the system's: `choice(cell(row, 'type'), { consu: 'CONSUMABLE' })`. */
export function choice<V extends string>(text: Cell, words: Readonly<Record<string, V>>): V | null | undefined {
  if (text === undefined || text === null) return text;
  if (typeof text === 'string' && Object.hasOwn(words, text)) return words[text];
  // An unknown word goes on as it is: the attribute's own check names it and what it expected.
  return text as V;
}

/** An identifier whose attribute takes several schemes, e.g. tax numbers. */
export function qualified<S extends string>(scheme: S, value: Cell, country?: Cell) {
  if (value === undefined || value === null) return value;
  return country === undefined || country === null ? { scheme, value } : { scheme, value, country };
}

export function money(amount: Cell, currency: Cell) {
  if (amount === undefined || amount === null) return amount;
  return { amount, currency: currency ?? '' };
}

export function quantity(value: Cell, unit: Cell) {
  if (value === undefined || value === null) return value;
  return { value, unit: unit ?? '' };
}

/** "1.234,50" → "1234.50": for systems that write decimals with a comma. */
export function commaDecimal(text: Cell): Cell {
  return text === undefined || text === null ? text : text.replaceAll('.', '').replace(',', '.');
}

/** A calendar day written in another order, e.g. `day(cell(row, 'since'), 'MM/DD/YYYY')`, as YYYY-MM-DD. */
export function day(text: Cell, format: 'MM/DD/YYYY' | 'DD/MM/YYYY' | 'DD.MM.YYYY' | 'YYYYMMDD'): Cell {
  if (text === undefined || text === null) return text;
  const order = format.replace(/[^YMD]/g, '').replace(/(.)\1+/g, '$1');
  const numbers = format === 'YYYYMMDD' ? /^(\d{4})(\d{2})(\d{2})$/.exec(text) : /^(\d+)[/.](\d+)[/.](\d+)$/.exec(text);
  // What doesn't fit goes on as it is, for the attribute's own check to name.
  if (!numbers) return text;
  const part = (letter: string, width: number) => (numbers[order.indexOf(letter) + 1] ?? '').padStart(width, '0');
  return `${part('Y', 4)}-${part('M', 2)}-${part('D', 2)}`;
}

/** Remove what is ABSENT, at every depth: inbound attributes know it by the missing key. */
export function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((element) => element !== undefined).map(withoutAbsent);
  if (value === null || typeof value !== 'object') return value;
  const present = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(present.map(([name, field]) => [name, withoutAbsent(field)]));
}
