import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, Db } from '../golden-records/index.js';
import { type ImportResult, importFile } from '../sources/index.js';
import { startWorker } from '../src/worker.js';
import { type Environment, openHub } from './environment.js';
import { insertBatches, readBatches } from './floor.js';
import { type BenchReport, numberText } from './report.js';
import { median, sum } from './statistics.js';
import { ingestUnits, SUPPLIER_STREAM, writeSuppliers } from './suppliers.js';

const IMPORTER: Actor = { kind: 'SYSTEM', id: 'bench', name: 'Benchmark' };

interface Round {
  /** Processor seconds while the new records came in. */
  readonly cpu: { readonly node: number; readonly postgres: number };
  readonly floorCpu: { readonly node: number; readonly postgres: number };
  readonly newMs: number;
  readonly floorMs: number;
  readonly againMs: number;
  readonly withoutCursorMs: number;
}

/**
 * New suppliers through the whole pipeline, the sequencer running beside, against a bare insert of the rows that came
 * of it. The file is cut into as many parts as there are rounds, so that hub and floor see the same machine and
 * tables of the same size. A round of the hub ends when the last change has its position in the feed.
 */
export async function ingestBench(env: Environment): Promise<BenchReport> {
  const rounds = env.isSmoke ? 2 : 5;
  const perRound = env.isSmoke ? 600 : 20_000;
  const url = await env.createDatabase('ingest_hub');
  const floorUrl = await env.createDatabase('ingest_floor', 'ingest_hub');
  const { database, db } = openHub(url, env.model);
  const worker = await startWorker({ db, listenDb: database, log: env.log });
  const done: Round[] = [];
  const rows: Record<string, number> = {};
  try {
    await ingestUnits(db);
    for (let nth = 0; nth < rounds; nth++) {
      const path = join(env.folder, `bench-suppliers-${nth}.csv`);
      await writeSuppliers(path, nth * perRound, perRound);
      const before = env.cpu();
      const { ms: newMs, result } = await timedImport(db, path);
      const cpu = since(before, env.cpu());
      requireAllNew(result, perRound);
      const floor = await readBatches(db.pool, result.correlationId);
      for (const [table, count] of Object.entries(floor.rows)) rows[table] = (rows[table] ?? 0) + count;
      const beforeFloor = env.cpu();
      const floorMs = await insertBatches(floorUrl, floor.batches);
      const floorCpu = since(beforeFloor, env.cpu());
      const { ms: againMs } = await timedImport(db, path);
      await db.prisma.cursor.deleteMany({});
      const { ms: withoutCursorMs } = await timedImport(db, path);
      done.push({ cpu, floorCpu, newMs, floorMs, againMs, withoutCursorMs });
      env.say(`  round ${nth + 1}: new ${seconds(newMs)}, floor ${seconds(floorMs)}, again ${seconds(againMs)}`);
    }
  } finally {
    await worker.stop();
    await database.close();
  }
  await env.dropDatabase('ingest_hub');
  await env.dropDatabase('ingest_floor');
  return report(done, perRound, rows);
}

async function timedImport(db: Db, path: string): Promise<{ ms: number; result: ImportResult }> {
  const startedAt = performance.now();
  const result = await importFile(db, IMPORTER, { path, system: 'erp', stream: SUPPLIER_STREAM });
  await feedIsStamped(db);
  return { ms: performance.now() - startedAt, result };
}

async function feedIsStamped(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await db.pool.query('select from change where position is null limit 1');
    if (rows.length === 0) return;
    await sleep(5);
  }
}

function requireAllNew({ counts, rejected }: ImportResult, expected: number): void {
  const taken = (counts.CREATED ?? 0) + (counts.PROVISIONAL ?? 0) + (counts.LINKED ?? 0);
  if (taken !== expected || rejected > 0 || (counts.LINKED ?? 0) > expected / 1_000)
    throw new Error(`expected ${expected} new suppliers, found ${JSON.stringify(counts)}`);
}

function report(rounds: readonly Round[], perRound: number, rows: Readonly<Record<string, number>>): BenchReport {
  const total = rounds.length * perRound;
  const ratios = rounds.map(({ newMs, floorMs }) => floorMs / newMs);
  const rate = (field: 'newMs' | 'floorMs' | 'againMs') => (total * 1000) / sum(rounds.map((round) => round[field]));
  return {
    name: `ingest: ${total.toLocaleString('en')} new suppliers, then the same files again`,
    figures: [
      { what: 'records/s, everything included', value: rate('newMs'), unit: '/s', least: 1_000 },
      { what: 'bare set-based insert of the same rows', value: rate('floorMs'), unit: '/s' },
      { what: 'share of the bare insert (median)', value: median(ratios), unit: '', least: 0.25 },
      { what: 'same file again', value: rate('againMs'), unit: '/s' },
      { what: 'same file again, faster by (median)', value: faster(rounds, 'againMs'), unit: 'x', least: 10 },
      { what: 'the same, cursor cleared (median)', value: faster(rounds, 'withoutCursorMs'), unit: 'x', least: 10 },
    ],
    notes: [
      `share by round: ${ratios.map(numberText).join(', ')}`,
      `processor time a record: hub ${perRecord(rounds, 'cpu', total)}; bare insert ${perRecord(rounds, 'floorCpu', total)}`,
      `rows written: ${Object.entries(rows)
        .map(([table, count]) => `${table} ${count.toLocaleString('en')}`)
        .join(', ')}`,
    ],
  };
}

type Cpu = Round['cpu'];
const since = (before: Cpu, after: Cpu): Cpu => ({
  node: after.node - before.node,
  postgres: after.postgres - before.postgres,
});
const perRecord = (rounds: readonly Round[], part: 'cpu' | 'floorCpu', total: number) => {
  const node = sum(rounds.map((round) => round[part].node));
  const postgres = sum(rounds.map((round) => round[part].postgres));
  return `${numberText((node * 1000) / total)} ms in Node and ${numberText((postgres * 1000) / total)} ms in PostgreSQL`;
};
const faster = (rounds: readonly Round[], field: 'againMs' | 'withoutCursorMs') =>
  median(rounds.map((round) => round.newMs / round[field]));
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
