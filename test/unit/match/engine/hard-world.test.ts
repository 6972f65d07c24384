import { expect, test } from '@jest/globals';
import { HARD_SETS } from '../../../../eval/hard-world.js';
import { runSet } from '../../../../eval/run-set.js';

/** The same as in `npm run eval`, of fewer records: small data afford more candidates, up to 60 a record. */
test.each([
  ['hard-suppliers', 600, 0.995],
  ['hard-items', 600, 0.99],
])(
  '%s: subsidiaries, sister sites, agencies and pack sizes are not merged, and little is missed',
  async (name, size, least) => {
    const set = HARD_SETS[name]?.(size);
    if (!set) throw new Error(`no set ${name}`);
    const { quality, found, candidates, predicted, real, notes } = await runSet(set, { blocking: true });
    expect(notes).toEqual([]);
    expect(quality.precision).toBeGreaterThanOrEqual(least);
    expect(quality.recall).toBeGreaterThanOrEqual(0.8);
    expect(found).toBeGreaterThanOrEqual(0.98);
    expect(candidates / set.rows.length).toBeLessThanOrEqual(60);
    expect(Math.abs(predicted - real)).toBeLessThanOrEqual(0.03);
  },
);
