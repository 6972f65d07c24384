import { invalid, type Normaliser, valid } from './normalised.js';

const SEPARATORS = /[\s_-]+/g;
const spelling = (value: string) => value.trim().toUpperCase().replace(SEPARATORS, '_');

/** One of the values of an enumeration; case and the separators between words don't matter ("on hold" → ON_HOLD). */
export function oneOf<const V extends string>(values: readonly V[]): Normaliser<V> {
  const exact = new Map<string, V>(values.map((value) => [value, value]));
  const bySpelling = new Map<string, V>(values.map((value) => [spelling(value), value]));
  const expected = `one of ${values.join(', ')}`;
  return (input) => {
    const value = typeof input === 'string' ? (exact.get(input) ?? bySpelling.get(spelling(input))) : undefined;
    return value === undefined ? invalid(expected, input) : valid(value);
  };
}
