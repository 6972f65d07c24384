import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { drainRecomputeOnce } from '../golden-records/index.js';
import { isJsonObject, type Json } from '../golden-records/json.js';
import type { Actor, Db } from '../golden-records/transaction.js';
import {
  backfillOnce,
  deliverOnce,
  type ImportProgress,
  importFile,
  pullOnce,
  registerStreams,
  type Synchronised,
} from '../sources/index.js';
import type { ConfiguredStream } from './define-config.js';
import { generateDemo, type WrittenFile } from './demo/index.js';

export interface DemoLoadOptions {
  readonly db: Db;
  /** Where the files are written. */
  readonly dir: string;
  readonly demo: { readonly seed: number; readonly scale?: number };
  readonly streams: readonly ConfiguredStream[];
  /** The demo's Odoo, which nobody else synchronises meanwhile. */
  readonly odoo?: Synchronised | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DemoProgress) => void;
}

export interface DemoProgress {
  /** Records of files that are done, of how many. */
  readonly records: number;
  readonly total: number;
  /** File or system that is being read. */
  readonly source: string;
}

export interface DemoLoaded {
  readonly records: number;
  readonly elapsedMs: number;
}

const DEMO: Actor = { kind: 'SYSTEM', id: 'demo', name: 'Demo' };

/**
 * Write the demo's files and take them in through the pipeline that every file takes; then what its Odoo has, in one go
 * and in order, so that the same comes out each time. Loaded once in the life of a database: `BEGUN` goes on where a
 * killed start stopped, and a database that holds something, or was started without a demo, stays as it is. Null when
 * there was nothing to load.
 */
export async function loadDemo(options: DemoLoadOptions): Promise<DemoLoaded | null> {
  const { db, dir, demo, signal } = options;
  const state = await demoState(db);
  if (state !== 'NEW' && state !== 'BEGUN') return null;
  await mark(db, 'BEGUN');
  const startedAt = performance.now();
  const files = await generateDemo({ dir: join(dir, 'demo'), ...demo });
  const total = files.reduce((sum, { records }) => sum + records, 0);
  let before = 0;
  for (const file of files) {
    const show = ({ rows }: Pick<ImportProgress, 'rows'>) =>
      options.onProgress({ records: before + rows, total, source: `${file.system} ${file.name}` });
    show({ rows: 0 });
    const result = await importFile(db, DEMO, {
      ...streamOf(options.streams, file),
      path: file.path,
      signal,
      onProgress: show,
    });
    signal.throwIfAborted();
    before += result.totalRows;
  }
  if (options.odoo) {
    options.onProgress({ records: before, total, source: `${options.odoo.system}, both ways` });
    before += await meet(db, options.odoo, signal);
  }
  await mark(db, 'LOADED');
  return { records: before, elapsedMs: Math.round(performance.now() - startedAt) };
}

/** Remember that this database is to have no demo, so that a later start without the flag doesn't mix one in. */
export async function declineDemo(db: Db): Promise<void> {
  if ((await markOf(db)) === undefined) await mark(db, 'DECLINED');
}

/** The first load of a system, to its end: what it has comes in, and what others know better goes out. */
async function meet(db: Db, odoo: Synchronised, signal: AbortSignal): Promise<number> {
  await settle(db, signal);
  await registerStreams(db, odoo);
  for (const stream of odoo.connector.streams) await pullOnce(db, odoo, stream, 'LIVE', { signal });
  let records = 0;
  for (let step = await backfillOnce(db, odoo, { signal }); step; step = await backfillOnce(db, odoo, { signal }))
    records += step.records;
  do await settle(db, signal);
  while ((await deliverOnce(db, odoo, { signal })) ?? (await deliverOnce(db, odoo, { lane: 'BACKFILL', signal })));
  return records;
}

/** Until the references of what came are followed, by us or by the worker. */
async function settle(db: Db, signal: AbortSignal): Promise<void> {
  while ((await db.prisma.recomputeRequest.count()) > 0) {
    signal.throwIfAborted();
    if ((await drainRecomputeOnce(db)).recomputed === 0) await pause(10);
  }
}

function streamOf(streams: readonly ConfiguredStream[], { name, system, entityType }: WrittenFile): ConfiguredStream {
  const found = streams.find((one) => one.system === system && one.stream.entityType === entityType);
  if (found) return found;
  throw new Error(`the demo has ${name}, but the configuration no stream of ${entityType} from ${system}`);
}

type Mark = 'BEGUN' | 'LOADED' | 'DECLINED';
const CURSOR = 'demo';

/** What a database is to the demo: NEW, where it may begin; DECLINED also where something else came before it. */
export async function demoState(db: Db): Promise<'NEW' | Mark> {
  const found = await markOf(db);
  if (found !== undefined) return found;
  return (await db.prisma.sourceRecord.findFirst({ select: { id: true } })) === null ? 'NEW' : 'DECLINED';
}

async function markOf(db: Db): Promise<Mark | undefined> {
  const cursor = await db.prisma.cursor.findUnique({ where: { name: CURSOR } });
  const value = cursor?.value as Json | undefined;
  return isJsonObject(value) ? (value.state as Mark) : undefined;
}

async function mark(db: Db, state: Mark): Promise<void> {
  const row = { value: { state }, updatedAt: db.now() };
  await db.prisma.cursor.upsert({ where: { name: CURSOR }, create: { name: CURSOR, ...row }, update: row });
}
