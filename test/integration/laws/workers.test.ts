import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Db, type InboundRecord, ingest, type Json, operate } from '../../../golden-records/index.js';
import { connect, type Database } from '../../../src/database.js';
import {
  createTestHub,
  goldenOf,
  INTEGRATOR,
  identityMapping,
  STEWARD,
  SYSTEMS,
  type TestHub,
} from '../../support/hub.js';
import { emptyStore } from '../../support/laws/empty.js';
import { silentLog } from '../../support/log.js';

// Law 9: equal records arriving together make one golden record, on any number of workers.
let hub: TestHub;
let databases: Database[];
let workers: Db[];
beforeAll(async () => {
  hub = await createTestHub({ systems: SYSTEMS });
  databases = [1, 2, 3].map(() => connect(hub.database.url, { log: silentLog }));
  workers = databases.map((database) => ({ ...hub.db, ...database }));
});
beforeEach(() => emptyStore(hub.db.pool));
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await hub.close();
});

const supplierNo = (nth: number): Json => ({
  name: `Vendor ${nth}`,
  taxIds: [{ scheme: 'EIN', value: `20-${1_000_000 + nth}`, country: 'US' }],
});
const records = (from: number, to: number): InboundRecord[] =>
  Array.from({ length: to - from }, (_, at) => ({
    externalId: `V${from + at}`,
    payload: supplierNo(from + at),
    sourceTime: '2026-01-01T00:00:00Z',
  }));
const feed = (db: Db | undefined, system: string, batch: readonly InboundRecord[]) =>
  ingest(db ?? hub.db, INTEGRATOR, {
    system,
    scope: 'main',
    entityType: 'supplier',
    records: batch,
    mapping: identityMapping,
    correlationId: 'law-9',
  });
const counts = async () => {
  const { rows } = await hub.db.pool.query<{ goldens: number; sources: number; inbox: number; changes: number }>(
    `select (select count(*) from golden_record)::int as goldens, (select count(*) from source_record)::int as sources,
       (select count(*) from inbox_event)::int as inbox, (select count(*) from change)::int as changes`,
  );
  return rows[0];
};
const ROUNDS = [...Array(12).keys()];

test('law 9: the same new records fed to three workers at once arrive once', async () => {
  for (const round of ROUNDS) {
    const batch = records(round * 10, round * 10 + 10);
    const results = await Promise.all(workers.map((worker) => feed(worker, 'erp', batch)));
    const outcomes = batch.map((_, at) => results.map(({ records: all }) => all[at]?.outcome).sort());
    expect(outcomes).toEqual(batch.map(() => ['CREATED', 'UNCHANGED', 'UNCHANGED']));
  }
  const all = ROUNDS.length * 10;
  expect(await counts()).toEqual({ goldens: all, sources: all, inbox: all, changes: all });
  await hub.expectLawful();
});

test('law 9: equal records of three systems at once make one golden record', async () => {
  const systems = ['erp', 'procurement', 'portal'];
  for (const round of ROUNDS) {
    const batch = records(round * 5, round * 5 + 5);
    await Promise.all(systems.map((system, at) => feed(workers[at], system, batch)));
    for (const { externalId } of batch) {
      const goldens = await Promise.all(systems.map((system) => goldenOf(hub, system, externalId ?? '')));
      expect(new Set(goldens).size).toBe(1);
    }
  }
  expect(await counts()).toMatchObject({ goldens: ROUNDS.length * 5, sources: ROUNDS.length * 15 });
  await hub.expectLawful();
});

test('law 9: sets that overlap, in other orders, arrive once', async () => {
  for (const round of ROUNDS) {
    const from = round * 6;
    await Promise.all([
      feed(workers[0], 'erp', records(from, from + 10)),
      feed(workers[1], 'erp', records(from + 5, from + 15).reverse()),
      feed(workers[2], 'portal', records(from + 3, from + 12)),
    ]);
  }
  const all = (ROUNDS.length - 1) * 6 + 15;
  const { rows } = await hub.db.pool.query<{ system: string; records: number }>(
    'select system, count(*)::int as records from source_record group by 1 order by 1',
  );
  expect(rows).toEqual([
    { system: 'erp', records: all },
    { system: 'portal', records: (ROUNDS.length - 1) * 6 + 9 },
  ]);
  expect(await counts()).toMatchObject({ goldens: all });
  await hub.expectLawful();
});

test('law 9: a record and its correction at once: the later one counts, whoever comes first', async () => {
  for (const round of ROUNDS) {
    const version = (day: number): InboundRecord[] => [
      {
        externalId: `V${round}`,
        payload: { name: `Vendor of day ${day}` },
        sourceTime: `2026-01-0${day}T00:00:00Z`,
      },
    ];
    await Promise.all([2, 3, 1].map((day, at) => feed(workers[at], 'erp', version(day))));
    const row = await hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { externalId: `V${round}` } });
    expect(row.attributes).toEqual({ name: 'Vendor of day 3' });
  }
  await hub.expectLawful();
});

test('laws 1 to 5 and 8: stewards decide while workers ingest what they decide about', async () => {
  await feed(workers[0], 'erp', records(0, 24));
  const ids = await Promise.all([...Array(24).keys()].map((nth) => goldenOf(hub, 'erp', `V${nth}`)));
  const decideSome = async (db: Db, from: number): Promise<void> => {
    const request = { correlationId: 'laws', reason: 'while others write' };
    for (let nth = from; nth < from + 6; nth++) {
      const [survivorId = '', mergedId = ''] = [ids[nth * 2], ids[nth * 2 + 1]];
      const names = { entityType: 'supplier', survivorId, mergedIds: [mergedId] };
      const { operation } = await operate(db, STEWARD, request, 'MERGE', names);
      if (nth % 3 === 0) await operate(db, STEWARD, request, 'UNMERGE', { entityType: 'supplier', mergedId });
      if (nth % 3 === 1) await operate(db, STEWARD, request, 'UNDO', { operationId: operation.id });
    }
  };
  const correct = async (db: Db | undefined): Promise<void> => {
    for (let from = 0; from < 24; from += 4) {
      const corrected = records(from, from + 4).map((record) => ({
        ...record,
        payload: { ...(record.payload as object), website: 'https://v.example' },
        sourceTime: '2026-02-01T00:00:00Z',
      }));
      await feed(db, 'erp', corrected);
      await feed(db, 'portal', records(from, from + 4));
    }
  };
  await Promise.all([
    decideSome(hub.db, 0),
    decideSome(workers[1] ?? hub.db, 6),
    correct(workers[0]),
    correct(workers[2]),
  ]);

  for (const nth of [...Array(12).keys()]) {
    const [left, right] = [await goldenOf(hub, 'erp', `V${nth * 2}`), await goldenOf(hub, 'erp', `V${nth * 2 + 1}`)];
    expect(left === right).toBe(nth % 3 === 2);
    expect(await goldenOf(hub, 'portal', `V${nth * 2}`)).toBe(left);
    expect([ids[nth * 2], ids[nth * 2 + 1]]).toEqual(nth % 3 === 2 ? [left, expect.anything()] : [left, right]);
  }
  await hub.expectLawful();
});

test('law 9: three processes fed equal records at once', async () => {
  const processes = ['erp', 'portal', 'erp'].map((system) => new WorkerProcess(hub.database.url, system));
  try {
    await Promise.all(processes.map((worker) => worker.answer('ready')));
    for (const round of ROUNDS) {
      const batch = records(round * 20, round * 20 + 20);
      await Promise.all(processes.map((worker) => worker.feed(batch)));
    }
  } finally {
    await Promise.all(processes.map((worker) => worker.end()));
  }
  const all = ROUNDS.length * 20;
  expect(await counts()).toMatchObject({ goldens: all, sources: all * 2, inbox: all * 2 });
  await hub.expectLawful();
});

/** A process that ingests each batch that it is sent, as one line, and says when it is done. */
class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(url: string, system: string) {
    this.child = spawn(
      process.execPath,
      ['--import', './scripts/typescript.mjs', 'test/support/laws/worker-process.ts', url, system],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    if (!this.child.stdout) throw new Error('the worker has no output');
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async feed(batch: readonly InboundRecord[]): Promise<void> {
    this.child.stdin?.write(`${JSON.stringify(batch)}\n`);
    await this.answer('done');
  }

  async answer(expected: string): Promise<void> {
    expect((await this.lines.next()).value).toBe(expected);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin?.end();
    await ended;
  }
}
