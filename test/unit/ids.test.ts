import { expect, test } from '@jest/globals';
import { version } from 'uuid';
import { newId } from '../../golden-records/ids.js';

test('ids are UUIDv7, never the same, and sort as they were made, within a millisecond too', () => {
  const ids = Array.from({ length: 50_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids.map(version))).toEqual(new Set([7]));
});
