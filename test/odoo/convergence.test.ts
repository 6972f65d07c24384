import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { differences } from '../support/odoo/agreement.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { SCRIPT_RULES } from '../support/odoo/owners.js';
import { scriptOf } from '../support/odoo/script.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';

/**
 * Law 7 and the promise of synchronisation: whatever happens on both sides, once inputs stop the outbox empties, both sides
 * agree on every attribute that somebody owns, and nothing is written any more. More of them: `npm run soak`, or
 * CONCORD_ODOO_RUNS=200 CONCORD_ODOO_SEED=7; of real servers CONCORD_ODOO_REAL_RUNS=25.
 */
const FIRST_SEED = Number(process.env.CONCORD_ODOO_SEED ?? '1');
const RUNS = Number(process.env.CONCORD_ODOO_RUNS ?? '10');
const REAL_RUNS = Number(process.env.CONCORD_ODOO_REAL_RUNS ?? '3');
/** Real seconds for which nothing may be written after all is quiet. */
const QUIET_MS = Number(process.env.CONCORD_ODOO_QUIET_MS ?? '60000');

interface Watched {
  readonly odoo: OdooTarget;
  readonly at: OdooHub;
}
/** Real servers whose scripts are over. */
const watched: Watched[] = [];

async function end(odoo: OdooTarget, at: OdooHub): Promise<void> {
  await at.close();
  await odoo.stop();
}

const seeds = (count: number) => Array.from({ length: count }, (_, nth) => FIRST_SEED + nth);

describe.each(odooChoices())('$name', ({ start, isReal, major }) => {
  let odoo: OdooTarget;
  let at: OdooHub;

  beforeAll(async () => {
    odoo = await start();
    at = await createOdooHub(odoo, { rules: SCRIPT_RULES, connector: { creates: { warehouses: true } } });
  }, 240_000);
  afterAll(async () => {
    if (isReal) watched.push({ odoo, at });
    else await end(odoo, at);
  });

  // The imitations share the runs of CI between them: each seed runs against one version.
  const mine = isReal ? seeds(REAL_RUNS) : seeds(RUNS).filter((seed) => (seed % 2 === 0) === (major === 19));

  test.each(mine)(
    'seed %i: both sides agree, and stay still',
    async (seed) => {
      const script = await scriptOf(seed, odoo, at);
      try {
        await script.run(isReal ? 40 : 120);
        await at.settle();
        expect(
          await differences(odoo.client('admin'), at, { rules: SCRIPT_RULES, beforeSweep: script.untold }),
        ).toEqual([]);
        await at.sweep();
        await at.settle();
        expect(await openDeliveries(at)).toEqual([]);
        expect(await differences(odoo.client('admin'), at, { rules: SCRIPT_RULES })).toEqual([]);
        const writes = odoo.imitation ? countWrites(odoo) : undefined;
        expect(await at.compareAll()).toMatchObject({ written: 0 });
        await odoo.pass(isReal ? 0 : 24 * 60 * 60_000);
        await at.settle();
        expect(writes?.() ?? 0).toBe(0);
        await at.hub.expectLawful();
      } catch (error) {
        throw new Error(`seed ${seed}, after:\n${script.log.join('\n')}`, { cause: error });
      }
    },
    600_000,
  );
});

// All of them at once, as the minute is the longest part of it.
if (odooChoices({ only: 'real' }).length > 0) {
  describe('the real servers', () => {
    afterAll(async () => {
      for (const { odoo, at } of watched) await end(odoo, at);
    });

    test(`nothing is written for ${QUIET_MS / 1_000} seconds after all is quiet`, async () => {
      expect(watched).toHaveLength(odooChoices({ only: 'real' }).length);
      await Promise.all(watched.map(expectStill));
    }, 240_000);
  });
}

/** All that a script touches. */
const WATCHED = [
  ...['res.partner', 'res.partner.bank', 'product.product', 'product.template', 'product.supplierinfo'],
  'stock.warehouse',
];

async function expectStill({ odoo, at }: Watched): Promise<void> {
  const admin = odoo.client('admin');
  const dates = () =>
    Promise.all(
      WATCHED.map((model) => admin.searchRead(model, [], ['write_date'], { lang: 'en_US' }, { order: 'id' })),
    );
  await at.settle();
  const before = await dates();
  expect(before.flat().length).toBeGreaterThan(20);
  const until = Date.now() + QUIET_MS;
  while (Date.now() < until) {
    await at.settle();
    await odoo.pass(2_000);
  }
  expect(await dates()).toEqual(before);
}

const openDeliveries = (at: OdooHub) =>
  at.query(`select system, state, error, waits_for from delivery where state in ('PENDING', 'IN_FLIGHT', 'DEAD')`);

/** Counts what writes arrive at the imitation from now on. */
function countWrites(odoo: OdooTarget): () => number {
  let count = 0;
  if (odoo.imitation) {
    odoo.imitation.trouble = (_model, method) => {
      if (['load', 'write', 'create', 'unlink'].includes(method)) count++;
      return undefined;
    };
  }
  return () => {
    if (odoo.imitation) odoo.imitation.trouble = undefined;
    return count;
  };
}
