import { expect, test } from '@jest/globals';
import { CrowdedKeys } from '../../../golden-records/match/crowded-keys.js';

test('a key that was crowded is spared for ten minutes, then looked at again', () => {
  let now = 0;
  const crowded = new CrowdedKeys(() => now);
  crowded.add([7]);
  expect([crowded.has(7), crowded.has(8)]).toEqual([true, false]);
  now = 599_999;
  expect(crowded.has(7)).toBe(true);
  now = 600_001;
  expect(crowded.has(7)).toBe(false);
});
