import { expect } from '@jest/globals';
import type { Normalised, NormaliseContext } from '../../../golden-records/normalise/index.js';

/** What a broken mapping may hand in; no normaliser of text takes any of them. */
export const ODD_INPUTS: readonly unknown[] = [
  12,
  Number.NaN,
  12n,
  true,
  [],
  ['x'],
  {},
  Object.create(null),
  new Date(0),
  Symbol('odd'),
  () => 1,
];

export function expectValue<T>(actual: Normalised<T>, value: T): void {
  expect(actual).toEqual({ ok: true, value });
}

/** Valid, but no evidence of identity by itself. */
export function expectWeak<T>(actual: Normalised<T>, value: T): void {
  expect(actual).toEqual({ ok: true, value, strong: false });
}

export function expectInvalid(actual: Normalised<unknown>, expected?: string | RegExp): void {
  expect(actual).toEqual({ ok: false, expected: expect.any(String), found: expect.any(String) });
  if (!actual.ok && expected !== undefined) expect(actual.expected).toMatch(expected);
}

type AnyNormaliser = (input: unknown, ctx?: NormaliseContext) => Normalised<unknown>;

/** A value that was answered is itself taken, and stays what it is. */
export function expectIdempotent(normalise: AnyNormaliser, value: unknown): void {
  expect(normalise(value)).toMatchObject({ ok: true, value });
}
