import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Who runs on a data directory. */
export interface Occupant {
  readonly pid: number;
  /** When that process started, as its system tells it: a pid alone is given out again. */
  readonly started: string;
  /** Where its API is, once it listens. */
  readonly endpoint?: string;
  /** Where the demo's Odoo is, while it runs. */
  readonly odoo?: string;
}

export type Places = Pick<Occupant, 'endpoint' | 'odoo'>;

export interface DataDirLock {
  /** Let others read where things are. */
  announce(places: Places): Promise<void>;
  release(): Promise<void>;
}

/** Another hub runs on this data directory. */
export class AlreadyRunning extends Error {
  override name = 'AlreadyRunning';
  readonly code = 'ALREADY_RUNNING';

  constructor(
    readonly dataDir: string,
    readonly occupant: Occupant,
  ) {
    const where = occupant.endpoint ? `, at ${occupant.endpoint}` : '';
    super(
      `a hub already runs on ${dataDir} (process ${occupant.pid}${where}). Stop it first, or give this one a folder of its own with CONCORD_DATA_DIR.`,
    );
  }
}

const FILE = 'hub.json';

/** The hub that runs on a data directory now, if one does. */
export async function occupantOf(dataDir: string): Promise<Occupant | undefined> {
  const found = await readOccupant(join(dataDir, FILE));
  return isHeld(found) ? found : undefined;
}

/** One hub at a time on a data directory; what a killed one left counts for nothing. Throws AlreadyRunning. */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, FILE);
  const me: Occupant = { pid: process.pid, started: startOf(process.pid) ?? '' };
  while (!(await take(file, me))) {
    const found = await readOccupant(file);
    if (found && isHeld(found)) throw new AlreadyRunning(dataDir, found);
    await removeStale(file);
  }
  return {
    announce: async (places) => {
      const next = `${file}.${randomUUID()}`;
      await writeFile(next, JSON.stringify({ ...me, ...places }), { mode: 0o600 });
      await rename(next, file);
    },
    release: () => rm(file, { force: true }),
  };
}

/** Complete from the first moment: written under another name, then linked, which fails when the name is taken. */
async function take(file: string, me: Occupant): Promise<boolean> {
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify(me), { mode: 0o600 });
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

async function readOccupant(file: string): Promise<Occupant | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (value === null || typeof value !== 'object' || !('pid' in value) || !('started' in value)) return undefined;
    const { pid, started } = value;
    const endpoint = 'endpoint' in value && typeof value.endpoint === 'string' ? { endpoint: value.endpoint } : {};
    const odoo = 'odoo' in value && typeof value.odoo === 'string' ? { odoo: value.odoo } : {};
    return { pid: Number(pid), started: String(started), ...endpoint, ...odoo };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const BREAKING_TAKES_MS = 10_000;

/** One process at a time looks again and removes: the fresh lock of another start is never taken for the stale one. */
async function removeStale(file: string): Promise<void> {
  const breaking = `${file}.breaking`;
  try {
    await writeFile(breaking, '', { flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return waitForOther(breaking);
  }
  try {
    if (!isHeld(await readOccupant(file))) await rm(file, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

/** Whoever is breaking the lock is done in a moment, or was killed in it. */
async function waitForOther(breaking: string): Promise<void> {
  await delay(10);
  const found = await stat(breaking).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs > BREAKING_TAKES_MS) await rm(breaking, { force: true });
}

const isHeld = (occupant: Occupant | undefined): boolean =>
  occupant !== undefined && startOf(occupant.pid) === occupant.started;

/** When a process started; undefined when there is none. */
function startOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) return startInProc(pid);
  const listed = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  if (listed.status === 0) return listed.stdout.trim();
  return isAlive(pid) ? 'unknown' : undefined;
}

const PROC_STAT_START = 19;

/** Field 22 of /proc/<pid>/stat, in ticks since boot; the name before it may hold blanks and brackets. */
function startInProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${boot}/${fields[PROC_STAT_START]}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
