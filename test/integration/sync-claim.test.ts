import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newId } from '../../golden-records/index.js';
import { type ClaimInput, claim, noteCreated } from '../../sources/sync/outbox-store.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';
import { TINY_SUPPLIER, TINY_UNIT, TINY_WAREHOUSE } from '../support/tiny/connector.js';

// What a claim costs, and what is noted of a batch, must not depend on how long the queue is.
let at: SyncHub;
beforeAll(async () => {
  at = await createSyncHub({ types: [TINY_SUPPLIER, TINY_UNIT, TINY_WAREHOUSE] });
});
afterAll(() => at.close());
beforeEach(() => at.clear());

const LIMIT = 100;
const tookMs = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
const claimNow = (more: Partial<ClaimInput> = {}) =>
  claim(at.hub.db, {
    system: 'tiny',
    lane: 'LIVE',
    limit: LIMIT,
    leaseMs: 60_000,
    streams: ['supplier', 'business_unit', 'warehouse'].map((entityType) => {
      return { scope: 'main', entityType, name: `tiny/main/${entityType}` };
    }),
    ...more,
  });

interface Queued {
  readonly entityType?: string;
  readonly rank?: number;
  readonly lane?: 'LIVE' | 'BACKFILL';
  readonly state?: 'PENDING' | 'DONE';
}
/** Due one millisecond after the other, the first one longest ago. */
const queue = (count: number, { entityType = 'supplier', rank = 1, lane = 'LIVE', state = 'PENDING' }: Queued = {}) =>
  at.hub.db.pool.query(
    `insert into delivery (link_id, system, scope, entity_type, golden_id, lane, state, rank, generation, queued_at, due_at, operation_id,
         correlation_id, finished_at)
       select gen_random_uuid(), 'tiny', 'main', $2, gen_random_uuid(), $3, $4, $5, nth, $1::timestamptz, $1::timestamptz - interval '1 hour'
         + nth * interval '1 millisecond', $6::uuid, 'c', case when $4 = 'DONE' then $1::timestamptz end from generate_series(1, $7::int) nth`,
    [at.clock.now(), entityType, lane, state, rank, newId(), count],
  );

/** Links that are to be created there, and aren't yet. */
const plan = (count: number) =>
  at.hub.db.pool.query(
    `insert into target_state (link_id, system, scope, entity_type, golden_id, state)
       select gen_random_uuid(), 'tiny', 'main', 'supplier', gen_random_uuid(), 'PLANNED' from generate_series(1, $1::int)`,
    [count],
  );

/** The least of what `work` says that it took: what the machine does beside it only adds. */
const leastMs = async (work: () => Promise<number>, times = 15): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < times; nth++) least = Math.min(least, await work());
  return least;
};

const leastClaimMs = () => leastMs(() => tookMs(async () => expect((await claimNow())?.links).toHaveLength(LIMIT)));

test('a claim out of 50,000 that are due costs as much as one out of 2,000', async () => {
  await queue(2_000);
  const few = await leastClaimMs();
  // What is done stays in the table; no statistics know of any of it yet.
  await queue(50_000, { state: 'DONE' });
  await queue(50_000);
  const many = await leastClaimMs();
  const backfill = await leastMs(() => tookMs(async () => expect(await claimNow({ lane: 'BACKFILL' })).toBeNull()));
  expect(many).toBeLessThan(3 * few);
  expect(backfill).toBeLessThan(3 * few);
});

test('what a batch of creates led to costs as much to note with 10,000 behind it as with none', async () => {
  let made = 0;
  const noted = () =>
    leastMs(async () => {
      await plan(LIMIT);
      const { rows } = await at.hub.db.pool.query<{ linkId: string }>(
        `select link_id::text as "linkId" from target_state where external_id is null limit ${LIMIT}`,
      );
      const created = rows.map(({ linkId }) => ({ linkId, externalId: String(++made) }));
      const startedAt = performance.now();
      await noteCreated(at.hub.db, { system: 'tiny', scope: 'main', entityType: 'supplier' }, created);
      return performance.now() - startedAt;
    });
  // Statistics are of a time when everything was there, and stay so.
  await at.hub.db.pool.query('alter table target_state set (autovacuum_enabled = off)');
  await plan(2_000);
  await at.hub.db.pool.query(`update target_state set state = 'LINKED', external_id = 'before ' || link_id`);
  await at.hub.db.pool.query('analyze target_state');
  const few = await noted();
  await plan(10_000);
  expect(await noted()).toBeLessThan(3 * few);
  const { rows } = await at.hub.db.pool.query(
    `select count(*)::int as linked from target_state where state = 'LINKED'`,
  );
  expect(rows).toEqual([{ linked: 2_000 + made }]);
});

test('parents first, then who is due the longest; bulk waits while anything else is due', async () => {
  await queue(3, { entityType: 'warehouse', rank: 2 });
  await queue(3, { entityType: 'business_unit', rank: 0 });
  await queue(3, { rank: 1 });
  await queue(2, { entityType: 'business_unit', rank: 0, lane: 'BACKFILL' });
  expect(await claimNow({ lane: 'BACKFILL' })).toBeNull();
  const order: string[] = [];
  for (let one = await claimNow({ limit: 2 }); one; one = await claimNow({ limit: 2 }))
    order.push(`${one.entityType} ${one.links.length}`);
  expect(order).toEqual([
    'business_unit 2',
    'business_unit 1',
    'supplier 2',
    'supplier 1',
    'warehouse 2',
    'warehouse 1',
  ]);
  expect(await claimNow({ lane: 'BACKFILL' })).toMatchObject({
    entityType: 'business_unit',
    links: [{}, {}].map(() => expect.any(String)),
  });
});

test('law 6: workers at once claim each record once; a lease that ran out is taken over, before it nobody gets it', async () => {
  await queue(1_000);
  const claims = await Promise.all(Array.from({ length: 12 }, () => claimNow()));
  const links = claims.flatMap((one) => one?.links ?? []);
  expect(new Set(links).size).toBe(links.length);
  for (let one = await claimNow(); one; one = await claimNow()) links.push(...one.links);
  expect(new Set(links).size).toBe(1_000);
  expect(links).toHaveLength(1_000);
  at.clock.advance(59_000);
  expect(await claimNow()).toBeNull();
  at.clock.advance(1_000);
  expect((await claimNow())?.links).toHaveLength(LIMIT);
});

test('what is paused is passed over', async () => {
  await queue(2, { entityType: 'business_unit', rank: 0 });
  await queue(2);
  await at.hub.db.pool.query(`update sync_stream set paused_at = now() where name = 'tiny/main/business_unit'`);
  expect(await claimNow()).toMatchObject({ entityType: 'supplier' });
  expect(await claimNow()).toBeNull();
});
