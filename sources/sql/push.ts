import type pg from 'pg';
import type { PushPart, SyncStream, WriteBatch, WriteResult, WriteRow } from '../connector.js';
import { Permanent } from '../errors.js';
import { quoted, type SqlClient } from './client.js';
import { type SqlPull, sqlOf } from './pull.js';

/** Writes rows by upsert on the hub's key, and by id; a batch is one transaction. */
export class SqlPush implements PushPart {
  constructor(
    private readonly client: SqlClient,
    private readonly pull: SqlPull,
  ) {}

  async find(stream: SyncStream, keys: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
    const { table, id, key } = sqlOf(stream);
    if (key === undefined) return new Map();
    const rows = await this.client.query<{ key: string; id: string }>(
      `select t.${quoted(key)} as key, t.${quoted(id)}::text as id from ${quoted(table)} t where t.${quoted(key)} = any($1::text[])`,
      [keys],
      signal,
    );
    return new Map(rows.map((row) => [row.key, row.id]));
  }

  async write(stream: SyncStream, batch: WriteBatch, signal: AbortSignal): Promise<WriteResult[]> {
    if (batch.action === 'UPDATE') return this.update(stream, batch, signal);
    return this.client.transaction(async (client) => {
      const ids = new Map<string, string>();
      // What a row lacks is left to the column's default, so rows go with those that have the same columns.
      for (const rows of bySameColumns(batch.rows)) await insert(client, stream, rows, ids);
      return batch.rows.map(({ key }) => resultOf(ids.get(key)));
    }, signal);
  }

  private async update(stream: SyncStream, { fields, rows }: WriteBatch, signal: AbortSignal): Promise<WriteResult[]> {
    const { table, id } = sqlOf(stream);
    const type = await this.pull.idType(stream, signal);
    const set = fields.map((field) => `${quoted(field)} = x.${quoted(field)}`).join(', ');
    const values = rows.map(({ externalId, fields: own }) => ({ ...own, [id]: externalId }));
    const done = await this.client.transaction(async (client) => {
      const result = await client.query<{ id: string }>(
        `update ${quoted(table)} t set ${set} from jsonb_populate_recordset(null::${quoted(table)}, $1::jsonb) x
           where t.${quoted(id)} = x.${quoted(id)}::${type} returning t.${quoted(id)}::text as id`,
        [JSON.stringify(values)],
      );
      return new Set(result.rows.map((row) => row.id));
    }, signal);
    return rows.map(({ externalId }) => resultOf(done.has(externalId ?? '') ? (externalId ?? undefined) : undefined));
  }
}

async function insert(
  client: pg.PoolClient,
  stream: SyncStream,
  rows: readonly WriteRow[],
  ids: Map<string, string>,
): Promise<void> {
  const { table, id, key = '' } = sqlOf(stream);
  const columns = [key, ...Object.keys(rows[0]?.fields ?? {})].map(quoted);
  const values = rows.map((row) => ({ ...row.fields, [key]: row.key }));
  const result = await client.query<{ key: string; id: string }>(
    `insert into ${quoted(table)} (${columns.join(', ')})
       select ${columns.map((column) => `x.${column}`).join(', ')} from jsonb_populate_recordset(null::${quoted(table)}, $1::jsonb) x
     on conflict (${quoted(key)}) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
     returning ${quoted(key)} as key, ${quoted(id)}::text as id`,
    [JSON.stringify(values)],
  );
  for (const row of result.rows) ids.set(row.key, row.id);
}

function bySameColumns(rows: readonly WriteRow[]): WriteRow[][] {
  const groups = new Map<string, WriteRow[]>();
  for (const row of rows) {
    const columns = Object.keys(row.fields).sort().join('\n');
    groups.set(columns, [...(groups.get(columns) ?? []), row]);
  }
  return [...groups.values()];
}

const resultOf = (externalId: string | undefined): WriteResult =>
  externalId === undefined
    ? { kind: 'FAILED', error: new Permanent('RECORD_GONE', 'the row is not there any more') }
    : { kind: 'WRITTEN', externalId };
