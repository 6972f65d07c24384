import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { HUB_ACTOR, newId, resolveTask } from '../../golden-records/index.js';
import {
  backfillOnce,
  Permanent,
  pullDueOnce,
  Retryable,
  type SyncStream,
  sweep,
  syncStatus,
} from '../../sources/index.js';
import { TINY_SUPPLIER, TINY_UNIT } from '../support/tiny/connector.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';

/** What a system tells beside its records: whom it merged into whom, and how many there are. */
let at: SyncHub;
let merged: (ids: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, string>>;
let count: () => Promise<number>;
beforeAll(async () => {
  at = await createSyncHub({
    pageSize: 10,
    types: [TINY_SUPPLIER, TINY_UNIT],
    mergedInto: async ({ entityType }, ids, signal) => (entityType === 'supplier' ? merged(ids, signal) : new Map()),
    count: () => count(),
  });
});
afterAll(() => at.close());
beforeEach(async () => {
  merged = async () => new Map();
  count = async () => 0;
  await at.clear();
});

const query = async <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  (await at.hub.db.pool.query<T>(sql, values)).rows;
const questions = () =>
  query<{ id: string; by: string; goldenIds: string[] }>(
    `select id::text, details->>'by' as by, golden_ids::text[] as "goldenIds" from steward_task
       where kind = 'REPLACED_RECORD' and state = 'OPEN' order by 2`,
  );
const suppliers = (count: number) =>
  Array.from({ length: count }, (_, nth) => {
    return at.server.create('supplier', { name: `Vendor ${nth}`, duns: String(100_000_000 + nth) }).id;
  });
const sweepNow = (signal?: AbortSignal) =>
  sweep(at.hub.db, at.sync, at.sync.connector.streams[0] as SyncStream, signal ? { signal } : {});

describe('merged over there', () => {
  test('a steward is asked, also where the one that stays came last; the answer makes them one, and is asked for once', async () => {
    const [gone = ''] = suppliers(1);
    await at.pullAll();
    at.clock.advance(10_000);
    const [stays = ''] = [at.server.create('supplier', { name: 'Whole Group', duns: '200000000' }).id];
    at.server.remove(gone);
    merged = async (ids) => new Map(ids.map((id) => [id, stays]));
    expect(await sweepNow()).toMatchObject({ deleted: 1, recovered: 1 });
    const [asked] = await questions();
    expect(asked).toMatchObject({ by: stays });
    await sweepNow();
    expect(await questions()).toHaveLength(1);
    const survivorId = asked?.goldenIds[1] ?? '';
    const input = { taskId: asked?.id ?? '', resolution: 'MERGE' as const, survivorId };
    await resolveTask(at.hub.db, HUB_ACTOR, { correlationId: newId() }, input);
    await sweepNow();
    expect(await questions()).toEqual([]);
    expect(await query(`select distinct golden_record_id::text as id from source_record`)).toEqual([
      { id: survivorId },
    ]);
  });

  test('whom a steward has parted is not asked about again, and what another makes one needs no answer', async () => {
    const [one = '', other = '', stays = ''] = suppliers(3);
    await at.pullAll();
    merged = async () =>
      new Map([
        [one, stays],
        [other, stays],
      ]);
    at.server.remove(one);
    at.server.remove(other);
    await sweepNow();
    const [first, second] = await questions();
    const dismissed = { taskId: first?.id ?? '', resolution: 'DISMISS' as const };
    await resolveTask(at.hub.db, HUB_ACTOR, { correlationId: newId() }, dismissed);
    const [mergedId = '', survivorId = ''] = second?.goldenIds ?? [];
    await at.hub.decide('MERGE', { entityType: 'supplier', survivorId, mergedIds: [mergedId] });
    await sweepNow();
    expect(await questions()).toEqual([]);
    await sweepNow();
    expect(await questions()).toEqual([]);
  });

  test('where it can not be asked the deletion counts all the same, and the next sweep asks', async () => {
    const [gone = '', stays = ''] = suppliers(2);
    await at.pullAll();
    at.server.remove(gone);
    merged = async () => {
      throw new Permanent('ACCESS_DENIED', 'it keeps its messages to itself');
    };
    expect(await sweepNow()).toMatchObject({ deleted: 1 });
    expect(await questions()).toEqual([]);
    merged = async () => new Map([[gone, stays]]);
    at.clock.advance(3_600_000);
    await sweepNow();
    expect(await questions()).toHaveLength(1);
    // Whoever went long ago isn't asked about for ever.
    let asked = 0;
    merged = async (ids) => {
      asked += ids.length;
      return new Map();
    };
    at.clock.advance(3 * 24 * 3_600_000);
    await sweepNow();
    expect(asked).toBe(0);
  });

  test('stopping does not wait for the answer', async () => {
    const [gone = ''] = suppliers(2);
    await at.pullAll();
    at.server.remove(gone);
    const stopping = new AbortController();
    merged = (_ids, signal) =>
      new Promise((_done, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        stopping.abort(new Error('stopped'));
      });
    await expect(sweepNow(stopping.signal)).rejects.toThrow('stopped');
  });

  test('a question about suppliers is not closed by units that have their numbers', async () => {
    const [gone = '', stays = ''] = suppliers(2);
    await at.pullAll();
    at.server.remove(gone);
    merged = async () => new Map([[gone, stays]]);
    await sweepNow();
    await at.hub.arrive('tiny', 'business_unit', {
      [gone]: { name: 'North', code: 'N1' },
      [stays]: { name: 'South', code: 'S1' },
    });
    const [north, south] = await query<{ id: string }>(
      `select golden_record_id::text as id from source_record where entity_type = 'business_unit' order by external_id`,
    );
    await at.hub.decide('MERGE', {
      entityType: 'business_unit',
      survivorId: north?.id ?? '',
      mergedIds: [south?.id ?? ''],
    });
    for (const stream of at.sync.connector.streams) await sweep(at.hub.db, at.sync, stream);
    expect(await questions()).toHaveLength(1);
  });
});

describe('how far a first load is', () => {
  const loading = async () => {
    const { streams } = await syncStatus(at.hub.db, [at.sync]);
    const [first] = streams.filter(({ entityType }) => entityType === 'supplier');
    return { state: first?.state, loaded: first?.loaded, toLoad: first?.toLoad };
  };
  const begin = async () => {
    await query('delete from cursor');
    suppliers(25);
    at.clock.advance(1_500);
    while (await pullDueOnce(at.hub.db, at.sync));
  };

  test('two workers that load the same page count it once', async () => {
    count = async () => 25;
    await begin();
    expect(await loading()).toEqual({ state: 'LOADING', loaded: 0, toLoad: 25 });
    await Promise.allSettled([backfillOnce(at.hub.db, at.sync), backfillOnce(at.hub.db, at.sync)]);
    expect(await loading()).toEqual({ state: 'LOADING', loaded: 10, toLoad: 25 });
    while (await backfillOnce(at.hub.db, at.sync));
    expect(await loading()).toEqual({ state: 'RUNNING', loaded: null, toLoad: null });
  });

  test('where a system can not count, the load goes on all the same', async () => {
    count = async () => {
      throw new Retryable('SYSTEM_TIMED_OUT', 'counting takes more than a minute');
    };
    await begin();
    expect(await backfillOnce(at.hub.db, at.sync)).toMatchObject({ records: 10, loaded: 10, toLoad: null });
    expect(await loading()).toEqual({ state: 'LOADING', loaded: 10, toLoad: null });
  });
});
