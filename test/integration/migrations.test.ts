import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { diffDatabase, withSchemaEngine } from '../../scripts/schema-engine.mjs';
import { type MigrationRefused, migrate } from '../../src/migrations.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { silentLog } from '../support/log.js';

const FIRST = '20260101000000_first';
const SECOND = '20260102000000_second';
const THIRD = '20260103000000_third';
const FILES = {
  [SECOND]: 'alter table thing add column name text;\n',
  [FIRST]: 'create table thing (id int primary key);\ncreate table other (id int primary key);\n',
};

let database: TestDatabase;
let pool: pg.Pool;
let folder: string;

beforeEach(async () => {
  database = await createEmptyDatabase();
  pool = new pg.Pool({ connectionString: database.url });
  folder = mkdtempSync(join(tmpdir(), 'concord-migrations-'));
  write(FILES);
});

afterEach(async () => {
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const run = () => migrate(pool, { log: silentLog, folder });

function write(files: Record<string, string>): void {
  for (const [name, sql] of Object.entries(files)) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), sql);
  }
}

async function refusal(): Promise<MigrationRefused> {
  return run().then(
    () => {
      throw new Error('expected the migration to be refused');
    },
    (error) => error,
  );
}

async function tables(): Promise<string[]> {
  const { rows } = await pool.query(
    `select tablename from pg_tables where schemaname = 'public' and tablename not like '\\_%' order by 1`,
  );
  return rows.map(({ tablename }) => tablename);
}

describe('migrate', () => {
  it('applies what is new, in order of name', async () => {
    expect(await run()).toEqual({ applied: [FIRST, SECOND] });
    write({ [THIRD]: 'create table last (id int);' });
    expect(await run()).toEqual({ applied: [THIRD] });
    expect(await tables()).toEqual(['last', 'other', 'thing']);
  });

  it('does nothing the second time', async () => {
    await run();
    const before = await pool.query('select * from _prisma_migrations');
    expect(await run()).toEqual({ applied: [] });
    expect((await pool.query('select * from _prisma_migrations')).rows).toEqual(before.rows);
  });

  it('is done once when many processes start together', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, run));
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual([FIRST, SECOND]);
    expect((await pool.query('select 1 from _prisma_migrations')).rowCount).toBe(2);
  });

  it('refuses a file edited after it was applied, and touches nothing', async () => {
    await run();
    write({ [FIRST]: 'create table thing (id bigint primary key);', [THIRD]: 'create table last (id int);' });
    const error = await refusal();
    expect(error).toMatchObject({ name: 'MigrationRefused', code: 'EDITED' });
    expect(error.message).toContain(FIRST);
    expect(await tables()).toEqual(['other', 'thing']);
  });

  it('overlooks line ends that a checkout changed', async () => {
    await run();
    write({ [FIRST]: FILES[FIRST].replaceAll('\n', '\r\n') });
    expect(await run()).toEqual({ applied: [] });
  });

  it('refuses a database that is newer than the program', async () => {
    await run();
    rmSync(join(folder, SECOND), { recursive: true });
    write({ [THIRD]: 'create table last (id int);' });
    const error = await refusal();
    expect(error).toMatchObject({ code: 'DATABASE_NEWER' });
    expect(error.message).toContain(SECOND);
    expect(await tables()).toEqual(['other', 'thing']);
  });

  it('refuses when Prisma left a migration unfinished, until that is rolled back', async () => {
    await run();
    await pool.query('update _prisma_migrations set finished_at = null where migration_name = $1', [SECOND]);
    expect(await refusal()).toMatchObject({ code: 'UNFINISHED' });
    await pool.query('alter table thing drop column name');
    await pool.query('update _prisma_migrations set rolled_back_at = now() where migration_name = $1', [SECOND]);
    expect(await run()).toEqual({ applied: [SECOND] });
  });

  it('rolls a failing migration back whole, and goes on from there once it is mended', async () => {
    write({ [SECOND]: 'create table half (id int); select 1 / 0;' });
    const error = await refusal();
    expect(error).toMatchObject({ code: 'FAILED', cause: { code: '22012' } });
    expect(error.message).toContain(SECOND);
    expect(await tables()).toEqual(['other', 'thing']);
    write(FILES);
    expect(await run()).toEqual({ applied: [SECOND] });
  });

  it('lets no lock or setting stay behind in the pool', async () => {
    await run();
    // The session that held it is closing: until it has, the test goes on asking, and ends by its time limit.
    while ((await pool.query("select from pg_locks where locktype = 'advisory'")).rowCount !== 0);
    expect((await pool.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
  });
});

describe('Prisma', () => {
  const SCHEMA = 'datasource db {\n  provider = "postgresql"\n}\n';
  const FILTERS = { externalTables: [], externalEnums: [] };

  const migrationsList = (): MigrationList => ({
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: [FIRST, SECOND].map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(folder, name, 'migration.sql'), 'utf8') },
      },
    })),
  });

  const ledger = async () =>
    (
      await pool.query(
        `select migration_name, checksum, logs, rolled_back_at, applied_steps_count, length(id) as id_length,
           finished_at >= started_at as finished
         from _prisma_migrations order by started_at`,
      )
    ).rows;

  const ledgerShape = async () =>
    (
      await pool.query(
        `select column_name, data_type, character_maximum_length, is_nullable, column_default
         from information_schema.columns where table_name = '_prisma_migrations' order by ordinal_position`,
      )
    ).rows;

  it('finds its history in order after ours', async () => {
    await run();
    const found = await withSchemaEngine(database.url, SCHEMA, (engine) =>
      engine.diagnoseMigrationHistory({
        migrationsList: migrationsList(),
        optInToShadowDatabase: false,
        filters: FILTERS,
      }),
    );
    expect(found).toMatchObject({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    });
  });

  it('records exactly what we record, and we accept its work', async () => {
    await withSchemaEngine(database.url, SCHEMA, (engine) =>
      engine.applyMigrations({ migrationsList: migrationsList(), filters: FILTERS }),
    );
    expect(await run()).toEqual({ applied: [] });
    const theirs = { rows: await ledger(), shape: await ledgerShape() };
    await pool.query('drop table _prisma_migrations, thing, other');
    await run();
    expect({ rows: await ledger(), shape: await ledgerShape() }).toEqual(theirs);
  });
});

describe('the migrations of this program', () => {
  let ours: TestDatabase;
  beforeAll(async () => {
    ours = await createTestDatabase();
  });
  afterAll(() => ours.drop());

  it('lead to what schema.prisma says', async () => {
    const schema = readFileSync('prisma/schema.prisma', 'utf8');
    expect(await diffDatabase(ours.url, schema)).toBe('');
  });

  it('are found without being told where', async () => {
    const clone = new pg.Pool({ connectionString: ours.url });
    expect(await migrate(clone, { log: silentLog })).toEqual({ applied: [] });
    await clone.end();
  });
});
