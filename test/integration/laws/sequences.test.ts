import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { supplier } from '../../../golden-records/index.js';
import { goldenAsOf } from '../../../golden-records/read/index.js';
import { createTestHub, type TestHub } from '../../support/hub.js';
import { sequence } from '../../support/laws/actions.js';
import { emptyStore } from '../../support/laws/empty.js';
import { UNIVERSE_RULES, UNIVERSE_SYSTEMS } from '../../support/laws/universe.js';
import { World } from '../../support/laws/world.js';

// One seed for every run of the tests; another one, or more sequences, from outside to look for what this one misses.
const SEED = Number(process.env.CONCORD_LAWS_SEED ?? 20261123);
const RUNS = Number(process.env.CONCORD_LAWS_RUNS ?? 40);

let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub({ systems: UNIVERSE_SYSTEMS, rules: UNIVERSE_RULES });
});
afterAll(() => hub.close());

test(`laws 1 to 5 and 8: any sequence of arrivals and decisions agrees with a small pure model (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(sequence, async (actions) => {
      await emptyStore(hub.db.pool);
      const world = new World(hub.db);
      for (const action of actions) await world.step(action);
      await hub.expectLawful();
      await expectHistory(world);
    }),
    { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 600_000 },
  );
}, 900_000);

/** Law 8: history answers for any past instant. */
async function expectHistory({ history }: World): Promise<void> {
  for (const { at, id, attributes } of history.filter((_, index) => index % 5 === 0)) {
    const then = await goldenAsOf(hub.db, supplier, id, at);
    expect(then?.attributes).toEqual(attributes);
  }
}
