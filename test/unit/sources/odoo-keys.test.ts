import { expect, test } from '@jest/globals';
import { factsOf } from '../../../sources/odoo/keys.js';

const now = new Date('2026-11-24T08:00:00Z');
const key = (createdAt: string | undefined, expiresAt: string | null | undefined) => ({
  name: 'k',
  createdAt,
  ageDays: undefined,
  expiresAt,
});

test.each([
  ['none', [], null],
  ['one for ever', [key('2026-01-01T00:00:00Z', null)], { createdAt: '2026-01-01T00:00:00Z', expiresAt: null }],
  ['a version without expiry', [key(undefined, undefined)], { createdAt: null, expiresAt: null }],
  ['only what is over', [key('2026-01-01T00:00:00Z', '2026-11-24T07:59:59Z')], null],
  [
    'several: the oldest, and the first to expire',
    [
      key('2026-05-01T00:00:00Z', '2026-12-01T00:00:00Z'),
      key('2026-02-01T00:00:00Z', '2027-01-01T00:00:00Z'),
      key('2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
    ],
    { createdAt: '2026-02-01T00:00:00Z', expiresAt: '2026-12-01T00:00:00Z' },
  ],
])('dates of the key: %s', (_name, keys, expected) => {
  expect(factsOf(keys, now)).toEqual(expected);
});
