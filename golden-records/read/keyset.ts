import { InvalidInput } from '../errors.js';

/** Which part of a list is asked for. Exactly one of `first` and `last` is set. */
export interface PageRequest {
  readonly first?: number | undefined;
  readonly last?: number | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** One page, in the order of the list, whichever way it was read. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** Where a row stands in a list: the order, its value in it, and the id that breaks ties. */
export interface Position {
  readonly order: string;
  readonly value: string;
  readonly id: string;
}

export const MOST_ROWS = 100;
export const DEFAULT_ROWS = 20;

/** Throws InvalidInput when sizes are out of range or contradict each other. */
export function pageSize(request: PageRequest): { size: number; backward: boolean } {
  const { first, last } = request;
  if (first !== undefined && last !== undefined)
    throw new InvalidInput('INVALID_INPUT', 'give `first` or `last`, not both', { field: 'last' });
  const size = first ?? last ?? DEFAULT_ROWS;
  if (!Number.isInteger(size) || size < 1 || size > MOST_ROWS)
    throw new InvalidInput(
      'INVALID_INPUT',
      `\`${last === undefined ? 'first' : 'last'}\` must be between 1 and ${MOST_ROWS}, got ${size}`,
      {
        field: last === undefined ? 'first' : 'last',
      },
    );
  return { size, backward: last !== undefined };
}

export const encodePosition = (position: Position): string =>
  Buffer.from(JSON.stringify([position.order, position.value, position.id])).toString('base64url');

/** Throws InvalidInput INVALID_CURSOR when the text is no cursor, or one of another order. */
export function decodePosition(text: string, order: string): Position {
  const parsed = parsePosition(text);
  if (!parsed) throw new InvalidInput('INVALID_CURSOR', 'this is not a cursor of this list');
  if (parsed.order !== order)
    throw new InvalidInput(
      'INVALID_CURSOR',
      `this cursor belongs to the order ${parsed.order}, the list is ordered by ${order}`,
    );
  return parsed;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function parsePosition(text: string): Position | undefined {
  const parts = parseJson(Buffer.from(text, 'base64url').toString());
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [order, value, id] = parts as unknown[];
  if (typeof order !== 'string' || typeof value !== 'string' || typeof id !== 'string' || !UUID.test(id))
    return undefined;
  return { order, value, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** PostgreSQL knows no NUL in text, so nothing stored can match one. Throws InvalidInput. */
export function requireStorable(text: string, field?: string): void {
  if (text.includes('\0'))
    throw new InvalidInput('INVALID_INPUT', 'a text holds a NUL character', field === undefined ? {} : { field });
}

/** The parameters of one statement, numbered as they are added. */
export class Parameters {
  readonly values: unknown[] = [];
  /** The placeholder of `value`. */
  add(value: unknown): string {
    if (typeof value === 'string') requireStorable(value);
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

export interface KeysetOrder {
  /** Stands in the cursor, so that a cursor is never read under another order. */
  readonly key: string;
  readonly expression: string;
  /** Type that a cursor's value is cast to. */
  readonly cast: 'text' | 'uuid' | 'int' | 'numeric' | 'timestamptz';
  readonly descending: boolean;
  /** The id breaks ties upwards even when the value goes down. */
  readonly idAscending?: boolean;
}

/** The conditions, order and limit of one page; one row more than asked tells whether there is a further page. */
export function keysetClauses(order: KeysetOrder, request: PageRequest, parameters: Parameters) {
  const { size, backward } = pageSize(request);
  const bound = (cursor: string | undefined, forward: boolean): string[] =>
    cursor === undefined ? [] : [beyond(order, decodePosition(cursor, order.key), forward, parameters)];
  const idDescending = order.descending && order.idAscending !== true;
  return {
    conditions: [...bound(request.after, true), ...bound(request.before, false)],
    orderBy: `${order.expression} ${direction(order.descending !== backward)}, id ${direction(idDescending !== backward)}`,
    limit: size + 1,
  };
}

const direction = (descending: boolean): string => (descending ? 'desc' : 'asc');

/** What values of an order look like: a cursor that was made up must not reach the database. */
const SHAPES: Readonly<Record<KeysetOrder['cast'], RegExp>> = {
  text: /^/,
  uuid: UUID,
  int: /^-?\d{1,9}$/,
  numeric: /^-?(\d{1,200}(\.\d{1,200})?|Infinity)$/,
  timestamptz: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/,
};

function beyond(order: KeysetOrder, position: Position, forward: boolean, parameters: Parameters): string {
  if (!SHAPES[order.cast].test(position.value))
    throw new InvalidInput('INVALID_CURSOR', 'this is not a cursor of this list');
  const value = `${parameters.add(position.value)}::${order.cast}`;
  const id = `${parameters.add(position.id)}::uuid`;
  const sign = (descending: boolean) => (descending === forward ? '<' : '>');
  if (order.descending && order.idAscending)
    return `(${order.expression} ${sign(true)} ${value} or (${order.expression} = ${value} and id ${sign(false)} ${id}))`;
  return `(${order.expression}, id) ${sign(order.descending)} (${value}, ${id})`;
}

/** Cuts the extra row off and puts the rows back into the order of the list. */
export function asPage<Row>(fetched: readonly Row[], request: PageRequest): Page<Row> {
  const { size, backward } = pageSize(request);
  const more = fetched.length > size;
  const kept = fetched.slice(0, size);
  return {
    rows: backward ? kept.reverse() : kept,
    hasNextPage: backward ? request.before !== undefined : more,
    hasPreviousPage: backward ? more : request.after !== undefined,
  };
}
