import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { goldenOf } from '../support/hub.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';

let at: SyncHub;
beforeAll(async () => {
  at = await createSyncHub();
});
afterAll(() => at.close());
beforeEach(() => at.clear());

const states = async () => {
  const { rows } = await at.hub.db.pool.query<{ state: string; count: number }>(
    `select state, count(*)::int as count from delivery group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
};
const attempts = async () => {
  const { rows } = await at.hub.db.pool.query<{ action: string; result: string; error: { code: string } | null }>(
    `select action, result, error from delivery_attempt order by id`,
  );
  return rows.map(({ action, result, error }) => [action, result, ...(error ? [error.code] : [])].join(' '));
};
const goldens = async () => {
  const { rows } = await at.hub.db.pool.query<{ n: number }>(
    `select count(*)::int as n from golden_record where state <> 'MERGED'`,
  );
  return rows[0]?.n;
};

describe('a golden record that the target lacks', () => {
  test('is created there, and comes back as its own', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', status: 'ACTIVE' } });
    const steps = await at.deliverAll();
    expect(steps).toMatchObject([{ entityType: 'supplier', claimed: 1, created: 1 }]);
    const [record] = at.server.of('supplier');
    expect(record?.fields).toEqual({ name: 'Acme', status: 'ACTIVE' });
    expect(await attempts()).toEqual(['CREATE WRITTEN']);
    expect(await goldens()).toBe(1);
    expect(await goldenOf(at.hub, 'tiny', record?.id ?? '')).toBe(await goldenOf(at.hub, 'erp', 'V1'));
    expect(await states()).toEqual({ DONE: 1 });
    await at.hub.expectLawful();
  });

  test('law 7: what was written and comes back writes nothing, here or there', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', status: 'ACTIVE', currency: 'USD' } });
    await at.deliverAll();
    at.clock.advance(60_000);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', status: 'ACTIVE', currency: 'EUR' } });
    expect(await at.deliverAll()).toMatchObject([{ updated: 1 }]);
    expect(at.server.writes).toMatchObject([{ action: 'CREATE' }, { action: 'UPDATE', fields: { currency: 'EUR' } }]);
    const before = await at.hub.db.pool.query(`select version, provenance from golden_record`);
    expect(await at.deliverAll()).toEqual([]);
    const after = await at.hub.db.pool.query(`select version, provenance from golden_record`);
    expect(after.rows).toEqual(before.rows);
  });
});
