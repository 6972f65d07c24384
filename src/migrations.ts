import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { Log } from '../golden-records/transaction.js';

export interface MigrateOptions {
  log: Log;
  /** Folder of `<timestamp>_<name>/migration.sql`. Default: the one that belongs to this program. */
  folder?: string;
}

/** The database and this program's migrations do not fit together, or a migration failed. Nothing was half applied. */
export class MigrationRefused extends Error {
  override name = 'MigrationRefused';

  constructor(
    readonly code: 'EDITED' | 'DATABASE_NEWER' | 'UNFINISHED' | 'FAILED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Bring the database up to this program's schema: plain SQL files, in order of name, each in a transaction, recorded as
 * `prisma migrate deploy` records them. Safe to run from many processes at once; a second run does nothing.
 * Throws `MigrationRefused` before touching anything when an applied file was edited, when the database knows a
 * migration that this program does not, or when Prisma left one unfinished.
 */
export async function migrate(pool: pg.Pool, options: MigrateOptions): Promise<{ applied: string[] }> {
  const files = await readMigrations(options.folder ?? migrationsFolder());
  const client = await pool.connect();
  try {
    // Waiting for another process, and large migrations, outlast what a query of the hub may take.
    await client.query('set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(LEDGER);
    const pending = planMigrations(files, await readLedger(client));
    for (const migration of pending) {
      await apply(client, migration);
      options.log.info({ migration: migration.name }, 'migration applied');
    }
    return { applied: pending.map(({ name }) => name) };
  } finally {
    // Closing the session gives the lock back and forgets the settings, whatever happened.
    client.release(true);
  }
}

/** Names of the migrations that `migrate` would apply. Throws `MigrationRefused` where it would. Changes nothing. */
export async function pendingMigrations(pool: pg.Pool, options: { folder?: string } = {}): Promise<string[]> {
  const files = await readMigrations(options.folder ?? migrationsFolder());
  const { rows } = await pool.query<{ found: boolean }>(
    `select to_regclass('_prisma_migrations') is not null as found`,
  );
  const ledger = rows[0]?.found ? await readLedger(pool) : [];
  return planMigrations(files, ledger).map(({ name }) => name);
}

export interface MigrationFile {
  name: string;
  sql: string;
}

/** A row of `_prisma_migrations` that was not rolled back. */
export interface LedgerEntry {
  name: string;
  checksum: string;
  finished: boolean;
}

/** Which files are still to be applied, in order. Throws `MigrationRefused` when files and ledger contradict. */
export function planMigrations(files: MigrationFile[], ledger: LedgerEntry[]): MigrationFile[] {
  const known = new Map(files.map((file) => [file.name, file]));
  for (const entry of ledger) {
    const file = known.get(entry.name);
    if (!file) {
      throw new MigrationRefused(
        'DATABASE_NEWER',
        `The database has migration ${entry.name}, which this program does not know: it was written by a newer release. Start that release, or a newer one.`,
      );
    }
    if (!entry.finished) {
      throw new MigrationRefused(
        'UNFINISHED',
        `Migration ${entry.name} began and did not finish. Mend the database by hand, then record it with "prisma migrate resolve".`,
      );
    }
    if (!checksumsOf(file.sql).includes(entry.checksum)) {
      throw new MigrationRefused(
        'EDITED',
        `Migration ${entry.name} was edited after it was applied: the database recorded ${entry.checksum}, the file has ${checksumOf(file.sql)}. Restore the file and put the change in a new migration.`,
      );
    }
  }
  const applied = new Set(ledger.map(({ name }) => name));
  return files.filter(({ name }) => !applied.has(name));
}

/** The key that Prisma's own `migrate` locks, so that the two exclude each other. */
const PRISMA_LOCK = 72_707_369;

/** As the Prisma schema engine creates it. */
const LEDGER = `
create table if not exists "_prisma_migrations" (
  "id"                  varchar(36) primary key not null,
  "checksum"            varchar(64) not null,
  "finished_at"         timestamptz,
  "migration_name"      varchar(255) not null,
  "logs"                text,
  "rolled_back_at"      timestamptz,
  "started_at"          timestamptz not null default now(),
  "applied_steps_count" integer not null default 0
)`;

async function readLedger(client: pg.PoolClient | pg.Pool): Promise<LedgerEntry[]> {
  const { rows } = await client.query<LedgerEntry>(
    `select migration_name as name, checksum, finished_at is not null as finished
     from "_prisma_migrations" where rolled_back_at is null order by started_at, migration_name`,
  );
  return rows;
}

async function apply(client: pg.PoolClient, { name, sql }: MigrationFile): Promise<void> {
  const startedAt = new Date();
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query(
      `insert into "_prisma_migrations" (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
       values ($1, $2, clock_timestamp(), $3, $4, 1)`,
      [randomUUID(), checksumOf(sql), name, startedAt],
    );
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationRefused('FAILED', `Migration ${name} failed and was rolled back: ${reason}`, { cause });
  }
}

async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
}

/** Upwards from this file: it runs from `src/` and from `dist/src/`. */
function migrationsFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let dir = start; ; dir = dirname(dir)) {
    const folder = join(dir, 'prisma', 'migrations');
    if (existsSync(folder)) return folder;
    if (dir === dirname(dir))
      throw new Error(`No folder prisma/migrations above ${start}: the installation is incomplete.`);
  }
}

function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

/** A checkout may have changed the line ends; Prisma overlooks that too. */
function checksumsOf(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map(checksumOf);
}
