import { Decimal } from 'decimal.js';
import { isJsonObject, type Json } from '../json.js';
import type { Kind } from '../model.js';
import { type Address, canonicalJson, comparableAddress, comparableText } from '../normalise/index.js';
import type { Strategy } from '../rules.js';
import type { Contributor } from './survive.js';

/** Picks one of several contributors, which come in order of trust: the first of the best wins, so the result is total. */
type Picker = (ranked: readonly Contributor[]) => Contributor;

/** The picker of a strategy for one attribute. `union` is not a choice; where it can't apply it falls to recency. */
export function pickersFor(strategy: Strategy, kind: Kind, name: string): Picker {
  const value = ({ attributes }: Contributor): Json => attributes[name] ?? null;
  switch (strategy) {
    case 'sourcePriority':
      return first;
    case 'mostRecent':
    case 'union':
      return best((from) => from.timeOf(name), compareText);
    case 'mostFrequent':
      return (ranked) =>
        best((from) => ranked.filter((other) => sameText(value(other), value(from))).length, compareNumber)(ranked);
    case 'mostComplete':
      return best((from) => leaves(value(from)), compareNumber);
    case 'longest':
      return best((from) => lengthOf(value(from)), compareNumber);
    case 'max':
      return best(value, COMPARERS[kind.kind] ?? compareJson);
    case 'min':
      return best(value, (a, b) => (COMPARERS[kind.kind] ?? compareJson)(b, a));
  }
}

const first: Picker = (ranked) => ranked[0] as Contributor;

/** The first of those with the greatest measure. */
function best<M>(measure: (from: Contributor) => M, compare: (a: M, b: M) => number): Picker {
  return (ranked) => ranked.reduce((winner, from) => (compare(measure(from), measure(winner)) > 0 ? from : winner));
}

const compareNumber = (a: number, b: number) => a - b;
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const compareJson = (a: Json, b: Json) => compareText(canonicalJson(a), canonicalJson(b));
const sameText = (a: Json, b: Json) => canonicalJson(a) === canonicalJson(b);
const decimalOf = (value: Json) =>
  new Decimal(String(isJsonObject(value) ? (value.amount ?? value.value ?? 0) : value));
const compareDecimal = (a: Json, b: Json) => decimalOf(a).cmp(decimalOf(b));

/** Kinds whose order isn't that of their text. */
const COMPARERS: Readonly<Record<string, (a: Json, b: Json) => number>> = {
  integer: (a, b) => Number(a) - Number(b),
  decimal: compareDecimal,
  money: compareDecimal,
  quantity: compareDecimal,
};

const lengthOf = (value: Json) => (typeof value === 'string' ? value.length : canonicalJson(value).length);

/** How many leaves of a value say something. */
function leaves(value: Json): number {
  if (value === null || value === '') return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + leaves(element), 0);
  if (isJsonObject(value)) return Object.values(value).reduce<number>((sum, element) => sum + leaves(element), 0);
  return 1;
}

/** Two elements of a list with the same key are the same thing in other spelling. */
export function elementKey(kind: Kind | undefined, element: Json): string {
  if (kind?.name === 'Address') {
    const comparable = comparableAddress(element as Address);
    if (comparable !== null) return `${isJsonObject(element) ? (element.kind ?? '') : ''}|${comparable}`;
  }
  if (typeof element === 'string') return element.toLowerCase();
  return comparableText(canonicalJson(element));
}
