import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { feedHead } from '../../golden-records/feed.js';
import { startWorker, type Worker } from '../../src/worker.js';
import { type ChangeWriter, changeWriter } from '../support/change-writer.js';
import { silentLog } from '../support/log.js';
import { startTestHub, type TestHub } from '../support/test-server.js';

let hub: TestHub;
let writer: ChangeWriter;
let worker: Worker;

beforeAll(async () => {
  hub = await startTestHub();
  writer = changeWriter(hub.db);
});
afterAll(async () => {
  await worker?.stop();
  await hub.close();
});

/** Resolves when the feed has been stamped up to `position`. */
async function stampedUpTo(position: bigint): Promise<void> {
  let ring: () => void = () => undefined;
  let rung = new Promise<void>((resolve) => {
    ring = resolve;
  });
  const listening = await hub.database.listen('concord_feed', () => ring());
  try {
    while ((await feedHead(hub.db)).position < position) {
      await rung;
      rung = new Promise((resolve) => {
        ring = resolve;
      });
    }
  } finally {
    await listening.stop();
  }
}

test('a worker stamps what was written before it started, what is announced, and what nobody announced', async () => {
  await writer.create();
  worker = await startWorker({ db: hub.db, listenDb: hub.database, log: silentLog });
  await stampedUpTo(1n);
  await writer.create();
  await hub.db.pool.query(`notify concord_change`);
  await stampedUpTo(2n);
  await writer.create();
  await stampedUpTo(3n);
});

test('two workers stamp each change once; stopped ones stamp no more', async () => {
  const second = await startWorker({ db: hub.db, listenDb: hub.database, log: silentLog });
  await Promise.all(Array.from({ length: 40 }, () => writer.create()));
  await hub.db.pool.query(`notify concord_change`);
  await stampedUpTo(43n);
  const { rows } = await hub.db.pool.query(
    'select array_agg(position::int order by position) as positions from change',
  );
  expect(rows[0].positions).toEqual(Array.from({ length: 43 }, (_, at) => at + 1));
  await Promise.all([second.stop(), worker.stop()]);
  await writer.create();
  await hub.db.pool.query(`notify concord_change`);
  expect((await feedHead(hub.db)).position).toBe(43n);
});
