import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A server of the PostgreSQL installed on this machine, with its client programs: what operators have. */
export interface SystemPostgres {
  /** Connection string of a database of that server. */
  url(database: string): string;
  /** Run one of its programs, e.g. pg_dump. */
  program(name: string, ...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startSystemPostgres(): Promise<SystemPostgres> {
  const bin = programsFolder();
  const dir = mkdtempSync(join(tmpdir(), 'concord-system-pg-'));
  const account = serverAccount();
  if (account) chownSync(dir, account.uid, account.gid);
  const server = (name: string, ...args: string[]) => run(join(bin, name), args, { ...account, cwd: '/' });
  const cluster = join(dir, 'cluster');
  const port = await freePort();
  await server(
    'initdb',
    `--pgdata=${cluster}`,
    '--username=hub',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  );
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  await server(
    'pg_ctl',
    'start',
    '--wait',
    `--pgdata=${cluster}`,
    `--log=${join(dir, 'log')}`,
    `--options=${settings}`,
  );
  return {
    url: (database) => `postgresql://hub@127.0.0.1:${port}/${database}`,
    program: async (name, ...args) => (await run(join(bin, name), args)).stdout,
    stop: async () => {
      await server('pg_ctl', 'stop', '--wait', `--pgdata=${cluster}`, '--mode=immediate');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Debian's place, newest first, else the path. */
function programsFolder(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_dump')));
  if (found) return found;
  throw new Error('This test wants a PostgreSQL with initdb and pg_dump: apt-get install -y postgresql');
}

/** PostgreSQL does not run as root. */
function serverAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
