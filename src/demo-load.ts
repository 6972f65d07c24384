import { join } from 'node:path';
import { isJsonObject, type Json } from '../golden-records/json.js';
import type { Actor, Db } from '../golden-records/transaction.js';
import { type ImportProgress, importFile } from '../sources/index.js';
import type { ConfiguredStream } from './define-config.js';
import { generateDemo, type WrittenFile } from './demo/index.js';

export interface DemoLoadOptions {
  readonly db: Db;
  /** Where the files are written. */
  readonly dir: string;
  readonly demo: { readonly seed: number; readonly scale?: number };
  readonly streams: readonly ConfiguredStream[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DemoProgress) => void;
}

export interface DemoProgress {
  /** Records that are done, of how many. */
  readonly records: number;
  readonly total: number;
  readonly file: string;
}

export interface DemoLoaded {
  readonly records: number;
  readonly elapsedMs: number;
}

const DEMO: Actor = { kind: 'SYSTEM', id: 'demo', name: 'Demo' };

/**
 * Write the demo's files and take them in through the pipeline that every file takes. Loaded once in the life of a
 * database: `BEGUN` goes on where a killed start stopped, and a database that holds something, or was started
 * without a demo, stays as it is. Null when there was nothing to load.
 */
export async function loadDemo(options: DemoLoadOptions): Promise<DemoLoaded | null> {
  const { db, dir, demo, signal } = options;
  if (!(await isWanted(db))) return null;
  await mark(db, 'BEGUN');
  const startedAt = performance.now();
  const files = await generateDemo({ dir: join(dir, 'demo'), ...demo });
  const total = files.reduce((sum, { records }) => sum + records, 0);
  let before = 0;
  for (const file of files) {
    const show = ({ rows }: Pick<ImportProgress, 'rows'>) =>
      options.onProgress({ records: before + rows, total, file: `${file.system} ${file.name}` });
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
  await mark(db, 'LOADED');
  return { records: before, elapsedMs: Math.round(performance.now() - startedAt) };
}

/** Remember that this database is to have no demo, so that a later start without the flag doesn't mix one in. */
export async function declineDemo(db: Db): Promise<void> {
  if ((await stateOf(db)) === undefined) await mark(db, 'DECLINED');
}

function streamOf(streams: readonly ConfiguredStream[], { name, system, entityType }: WrittenFile): ConfiguredStream {
  const found = streams.find((one) => one.system === system && one.stream.entityType === entityType);
  if (found) return found;
  throw new Error(`the demo has ${name}, but the configuration no stream of ${entityType} from ${system}`);
}

type DemoState = 'BEGUN' | 'LOADED' | 'DECLINED';
const CURSOR = 'demo';

async function isWanted(db: Db): Promise<boolean> {
  const state = await stateOf(db);
  if (state !== undefined) return state === 'BEGUN';
  return (await db.prisma.sourceRecord.findFirst({ select: { id: true } })) === null;
}

async function stateOf(db: Db): Promise<string | undefined> {
  const cursor = await db.prisma.cursor.findUnique({ where: { name: CURSOR } });
  const value = cursor?.value as Json | undefined;
  return isJsonObject(value) ? String(value.state) : undefined;
}

async function mark(db: Db, state: DemoState): Promise<void> {
  const row = { value: { state }, updatedAt: db.now() };
  await db.prisma.cursor.upsert({ where: { name: CURSOR }, create: { name: CURSOR, ...row }, update: row });
}
