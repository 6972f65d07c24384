import { lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, Db } from '../../golden-records/index.js';
import { Permanent, Retryable } from '../errors.js';
import { type ImportResult, importFile } from './pull.js';
import { type FileStream, matchesPattern } from './stream.js';

export interface WatchedStream {
  readonly system: string;
  readonly stream: FileStream;
}

export interface WatchOptions {
  /** Made when it isn't there, with `done/` and `failed/` in it. */
  readonly folder: string;
  readonly streams: readonly WatchedStream[];
  readonly actor: Actor;
  /** Default 1,000. */
  readonly intervalMs?: number;
  readonly onImported?: (result: ImportResult) => void;
}

export interface Watcher {
  /** Resolves when the batch in progress is committed; the rest of its file is taken when watching starts again. */
  stop(): Promise<void>;
}

/** Watch a folder until stopped: every file that belongs to a stream is imported once it is complete. */
export function watchFolder(db: Db, options: WatchOptions): Watcher {
  const stopping = new AbortController();
  const loop = watchUntil(db, options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

async function watchUntil(db: Db, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const folder = new FolderWatch(options);
  while (!signal.aborted) {
    try {
      await folder.pollOnce(db, signal);
    } catch (error) {
      db.log.error({ err: error, folder: options.folder }, 'the watched folder could not be read');
    }
    await sleep(options.intervalMs ?? 1000, undefined, { signal }).catch(() => undefined);
  }
}

/** What was seen of a file at the last poll. */
interface Seen {
  readonly size: number;
  readonly mtimeMs: number;
}
interface Retry {
  readonly failures: number;
  readonly notBefore: number;
}

const MOST_FAILURES = 3;
const LONGEST_WAIT_MS = 60_000;

/** One watched folder; `pollOnce` is one look at it and the imports that it led to. */
export class FolderWatch {
  private seen = new Map<string, Seen>();
  private readonly retries = new Map<string, Retry>();
  private readonly strangers = new Set<string>();

  constructor(private readonly options: WatchOptions) {}

  /** Import what is complete, streams side by side, files of one stream in the order of their names. */
  async pollOnce(db: Db, signal?: AbortSignal): Promise<ImportResult[]> {
    await mkdir(join(this.options.folder, 'done'), { recursive: true });
    await mkdir(join(this.options.folder, 'failed'), { recursive: true });
    const ready = await this.completeFiles(db);
    const lanes = this.options.streams.map(async (watched) => {
      const names = ready.filter((name) => this.streamOf(name) === watched);
      try {
        return await this.importLane(db, watched, names, signal);
      } catch (error) {
        // Its files stay and are looked at again; the other lanes go on.
        db.log.error({ err: error, stream: watched.stream.pattern }, 'a lane of the watched folder stopped');
        return [];
      }
    });
    return (await Promise.all(lanes)).flat();
  }

  /** A file is complete when it hasn't grown between two polls, or when `<name>.done` says so. */
  private async completeFiles(db: Db): Promise<string[]> {
    const names = (await readdir(this.options.folder)).sort();
    const seen = new Map<string, Seen>();
    const ready: string[] = [];
    for (const name of names.filter(isCandidate)) {
      // A link could lead to a file that whoever puts files here may not read.
      const found = await lstat(join(this.options.folder, name)).catch(() => undefined);
      if (!found?.isFile()) continue;
      if (!this.streamOf(name)) {
        this.noteStranger(db, name);
        continue;
      }
      const before = this.seen.get(name);
      seen.set(name, { size: found.size, mtimeMs: found.mtimeMs });
      const isStable = before?.size === found.size && before.mtimeMs === found.mtimeMs;
      if (isStable || names.includes(`${name}.done`)) ready.push(name);
    }
    this.seen = seen;
    return ready;
  }

  private streamOf(name: string): WatchedStream | undefined {
    return this.options.streams.find(({ stream }) => matchesPattern(stream.pattern, name));
  }

  private async importLane(db: Db, watched: WatchedStream, names: readonly string[], signal?: AbortSignal) {
    const results: ImportResult[] = [];
    for (const name of names) {
      if (signal?.aborted) break;
      if ((this.retries.get(name)?.notBefore ?? 0) > db.now().getTime()) break;
      const result = await this.importOne(db, watched, name, signal);
      // Later files of the stream wait: they may build on this one.
      if (!result) break;
      results.push(result);
    }
    return results;
  }

  private async importOne(db: Db, { system, stream }: WatchedStream, name: string, signal?: AbortSignal) {
    const path = join(this.options.folder, name);
    try {
      const result = await importFile(db, this.options.actor, { path, system, stream, ...(signal && { signal }) });
      if (result.complete) await this.settle(name, 'done', result.rejectPath);
      db.log.info({ ...result, system }, `imported ${name}`);
      this.options.onImported?.(result);
      return result;
    } catch (error) {
      await this.failed(db, name, error);
      return undefined;
    }
  }

  private async failed(db: Db, name: string, error: unknown): Promise<void> {
    const isHopeless = error instanceof Permanent || (await this.countFailure(db, name, error)) >= MOST_FAILURES;
    db.log.error({ err: error, file: name }, isHopeless ? `${name} failed` : `${name} failed; it will be tried again`);
    if (!isHopeless) return;
    const reason = error instanceof Permanent ? error.message : 'internal error; the log has the cause';
    const target = await this.settle(name, 'failed', null);
    await writeFile(`${target}.error.txt`, `${reason}\n`);
  }

  /** How often the file itself is to blame: not while the database is away, nor when trying again is the answer. */
  private async countFailure(db: Db, name: string, error: unknown): Promise<number> {
    const isItsFault = !(error instanceof Retryable) && (await isDatabaseUp(db));
    const failures = (this.retries.get(name)?.failures ?? 0) + (isItsFault ? 1 : 0);
    const waitMs = Math.min(LONGEST_WAIT_MS, 2 ** failures * 1000);
    this.retries.set(name, { failures, notBefore: db.now().getTime() + waitMs });
    return failures;
  }

  private async settle(name: string, folder: 'done' | 'failed', rejectPath: string | null): Promise<string> {
    const target = await freeName(join(this.options.folder, folder), name);
    if (rejectPath) await rename(rejectPath, `${target}.rejects.csv`);
    await rename(join(this.options.folder, name), target);
    await rm(join(this.options.folder, `${name}.done`), { force: true });
    this.retries.delete(name);
    this.seen.delete(name);
    return target;
  }

  private noteStranger(db: Db, name: string): void {
    if (this.strangers.has(name)) return;
    this.strangers.add(name);
    db.log.warn({ file: name }, `${name} belongs to no stream and is left alone`);
  }
}

const isDatabaseUp = (db: Db) =>
  db.pool.query('select 1').then(
    () => true,
    () => false,
  );

/** Files being written, markers and what the hub itself writes are not for import. */
const isCandidate = (name: string) => !/^\.|\.(part|tmp|done)$|\.rejects\.csv$|\.error\.txt$/i.test(name);

/** The name, or the name with a number, so that an earlier file of the same name stays. */
async function freeName(folder: string, name: string): Promise<string> {
  const taken = new Set(await readdir(folder));
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${stem}.${count}${extension}`;
    if (!taken.has(candidate)) return join(folder, candidate);
  }
}
