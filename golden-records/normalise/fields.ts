import { invalid, type Normalised } from './normalised.js';

/** The fields of an object by their names, or undefined where the input is no plain object or has others. */
export function onlyFields<F extends string>(
  input: unknown,
  names: readonly F[],
): Readonly<Partial<Record<F, unknown>>> | undefined {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return undefined;
  const known: readonly string[] = names;
  return Object.keys(input).every((key) => known.includes(key)) ? (input as Partial<Record<F, unknown>>) : undefined;
}

/** Absent, NULL and blank are the same inside an object. */
export const isBlank = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/** Say of which field of an object something is wrong. */
export const inField = (name: string, problem: Normalised<unknown>, input: unknown) =>
  problem.ok
    ? invalid(name, input)
    : ({ ok: false, expected: `${name}: ${problem.expected}`, found: problem.found } as const);
