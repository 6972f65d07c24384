import { invalid, type Normalised, valid } from './normalised.js';

const SPELLINGS = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  [1, true],
  [0, false],
  ['true', true],
  ['false', false],
  ['yes', true],
  ['no', false],
  ['1', true],
  ['0', false],
]);

/** Yes or no: true/false, yes/no, 1/0; case doesn't matter. */
export function boolean(input: unknown): Normalised<boolean> {
  const value = SPELLINGS.get(typeof input === 'string' ? input.trim().toLowerCase() : input);
  return value === undefined ? invalid('true or false, yes or no, 1 or 0', input) : valid(value);
}
