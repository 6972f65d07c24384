import { prepareFeed } from './feed.js';
import { refreshParameters } from './match-parameters.js';
import type { EntityTypeDefinition } from './model.js';
import { contentHash } from './normalise/index.js';
import { indexDefinitions, viewDefinition, viewName } from './read/expressions.js';
import { type Db, inTransaction, type Tx } from './transaction.js';

const PARTITIONED = ['source_record', 'golden_record'] as const;

/**
 * Bring the database in line with the definitions: partitions, expression indexes and reporting views of each entity type,
 * the registered systems, the feed's epoch. Idempotent; two processes at once are fine. Indexes that no definition asks for
 * any more are dropped, records of an entity type that is gone are not.
 */
export async function prepareStore(db: Db): Promise<void> {
  await inTransaction(
    db,
    async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('concord:prepare', 0))::text`);
      for (const definition of tx.model.entityTypes.values()) await prepareEntityType(tx, definition);
      await registerSystems(tx);
      await prepareFeed(tx);
    },
    { timeoutMs: 15 * 60_000 },
  );
  await refreshParameters(db);
}

async function prepareEntityType(tx: Tx, definition: EntityTypeDefinition): Promise<void> {
  for (const table of PARTITIONED) {
    await tx.execute(
      `create table if not exists ${table}_${definition.code} partition of ${table} for values in ('${definition.code}')`,
    );
  }
  const wanted = new Map(indexDefinitions(definition).map(({ name, sql }) => [name, sql]));
  const present = await tx.query<{ name: string; made: string | null }>(
    OWN_INDEXES,
    `golden_record_${definition.code}`,
  );
  for (const { name, made } of present) {
    if (wanted.get(name) === made) wanted.delete(name);
    else await tx.execute(`drop index "${name}"`);
  }
  for (const [name, sql] of wanted) {
    await tx.execute(sql);
    await tx.execute(`comment on index "${name}" is '${sql.replaceAll("'", "''")}'`);
  }
  await prepareView(tx, definition);
}

// The statement that made an index is kept as its comment, so that a changed definition makes it anew. Indexes that the
// partition has from its parent are the migrations' business.
const OWN_INDEXES = `
select i.relname as name, obj_description(i.oid, 'pg_class') as made
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
  where t.relname = $1 and t.relnamespace = current_schema()::regnamespace
    and not exists (select 1 from pg_inherits h where h.inhrelid = i.oid)`;

/** Made again only when it changes: what an operator granted to reporting tools goes with the old one. */
async function prepareView(tx: Tx, definition: EntityTypeDefinition): Promise<void> {
  const view = viewName(definition);
  const wanted = viewDefinition(definition);
  const mark = `concord ${contentHash(wanted).slice(0, 16)}`;
  const [present] = await tx.query<{ mark: string | null }>(
    `select obj_description(to_regclass($1), 'pg_class') as mark`,
    view,
  );
  if (present?.mark === mark) return;
  await tx.execute(`drop view if exists ${view}`);
  await tx.execute(wanted);
  await tx.execute(`comment on view ${view} is '${mark}'`);
}

async function registerSystems(tx: Tx): Promise<void> {
  const systems = [...tx.model.systems.values()].map(({ code, name, scopes }) => ({ code, name, scopes }));
  await tx.execute(
    `insert into system (code, name, scopes) select x.code, x.name, x.scopes
       from jsonb_to_recordset($1::jsonb) as x(code text, name text, scopes jsonb)
     on conflict (code) do update set name = excluded.name, scopes = excluded.scopes, retired_at = null
       where (system.name, system.scopes, system.retired_at) is distinct from (excluded.name, excluded.scopes, null)`,
    systems,
  );
  await tx.execute(
    `update system set retired_at = current_timestamp
       where retired_at is null and code not in (select jsonb_array_elements_text($1::jsonb))`,
    systems.map(({ code }) => code),
  );
}
