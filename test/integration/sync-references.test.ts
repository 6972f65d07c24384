import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { resolveTask } from '../../golden-records/index.js';
import { discard, healOnce, sweep } from '../../sources/index.js';
import { STEWARD } from '../support/hub.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';

/** What refers to a record that the target lacks: it is left out, and written once there is one. */
let at: SyncHub;
beforeAll(async () => {
  at = await createSyncHub();
});
afterAll(() => at.close());
beforeEach(() => at.clear());

const request = { correlationId: 'references', reason: 'a test' };
const ZEPHYR = { name: 'Zephyr Surgical', duns: '804735132' };
const QUOKKA = { name: 'Quokka Bandages', duns: '150483782' };

const settle = async (hub = at) => {
  await hub.pullAll();
  await hub.deliverAll();
};
const tasks = async () =>
  (await at.hub.db.pool.query(`select id::text, kind from steward_task where open_key is not null`)).rows;
const idOf = (name: string, hub = at) => {
  const [record] = hub.server.byName(name);
  expect(record).toBeDefined();
  return record?.id ?? '';
};
const parentOf = (name: string, hub = at) => hub.server.byName(name)[0]?.fields.parent_id;

test('the parent was in doubt and is certain now', async () => {
  const website = 'https://quokka.example.com';
  await at.hub.arrive('portal', 'supplier', { P: { name: 'Quokka Bandages International', website } });
  await settle();
  at.clock.advance(10_000);
  await at.hub.arrive('erp', 'supplier', { B: { name: 'Quokka Bandages', website }, A: { ...ZEPHYR, parent: 'B' } });
  await settle();
  const [task] = await tasks();
  expect(task?.kind).toBe('POSSIBLE_MATCH');
  expect(parentOf('Zephyr Surgical')).toBeUndefined();
  await resolveTask(at.hub.db, STEWARD, request, { taskId: task?.id ?? '', resolution: 'NOT_DUPLICATE' });
  await settle();
  expect(parentOf('Zephyr Surgical')).toBe(idOf('Quokka Bandages'));
});

test('the parent is made there by somebody', async () => {
  const other = await createSyncHub({ creates: false });
  try {
    other.server.create('supplier', ZEPHYR);
    await settle(other);
    other.clock.advance(10_000);
    await other.hub.arrive('erp', 'supplier', { B: QUOKKA, A: { ...ZEPHYR, parent: 'B' } });
    await settle(other);
    const open = await other.hub.db.pool.query(`select waits_for from delivery where waits_for is not null`);
    expect(open.rows).toEqual([{ waits_for: expect.stringMatching(/^golden:/) }]);
    other.clock.advance(10_000);
    const { id } = other.server.create('supplier', QUOKKA);
    await settle(other);
    expect(parentOf('Zephyr Surgical', other)).toBe(id);
  } finally {
    await other.close();
  }
});

test('the parent is merged into one that is there', async () => {
  const other = await createSyncHub({ creates: false });
  try {
    other.server.create('supplier', ZEPHYR);
    const { id } = other.server.create('supplier', { name: 'Kookaburra', duns: '100000009' });
    await settle(other);
    other.clock.advance(10_000);
    await other.hub.arrive('erp', 'supplier', { B: QUOKKA, A: { ...ZEPHYR, parent: 'B' } });
    await settle(other);
    const goldens = await other.hub.db.pool.query<{ id: string; name: string }>(
      `select id::text, attributes->>'name' as name from golden_record`,
    );
    const golden = (name: string) => goldens.rows.find((row) => row.name === name)?.id ?? '';
    await other.hub.decide('MERGE', {
      entityType: 'supplier',
      survivorId: golden('Kookaburra'),
      mergedIds: [golden('Quokka Bandages')],
    });
    expect(await healOnce(other.hub.db, other.sync)).toEqual({ healed: expect.any(Number) });
    await settle(other);
    expect(parentOf('Zephyr Surgical', other)).toBe(id);
    expect(await healOnce(other.hub.db, other.sync)).toEqual({ healed: 0 });
  } finally {
    await other.close();
  }
});

test('the parent was given up and is created in the end', async () => {
  at.server.refuses = ({ name }) => (name === 'Quokka Bandages' ? 'no' : undefined);
  await at.hub.arrive('erp', 'supplier', { B: QUOKKA, A: { ...ZEPHYR, parent: 'B' } });
  for (let round = 0; round < 4; round++) {
    await at.deliver();
    at.clock.advance(31_000);
  }
  await discard(at.hub.db, STEWARD, { ...request, filter: { system: 'tiny' } });
  await settle();
  at.server.refuses = undefined;
  await at.hub.arrive('erp', 'supplier', { B: { ...QUOKKA, name: 'Quokka Ltd' } });
  await settle();
  expect(parentOf('Zephyr Surgical')).toBe(idOf('Quokka Ltd'));
});

test('the id of a parent that is known to be deleted there is not written', async () => {
  await at.hub.arrive('erp', 'supplier', { B: QUOKKA, A: { ...ZEPHYR, parent: 'B' } });
  await settle();
  expect(parentOf('Zephyr Surgical')).toBe(idOf('Quokka Bandages'));
  at.server.remove(idOf('Quokka Bandages'));
  at.clock.advance(3_600_000);
  for (const stream of at.sync.connector.streams) await sweep(at.hub.db, at.sync, stream);
  at.server.edit(idOf('Zephyr Surgical'), { parent_id: null });
  at.server.writes.length = 0;
  await settle();
  expect(at.server.writes).toEqual([]);
});

test('two that refer to each other are both created, and refer to each other', async () => {
  await at.hub.arrive('erp', 'supplier', { A: { ...ZEPHYR, parent: 'B' }, B: { ...QUOKKA, parent: 'A' } });
  await settle();
  expect(at.server.of('supplier')).toHaveLength(2);
  expect(parentOf('Zephyr Surgical')).toBe(idOf('Quokka Bandages'));
  expect(parentOf('Quokka Bandages')).toBe(idOf('Zephyr Surgical'));
  expect(await at.deliverAll()).toEqual([]);
});

test('so are three in a circle', async () => {
  const third = { name: 'Wombat Orthopaedics', duns: '100000017' };
  await at.hub.arrive('erp', 'supplier', {
    A: { ...ZEPHYR, parent: 'B' },
    B: { ...QUOKKA, parent: 'C' },
    C: { ...third, parent: 'A' },
  });
  await settle();
  expect(at.server.of('supplier')).toHaveLength(3);
  expect(parentOf(third.name)).toBe(idOf('Zephyr Surgical'));
  expect(parentOf('Zephyr Surgical')).toBe(idOf('Quokka Bandages'));
  expect(parentOf('Quokka Bandages')).toBe(idOf(third.name));
});
