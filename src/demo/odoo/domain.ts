import type { Json } from '../../../golden-records/index.js';
import { badValue } from './refusal.js';

/** Reads a field of a record as a domain sees it: many2one as a number, dates of writing as microseconds. */
export type ReadOperand = (id: number, path: string) => Json | undefined;

export interface Comparison {
  /** How `write_date` and `create_date` compare with a text: the versions differ. */
  readonly dates: 'wholeSeconds' | 'microseconds';
}

type Term = (id: number) => boolean;

/** A domain in Odoo's prefix notation, as a test of one record. */
export function domainTest(domain: readonly Json[], read: ReadOperand, comparison: Comparison): Term {
  const stack: Term[] = [];
  for (const element of [...domain].reverse()) {
    if (element === '&' || element === '|') {
      const left = stack.pop();
      const right = stack.pop();
      if (!left || !right) throw badValue(`Domain ${JSON.stringify(domain)} is malformed`);
      stack.push(element === '&' ? (id) => left(id) && right(id) : (id) => left(id) || right(id));
    } else if (element === '!') {
      const term = stack.pop();
      if (!term) throw badValue(`Domain ${JSON.stringify(domain)} is malformed`);
      stack.push((id) => !term(id));
    } else if (Array.isArray(element) && element.length === 3) {
      stack.push(leaf(String(element[0]), String(element[1]), element[2] ?? false, read, comparison));
    } else {
      throw badValue(`Invalid leaf ${JSON.stringify(element)}`);
    }
  }
  return (id) => stack.every((term) => term(id));
}

const MICROSECOND_FIELDS = new Set(['write_date', 'create_date']);

function leaf(path: string, operator: string, value: Json, read: ReadOperand, { dates }: Comparison): Term {
  if (MICROSECOND_FIELDS.has(path) && typeof value === 'string') {
    const bound = Date.parse(`${value.replace(' ', 'T').slice(0, 19)}Z`) / 1000;
    // Whose converter takes a blank or a T between day and time, and nothing after them.
    const isTaken = dates === 'microseconds' || !value.endsWith('Z');
    if (Number.isNaN(bound) || !isTaken)
      throw badValue(`time data '${value}' does not match format '%Y-%m-%d %H:%M:%S'`);
    // 19 compares whole seconds; 14 the microseconds of the record with the start of the second.
    const moment = (id: number) => {
      const at = Number(read(id, path)) / 1_000_000;
      return dates === 'wholeSeconds' ? Math.floor(at) : at;
    };
    return (id) => order(operator, moment(id) - bound);
  }
  const many = Array.isArray(value) ? new Set(value as (string | number | boolean)[]) : undefined;
  if (operator === 'child_of') {
    return (id) => {
      for (let at = path; ; at += '.parent_id') {
        const found = read(id, at);
        if (typeof found !== 'number') return false;
        if (many ? many.has(found) : found === value) return true;
      }
    };
  }
  const matches = (found: Json | undefined): boolean => {
    const plain = found ?? false;
    switch (operator) {
      case '=':
        return many ? many.has(plain as string) : equal(plain, value);
      case '!=':
        return !equal(plain, value);
      case 'in':
        return many?.has(plain as string) ?? false;
      case 'not in':
        return !(many?.has(plain as string) ?? false);
      case 'ilike':
        return String(plain).toLowerCase().includes(String(value).toLowerCase());
      case '=ilike':
        return String(plain).toLowerCase() === String(value).toLowerCase();
      case '>':
      case '>=':
      case '<':
      case '<=':
        return plain !== false && order(operator, compare(plain, value));
      default:
        throw badValue(`Invalid operator ${operator} in domain term`);
    }
  };
  return (id) => {
    const found = read(id, path);
    // A to-many field matches with any of its records; without one it is empty.
    if (Array.isArray(found)) return found.length === 0 ? matches(false) : found.some((one) => matches(one));
    return matches(found);
  };
}

const equal = (left: Json, right: Json): boolean =>
  left === right || ((left === false || left === null) && (right === false || right === null));

const compare = (left: Json, right: Json): number =>
  typeof left === 'number' ? left - Number(right) : String(left) < String(right) ? -1 : left === right ? 0 : 1;

function order(operator: string, difference: number): boolean {
  switch (operator) {
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '!=':
      return difference !== 0;
    default:
      return difference === 0;
  }
}
