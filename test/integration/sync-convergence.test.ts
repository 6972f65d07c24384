import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';
import { becomeStill, differences, randomFrom, Script } from '../support/tiny/script.js';

// Laws 4, 6 and 7: people edit both sides at random and at once, while the engine works; once they stop, everything comes to
// rest, both sides say the same of what others own, and nothing is written any more. More scripts: CONCORD_SYNC_RUNS=200.
const RUNS = Number(process.env.CONCORD_SYNC_RUNS ?? 10);
const SEED = Number(process.env.CONCORD_LAWS_SEED ?? 20261124);
const STEPS = 60;

let at: SyncHub;
beforeAll(async () => {
  at = await createSyncHub();
});
afterAll(() => at.close());
beforeEach(() => at.clear());

test.each(Array.from({ length: RUNS }, (_, nth) => SEED + nth))(
  'laws 4, 6, 7: a random script on both sides ends still and equal (seed %i)',
  async (seed) => {
    const script = new Script(at, seed);
    const random = randomFrom(seed ^ 0x5eed);
    at.server.faultFor = () => {
      const dice = random();
      if (dice < 0.02) return { kind: 'CUT_AFTER' };
      if (dice < 0.04) return { kind: 'STATUS', status: 500 };
      return dice < 0.05 ? { kind: 'HALF_ANSWER' } : null;
    };
    await script.run(STEPS);
    at.server.faultFor = () => null;
    await becomeStill(at);
    expect(await differences(at)).toEqual([]);
    const { rows } = await at.hub.db.pool.query(
      `select state, count(*)::int from delivery where state <> 'DONE' group by 1`,
    );
    expect(rows).toEqual([]);
    const keys = at.server.of('supplier').flatMap(({ key }) => key ?? []);
    expect(new Set(keys).size).toBe(keys.length);
    await at.hub.expectLawful();
  },
);
