import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ActiveParameters, advanceFeedOnce, type Db, prepareStore, verify } from '../../golden-records/index.js';
import { connect, type Database } from '../../src/database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres.js';
import { migrate } from '../../src/migrations.js';
import { createTestHub, type TestHub } from '../support/hub.js';
import { BATCHES, CRASH_MODEL, goOn, importedSoFar } from '../support/laws/crash-import.js';
import { emptyStore } from '../support/laws/empty.js';
import { type Portrait, portraitOf } from '../support/laws/portrait.js';
import { silentLog } from '../support/log.js';

// Law 6: what was acknowledged survives kill -9 at any instant, and takes effect once. Sinks and deliveries come later;
// here it is the way in: inbox, source records, links, golden records, changes and the cursor of the import.
const KILLS = 32;
const SEED = Number(process.env.CONCORD_LAWS_SEED ?? 20261123);

let hub: TestHub;
let undisturbed: Portrait & { counts: Counts };
beforeAll(async () => {
  hub = await createTestHub({ model: CRASH_MODEL });
  await goOn(hub.db, () => undefined);
  await hub.expectLawful();
  undisturbed = { ...(await portraitOf(hub.db)), counts: await countsOf(hub.db) };
});
afterAll(() => hub.close());

type Counts = Record<string, number>;
async function countsOf(db: Db): Promise<Counts> {
  const { rows } = await db.pool.query<Counts>(
    `select (select count(*) from inbox_event)::int as inbox, (select count(*) from source_record)::int as sources,
       (select count(*) from golden_record)::int as goldens, (select count(*) from golden_version)::int as versions,
       (select count(*) from change)::int as changes, (select count(*) from identifier)::int as identifiers,
       (select count(*) from match_key)::int as keys, (select count(*) from match_score)::int as scores,
       (select count(*) from operation where kind = 'INGEST')::int as operations`,
  );
  return rows[0] ?? {};
}
async function expectUndisturbed(db: Db): Promise<void> {
  expect(await importedSoFar(db)).toBe(BATCHES.length);
  const { counts, ...portrait } = undisturbed;
  expect(await portraitOf(db)).toEqual(portrait);
  expect(await countsOf(db)).toEqual(counts);
}

/** When to kill: after so many acknowledged batches, and so many milliseconds into the one after. */
const moments = fc.sample(fc.record({ batches: fc.nat({ max: 2 }), ms: fc.nat({ max: 30 }) }), {
  seed: SEED,
  numRuns: 200,
});

test(`law 6: killed ${KILLS} times at random points, an import ends as if nothing had happened (seed ${SEED})`, async () => {
  await emptyStore(hub.db.pool);
  let kills = 0;
  let next = new Import(hub.database.url);
  for (const moment of moments) {
    const current = next;
    // The next process starts up while this one works.
    next = new Import(hub.database.url);
    const acknowledged = await current.killedAt(kills < KILLS ? moment : { batches: BATCHES.length, ms: 0 });
    expect(await importedSoFar(hub.db)).toBeGreaterThanOrEqual(acknowledged);
    if (!current.killed) break;
    kills++;
  }
  next.kill();
  expect(kills).toBeGreaterThanOrEqual(30);
  await expectUndisturbed(hub.db);
  await hub.expectLawful();
}, 180_000);

/** An import in a process of its own. */
class Import {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(url: string) {
    this.child = spawn(
      process.execPath,
      ['--import', './scripts/typescript.mjs', 'test/support/laws/crash-process.ts', url],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    if (!this.child.stdout) throw new Error('the import has no output');
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  get killed(): boolean {
    return this.child.signalCode === 'SIGKILL';
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** How many batches it acknowledged before its death, or before its end where that came first. */
  async killedAt({ batches, ms }: { batches: number; ms: number }): Promise<number> {
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    expect((await this.lines.next()).value).toBe('ready');
    this.child.stdin?.write('go\n');
    let acknowledged = 0;
    for (let batch = 0; batch < batches; batch++) {
      const { value, done } = await this.lines.next();
      if (done) break;
      acknowledged = Number(value);
    }
    await delay(ms);
    this.child.kill('SIGKILL');
    await exited;
    for (let line = await this.lines.next(); !line.done; line = await this.lines.next())
      acknowledged = Number(line.value);
    return acknowledged;
  }
}

test(`law 6: PostgreSQL itself crashes during an import (seed ${SEED})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-crash-'));
  const dataDir = join(folder, 'postgres');
  // Durable, as in production: what is tested here is what survives.
  const start = () => startEmbeddedPostgres({ dataDir, log: silentLog });
  const pid = () => Number(readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
  let server: EmbeddedPostgres = await start();
  let database: Database = connect(server.url, { log: silentLog });
  const dbOf = (): Db => ({
    ...database,
    model: CRASH_MODEL,
    parameters: new ActiveParameters(CRASH_MODEL),
    log: silentLog,
    now: () => new Date(),
  });
  try {
    await migrate(database.pool, { log: silentLog });
    await prepareStore(dbOf());
    // SIGQUIT is PostgreSQL's own way to stop at once, without a word to anybody; SIGKILL leaves its children behind.
    for (const [nth, signal] of (['SIGQUIT', 'SIGKILL', 'SIGQUIT', 'SIGKILL'] as const).entries()) {
      const until = (await importedSoFar(dbOf())) + 5 + nth;
      let acknowledged = 0;
      const crashing = goOn(dbOf(), (done) => {
        acknowledged = done;
        if (done === until) process.kill(pid(), signal);
      });
      await expect(crashing).rejects.toThrow();
      await database.close();
      server = await start();
      database = connect(server.url, { log: silentLog });
      expect(await importedSoFar(dbOf())).toBeGreaterThanOrEqual(acknowledged);
    }
    await goOn(dbOf(), () => undefined);
    await expectUndisturbed(dbOf());
    while ((await advanceFeedOnce(dbOf())).changes > 0);
    expect((await verify(dbOf())).findings).toEqual([]);
  } finally {
    await database.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
