import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ActiveParameters, type Db, type Log, prepareStore } from '../golden-records/index.js';
import type { Model } from '../golden-records/rules.js';
import { connect, type Database } from '../src/database.js';
import { startEmbeddedPostgres } from '../src/embedded-postgres.js';
import { migrate } from '../src/migrations.js';
import { cpuSeconds } from './cpu.js';

/** What every benchmark gets: a PostgreSQL of its own, a folder, and how much to do. */
export interface Environment {
  readonly model: Model;
  readonly folder: string;
  /** Tiny sizes: only whether everything runs. */
  readonly isSmoke: boolean;
  readonly log: Log;
  readonly postgres: string;
  /** Processor seconds used so far by this process and by the server. */
  cpu(): { node: number; postgres: number };
  /** A database with the hub's tables; with `template`, a copy of a database that nobody is connected to. */
  createDatabase(name: string, template?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  say(text: string): void;
  close(): Promise<void>;
}

/** Only what goes wrong: a benchmark that swallows errors measures nothing. */
export const benchLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => process.stderr.write(`warn: ${message} ${JSON.stringify(fields)}\n`),
  error: (fields, message) => process.stderr.write(`error: ${message} ${inspect(fields)}\n`),
};

const inspect = (fields: object) =>
  JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? (value.stack ?? value.message) : value));

/** The bundled PostgreSQL with the settings that it has in production, in a folder that goes away afterwards. */
export async function openEnvironment(model: Model, isSmoke: boolean): Promise<Environment> {
  const folder = await mkdtemp(join(tmpdir(), 'concord-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: benchLog });
  const admin = new pg.Pool({ connectionString: server.url, max: 1 });
  const postgres = await describeServer(admin);
  const postmaster = await postmasterOf(admin);
  return {
    model,
    folder,
    isSmoke,
    log: benchLog,
    postgres,
    cpu: () => cpuSeconds(postmaster),
    createDatabase: async (name, template) => {
      await admin.query(`create database ${name} template ${template ?? 'template0'}`);
      const url = urlOf(server.url, name);
      if (template === undefined) await makeTables(url, model);
      return url;
    },
    dropDatabase: async (name) => {
      await admin.query(`drop database ${name} with (force)`);
    },
    say: (text) => void process.stderr.write(`${text}\n`),
    close: async () => {
      await admin.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Says what the figures rest on, and refuses to measure a server that doesn't write through. */
async function describeServer(admin: pg.Pool): Promise<string> {
  const { rows } = await admin.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes')`,
  );
  const settings = new Map(rows.map(({ name, setting }) => [name, setting]));
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    if (settings.get(name) !== 'on') throw new Error(`${name} is ${settings.get(name)}: expected on`);
  }
  return `PostgreSQL ${settings.get('server_version')}, fsync and synchronous_commit on`;
}

/** The parent of every backend: of our own, among others. */
async function postmasterOf(admin: pg.Pool): Promise<number> {
  const { rows } = await admin.query<{ pid: string }>(
    `select split_part(pg_read_file('postmaster.pid'), chr(10), 1) as pid`,
  );
  return Number(rows[0]?.pid);
}

function urlOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function makeTables(url: string, model: Model): Promise<void> {
  const { database, db } = openHub(url, model);
  await migrate(database.pool, { log: benchLog });
  await prepareStore(db);
  await database.close();
}

/** A connected hub, with the pool that it has by default. */
export function openHub(url: string, model: Model): { database: Database; db: Db } {
  const database = connect(url, { log: benchLog, maxConnections: 10 });
  return {
    database,
    db: {
      prisma: database.prisma,
      pool: database.pool,
      model,
      parameters: new ActiveParameters(model),
      log: benchLog,
      now: () => new Date(),
    },
  };
}
