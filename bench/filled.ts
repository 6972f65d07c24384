import { join } from 'node:path';
import type pg from 'pg';
import { createKey } from '../golden-records/api-keys.js';
import { type Actor, advanceFeedOnce, HUB_ACTOR, prepareStore } from '../golden-records/index.js';
import { importFile } from '../sources/index.js';
import { type Environment, openHub } from './environment.js';
import { ingestUnits, SUPPLIER_STREAM, writeSuppliers } from './suppliers.js';

/** A hub with as many source records as the targets speak of. */
export interface FilledHub {
  readonly databaseUrl: string;
  /** Of a reader, who sees no sensitive value. */
  readonly key: string;
  readonly sourceRecords: number;
  /** External ids that exist, V1 to this one, in each of the systems. */
  readonly suppliers: number;
}

const IMPORTER: Actor = { kind: 'SYSTEM', id: 'bench', name: 'Benchmark' };
const SYSTEMS = ['erp', 'procurement', 'inventory', 'portal'];
const TEMPLATES = 1_000;

let filled: Promise<FilledHub> | undefined;

/** Filled once in a run, for every benchmark that only reads. */
export function filledHub(env: Environment): Promise<FilledHub> {
  filled ??= fill(env);
  return filled;
}

/**
 * Suppliers come through the real pipeline; their rows are then copied by SQL under ids of their own until there are
 * enough, each known to four systems.
 */
async function fill(env: Environment): Promise<FilledHub> {
  const suppliers = env.isSmoke ? 500 : 250_000;
  const databaseUrl = await env.createDatabase('filled');
  const { database, db } = openHub(databaseUrl, env.model);
  try {
    await ingestUnits(db);
    const path = join(env.folder, 'bench-suppliers-templates.csv');
    const templates = Math.min(TEMPLATES, suppliers / 2);
    await writeSuppliers(path, 0, templates);
    await importFile(db, IMPORTER, { path, system: 'erp', stream: SUPPLIER_STREAM });
    while ((await advanceFeedOnce(db)).changes > 0);
    env.say(`  filling ${(suppliers * SYSTEMS.length).toLocaleString('en')} source records …`);
    await copyTemplates(database.pool, suppliers);
    await prepareStore(db);
    await database.pool.query('vacuum analyze source_record, golden_record');
    const { key } = await createKey(db, HUB_ACTOR, { name: 'bench reader', role: 'reader' });
    return { databaseUrl, key, sourceRecords: suppliers * SYSTEMS.length, suppliers };
  } finally {
    await database.close();
  }
}

/** Sorted as the ids of one hub are: by the time of their making. */
const id = (kind: number, n: string, nth = '0') =>
  `(lpad(to_hex(1764000000000 + ${n}), 12, '0') || '7${kind}' || lpad(to_hex(${nth}), 2, '0') || '8' || substr(md5((${n})::text), 1, 15))::uuid`;

const PER_STATEMENT = 10_000;

async function copyTemplates(pool: pg.Pool, suppliers: number): Promise<void> {
  const client = await pool.connect();
  try {
    // What fills the tables is not measured: it may be as fast as it likes.
    await client.query('set statement_timeout = 0');
    await client.query('set synchronous_commit = off');
    await client.query(DROP_OWN_INDEXES);
    await client.query(
      `create temporary table template as select row_number() over (order by s.id) - 1 as nth, s.id as source_id, s.payload,
         s.attributes as said, s.attribute_times, s.issues, s.content_hash, s.mapping_version, s.source_time, s.inbox_event_id,
         s.rules_version, g.attributes, g.provenance, g.operation_id, g.created_at
       from source_record s join golden_record g on g.id = s.golden_record_id where s.entity_type = 'supplier'`,
    );
    await client.query(`delete from source_record where entity_type = 'supplier'`);
    await client.query(`delete from golden_record where entity_type = 'supplier'`);
    for (let from = 1; from <= suppliers; from += PER_STATEMENT) {
      const to = Math.min(suppliers, from + PER_STATEMENT - 1);
      await client.query(GOLDEN_ROWS, [from, to]);
      await client.query(SOURCE_ROWS, [from, to]);
    }
  } finally {
    client.release(true);
  }
}

const SYSTEM_LIST = `unnest(array['${SYSTEMS.join("', '")}']) with ordinality as sys(code, k)`;
const NUMBERED = `(select n, t.* from generate_series($1::bigint, $2::bigint) n join template t on t.nth = n % (select count(*) from template)) t`;

/** Made anew by prepareStore, which is much faster for a full table. */
const DROP_OWN_INDEXES = `
do $$ declare name text; begin
  for name in select x.indexrelid::regclass from pg_index x where x.indrelid = 'golden_record_supplier'::regclass
      and not exists (select from pg_inherits h where h.inhrelid = x.indexrelid) loop
    execute 'drop index ' || name;
  end loop;
end $$`;

const GOLDEN_ROWS = `
insert into golden_record (id, entity_type, state, version, attributes, provenance, members, anchor_id, rules_version, operation_id,
    created_at, valid_from)
  select ${id(1, 't.n')}, 'supplier', 'ACTIVE', 1, t.attributes,
    replace(t.provenance::text, t.source_id::text, (${id(2, 't.n', '1')})::text)::jsonb,
    array(select ${id(2, 't.n', 'k')} from ${SYSTEM_LIST}), ${id(2, 't.n', '1')}, t.rules_version, t.operation_id, t.created_at, t.created_at
  from ${NUMBERED}`;

const SOURCE_ROWS = `
insert into source_record (id, entity_type, system, scope, external_id, state, payload, attributes, attribute_times, issues, content_hash,
    mapping_version, source_time, inbox_event_id, revision, first_seen_at, changed_at, golden_record_id, link_kind, match_weight,
    linked_at, rules_version)
  select ${id(2, 't.n', 'k')}, 'supplier', sys.code, 'main', 'V' || t.n, 'ACTIVE', t.payload, t.said, t.attribute_times, t.issues,
    t.content_hash, t.mapping_version, t.source_time, t.inbox_event_id, nextval('source_record_revision_seq'), t.created_at,
    t.created_at, ${id(1, 't.n')}, 'AUTO', 12.5, t.created_at, t.rules_version
  from ${NUMBERED}, ${SYSTEM_LIST}`;
