import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActiveParameters, prepareStore, refreshParameters } from '../golden-records/index.js';
import type { Model } from '../golden-records/rules.js';
import type { Db, Log } from '../golden-records/transaction.js';
import type { Settings } from './config.js';
import { connect, type Database } from './database.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { migrate, pendingMigrations } from './migrations.js';

/** An open database, the one of DATABASE_URL or the bundled one. */
export interface Store {
  readonly db: Db;
  readonly database: Database;
  readonly isEmbedded: boolean;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly settings: Settings;
  readonly model: Model;
  readonly log: Log;
}

/** The database does not answer, or not to us. The message says what to do and never holds the password. */
export class DatabaseUnreachable extends Error {
  override name = 'DatabaseUnreachable';
  readonly code = 'DATABASE_UNREACHABLE';
}

/** The database answers, but its tables are not those of this program. */
export class DatabaseNotReady extends Error {
  override name = 'DatabaseNotReady';
  readonly code = 'DATABASE_NOT_READY';
}

/**
 * Connect to DATABASE_URL; without one, start the bundled PostgreSQL, or join the one that a running hub started.
 * Throws DatabaseUnreachable or EmbeddedPostgresError.
 */
export async function openStore({ settings, model, log }: StoreOptions): Promise<Store> {
  const { databaseUrl, dataDir } = settings;
  if (databaseUrl !== undefined) return connectStore(databaseUrl, { settings, model, log }, undefined);
  const embedded = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log });
  try {
    return await connectStore(embedded.url, { settings, model, log }, () => embedded.stop());
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function connectStore(
  url: string,
  { settings, model, log }: StoreOptions,
  stopServer: (() => Promise<void>) | undefined,
): Promise<Store> {
  const database = connect(url, {
    log,
    maxConnections: settings.databaseConnections,
    statementTimeoutMs: settings.statementTimeoutMs,
  });
  try {
    await database.pool.query('select 1');
  } catch (cause) {
    await database.close();
    throw new DatabaseUnreachable(`${placeOf(url)}: ${adviceFor(cause)}`, { cause });
  }
  return {
    db: {
      prisma: database.prisma,
      pool: database.pool,
      model,
      parameters: new ActiveParameters(model),
      log,
      now: () => new Date(),
    },
    database,
    isEmbedded: stopServer !== undefined,
    close: async () => {
      await database.close();
      await stopServer?.();
    },
  };
}

/** Bring tables, partitions, indexes and views up to this program and this configuration. Twice does nothing. */
export async function migrateStore(store: Store): Promise<{ applied: string[] }> {
  const result = await migrate(store.database.pool, { log: store.db.log });
  await prepareStore(store.db);
  return result;
}

/**
 * A bundled database is nobody else's, so it is brought up to date in passing. One of DATABASE_URL is not: throws
 * DatabaseNotReady when migrations are missing, or when the configuration has something new.
 */
export async function requireMigrated(store: Store): Promise<void> {
  const missing = await missingIn(store);
  if (missing.length === 0) return refreshParameters(store.db);
  if (!store.isEmbedded) throw new DatabaseNotReady(`the database lacks ${missing.join(', ')}: run concord migrate`);
  await migrateStore(store);
}

async function missingIn({ database, db }: Store): Promise<string[]> {
  const pending = await pendingMigrations(database.pool);
  if (pending.length > 0) return pending.map((name) => `migration ${name}`);
  const { rows } = await database.pool.query<{ missing: string }>(
    `select 'system ' || wanted.code as missing from unnest($1::text[]) as wanted (code)
       where not exists (select from system s where s.code = wanted.code and s.retired_at is null)
     union all
     select 'entity type ' || code from unnest($2::text[]) as code where to_regclass('golden_record_' || code) is null`,
    [[...db.model.systems.keys()], [...db.model.entityTypes.keys()]],
  );
  return rows.map(({ missing }) => missing);
}

/** For an exit that does not wait: ends the bundled server as a crash would, which its log makes good at the next start. */
export function killEmbeddedDatabase(dataDir: string): void {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (pid > 0) process.kill(pid, 'SIGQUIT');
}

/** Where a database is, without user and password. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || '5432'}${pathname}`;
}

const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Is PostgreSQL running, and are host and port right?',
  ENOTFOUND: 'no host of that name. Is the host in DATABASE_URL right?',
  EAI_AGAIN: 'the name of the host could not be looked up. Is there a network?',
  ETIMEDOUT: 'no answer. Does a firewall stand between?',
  '28P01': 'user or password refused. Is the password in DATABASE_URL right, and percent-encoded?',
  '28000': 'this user may not log in from here. Look at pg_hba.conf.',
  '3D000': 'no such database. Make it with createdb, or correct the name in DATABASE_URL.',
  '42501': 'permission denied. docs/operations.md lists the grants that the hub needs.',
  '53300': 'too many connections. Lower DATABASE_CONNECTIONS or raise max_connections.',
  '57P03': 'the server is starting or shutting down. Try again in a moment.',
};

function adviceFor(error: unknown): string {
  const code = codeOf(error);
  return (
    ADVICE[code] ??
    `no connection${code ? ` (${code})` : ''}: ${error instanceof Error ? error.message : String(error)}`
  );
}

/** The first code in the chain of causes; several addresses of one host come as an AggregateError. */
function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Object; at = 'cause' in at ? at.cause : undefined) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at instanceof AggregateError) return codeOf(at.errors[0]);
  }
  return '';
}
