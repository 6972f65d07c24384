import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ingest, type JsonObject, resolveTask } from '../../golden-records/index.js';
import { DeliveryLane, healOnce, pullDueOnce, redrive } from '../../sources/index.js';
import { eventually, goldenOf, INTEGRATOR, identityMapping, STEWARD } from '../support/hub.js';
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

const suppliers = (count: number, more: object = {}) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, nth) => [`V${nth}`, { name: `Vendor ${nth}`, duns: duns(nth), ...more }]),
  );
const duns = (nth: number) => String(100_000_000 + nth);
const tasks = async () => {
  const { rows } = await at.hub.db.pool.query<{ kind: string; details: Record<string, unknown>; id: string }>(
    `select id, kind, details from steward_task where state = 'OPEN' order by kind`,
  );
  return rows;
};

describe('coalescing', () => {
  test('law 6: a thousand changes of one record that wait cost one write', async () => {
    const kept = suppliers(5, { currency: 'USD' });
    await at.hub.arrive('erp', 'supplier', kept);
    await at.deliverAll();
    at.server.writes.length = 0;
    for (let batch = 0; batch < 10; batch++) {
      at.clock.advance(1_000);
      const changes = Array.from({ length: 100 }, (_, nth) => ({
        externalId: 'V0',
        payload: { ...kept.V0, name: `Vendor Zero ${batch * 100 + nth + 1}` },
        sourceTime: new Date(at.clock.now().getTime() - 100 + nth).toISOString(),
      }));
      const others = Object.entries(suppliers(5, { currency: 'EUR' })).filter(([externalId]) => externalId !== 'V0');
      const result = await ingest(at.hub.db, INTEGRATOR, {
        system: 'erp',
        scope: 'main',
        entityType: 'supplier',
        records: [...others.map(([externalId, payload]) => ({ externalId, payload })), ...changes],
        mapping: identityMapping,
        correlationId: `batch-${batch}`,
      });
      expect(result.counts.UPDATED).toBeGreaterThanOrEqual(100);
    }
    const { rows } = await at.hub.db.pool.query<{ superseded: number }>(
      `select superseded from delivery order by superseded desc limit 1`,
    );
    expect(rows[0]?.superseded).toBe(999);
    const versions = await at.hub.db.pool.query<{ version: number }>(
      `select max(version) as version from golden_record`,
    );
    expect(versions.rows[0]?.version).toBeGreaterThanOrEqual(1_001);
    await at.deliverAll();
    expect(at.server.writes.filter(({ fields }) => 'name' in fields)).toMatchObject([
      { action: 'UPDATE', fields: { name: 'Vendor Zero 1000' } },
    ]);
    expect(at.server.writes).toHaveLength(5);
  }, 240_000);

  test('what changes while it is under way goes again', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme' } });
    at.server.afterWrite = async () => {
      at.server.afterWrite = undefined;
      await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme Two' } });
    };
    await at.deliverAll();
    expect(at.server.of('supplier')).toMatchObject([{ fields: { name: 'Acme Two' } }]);
  });
});

describe('three ways', () => {
  let id = '';
  beforeEach(async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', status: 'ACTIVE', statusReason: 'new' } });
    await at.deliverAll();
    id = at.server.of('supplier')[0]?.id ?? '';
    at.clock.advance(10_000);
    at.server.writes.length = 0;
  });
  const touch = async () => {
    at.clock.advance(10_000);
    await at.hub.arrive('erp', 'supplier', {
      V1: { name: 'Acme', status: 'ACTIVE', statusReason: 'new', currency: 'USD' },
    });
    return at.deliverAll();
  };

  test('law 4: a value of somebody who does not own it is corrected, and only that field is written', async () => {
    at.server.edit(id, { name: 'Wrong', website: 'https://acme.example' });
    await touch();
    expect(at.server.records.get(id)?.fields).toMatchObject({ name: 'Acme', website: 'https://acme.example' });
    expect(at.server.writes).toEqual([{ action: 'UPDATE', id, fields: { currency: 'USD', name: 'Acme' } }]);
    await at.hub.expectLawful();
  });

  test('law 4: propose asks and writes nothing, until a steward says to keep ours', async () => {
    at.server.edit(id, { status: 'BLOCKED' });
    await touch();
    expect(at.server.records.get(id)?.fields.status).toBe('BLOCKED');
    const [task] = await tasks();
    expect(task).toMatchObject({ kind: 'OWNERSHIP_CONFLICT', details: { attribute: 'status', ours: 'ACTIVE' } });
    await answer('KEEP');
    expect(at.server.records.get(id)?.fields.status).toBe('ACTIVE');
    expect(await tasks()).toEqual([]);
    at.server.edit(id, { status: 'ON_HOLD' });
    await at.hub.arrive('erp', 'supplier', {
      V1: { name: 'Acme', status: 'ACTIVE', statusReason: 'new', currency: 'EUR' },
    });
    await at.deliverAll();
    expect(at.server.records.get(id)?.fields.status).toBe('ON_HOLD');
    expect(await tasks()).toHaveLength(1);
  });

  test('raise moves nothing', async () => {
    at.server.edit(id, { reason: 'because' });
    await touch();
    expect(at.server.records.get(id)?.fields.reason).toBe('because');
    expect(await tasks()).toMatchObject([{ kind: 'EXCEPTION' }]);
  });

  const answer = async (resolution: 'KEEP' | 'DISMISS') => {
    const [task] = await tasks();
    await resolveTask(at.hub.db, STEWARD, { correlationId: 'c', reason: 'so' }, { taskId: task?.id ?? '', resolution });
    await at.deliverAll();
  };
  const holds = () => at.server.records.get(id)?.fields.status;

  test('"keep ours" was said of one value, and is asked anew of another', async () => {
    at.server.edit(id, { status: 'ON_HOLD' });
    await touch();
    await answer('KEEP');
    expect(holds()).toBe('ACTIVE');
    at.clock.advance(10_000);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', status: 'BLOCKED', statusReason: 'new' } });
    await at.deliverAll();
    expect(holds()).toBe('BLOCKED');
    at.clock.advance(10_000);
    at.server.edit(id, { status: 'ON_HOLD' });
    await at.pullAll();
    await at.deliverAll();
    expect(holds()).toBe('ON_HOLD');
    expect(await tasks()).toHaveLength(1);
  });

  test('who is left alone with a value is written to once a person overrides it', async () => {
    at.server.edit(id, { status: 'ON_HOLD' });
    await touch();
    await answer('DISMISS');
    expect(holds()).toBe('ON_HOLD');
    at.clock.advance(10_000);
    const golden = await goldenOf(at.hub, 'erp', 'V1');
    await at.hub.decide('OVERRIDE', { entityType: 'supplier', id: golden, attribute: 'status', value: 'BLOCKED' });
    await at.deliverAll();
    expect(holds()).toBe('BLOCKED');
  });

  test('a version that the hub could not read is not overwritten where somebody is to be asked', async () => {
    at.server.edit(id, { status: 'ON_HOLD', name: null });
    await touch();
    expect(holds()).toBe('ON_HOLD');
  });

  test.each(['status', 'reason'])('law 4: who clears %s proposes nothing: the owner decides', async (field) => {
    const before = at.server.records.get(id)?.fields[field];
    at.server.edit(id, { [field]: null });
    await touch();
    expect(before).toBeTruthy();
    expect(at.server.records.get(id)?.fields[field]).toBe(before);
    expect(await tasks()).toEqual([]);
  });

  test('from silence to "none" the value is cleared there', async () => {
    const say = (values: JsonObject) =>
      at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', status: 'ACTIVE', ...values } });
    const there = () => at.server.records.get(id)?.fields.reason;
    await say({});
    await at.deliverAll();
    expect(there()).toBe('new');
    at.clock.advance(1_000);
    await say({ statusReason: null });
    await at.deliverAll();
    expect(there()).toBeFalsy();
  });

  test('the target wins what it owns, concurrently with what others own', async () => {
    at.server.edit(id, { website: 'https://new.example' });
    at.clock.advance(1_000);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme Two', status: 'ACTIVE', statusReason: 'new' } });
    await at.deliverAll();
    expect(at.server.records.get(id)?.fields).toMatchObject({ name: 'Acme Two', website: 'https://new.example' });
    const { rows } = await at.hub.db.pool.query<{ attributes: object }>(`select attributes from golden_record`);
    expect(rows).toMatchObject([{ attributes: { name: 'Acme Two', website: 'https://new.example' } }]);
  });

  test('what nobody owns goes to the latest word: concurrent edits of one field end equal', async () => {
    await touch();
    at.clock.advance(5_000);
    at.server.edit(id, { currency: 'CHF' });
    at.clock.advance(5_000);
    await at.hub.arrive('erp', 'supplier', {
      V1: { name: 'Acme', status: 'ACTIVE', statusReason: 'new', currency: 'EUR' },
    });
    await at.deliverAll();
    expect(at.server.records.get(id)?.fields.currency).toBe('EUR');
    at.clock.advance(5_000);
    at.server.edit(id, { currency: 'GBP' });
    await at.hub.arrive('erp', 'supplier', {
      V1: { name: 'Acme Co', status: 'ACTIVE', statusReason: 'new', currency: 'EUR' },
    });
    await at.deliverAll();
    expect(at.server.records.get(id)?.fields).toMatchObject({ currency: 'GBP', name: 'Acme Co' });
  });

  test('law 3: what a target that was set back says counts as old as it is', async () => {
    const more = { status: 'ACTIVE', statusReason: 'new', currency: 'EUR' };
    at.server.edit(id, { currency: 'USD' });
    await at.pullAll();
    const backup = structuredClone(at.server.records.get(id));
    at.clock.advance(60_000);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', ...more } });
    await at.deliverAll();
    expect(at.server.records.get(id)?.fields.currency).toBe('EUR');
    at.clock.advance(60_000);
    if (backup) at.server.records.set(id, backup);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme Co', ...more } });
    await at.deliverAll();
    expect(at.server.records.get(id)?.fields).toMatchObject({ name: 'Acme Co', currency: 'EUR' });
    const { rows } = await at.hub.db.pool.query(`select attributes->>'currency' as currency from golden_record`);
    expect(rows).toEqual([{ currency: 'EUR' }]);
  });

  test('a target that spells what it gets in its own way is not written to for ever', async () => {
    at.server.stores = (field, value) => (field === 'name' ? String(value).toUpperCase() : value);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme Two', status: 'ACTIVE', statusReason: 'new' } });
    await at.deliverAll();
    expect(at.server.writes.length).toBeLessThanOrEqual(2);
    const writes = at.server.writes.length;
    at.clock.advance(10_000);
    const more = { status: 'ACTIVE', statusReason: 'new', currency: 'USD' };
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme Two', ...more } });
    await at.deliverAll();
    expect(at.server.writes.slice(writes)).toEqual([{ action: 'UPDATE', id, fields: { currency: 'USD' } }]);
  });

  test('a retired record is archived there', async () => {
    at.clock.advance(10_000);
    const golden = await goldenOf(at.hub, 'erp', 'V1');
    await at.hub.decide('RETIRE', { entityType: 'supplier', id: golden });
    await at.deliverAll();
    expect(at.server.records.get(id)?.archived).toBe(true);
    await at.hub.decide('RESTORE', { entityType: 'supplier', id: golden });
    await at.deliverAll();
    expect(at.server.records.get(id)?.archived).toBe(false);
  });
});

describe('who waits', () => {
  test('a record in doubt creates nothing until somebody decides', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme' } });
    await at.deliverAll();
    await at.hub.arrive('portal', 'supplier', { P1: { name: 'Acme' } });
    await at.deliverAll();
    expect(at.server.of('supplier')).toHaveLength(1);
    const ids = [await goldenOf(at.hub, 'erp', 'V1'), await goldenOf(at.hub, 'portal', 'P1')];
    await at.hub.decide('NOT_DUPLICATE', { entityType: 'supplier', ids });
    await at.deliverAll();
    expect(at.server.of('supplier')).toHaveLength(2);
  });

  test('of two that were merged before either was sent, one is created', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Nordic Instruments', duns: duns(1) } });
    await at.hub.arrive('portal', 'supplier', { P1: { name: 'Bergen Surgical', duns: duns(2) } });
    const [survivor, merged] = [await goldenOf(at.hub, 'erp', 'V1'), await goldenOf(at.hub, 'portal', 'P1')];
    await at.hub.decide('MERGE', { entityType: 'supplier', survivorId: survivor, mergedIds: [merged] });
    await at.deliverAll();
    await at.pullAll();
    expect(at.server.of('supplier')).toHaveLength(1);
    expect(await goldens()).toBe(1);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Nordic Instruments Two', duns: duns(1) } });
    await at.deliverAll();
    expect(at.server.of('supplier')).toMatchObject([{ fields: { name: 'Nordic Instruments Two' } }]);
    await at.hub.expectLawful();
  });

  test('a child whose parent is a dead letter becomes one in time, and goes with it once that one is mended', async () => {
    at.server.refuses = ({ name }) => (name === 'Mother' ? 'not her' : undefined);
    const parent = { system: 'erp', scope: 'main', id: 'V1' };
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Mother', duns: duns(1) } });
    await at.hub.arrive('erp', 'supplier', { V2: { name: 'Daughter', duns: duns(2), parent } });
    await at.hub.settleAll();
    await at.deliver();
    expect(await states()).toEqual({ DEAD: 1, PENDING: 1 });
    expect((await at.deliverAll()).at(-1)).toMatchObject({ dead: 1, waiting: 0, failed: 0 });
    expect(await states()).toEqual({ DEAD: 2 });
    expect((await tasks()).map(({ details }) => details.code).sort()).toEqual(['PARENT_MISSING', 'VALUE_REFUSED']);
    at.server.refuses = undefined;
    await redrive(at.hub.db, STEWARD, { correlationId: 'c', reason: 'mended', filter: { code: 'VALUE_REFUSED' } });
    await at.deliverAll();
    expect(at.server.byName('Daughter')).toMatchObject([{ fields: { parent_id: at.server.byName('Mother')[0]?.id } }]);
    expect(await tasks()).toEqual([]);
  });

  test('a question about a dead letter goes once a newer change has mended it', async () => {
    at.server.refuses = ({ name }) => (name === 'Wrong' ? 'not so' : undefined);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Wrong', duns: duns(1) } });
    await at.deliverAll();
    expect(await tasks()).toMatchObject([{ kind: 'DEAD_LETTER' }]);
    at.clock.advance(1_000);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Right', duns: duns(1) } });
    await at.deliverAll();
    expect(await states()).toEqual({ DONE: 1 });
    await healOnce(at.hub.db, at.sync);
    expect(await tasks()).toEqual([]);
  });

  test('however long a system was away, a child waits for its parent', async () => {
    const parent = { system: 'erp', scope: 'main', id: 'V1' };
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Mother', duns: duns(1) } });
    await at.hub.arrive('erp', 'supplier', { V2: { name: 'Daughter', duns: duns(2), parent } });
    await at.hub.settleAll();
    at.clock.advance(5 * 60 * 60_000);
    const steps = await at.deliverAll({ limit: 1 });
    expect(steps.every(({ dead }) => dead === 0)).toBe(true);
    expect(await states()).toEqual({ DONE: 2 });
  });

  test('a child that is sent for together with its parent follows it at once', async () => {
    const parent = { system: 'erp', scope: 'main', id: 'V1' };
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Mother', duns: duns(1) } });
    await at.hub.arrive('erp', 'supplier', { V2: { name: 'Daughter', duns: duns(2), parent } });
    await at.hub.settleAll();
    expect(await at.deliver()).toMatchObject({ claimed: 2, created: 1, waiting: 1 });
    expect(await at.deliver()).toMatchObject({ claimed: 1, created: 1 });
    expect(at.server.byName('Daughter')).toMatchObject([{ fields: { parent_id: at.server.byName('Mother')[0]?.id } }]);
  });

  test('children wait for their parents', async () => {
    const target = { system: 'erp', scope: 'main', id: 'V1' };
    await at.hub.arrive('erp', 'supplier', { V2: { name: 'Daughter', duns: duns(2), parent: target } });
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Mother', duns: duns(1) } });
    await at.hub.settleAll();
    await at.deliverAll({ limit: 1 });
    const [mother] = at.server.byName('Mother');
    expect(at.server.byName('Daughter')).toMatchObject([{ fields: { parent_id: mother?.id } }]);
  });
});

describe('failure', () => {
  const FAULTS = [
    { kind: 'STATUS', status: 500 },
    { kind: 'STATUS', status: 502, html: true },
    { kind: 'STATUS', status: 429, retryAfter: 7 },
    { kind: 'CUT_BEFORE' },
    { kind: 'CUT_AFTER' },
    { kind: 'HALF_ANSWER' },
    { kind: 'HTML_AFTER' },
  ] as const;
  test.each(FAULTS)('law 6: after $kind $status nothing is lost and nothing doubled', async (fault) => {
    let left = 2;
    at.server.faultFor = (path) => (path.endsWith('/write') && left-- > 0 ? fault : null);
    await at.hub.arrive('erp', 'supplier', suppliers(5));
    await at.deliverAll();
    expect(
      at.server
        .of('supplier')
        .map(({ fields }) => fields.name)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4].map((nth) => `Vendor ${nth}`));
    expect(await states()).toEqual({ DONE: 5 });
    expect(await goldens()).toBe(5);
  });

  test('law 6: with keys that can only be found, an unknown create is looked for before it is repeated', async () => {
    const found = await createSyncHub({ idempotency: 'FIND' });
    try {
      found.server.keys = 'FIND';
      let left = 1;
      found.server.faultFor = (path) => (path.endsWith('/write') && left-- > 0 ? { kind: 'CUT_AFTER' } : null);
      await found.hub.arrive('erp', 'supplier', suppliers(3));
      await found.deliverAll();
      expect(found.server.of('supplier')).toHaveLength(3);
      const { rows } = await found.hub.db.pool.query(`select distinct result from delivery_attempt`);
      expect(rows).toEqual([{ result: 'CONFIRMED' }]);
    } finally {
      await found.close();
    }
  });

  test('without keys it becomes a dead letter, with the place: beyond', async () => {
    const blind = await createSyncHub({ idempotency: 'NONE' });
    try {
      blind.server.keys = 'NONE';
      let left = 1;
      blind.server.faultFor = (path) => (path.endsWith('/write') && left-- > 0 ? { kind: 'CUT_AFTER' } : null);
      await blind.hub.arrive('erp', 'supplier', suppliers(1));
      await blind.deliverAll();
      expect(blind.server.of('supplier')).toHaveLength(1);
      const { rows } = await blind.hub.db.pool.query(`select state, place, error->>'code' as code from delivery`);
      expect(rows).toEqual([{ state: 'DEAD', place: 'BEYOND', code: 'OUTCOME_UNKNOWN' }]);
    } finally {
      await blind.close();
    }
  });

  test.each([true, false])('a refused row is found among the others (named: %p)', async (named) => {
    at.server.namesRefused = named;
    at.server.refuses = ({ name }) => (name === 'Vendor 37' || name === 'Vendor 61' ? 'no such vendor' : undefined);
    await at.hub.arrive('erp', 'supplier', suppliers(100));
    await at.deliverAll();
    expect(at.server.of('supplier')).toHaveLength(98);
    expect(await states()).toEqual({ DEAD: 2, DONE: 98 });
    expect(at.server.calls.filter(({ path }) => path.endsWith('/write')).length).toBeLessThanOrEqual(40);
    expect(await tasks()).toMatchObject([{ kind: 'DEAD_LETTER', details: { count: 2, code: 'VALUE_REFUSED' } }]);
  });

  test('one that brings the system down each time ends alone as a dead letter, and the others go through', async () => {
    at.server.faultFor = (path, body) =>
      path.endsWith('/write') && JSON.stringify(body).includes('Vendor 37"') ? { kind: 'CUT_BEFORE' } : null;
    await at.hub.arrive('erp', 'supplier', suppliers(100));
    await at.deliverAll();
    expect(at.server.of('supplier')).toHaveLength(99);
    expect(await states()).toEqual({ DEAD: 1, DONE: 99 });
    expect(at.server.calls.filter(({ path }) => path.endsWith('/write')).length).toBeLessThanOrEqual(60);
  });

  test('law 10: a system that is down is left alone, no tries are used up, and all goes once it is back', async () => {
    at.server.calls.length = 0;
    at.server.faultFor = () => ({ kind: 'STATUS', status: 401 });
    await at.hub.arrive('erp', 'supplier', suppliers(3));
    for (let nth = 0; nth < 20; nth++) {
      await at.deliver();
      at.clock.advance(1_000);
    }
    const asked = at.server.calls.length;
    expect(asked).toBeLessThan(10);
    const { rows } = await at.hub.db.pool.query(`select breaker from sync_system`);
    expect(rows).toEqual([{ breaker: 'OPEN' }]);
    const tries = await at.hub.db.pool.query(`select max(attempts) as most from delivery`);
    expect(tries.rows).toEqual([{ most: 0 }]);
    at.server.faultFor = () => null;
    await at.deliverAll();
    expect(at.server.of('supplier')).toHaveLength(3);
    expect((await at.hub.db.pool.query(`select breaker from sync_system`)).rows).toEqual([{ breaker: 'CLOSED' }]);
  });
});

describe('what the system says of itself', () => {
  const breaker = async () =>
    (await at.hub.db.pool.query<{ breaker: string }>('select breaker from sync_system')).rows[0]?.breaker;

  test('that it can be read closes no circuit that writes have opened', async () => {
    at.server.faultFor = (path) => (path.endsWith('/write') ? { kind: 'STATUS', status: 401 } : null);
    await at.hub.arrive('erp', 'supplier', suppliers(5));
    for (let nth = 0; nth < 5; nth++) {
      await at.deliver();
      at.clock.advance(2_000);
      expect(await pullDueOnce(at.hub.db, at.sync)).toMatchObject({ kind: 'PULLED' });
    }
    expect(await breaker()).toBe('OPEN');
    const asked = at.server.calls.filter(({ path }) => path.endsWith('/write')).length;
    expect(asked).toBeLessThanOrEqual(4);
  });

  test('once it can be read again after it could not, a write is tried at once', async () => {
    at.server.faultFor = () => ({ kind: 'STATUS', status: 401 });
    await at.hub.arrive('erp', 'supplier', suppliers(1));
    for (let nth = 0; nth < 8; nth++) {
      await at.deliver();
      at.clock.advance(5_000);
      await pullDueOnce(at.hub.db, at.sync);
    }
    expect(await breaker()).toBe('OPEN');
    at.server.faultFor = () => null;
    const later = new Date(at.clock.now().getTime() + 100_000);
    await at.hub.db.pool.query('update sync_system set retry_at = $1', [later]);
    await at.hub.db.pool.query('update delivery set due_at = $1', [later]);
    await at.hub.db.pool.query('update sync_stream set due_at = $1', [at.clock.now()]);
    expect(await at.deliver()).toBeNull();
    while (await pullDueOnce(at.hub.db, at.sync));
    expect(await at.deliver()).toMatchObject({ created: 1 });
    expect(await breaker()).toBe('CLOSED');
  });

  test.each([
    ['needs no call', 'HALF_OPEN'],
    ['is not answered', 'HALF_OPEN'],
    ['is refused', 'CLOSED'],
  ])('a trial that %s leaves the circuit %s', async (what, left) => {
    await at.hub.arrive('erp', 'supplier', suppliers(1));
    if (what === 'needs no call') await at.hub.arrive('erp', 'supplier', suppliers(1), { deleted: true });
    await at.hub.db.pool.query(
      `update sync_system set breaker = 'OPEN', failures = 9, opened_at = now(), retry_at = '2000-01-01'`,
    );
    at.server.faultFor = () => (what === 'is not answered' ? { kind: 'CUT_BEFORE' } : null);
    at.server.refuses = () => 'no';
    const calls = at.server.calls.length;
    expect(await at.deliver()).toMatchObject({ claimed: 1 });
    expect(at.server.calls).toHaveLength(calls + (what === 'needs no call' ? 0 : 1));
    expect(await breaker()).toBe(left);
    expect(await at.hub.db.pool.query('select 1 from sync_system where retry_at > $1', [at.clock.now()])).toMatchObject(
      {
        rowCount: 0,
      },
    );
  });

  test('whoever it asks to wait makes everybody wait that long', async () => {
    let left = 1;
    at.server.faultFor = (path) =>
      path.endsWith('/page') && left-- > 0 ? { kind: 'STATUS', status: 429, retryAfter: 7 } : null;
    at.clock.advance(2_000);
    expect(await pullDueOnce(at.hub.db, at.sync, { streams: ['tiny/main/supplier'] })).toMatchObject({
      kind: 'FAILED',
      error: { code: 'SYSTEM_THROTTLES' },
    });
    await at.hub.arrive('erp', 'supplier', suppliers(1));
    const waits: number[] = [];
    const wait = async (ms: number) => {
      waits.push(ms);
      at.clock.advance(ms);
    };
    await at.deliver({ wait });
    expect(waits).toEqual([7_000]);
    expect(at.server.of('supplier')).toHaveLength(1);
  });
});

describe('many workers', () => {
  test('law 6: each record is written by one of them, once', async () => {
    await at.hub.arrive('erp', 'supplier', suppliers(90));
    let flying = 0;
    let most = 0;
    const busy = new Map<string, number>();
    at.server.faultFor = (path, body) => {
      if (!path.endsWith('/write')) return null;
      most = Math.max(most, ++flying);
      for (const { key } of body.rows ?? []) busy.set(key, (busy.get(key) ?? 0) + 1);
      return { kind: 'DELAY', ms: 250 };
    };
    at.server.afterWrite = () => {
      flying--;
    };
    const worker = async () => {
      while (await at.deliver({ limit: 10 }));
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(at.server.of('supplier')).toHaveLength(90);
    expect([...busy.values()].every((times) => times === 1)).toBe(true);
    expect(most).toBeGreaterThan(1);
    expect(await states()).toEqual({ DONE: 90 });
  });
});

describe('lanes', () => {
  test('bulk waits while anything that changes now is due', async () => {
    await at.hub.arrive('erp', 'supplier', suppliers(3));
    await at.hub.db.pool.query(`update delivery set lane = 'BACKFILL'`);
    await at.hub.arrive('erp', 'supplier', { L1: { name: 'Live', duns: duns(77) } });
    const { deliverOnce } = await import('../../sources/index.js');
    expect(await deliverOnce(at.hub.db, at.sync, { lane: 'BACKFILL' })).toBeNull();
    expect(await deliverOnce(at.hub.db, at.sync)).toMatchObject({ claimed: 1, created: 1 });
    expect(await deliverOnce(at.hub.db, at.sync, { lane: 'BACKFILL' })).toMatchObject({ claimed: 3 });
  });
});

describe('the rate of a system', () => {
  test('is kept over all workers', async () => {
    const slow = await createSyncHub({ callsPerSecond: 2, batch: 1 });
    try {
      await slow.hub.arrive('erp', 'supplier', suppliers(4));
      const startedAt = slow.clock.now().getTime();
      const before = slow.server.calls.length;
      await slow.deliverAll();
      const seconds = (slow.clock.now().getTime() - startedAt) / 1_000;
      const calls = slow.server.calls.length - before;
      expect(calls / seconds).toBeLessThanOrEqual(2.5);
    } finally {
      await slow.close();
    }
  });
});

describe('a lane of deliveries', () => {
  const paths = () => at.server.calls.map(({ path }) => path).filter((path) => /write|read/.test(path));

  test('sends the next batch before the one before is read back, and settles each', async () => {
    await at.hub.arrive('erp', 'supplier', suppliers(3));
    at.server.calls.length = 0;
    const lane = new DeliveryLane(at.hub.db, at.sync, { limit: 1 });
    // The answer of the first reading is held back until the second batch is there.
    let release: () => void = () => undefined;
    const held = new Promise<null>((resolve) => {
      release = () => resolve(null);
    });
    at.server.faultFor = (path) => (path.endsWith('/read') ? held : null);
    expect(await lane.once()).toEqual({ settled: null, more: true });
    at.server.afterWrite = async () => release();
    expect(await lane.once()).toMatchObject({ settled: { created: 1 }, more: true });
    expect(at.server.of('supplier')).toHaveLength(2);
    expect(await lane.once()).toMatchObject({ settled: { created: 1 }, more: true });
    expect(await lane.once()).toMatchObject({ settled: { created: 1 }, more: true });
    expect(await lane.once()).toEqual({ settled: null, more: false });
    expect(await states()).toEqual({ DONE: 3 });
    expect(paths()).toHaveLength(6);
    await at.hub.expectLawful();
  });

  test('a parent that was just created is there for a child in the next batch', async () => {
    await at.hub.arrive('erp', 'supplier', { P: { name: 'Parent', duns: duns(1) } });
    const lane = new DeliveryLane(at.hub.db, at.sync, { limit: 1 });
    await lane.once();
    const parent = { system: 'erp', scope: 'main', id: 'P' };
    await at.hub.arrive('erp', 'supplier', { C: { name: 'Child', duns: duns(2), parent } });
    await lane.once();
    await lane.once();
    const [one, two] = at.server.of('supplier');
    expect(two?.fields).toMatchObject({ name: 'Child', parent_id: one?.id });
    await lane.stop();
    expect(await states()).toEqual({ DONE: 2 });
  });

  const one = { V0: { name: 'Vendor 0', duns: duns(0) } };
  const two = { V1: { name: 'Vendor 1', duns: duns(1) } };
  /** The first record is sent, and the second is claimed meanwhile. */
  const oneAhead = async (first: Record<string, JsonObject> = one, second: Record<string, JsonObject> = two) => {
    await at.hub.arrive('erp', 'supplier', first);
    at.clock.advance(1);
    await at.hub.arrive('erp', 'supplier', second);
    const lane = new DeliveryLane(at.hub.db, at.sync, { limit: 1 });
    at.server.faultFor = (path) => (path.endsWith('/write') ? { kind: 'DELAY', ms: 300 } : null);
    await lane.once();
    at.server.faultFor = () => null;
    await eventually(async () => (await states()).PENDING === undefined);
    return lane;
  };
  const names = () => at.server.of('supplier').map(({ fields }) => fields.name);

  test('a child that is claimed while its parent is on its way finds it there', async () => {
    const child = { name: 'Child', duns: duns(1), parent: { system: 'erp', scope: 'main', id: 'V0' } };
    const lane = await oneAhead(one, { C: child });
    while ((await lane.once()).more);
    const [there, below] = at.server.of('supplier');
    expect(below?.fields).toMatchObject({ name: 'Child', parent_id: there?.id });
    expect(await states()).toEqual({ DONE: 2 });
  });

  test('what changes after it was claimed ahead is sent as it is now, once', async () => {
    const lane = await oneAhead();
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Renamed', duns: duns(1) } });
    while ((await lane.once()).more);
    expect(names()).toEqual(['Vendor 0', 'Renamed']);
    expect(await attempts()).toEqual(['CREATE WRITTEN', 'CREATE WRITTEN']);
    expect(await states()).toEqual({ DONE: 2 });
  });

  test.each([
    ['the system', `update sync_system set paused_at = now()`],
    ['the stream', `update sync_stream set paused_at = now() where name = 'tiny/main/supplier'`],
    ['the circuit', `update sync_system set breaker = 'OPEN', retry_at = now() + interval '1000 years'`],
  ])('what was claimed ahead is let go where %s stops meanwhile', async (_what, stop) => {
    const lane = await oneAhead();
    await at.hub.db.pool.query(stop);
    expect(await lane.once()).toMatchObject({ settled: { created: 1 } });
    expect(names()).toEqual(['Vendor 0']);
    expect(await states()).toEqual({ DONE: 1, PENDING: 1 });
    await at.hub.db.pool.query(`update sync_system set paused_at = null, breaker = 'CLOSED', retry_at = null`);
    await at.hub.db.pool.query('update sync_stream set paused_at = null');
    while ((await lane.once()).more);
    expect(await attempts()).toEqual(['CREATE WRITTEN', 'CREATE WRITTEN']);
    expect(await states()).toEqual({ DONE: 2 });
  });

  test('what is there by itself by now is not created, though it was planned ahead', async () => {
    const lane = await oneAhead();
    // Somebody made it there, and the hub links the two.
    at.clock.advance(2_000);
    at.server.create('supplier', { name: 'Vendor 1', duns: duns(1) });
    await at.pullAll();
    while ((await lane.once()).more);
    await at.deliverAll();
    expect(names().sort()).toEqual(['Vendor 0', 'Vendor 1']);
    expect(await goldens()).toBe(2);
    await at.hub.expectLawful();
  });

  test('law 6: what is on its way stays whose it is, however long the call takes', async () => {
    await at.hub.arrive('erp', 'supplier', suppliers(1));
    at.server.faultFor = (path) => (path.endsWith('/write') ? { kind: 'DELAY', ms: 600 } : null);
    const slow = at.deliver({ leaseMs: 400 });
    await eventually(async () => (await states()).IN_FLIGHT === 1);
    const leasedUntil = async () =>
      (
        await at.hub.db.pool.query<{ at: Date | null }>('select lease_until as at from delivery')
      ).rows[0]?.at?.getTime();
    const first = await leasedUntil();
    at.clock.advance(300);
    await eventually(async () => (await leasedUntil()) === (first ?? 0) + 300);
    // Longer than one lease, and there is still nothing to take over.
    at.clock.advance(300);
    expect(await at.deliver()).toBeNull();
    expect(await slow).toMatchObject({ created: 1 });
    expect(await attempts()).toEqual(['CREATE WRITTEN']);
    expect(await states()).toEqual({ DONE: 1 });
  });

  test('law 6: what was claimed ahead and is overdue belongs to whoever takes it over', async () => {
    const lane = await oneAhead();
    await eventually(async () => (await states()).DONE === 1);
    at.clock.advance(80_000);
    while (await at.deliver());
    while ((await lane.once()).more);
    expect(names()).toEqual(['Vendor 0', 'Vendor 1']);
    expect(await attempts()).toEqual(['CREATE WRITTEN', 'CREATE WRITTEN']);
    expect(await states()).toEqual({ DONE: 2 });
    await at.hub.expectLawful();
  });

  test('whoever stops lets go of what was claimed ahead', async () => {
    const lane = await oneAhead();
    await lane.stop();
    expect(await states()).toEqual({ DONE: 1, PENDING: 1 });
    await at.deliver();
    expect(names()).toEqual(['Vendor 0', 'Vendor 1']);
  });

  test('one that can not be settled is told, and goes again', async () => {
    await at.hub.arrive('erp', 'supplier', suppliers(1));
    const lane = new DeliveryLane(at.hub.db, at.sync);
    await lane.once();
    // Somebody else has its lease by now: nothing is told of it.
    await at.hub.db.pool.query(
      `update delivery set lease_id = gen_random_uuid(), lease_until = now() - interval '1 hour'`,
    );
    at.clock.advance(120_000);
    await lane.stop();
    expect(await states()).toEqual({ IN_FLIGHT: 1 });
    await at.hub.db.pool.query(`update delivery set lease_until = $1`, [new Date(at.clock.now().getTime() - 1)]);
    await at.deliverAll();
    expect(at.server.of('supplier')).toHaveLength(1);
    expect(await states()).toEqual({ DONE: 1 });
  });
});
