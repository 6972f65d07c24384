import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from '@jest/globals';
import pg from 'pg';

export interface TestDatabase {
  /** Connection string of a migrated, empty database that belongs to this test file. */
  url: string;
  /** Remove it. When a test of the file failed it is kept instead, and named at the end of the run. */
  drop(): Promise<void>;
}

/** Clone the run's template. Call it in `beforeAll`, and `drop` in `afterAll` once every connection is closed. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = databaseName();
  await asAdmin((client) => client.query(`create database ${name} template ${required('CONCORD_TEST_TEMPLATE')}`));
  return {
    url: urlOf(name),
    drop: async () => {
      if (fileFailed()) return keep(name);
      await dropDatabase(name);
    },
  };
}

/** A database without any table, for what is tested before or beside the migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const name = databaseName();
  await asAdmin((client) => client.query(`create database ${name} template template0`));
  return { url: urlOf(name), drop: () => dropDatabase(name) };
}

const GOODBYE_MS = 5_000;

/**
 * A pool calls itself ended once it has said goodbye: its sessions go a moment later. A drop that cuts one off in that
 * moment fails the test with the error of a connection that nobody uses. Who is still there after that is cut off.
 */
async function dropDatabase(name: string): Promise<void> {
  await asAdmin(async (client) => {
    const deadline = performance.now() + GOODBYE_MS;
    const busy = async () =>
      (await client.query('select from pg_stat_activity where datname = $1 limit 1', [name])).rowCount !== 0;
    while ((await busy()) && performance.now() < deadline);
    await client.query(`drop database ${name} with (force)`);
  });
}

/** Empty every table but the record of migrations, and start the sequences again: for `beforeEach`. */
export async function truncateAll(database: string | pg.Pool): Promise<void> {
  const pool = typeof database === 'string' ? new pg.Pool({ connectionString: database, max: 1 }) : database;
  try {
    await pool.query(TRUNCATE);
  } finally {
    if (pool !== database) await pool.end();
  }
}

/** Only tables that hold something: truncating an empty one costs as much as a full one. */
const TRUNCATE = `
do $$
declare
  item record;
  filled boolean;
  names text[] := '{}';
begin
  for item in
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = 'public' and tablename <> '_prisma_migrations'
  loop
    execute format('select exists (select from %s)', item.name) into filled;
    if filled then names := names || item.name; end if;
  end loop;
  if names <> '{}' then
    execute format('truncate %s restart identity cascade', array_to_string(names, ', '));
  end if;
  perform setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
  from pg_sequences where schemaname = 'public' and last_value is not null;
end $$`;

/** Named after the file, so that a kept one explains itself. PostgreSQL cuts names at 63 bytes. */
function databaseName(): string {
  const file = basename(expect.getState().testPath ?? 'unknown', '.test.ts').replaceAll(/[^a-z0-9]+/gi, '_');
  return `test_${file.toLowerCase().slice(0, 40)}_${randomBytes(4).toString('hex')}`;
}

function fileFailed(): boolean {
  return 'concordFileFailed' in globalThis;
}

function keep(name: string): void {
  appendFileSync(join(required('CONCORD_TEST_DATA_DIR'), 'kept'), `  ${name}\n`);
}

async function asAdmin(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: required('CONCORD_TEST_POSTGRES') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(name: string): string {
  const url = new URL(required('CONCORD_TEST_POSTGRES'));
  url.pathname = `/${name}`;
  return url.href;
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run this test as an integration or e2e test, through jest.`);
  return value;
}
