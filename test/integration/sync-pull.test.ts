import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RejectedRecord, resolveTask } from '../../golden-records/index.js';
import {
  checkDrift,
  healOnce,
  hint,
  openSystem,
  pullDueOnce,
  pullOnce,
  replay,
  resumeStream,
  setCode,
  sweep,
  syncStatus,
} from '../../sources/index.js';
import { eventually, goldenOf, STEWARD } from '../support/hub.js';
import { silentLog } from '../support/log.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';

let at: SyncHub;
beforeAll(async () => {
  at = await createSyncHub({ pageSize: 10 });
});
afterAll(() => at.close());
beforeEach(() => at.clear());

const stream = () => {
  const [first] = at.sync.connector.streams;
  if (!first) throw new Error('the tiny connector has a stream');
  return first;
};
const names = async () => {
  const { rows } = await at.hub.db.pool.query<{ name: string }>(
    `select attributes->>'name' as name from source_record where system = 'tiny' and state = 'ACTIVE' order by 1`,
  );
  return rows.map(({ name }) => name);
};
const openTasks = async () => {
  const { rows } = await at.hub.db.pool.query<{ id: string; kind: string; details: Record<string, unknown> }>(
    `select id, kind, details from steward_task where state = 'OPEN' order by kind`,
  );
  return rows;
};
const vendor = (nth: number) => ({ name: `Vendor ${nth}`, duns: String(100_000_000 + nth) });

describe('pull', () => {
  test('what was there comes by the backfill, what changes by the live lane, each page with its cursor', async () => {
    for (let nth = 0; nth < 35; nth++) at.server.create('supplier', vendor(nth));
    await at.pullAll();
    expect(await names()).toHaveLength(35);
    at.server.edit('7', { name: 'Vendor Seven' });
    at.server.create('supplier', vendor(99));
    await at.pullAll();
    expect(await names()).toContain('Vendor Seven');
    expect(await names()).toHaveLength(36);
    await at.hub.expectLawful();
  });

  test('law 6: a stream stays whose it is, however long a call takes', async () => {
    at.server.create('supplier', vendor(1));
    at.clock.advance(1_500);
    at.server.faultFor = () => ({ kind: 'DELAY', ms: 300 });
    const slow = pullDueOnce(at.hub.db, at.sync, { leaseMs: 200, streams: ['tiny/main/supplier'] });
    const leasedUntil = async () => {
      const { rows } = await at.hub.db.pool.query<{ at: Date | null }>(
        `select lease_until as at from sync_stream where name = 'tiny/main/supplier'`,
      );
      return rows[0]?.at?.getTime();
    };
    const first = await eventually(leasedUntil);
    at.clock.advance(150);
    await eventually(async () => (await leasedUntil()) === first + 150);
    at.clock.advance(150);
    expect(await pullDueOnce(at.hub.db, at.sync, { streams: ['tiny/main/supplier'] })).toBeNull();
    expect(await slow).toMatchObject({ kind: 'PULLED', step: { records: 1 } });
    expect(await leasedUntil()).toBeUndefined();
  });

  test('a hint that comes while its stream is pulled makes it due again', async () => {
    await at.pullAll();
    at.clock.advance(1_500);
    const only = { streams: ['tiny/main/supplier'] };
    at.server.faultFor = async () => {
      at.server.faultFor = () => null;
      await hint(at.hub.db, only.streams);
      return null;
    };
    expect(await pullDueOnce(at.hub.db, at.sync, only)).toMatchObject({ kind: 'PULLED' });
    expect(await pullDueOnce(at.hub.db, at.sync, only)).toMatchObject({ kind: 'PULLED' });
    expect(await pullDueOnce(at.hub.db, at.sync, only)).toBeNull();
  });

  test('a change in the second that a poll looks at is not missed', async () => {
    await at.pullAll();
    at.server.create('supplier', vendor(1));
    await pullDueOnce(at.hub.db, at.sync);
    at.clock.advance(400);
    at.server.create('supplier', vendor(2));
    at.clock.advance(700);
    await pullDueOnce(at.hub.db, at.sync);
    at.clock.advance(1_000);
    await pullDueOnce(at.hub.db, at.sync);
    expect(await names()).toEqual(['Vendor 1', 'Vendor 2']);
  });

  test('a transaction that commits late, with an early time, is not missed', async () => {
    await at.pullAll();
    at.clock.advance(10_000);
    const late = at.clock
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, '.000Z');
    at.clock.advance(3_000);
    await pullDueOnce(at.hub.db, at.sync);
    at.server.create('supplier', vendor(1)).modified = late;
    at.clock.advance(1_000);
    await pullDueOnce(at.hub.db, at.sync);
    expect(await names()).toEqual(['Vendor 1']);
  });

  test('law 7: nothing new is no write', async () => {
    for (let nth = 0; nth < 5; nth++) at.server.create('supplier', vendor(nth));
    await at.pullAll();
    const count = async () => (await at.hub.db.pool.query(`select count(*)::int as n from operation`)).rows[0];
    const before = await count();
    await at.pullAll();
    expect(await count()).toEqual(before);
  });

  test('law 10: a stream that fails backs off by itself, says why, and goes on where it was', async () => {
    await at.pullAll();
    at.server.faultFor = (path) => (path.endsWith('/page') ? { kind: 'STATUS', status: 500 } : null);
    at.server.create('supplier', vendor(1));
    at.clock.advance(5_000);
    expect(await pullDueOnce(at.hub.db, at.sync)).toMatchObject({ kind: 'FAILED', error: { code: 'SYSTEM_FAILED' } });
    expect(await pullDueOnce(at.hub.db, at.sync)).toBeNull();
    at.server.faultFor = () => null;
    at.clock.advance(120_000);
    await at.pullAll();
    expect(await names()).toEqual(['Vendor 1']);
  });
});

describe('the next page is asked for while the present one is taken in', () => {
  const pages = () => at.server.calls.filter(({ path }) => path.endsWith('/page')).length;
  const next = () => pullOnce(at.hub.db, at.sync, stream());
  const changed = async () => {
    await at.pullAll();
    for (let nth = 0; nth < 35; nth++) at.server.create('supplier', vendor(nth));
    at.clock.advance(2_000);
  };

  test('each page is asked for once, one ahead, and everything arrives', async () => {
    await changed();
    const before = pages();
    expect(await next()).toMatchObject({ records: 10, more: true });
    await eventually(() => pages() === before + 2 || undefined);
    expect(await names()).toHaveLength(10);
    while ((await next())?.more);
    expect(pages()).toBe(before + 4);
    expect(await names()).toHaveLength(35);
  });

  test('one that fails is told to who comes for it, and asked for again', async () => {
    await changed();
    const before = pages();
    at.server.faultFor = (path) =>
      path.endsWith('/page') && pages() === before + 2 ? { kind: 'STATUS', status: 500 } : null;
    await next();
    await eventually(() => pages() === before + 2 || undefined);
    expect(await names()).toHaveLength(10);
    await expect(next()).rejects.toMatchObject({ code: 'SYSTEM_FAILED' });
    at.server.faultFor = () => null;
    while ((await next())?.more);
    expect(await names()).toHaveLength(35);
  });

  test('another process goes on from the cursor, whatever this one has in hand', async () => {
    await changed();
    await next();
    const other = openSystem('tiny', 'Tiny', at.sync.connector, { log: silentLog, env: {} });
    expect(await pullOnce(at.hub.db, other, stream())).toMatchObject({ records: 10, more: true });
    expect(await names()).toHaveLength(20);
    // What this one had asked for is behind the cursor now.
    while ((await next())?.more);
    expect(await names()).toHaveLength(35);
    await other.open.close();
  });
});

describe('a create and a pull at once', () => {
  test('law 6: what a pull brings before the create has been answered is no second golden record', async () => {
    await at.pullAll();
    at.server.afterWrite = async () => {
      at.server.afterWrite = undefined;
      at.clock.advance(2_000);
      await pullOnce(at.hub.db, at.sync, stream());
    };
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Only A Name' } });
    await at.deliverAll();
    await at.pullAll();
    const [record] = at.server.of('supplier');
    expect(await goldenOf(at.hub, 'tiny', record?.id ?? '')).toBe(await goldenOf(at.hub, 'erp', 'V1'));
    expect(at.server.of('supplier')).toHaveLength(1);
    await at.hub.expectLawful();
  });

  test('law 3: the link of a created record stands when either side changes beyond recognition', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Only A Name' } });
    await at.deliverAll();
    const [record] = at.server.of('supplier');
    at.clock.advance(10_000);
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Renamed' } });
    at.server.edit(record?.id ?? '', { name: 'Something else', website: 'https://x.example' });
    await at.pullAll();
    await at.deliverAll();
    expect(await goldenOf(at.hub, 'tiny', record?.id ?? '')).toBe(await goldenOf(at.hub, 'erp', 'V1'));
    expect(record?.fields.name).toBe('Renamed');
    await at.hub.expectLawful();
  });
});

describe('sweep', () => {
  beforeEach(async () => {
    for (let nth = 0; nth < 30; nth++) at.server.create('supplier', vendor(nth));
    await at.pullAll();
  });
  const ids = () => at.server.of('supplier').map(({ id }) => id);
  const sweepNow = () => sweep(at.hub.db, at.sync, stream());
  const replayAll = () =>
    replay(at.hub.db, STEWARD, at.sync, stream(), { from: '2026-01-01', to: '2027-01-01', correlationId: 'c' });

  test('a delete is found, and its link stays', async () => {
    const [gone = ''] = ids();
    at.server.remove(gone);
    expect(await sweepNow()).toMatchObject({ deleted: 1, refused: 0 });
    expect(await names()).toHaveLength(29);
    await at.hub.expectLawful();
  });

  test('more than its share is refused, until a steward says yes, once', async () => {
    const doomed = ids().slice(0, 10);
    for (const id of doomed) at.server.remove(id);
    expect(await sweepNow()).toMatchObject({ deleted: 0, refused: 10 });
    const [task] = await openTasks();
    expect(task).toMatchObject({ kind: 'MASS_DELETE', details: { missing: 10, known: 30 } });
    const request = { correlationId: 'c' };
    await resolveTask(at.hub.db, STEWARD, request, { taskId: task?.id ?? '', resolution: 'ACCEPT_PROPOSED' });
    expect(await sweepNow()).toMatchObject({ deleted: 10 });
    for (const id of ids().slice(0, 10)) at.server.remove(id);
    expect(await sweepNow()).toMatchObject({ deleted: 0, refused: 10 });
  });

  test('an answer that was never needed holds for nothing later', async () => {
    const [doomed, kept] = [ids().slice(0, 10), structuredClone(at.server.records)];
    for (const id of doomed) at.server.remove(id);
    await sweepNow();
    const [task] = await openTasks();
    const request = { correlationId: 'c' };
    await resolveTask(at.hub.db, STEWARD, request, { taskId: task?.id ?? '', resolution: 'ACCEPT_PROPOSED' });
    // They are back before it is swept again.
    for (const [id, record] of kept) at.server.records.set(id, record);
    expect(await sweepNow()).toMatchObject({ deleted: 0, refused: 0 });
    for (const id of doomed) at.server.remove(id);
    expect(await sweepNow()).toMatchObject({ deleted: 0, refused: 10 });
  });

  test('law 6: what it finds of a create that is on its way is no second golden record', async () => {
    at.server.afterWrite = async () => {
      at.server.afterWrite = undefined;
      await sweepNow();
    };
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Only A Name' } });
    await at.deliverAll();
    await at.pullAll();
    const record = at.server.byName('Only A Name');
    expect(record).toHaveLength(1);
    expect(await goldenOf(at.hub, 'tiny', record[0]?.id ?? '')).toBe(await goldenOf(at.hub, 'erp', 'V1'));
    await at.hub.expectLawful();
  });

  test('stops where the stream is paused, and its failure stands until the next one', async () => {
    const status = async () =>
      (await syncStatus(at.hub.db, [at.sync])).streams.find(({ name }) => name === 'tiny/main/supplier');
    at.server.faultFor = (path) => (path.endsWith('/list') ? { kind: 'STATUS', status: 500 } : null);
    await at.hub.db.pool.query(
      `update sync_stream set sweep_due_at = $1, due_at = $1::timestamptz + interval '1 minute'`,
      [at.clock.now()],
    );
    const only = { streams: ['tiny/main/supplier'] };
    expect(await pullDueOnce(at.hub.db, at.sync, only)).toMatchObject({ kind: 'FAILED' });
    await at.hub.db.pool.query('update sync_stream set due_at = $1', [at.clock.now()]);
    expect(await pullDueOnce(at.hub.db, at.sync, only)).toMatchObject({ kind: 'PULLED' });
    expect(await status()).toMatchObject({ state: 'FAILING', failures: 1, lastError: { code: 'SYSTEM_FAILED' } });
    at.server.faultFor = (path) => {
      if (path.endsWith('/list')) void at.hub.db.pool.query('update sync_stream set paused_at = now()');
      return path.endsWith('/list') ? { kind: 'DELAY', ms: 100 } : null;
    };
    for (const id of ids().slice(0, 2)) at.server.remove(id);
    await expect(sweepNow()).rejects.toMatchObject({ code: 'STREAM_PAUSED' });
    expect(await names()).toHaveLength(30);
    at.server.faultFor = () => null;
    await at.hub.db.pool.query('update sync_stream set paused_at = null, sweep_due_at = $1', [at.clock.now()]);
    await at.hub.db.pool.query(`update sync_stream set due_at = $1::timestamptz + interval '1 minute'`, [
      at.clock.now(),
    ]);
    expect(await pullDueOnce(at.hub.db, at.sync, only)).toMatchObject({ kind: 'SWEPT' });
    expect(await status()).toMatchObject({ state: 'RUNNING', failures: 0, lastError: null });
  });

  test('a listing that lies deletes nothing', async () => {
    at.server.faultFor = (path) => (path.endsWith('/list') ? { kind: 'LIE' } : null);
    expect(await sweepNow()).toMatchObject({ deleted: 0, refused: 30 });
    expect(await names()).toHaveLength(30);
  });

  test('a system set back to an older state says what it has now', async () => {
    const [id = ''] = ids();
    const old = structuredClone(at.server.records.get(id));
    at.clock.advance(60_000);
    at.server.edit(id, { name: 'Vendor Edited' });
    await at.pullAll();
    at.clock.advance(60_000);
    if (old) at.server.records.set(id, old);
    expect(await sweepNow()).toMatchObject({ recovered: 1 });
    expect(await names()).not.toContain('Vendor Edited');
    // The second look finds nothing left to say.
    expect(await sweepNow()).toMatchObject({ recovered: 0 });
  });

  test('a date that moves without a change is read once more, by one sweep; a system set back to it is still found out', async () => {
    const [id = ''] = ids();
    const reads = () => at.server.calls.filter(({ path }) => path.endsWith('/read')).length;
    const sourceTime = async () => {
      const { rows } = await at.hub.db.pool.query(`select source_time from source_record where external_id = $1`, [id]);
      return rows;
    };
    const before = await sourceTime();
    at.clock.advance(60_000);
    at.server.edit(id, {});
    const touched = structuredClone(at.server.records.get(id));
    for (const expected of [1, 0, 0]) {
      const already = reads();
      expect(await sweepNow()).toMatchObject({ recovered: 0 });
      expect(reads() - already).toBe(expected);
    }
    // It is no testimony: what the record says is as old as it was.
    expect(await sourceTime()).toEqual(before);
    at.clock.advance(60_000);
    at.server.edit(id, { name: 'Vendor Edited' });
    await at.pullAll();
    if (touched) at.server.records.set(id, touched);
    expect(await sweepNow()).toMatchObject({ recovered: 1 });
    expect(await names()).not.toContain('Vendor Edited');
  });

  test('one that is held is not read by every sweep either, and who is being changed is read by the next', async () => {
    const held = at.server.create('supplier', { name: null, duns: 'x' }).id;
    await at.pullAll();
    const [known = ''] = ids();
    at.clock.advance(60_000);
    at.server.edit(held, {});
    at.server.edit(known, {});
    const reads = async () => {
      const before = at.server.calls.filter(({ path }) => path.endsWith('/read')).length;
      await sweepNow();
      return at.server.calls.filter(({ path }) => path.endsWith('/read')).length - before;
    };
    const other = await at.hub.db.pool.connect();
    await other.query('begin');
    await other.query(`select from source_record where external_id = $1 for update`, [known]);
    expect(await reads()).toBe(1);
    await other.query('rollback');
    other.release();
    expect(await reads()).toBe(1);
    expect(await reads()).toBe(0);
  });

  test('law 3: what a system that was set back says counts as old as it is, also when it is replayed', async () => {
    const [id = ''] = ids();
    at.server.edit(id, { currency: 'USD' });
    await at.pullAll();
    const backup = structuredClone(at.server.records.get(id));
    at.clock.advance(60_000);
    await at.hub.arrive('erp', 'supplier', { V0: { ...vendor(0), currency: 'EUR' } });
    await at.deliverAll();
    await at.pullAll();
    expect(at.server.records.get(id)?.fields.currency).toBe('EUR');
    at.clock.advance(60_000);
    if (backup) at.server.records.set(id, backup);
    expect(await sweepNow()).toMatchObject({ recovered: 1 });
    const currencies = async () =>
      (
        await at.hub.db.pool.query(
          `select g.attributes->>'currency' as golden, s.attributes->>'currency' as there from source_record s
             join golden_record g on g.entity_type = s.entity_type and g.id = s.golden_record_id
           where s.system = 'tiny' and s.external_id = $1`,
          [id],
        )
      ).rows;
    expect(await currencies()).toEqual([{ golden: 'EUR', there: 'USD' }]);
    expect(await replayAll()).toMatchObject({ changed: 0 });
    expect(await currencies()).toEqual([{ golden: 'EUR', there: 'USD' }]);
    await at.deliverAll();
    expect(at.server.records.get(id)?.fields.currency).toBe('EUR');
    await at.hub.expectLawful();
  });

  test('an older state that was rejected is not too old to be replayed', async () => {
    const [id = ''] = ids();
    const backup = structuredClone(at.server.records.get(id));
    at.clock.advance(60_000);
    at.server.edit(id, { name: 'Vendor Edited' });
    await at.pullAll();
    if (backup) at.server.records.set(id, backup);
    const map = () => {
      throw new RejectedRecord('RECORD_REJECTED', 'not yet');
    };
    await sweep(at.hub.db, at.sync, { ...stream(), mappingWith: () => ({ version: 'strict', map }) });
    expect(await names()).toContain('Vendor Edited');
    expect(await openTasks()).toMatchObject([{ kind: 'REJECTED_RECORD' }]);
    expect(await replayAll()).toMatchObject({ changed: 1 });
    expect(await names()).not.toContain('Vendor Edited');
    expect(await openTasks()).toEqual([]);
  });
});

describe('code lists', () => {
  test('an unknown code asks once, and its answer heals what waited for it', async () => {
    at.server.create('supplier', { ...vendor(1), form: '4' });
    at.server.create('supplier', { ...vendor(2), form: '4' });
    await at.pullAll();
    expect(await openTasks()).toMatchObject([
      { kind: 'UNKNOWN_CODE', details: { system: 'tiny', list: 'forms', value: '4', direction: 'INWARD' } },
    ]);
    await setCode(at.hub.db, STEWARD, 'c', { system: 'tiny', list: 'forms', code: '4', word: 'GmbH' });
    expect(await openTasks()).toEqual([]);
    expect(await healOnce(at.hub.db, at.sync)).toEqual({ healed: 2 });
    const { rows } = await at.hub.db.pool.query(`select attributes->>'legalForm' as form from golden_record`);
    expect(rows).toEqual([{ form: 'GmbH' }, { form: 'GmbH' }]);
    expect(await healOnce(at.hub.db, at.sync)).toEqual({ healed: 0 });
  });

  test('what is under way when the answer comes goes again', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', legalForm: 'AG' } });
    at.server.afterWrite = async () => {
      at.server.afterWrite = undefined;
      await setCode(at.hub.db, STEWARD, 'c', { system: 'tiny', list: 'forms', code: '7', word: 'AG' });
      expect(await healOnce(at.hub.db, at.sync)).toEqual({ healed: 1 });
    };
    await at.deliverAll();
    expect(at.server.of('supplier')).toMatchObject([{ fields: { name: 'Acme', form: '7' } }]);
  });

  test('who waits for two codes waits on for the second', async () => {
    at.server.create('supplier', { ...vendor(1), form: '4' });
    await at.pullAll();
    await at.hub.db.pool.query(
      `insert into code_wait (system, list, direction, value, entity_type, record_id, since)
         select system, 'others', direction, '9', entity_type, record_id, since from code_wait`,
    );
    await setCode(at.hub.db, STEWARD, 'c', { system: 'tiny', list: 'forms', code: '4', word: 'GmbH' });
    expect(await healOnce(at.hub.db, at.sync)).toEqual({ healed: 1 });
    const waiting = async () => (await at.hub.db.pool.query('select list from code_wait')).rows;
    expect(await waiting()).toEqual([{ list: 'others' }]);
    await setCode(at.hub.db, STEWARD, 'c', { system: 'tiny', list: 'others', code: '9', word: 'X' });
    expect(await healOnce(at.hub.db, at.sync)).toEqual({ healed: 1 });
    expect(await waiting()).toEqual([]);
  });

  test('of several codes that mean the word and none of which is preferred, the lowest number is written', async () => {
    for (const code of ['10', '9', 'X'])
      await setCode(at.hub.db, STEWARD, 'c', { system: 'tiny', list: 'forms', code, word: 'AG' });
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', legalForm: 'AG' } });
    await at.deliverAll();
    expect(at.server.of('supplier')).toMatchObject([{ fields: { form: '9' } }]);
  });

  test('outward too: the rest is written, the attribute follows', async () => {
    await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', legalForm: 'AG' } });
    await at.deliverAll();
    expect(at.server.of('supplier')).toMatchObject([{ fields: { name: 'Acme' } }]);
    expect(await openTasks()).toMatchObject([{ details: { value: 'AG', direction: 'OUTWARD' } }]);
    await setCode(at.hub.db, STEWARD, 'c', { system: 'tiny', list: 'forms', code: '7', word: 'AG' });
    await healOnce(at.hub.db, at.sync);
    await at.deliverAll();
    expect(at.server.of('supplier')).toMatchObject([{ fields: { name: 'Acme', form: '7' } }]);
  });
});

describe('drift', () => {
  test('a field that is gone stops the streams that use it, and no others, until it is back', async () => {
    const { reads = {} } = stream();
    const all = Object.fromEntries((reads.supplier ?? []).map((field) => [field, 'char']));
    at.server.schema = { supplier: all, other: { x: 'char' } };
    expect(await checkDrift(at.hub.db, at.sync)).toEqual([]);
    const { website: _gone, ...rest } = all;
    at.server.schema = { supplier: rest };
    expect(await checkDrift(at.hub.db, at.sync)).toEqual(['tiny/main/supplier']);
    expect(await openTasks()).toMatchObject([
      { kind: 'SCHEMA_DRIFT', details: { fields: [{ model: 'supplier', field: 'website', was: 'char', is: null }] } },
    ]);
    at.clock.advance(60_000);
    expect(await pullDueOnce(at.hub.db, at.sync)).toBeNull();
    at.server.schema = { supplier: all };
    expect(await checkDrift(at.hub.db, at.sync)).toEqual([]);
    expect(await openTasks()).toEqual([]);
    at.server.schema = { supplier: { ...all, website: 'integer' } };
    expect(await checkDrift(at.hub.db, at.sync)).toEqual(['tiny/main/supplier']);
    await resumeStream(at.hub.db, STEWARD, 'c', { name: 'tiny/main/supplier' });
    expect(await checkDrift(at.hub.db, at.sync)).toEqual([]);
  });
});
