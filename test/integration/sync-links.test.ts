import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { findJob, resolveTask, startRematch } from '../../golden-records/index.js';
import { redrive } from '../../sources/index.js';
import { advanceJobOnce } from '../../src/workflows/advance.js';
import { goldenOf, STEWARD } from '../support/hub.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';

/** What the hub keeps in agreement stays one thing, however unlike its two sides become. */
let at: SyncHub;
beforeAll(async () => {
  at = await createSyncHub();
});
afterAll(() => at.close());
beforeEach(() => at.clear());

const NAME = 'Zephyr Surgical Instruments';
const OTHER = 'Quokka Bandages';
const DUNS = '804735132';
const request = { correlationId: 'links', reason: 'a test' };

const openTasks = async () => {
  const { rows } = await at.hub.db.pool.query<{ id: string; kind: string }>(
    `select id::text, kind from steward_task where open_key is not null order by id`,
  );
  return rows;
};
const settle = async () => {
  await at.pullAll();
  await at.deliverAll();
};
const areOne = async (system: string, externalId: string, there: string) =>
  (await goldenOf(at.hub, system, externalId)) === (await goldenOf(at.hub, 'tiny', there));

/** All pairs are compared anew. */
async function rematch() {
  const job = await startRematch(at.hub.db, STEWARD, { entityType: 'supplier', ...request });
  while ((await advanceJobOnce(at.hub.db, job.id)).advanced);
  return findJob(at.hub.db, job.id);
}

/** Nothing is left that the two have in common, and nobody owns what would be written there. */
async function becomesAnother(id: string): Promise<void> {
  await at.hub.arrive('portal', 'supplier', { V1: { name: NAME, duns: null, status: 'ACTIVE' } });
  await settle();
  at.clock.advance(10_000);
  at.server.edit(id, { name: OTHER, duns: null });
  await settle();
}

/** A record of that system, and one of the same name that the target had before. */
async function linked(system: string): Promise<string> {
  const { id } = at.server.create('supplier', { name: NAME, duns: DUNS });
  await settle();
  at.clock.advance(10_000);
  await at.hub.arrive(system, 'supplier', { V1: { name: NAME, duns: DUNS, status: 'ACTIVE' } });
  await settle();
  expect(await areOne(system, 'V1', id)).toBe(true);
  at.clock.advance(10_000);
  return id;
}

describe('linked because they were alike', () => {
  test('what is edited beyond recognition there is corrected, and nothing is created', async () => {
    const id = await linked('erp');
    at.server.edit(id, { name: OTHER, duns: null });
    await settle();
    expect(at.server.of('supplier')).toMatchObject([{ id, fields: { name: NAME } }]);
    expect(await areOne('erp', 'V1', id)).toBe(true);
    expect(await openTasks()).toEqual([]);
    await at.hub.expectLawful();
  });

  test('what its owner names otherwise is named so there, and nothing is created', async () => {
    const id = await linked('erp');
    await at.hub.arrive('erp', 'supplier', { V1: { name: OTHER, duns: null, status: 'ACTIVE' } });
    await settle();
    expect(at.server.of('supplier')).toMatchObject([{ id, fields: { name: OTHER } }]);
    expect(await openTasks()).toEqual([]);
  });

  test('where nobody corrects it a steward is asked; "no" divides them, and creates the one that is missing', async () => {
    const id = await linked('portal');
    await becomesAnother(id);
    expect(at.server.of('supplier')).toHaveLength(1);
    expect(await areOne('portal', 'V1', id)).toBe(true);
    const [task] = await openTasks();
    expect(task?.kind).toBe('QUESTIONED_MERGE');
    await at.hub.expectLawful();
    await resolveTask(at.hub.db, STEWARD, request, { taskId: task?.id ?? '', resolution: 'NOT_DUPLICATE' });
    await settle();
    expect(await areOne('portal', 'V1', id)).toBe(false);
    expect(at.server.of('supplier').map(({ fields }) => fields.name)).toEqual([OTHER, NAME]);
    expect(await openTasks()).toEqual([]);
    await at.hub.expectLawful();
  });

  test('"yes" holds through a rematch too', async () => {
    const id = await linked('portal');
    await becomesAnother(id);
    const [task] = await openTasks();
    await resolveTask(at.hub.db, STEWARD, request, { taskId: task?.id ?? '', resolution: 'KEEP' });
    expect(await rematch()).toMatchObject({ state: 'DONE', result: { moved: 0 } });
    expect(await areOne('portal', 'V1', id)).toBe(true);
    expect(await openTasks()).toEqual([]);
  });

  test('of three the one that became another goes, and the other two stay', async () => {
    const id = await linked('portal');
    await at.hub.arrive('procurement', 'supplier', { F1: { name: NAME, duns: DUNS } });
    at.clock.advance(10_000);
    await at.hub.arrive('procurement', 'supplier', { F1: { name: NAME, duns: null } });
    await becomesAnother(id);
    const tasks = await openTasks();
    expect(tasks).toMatchObject([{ kind: 'QUESTIONED_MERGE' }]);
    await resolveTask(at.hub.db, STEWARD, request, { taskId: tasks[0]?.id ?? '', resolution: 'NOT_DUPLICATE' });
    expect(await areOne('portal', 'V1', id)).toBe(false);
    expect(await goldenOf(at.hub, 'procurement', 'F1')).toBe(await goldenOf(at.hub, 'portal', 'V1'));
  });

  test('law 8: what a person joined comes apart with that word, also after an edit', async () => {
    const { id } = at.server.create('supplier', { name: NAME });
    await settle();
    at.clock.advance(10_000);
    await at.hub.arrive('portal', 'supplier', { V1: { name: NAME } });
    const [survivorId, mergedId] = [await goldenOf(at.hub, 'tiny', id), await goldenOf(at.hub, 'portal', 'V1')];
    expect(survivorId).not.toBe(mergedId);
    const merge = await at.hub.decide('MERGE', { entityType: 'supplier', survivorId, mergedIds: [mergedId] });
    at.clock.advance(10_000);
    at.server.edit(id, { website: 'https://zephyr.example' });
    await settle();
    await at.hub.decide('UNDO', { operationId: merge.operation.id });
    expect(await areOne('portal', 'V1', id)).toBe(false);
  });

  test('identifiers that clash part them; once a person says that they are two, the one that is missing is created', async () => {
    const id = await linked('erp');
    at.server.edit(id, { name: OTHER, duns: '081466849' });
    await settle();
    expect(await areOne('erp', 'V1', id)).toBe(false);
    expect(at.server.of('supplier')).toHaveLength(1);
    const [task] = await openTasks();
    await resolveTask(at.hub.db, STEWARD, request, { taskId: task?.id ?? '', resolution: 'NOT_DUPLICATE' });
    await settle();
    expect(at.server.of('supplier').map(({ fields }) => fields.name)).toEqual([OTHER, NAME]);
    await at.hub.expectLawful();
  });

  test('"yes" is asked once', async () => {
    const id = await linked('portal');
    await becomesAnother(id);
    const [task] = await openTasks();
    await resolveTask(at.hub.db, STEWARD, request, { taskId: task?.id ?? '', resolution: 'KEEP' });
    at.clock.advance(10_000);
    at.server.edit(id, { name: `${OTHER} Inc` });
    await settle();
    expect(await openTasks()).toEqual([]);
    expect(await areOne('portal', 'V1', id)).toBe(true);
  });

  test('whoever is alone again is created anew, once its counterpart is gone', async () => {
    const id = await linked('erp');
    const { id: mine } = await at.hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { externalId: 'V1' } });
    const golden = await goldenOf(at.hub, 'tiny', id);
    await at.hub.decide('SPLIT', { entityType: 'supplier', id: golden, sourceRecordIds: [mine] });
    await settle();
    expect(at.server.of('supplier')).toHaveLength(2);
  });
});

test('a create that was refused is settled once what was in its way is linked', async () => {
  at.server.refuses = () => 'this number is taken';
  await at.hub.arrive('erp', 'supplier', { V1: { name: NAME, duns: DUNS, status: 'ACTIVE' } });
  await at.deliverAll();
  expect(await openTasks()).toMatchObject([{ kind: 'DEAD_LETTER' }]);
  at.server.refuses = undefined;
  const { id } = at.server.create('supplier', { name: NAME, duns: DUNS });
  await settle();
  expect(await areOne('erp', 'V1', id)).toBe(true);
  expect(await openTasks()).toEqual([]);
  expect(at.server.of('supplier')).toHaveLength(1);
  const { rows } = await at.hub.db.pool.query(`select state from delivery where state <> 'DONE'`);
  expect(rows).toEqual([]);
});

test('what the hub created and a person splits off is created anew', async () => {
  await at.hub.arrive('erp', 'supplier', { V1: { name: NAME, duns: DUNS, status: 'ACTIVE' } });
  await settle();
  const [created] = at.server.of('supplier');
  const { id } = await at.hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { system: 'tiny' } });
  const golden = await goldenOf(at.hub, 'erp', 'V1');
  await at.hub.decide('SPLIT', { entityType: 'supplier', id: golden, sourceRecordIds: [id] });
  await settle();
  expect(await areOne('erp', 'V1', created?.id ?? '')).toBe(false);
  expect(at.server.of('supplier')).toHaveLength(2);
});

test('what the hub created is still its own after all pairs were compared anew', async () => {
  await at.hub.arrive('portal', 'supplier', { V1: { name: NAME, status: 'ACTIVE' } });
  await settle();
  const [created] = at.server.of('supplier');
  at.clock.advance(10_000);
  at.server.edit(created?.id ?? '', { name: OTHER });
  await settle();
  expect(await areOne('portal', 'V1', created?.id ?? '')).toBe(true);
  expect(await rematch()).toMatchObject({ state: 'DONE', result: { moved: 0 } });
  await settle();
  expect(await areOne('portal', 'V1', created?.id ?? '')).toBe(true);
  expect(at.server.of('supplier')).toHaveLength(1);
});

test.each(['is read back', 'comes by a pull', 'is found after a crash'])(
  'what a system fills in by itself is nobody’s word, be it that the new record %s; what is changed there is',
  async (way) => {
    at.server.afterWrite = () => {
      for (const { id, fields } of at.server.of('supplier'))
        if (fields.currency === undefined) at.server.edit(id, { currency: 'USD' });
    };
    at.server.faultFor = (path) => {
      if (way === 'comes by a pull' && path.endsWith('/read')) return { kind: 'STATUS', status: 500 };
      return way === 'is found after a crash' && path.endsWith('/write') ? { kind: 'CUT_AFTER' } : null;
    };
    const earlier = { sourceTime: new Date(at.clock.now().getTime() - 3_600_000).toISOString() };
    await at.hub.arrive('erp', 'supplier', { V1: { name: NAME, duns: DUNS, status: 'ACTIVE' } }, earlier);
    await at.deliver();
    at.server.faultFor = () => null;
    if (way === 'is found after a crash') await at.deliverAll();
    await settle();
    const [created] = at.server.of('supplier');
    expect(created).toMatchObject({ fields: { currency: 'USD' } });
    expect(await areOne('erp', 'V1', created?.id ?? '')).toBe(true);
    await at.hub.arrive('portal', 'supplier', { P1: { name: NAME, duns: DUNS, currency: 'EUR' } }, earlier);
    await settle();
    expect(created).toMatchObject({ fields: { currency: 'EUR' } });
    at.clock.advance(10_000);
    at.server.edit(created?.id ?? '', { currency: 'GBP' });
    await settle();
    const { rows } = await at.hub.db.pool.query(`select attributes->>'currency' as currency from golden_record`);
    expect(rows).toEqual([{ currency: 'GBP' }]);
  },
);

describe('what the hub created and can not read', () => {
  const erp = (name: string) => at.hub.arrive('erp', 'supplier', { V1: { name, duns: DUNS, status: 'ACTIVE' } });
  const leftOut = () => {
    at.server.faultFor = (path) => (/(page|read|list)$/.test(path) ? { kind: 'LIE' } : null);
  };
  const dead = async () =>
    (await at.hub.db.pool.query(`select error->>'code' as code from delivery where state = 'DEAD'`)).rows;

  test('as it is left out of what is read, is created once and told of; once it comes into sight it is its own', async () => {
    leftOut();
    for (const name of [NAME, `${NAME} Ltd`, `${NAME} AS`, `${NAME} plc`]) {
      await erp(name);
      await settle();
      expect(await dead()).toEqual([{ code: 'OUT_OF_SIGHT' }]);
    }
    expect(at.server.of('supplier')).toHaveLength(1);
    const [created] = at.server.of('supplier');
    at.server.faultFor = () => null;
    at.server.edit(created?.id ?? '', { website: 'https://zephyr.example.com' });
    await settle();
    expect(await areOne('erp', 'V1', created?.id ?? '')).toBe(true);
    expect(await dead()).toEqual([]);
    expect(at.server.of('supplier')).toMatchObject([{ fields: { name: `${NAME} plc` } }]);
  });

  test.each(['a redrive', 'a pull'])('is linked by %s once it is no longer left out', async (way) => {
    leftOut();
    await erp(NAME);
    await settle();
    const [created] = at.server.of('supplier');
    at.server.faultFor = () => null;
    if (way === 'a redrive') await redrive(at.hub.db, STEWARD, { ...request, filter: { code: 'OUT_OF_SIGHT' } });
    else at.server.edit(created?.id ?? '', {});
    await settle();
    expect(await areOne('erp', 'V1', created?.id ?? '')).toBe(true);
    expect(await dead()).toEqual([]);
    expect(await openTasks()).toEqual([]);
    expect(at.server.writes).toHaveLength(1);
  });

  test('as it was deleted at once, is created anew by a later change', async () => {
    at.server.afterWrite = () => at.server.records.clear();
    await erp(NAME);
    await settle();
    at.server.afterWrite = undefined;
    for (const name of [`${NAME} Ltd`, `${NAME} AS`]) {
      await erp(name);
      await settle();
      expect(await dead()).toEqual([]);
    }
    expect(at.server.of('supplier')).toMatchObject([{ fields: { name: `${NAME} AS` } }]);
  });
});
