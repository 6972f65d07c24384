import pg from 'pg';

/**
 * The floor of ingesting: the rows that the hub wrote, inserted by hand into a copy of the same empty schema. One
 * statement and one commit for each batch, all tables at once, everything prepared beforehand.
 */

/** Tables that ingesting writes, and how their rows are found from the operation (`o`) that wrote them. */
const TABLES: Readonly<Record<string, string>> = {
  operation: 'select o.id as batch, t.* from o join operation t on t.id = o.id',
  audit_entry: 'select o.id as batch, t.* from o join audit_entry t on t.operation_id = o.id',
  inbox_event: 'select o.id as batch, t.* from o join inbox_event t on t.operation_id = o.id',
  source_record: 'select s.batch, t.* from s join source_record t on t.id = s.id',
  identifier: 'select s.batch, t.* from s join identifier t on t.source_record_id = s.id',
  match_key: 'select s.batch, t.* from s join match_key t on t.source_record_id = s.id',
  match_score: 'select s.batch, t.* from s join match_score t on greatest(t.left_id, t.right_id) = s.id',
  source_reference: 'select s.batch, t.* from s join source_reference t on t.source_record_id = s.id',
  // A record that was there before was updated, which the floor leaves out.
  golden_record: 'select o.id as batch, t.* from o join golden_record t on t.operation_id = o.id and t.version = 1',
  change: 'select o.id as batch, t.* from o join change t on t.operation_id = o.id',
  steward_task: 'select o.id as batch, t.* from o join steward_task t on t.operation_id = o.id',
};

export interface FloorBatches {
  readonly batches: readonly string[];
  /** Rows by table, to say what was written. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Read back what one import wrote, as one JSON text for each of its batches. */
export async function readBatches(pool: pg.Pool, correlationId: string): Promise<FloorBatches> {
  const parts = new Map<string, string[]>();
  const counts: Record<string, number> = {};
  for (const [table, select] of Object.entries(TABLES)) {
    const { rows } = await pool.query<{ batch: string; count: string; json: string }>(
      `with o as materialized (select id from operation where correlation_id = $1),
         s as materialized (select o.id as batch, r.id from o join inbox_event i on i.operation_id = o.id
           join source_record r on r.inbox_event_id = i.id)
       select batch::text, count(*)::text as count, jsonb_agg(to_jsonb(x) - 'batch')::text as json
         from (${select}) x group by batch order by batch`,
      [correlationId],
    );
    for (const { batch, count, json } of rows) {
      parts.set(batch, [...(parts.get(batch) ?? []), `"${table}":${json}`]);
      counts[table] = (counts[table] ?? 0) + Number(count);
    }
  }
  const batches = [...parts.keys()].sort().map((batch) => `{${(parts.get(batch) ?? []).join(',')}}`);
  return { batches, rows: counts };
}

/** Insert the batches over one connection; milliseconds. */
export async function insertBatches(url: string, batches: readonly string[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const text = await insertStatement(client);
    const startedAt = performance.now();
    for (const batch of batches) await client.query({ name: 'floor', text, values: [batch] });
    return performance.now() - startedAt;
  } finally {
    await client.end();
  }
}

async function insertStatement(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ table: string; columns: string; typed: string }>(
    `select c.relname as "table", string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns,
       string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as typed
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relname = any($1) and c.relnamespace = 'public'::regnamespace group by c.relname`,
    [Object.keys(TABLES)],
  );
  const inserts = rows.map(
    ({ table, columns, typed }) =>
      `${table}_rows as (insert into ${table} (${columns}) select ${columns} from jsonb_to_recordset($1::jsonb->'${table}') as x(${typed}))`,
  );
  return `with ${inserts.join(',\n')} select 1`;
}
