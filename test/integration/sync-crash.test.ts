import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { backfillOnce, deliverOnce, openSystem, pullDueOnce, sweep } from '../../sources/index.js';
import { createTestHub, eventually, type TestHub } from '../support/hub.js';
import { silentLog } from '../support/log.js';
import { tinyConnector } from '../support/tiny/connector.js';
import { tinyModel } from '../support/tiny/model.js';
import { randomFrom } from '../support/tiny/script.js';
import { TinyServer } from '../support/tiny/server.js';

// Law 6 for the way out: a hub that is killed at random points of a load both ways, and between the target's commit and ours,
// loses nothing and doubles nothing, there or here.
const KILLS = 30;
const EACH = 150;
const SEED = Number(process.env.CONCORD_LAWS_SEED ?? 20261124);

let server: TinyServer;
let hub: TestHub;
beforeAll(async () => {
  server = await new TinyServer().start();
  hub = await createTestHub({ model: tinyModel({ url: server.url }) });
});
afterAll(async () => {
  await server.stop();
  await hub.close();
});

const duns = (nth: number) => String(200_000_000 + nth);

test(`law 6: killed ${KILLS} times, a load both ways loses and doubles nothing (seed ${SEED})`, async () => {
  const random = randomFrom(SEED);
  // A third is known to both, a third to each alone.
  for (let nth = 0; nth < EACH; nth++) server.create('supplier', { name: `Tiny ${nth}`, duns: duns(nth) });
  for (let from = 0; from < EACH; from += 50) {
    const records = Array.from({ length: 50 }, (_, at) => {
      const nth = from + at + EACH / 2;
      return [`V${nth}`, { name: `Vendor ${nth}`, duns: duns(nth), currency: 'USD' }] as const;
    });
    await hub.arrive('erp', 'supplier', Object.fromEntries(records));
  }
  let betweenCommits = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const engine = new Engine(hub.database.url, server.url);
    await engine.ready;
    // News keep coming, so that there is something to lose in every life.
    for (let nth = 0; nth < 4; nth++) {
      const of = Math.floor(random() * EACH) + EACH / 2;
      await hub.arrive('erp', 'supplier', {
        [`V${of}`]: { name: `Vendor ${of} v${kill}`, duns: duns(of), currency: 'EUR' },
      });
    }
    if (kill % 3 === 0) {
      // Exactly between the target's commit and ours.
      const dead = new Promise<void>((done) => {
        server.afterWrite = () => {
          server.afterWrite = undefined;
          engine.kill();
          betweenCommits++;
          done();
        };
      });
      await Promise.race([dead, engine.ended, new Promise((done) => setTimeout(done, 1_500))]);
      server.afterWrite = undefined;
      engine.kill();
    } else {
      await new Promise((done) => setTimeout(done, random() * 250));
      engine.kill();
    }
    await engine.ended;
  }
  expect(betweenCommits).toBeGreaterThanOrEqual(5);
  await settle();
  const total = EACH * 1.5;
  const records = server.of('supplier');
  expect(new Set(records.map(({ fields }) => fields.duns)).size).toBe(total);
  expect(records).toHaveLength(total);
  const { rows } = await hub.db.pool.query<{ goldens: number; links: number; sent: number; open: number }>(
    `select (select count(*) from golden_record where state = 'ACTIVE')::int as goldens,
       (select count(*) from source_record where system = 'tiny' and state = 'ACTIVE')::int as links,
       (select count(*) from delivery_attempt where result = 'SENT')::int as sent,
       (select count(*) from delivery where state <> 'DONE')::int as open`,
  );
  expect(rows).toEqual([{ goldens: total, links: total, sent: 0, open: 0 }]);
  const wrong = await hub.db.pool.query(
    `select g.attributes->>'name' as golden, t.attributes->>'name' as theirs from golden_record g
       join source_record e on e.golden_record_id = g.id and e.system = 'erp' join source_record t on t.golden_record_id = g.id and t.system = 'tiny'
       where g.attributes->>'name' <> t.attributes->>'name'`,
  );
  expect(wrong.rows).toEqual([]);
  await hub.expectLawful();
}, 240_000);

/** In this process, undisturbed, to the end. */
async function settle(): Promise<void> {
  const options = { url: server.url, settlesWithinMs: 200 };
  const sync = openSystem('tiny', 'Tiny', tinyConnector(options), { log: silentLog, env: {} });
  const [stream] = sync.connector.streams;
  if (!stream) throw new Error('the tiny connector has a stream');
  await eventually(async () => {
    while (await backfillOnce(hub.db, sync));
    while (await pullDueOnce(hub.db, sync));
    while ((await deliverOnce(hub.db, sync)) ?? (await deliverOnce(hub.db, sync, { lane: 'BACKFILL' })));
    await sweep(hub.db, sync, stream);
    const { rows } = await hub.db.pool.query<{ open: number }>(
      `select count(*)::int as open from delivery where state in ('PENDING', 'IN_FLIGHT')`,
    );
    return rows[0]?.open === 0 || undefined;
  });
}

/** The engine in a process of its own. */
class Engine {
  readonly ready: Promise<unknown>;
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;

  constructor(database: string, target: string) {
    const script = new URL('../support/tiny/process.ts', import.meta.url).pathname;
    const typescript = new URL('../../scripts/typescript.mjs', import.meta.url).href;
    this.child = spawn(process.execPath, ['--import', typescript, script, database, target], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH },
    });
    const lines = createInterface({ input: this.child.stdout ?? process.stdin })[Symbol.asyncIterator]();
    this.ready = lines.next();
    this.ended = new Promise((done) => this.child.once('exit', () => done()));
  }
  kill(): void {
    this.child.kill('SIGKILL');
  }
}
