import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import {
  ActiveParameters,
  advanceFeedOnce,
  type Db,
  defineModel,
  drainRecomputeOnce,
  ENTITY_TYPES,
  prepareStore,
  verify,
} from '../../golden-records/index.js';
import { diffDatabase, withSchemaEngine } from '../../scripts/schema-engine.mjs';
import { type MigrationRefused, migrate } from '../../src/migrations.js';
import { connect } from '../../src/database.js';
import { startWorker } from '../../src/worker.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { createTestHub, eventually, SYSTEMS } from '../support/hub.js';
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

describe('a database with records of before their features were kept', () => {
  const FEATURES = '20261125000000_match_features';
  const earlier = readdirSync('prisma/migrations').filter((name) => name < FEATURES);

  /** As an earlier program left them: not matched in the present way, and with scores of pairs that are nothing to each other. */
  async function fillAsBefore(): Promise<void> {
    const hub = await createTestHub({
      rules: { supplier: { thresholds: { match: 900, review: 800, confirmed: 999 } } },
    });
    try {
      await hub.arrive('erp', 'supplier', { V1: ALPHA, V2: { name: 'Beta Care', taxIds: ein('20-1000002') } });
      await hub.arrive('portal', 'supplier', { P1: ALPHA });
      await hub.settleAll();
      await copyRows(hub.db.pool, pool);
    } finally {
      await hub.close();
    }
    await pool.query(`insert into match_score (entity_type, left_id, right_id, weight, waterfall, outcome, rules_version)
      select 'supplier', least(a.id, b.id), greatest(a.id, b.id), -9, '[]', 'NO_MATCH', a.rules_version
        from source_record a, source_record b where a.external_id = 'V2' and b.external_id = 'P1'`);
  }

  it('are described and matched by the worker: what is the same is found, and all is lawful', async () => {
    rmSync(folder, { recursive: true });
    write(
      Object.fromEntries(
        earlier.map((name) => [name, readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8')]),
      ),
    );
    await run();
    await fillAsBefore();
    expect((await migrate(pool, { log: silentLog })).applied[0]).toBe(FEATURES);

    const connection = connect(database.url, { log: silentLog });
    const model = defineModel({ entityTypes: ENTITY_TYPES, systems: SYSTEMS, rules: {} });
    const parameters = new ActiveParameters(model);
    const db: Db = { ...connection, model, parameters, log: silentLog, now: () => new Date() };
    await prepareStore(db);
    const worker = await startWorker({ db, listenDb: connection, log: silentLog });
    try {
      await eventually(async () => (await pool.query(`select 1 from job where state = 'DONE'`)).rows[0], 30_000);
    } finally {
      await worker.stop();
    }
    const { rows } = await pool.query(
      `select external_id as id, golden_record_id as golden, match_features is not null as described,
         (select count(*)::int from match_key k where k.source_record_id = s.id) > 0 as keyed from source_record s order by 1`,
    );
    expect(rows).toEqual(
      ['P1', 'V1', 'V2'].map((id) => ({ id, golden: expect.any(String), described: true, keyed: true })),
    );
    const [portal, erp, other] = rows.map(({ golden }) => golden);
    expect(portal).toBe(erp);
    expect(other).not.toBe(erp);
    expect((await pool.query(`select outcome from match_score`)).rows).toEqual([{ outcome: 'MATCH' }]);
    while ((await drainRecomputeOnce(db)).recomputed > 0);
    for (let pass = await advanceFeedOnce(db); pass.changes + pass.auditEntries > 0; ) pass = await advanceFeedOnce(db);
    expect((await verify(db)).findings).toEqual([]);
    await connection.close();
  });

  const ein = (value: string) => [{ scheme: 'EIN', value, country: 'US' }];
  const ALPHA = { name: 'Alpha Surgical Supply', taxIds: ein('20-1000001') };
});

/** Rows and sequences of one database in another that may lack some of its columns. Its partitions are made on the way. */
async function copyRows(from: pg.Pool, to: pg.Pool): Promise<void> {
  const { rows: parts } = await from.query<{ sql: string }>(
    `select format('create table %s partition of %s %s', c.oid::regclass, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)) as sql
       from pg_class c join pg_inherits i on i.inhrelid = c.oid where c.relispartition and c.relkind = 'r'`,
  );
  for (const { sql } of parts) await to.query(sql);
  const { rows: tables } = await to.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where relkind in ('r', 'p') and not relispartition
       and relnamespace = 'public'::regnamespace and relname not in ('_prisma_migrations', 'match_key', 'match_parameters')`,
  );
  const client = await to.connect();
  try {
    await client.query('set session_replication_role = replica');
    for (const { name } of tables) {
      const { rows } = await from.query(`select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text as all from ${name} t`);
      const insert = `insert into ${name} overriding system value select * from jsonb_populate_recordset(null::${name}, $1::jsonb)`;
      await client.query(insert, [rows[0]?.all]);
    }
    const { rows: sequences } = await from.query<{ name: string; last: string }>(
      `select format('%I', sequencename) as name, last_value as last from pg_sequences where last_value is not null`,
    );
    for (const { name, last } of sequences) await client.query(`select setval($1::regclass, $2::bigint)`, [name, last]);
  } finally {
    client.release(true);
  }
}
