import { iso, type InboundRecord, type Json } from '../../golden-records/index.js';
import type { ListPage, Page, PullPart, SchemaSnapshot, SyncStream, Window } from '../connector.js';
import { Retryable } from '../errors.js';
import { quoted, type SqlClient } from './client.js';
import type { SqlStream } from './mapping.js';

export const sqlOf = (stream: SyncStream): SqlStream['sql'] => (stream as SqlStream).sql;

interface Row {
  readonly id: string;
  readonly at: string | null;
  readonly row?: Json;
}

/** Keyset pages over the id, in its own type, so that its index serves. */
export class SqlPull implements PullPart {
  /** Types of id columns, by table and column. */
  private readonly types = new Map<string, string>();

  constructor(private readonly client: SqlClient) {}

  async now(signal: AbortSignal): Promise<string> {
    const [row] = await this.client.query<{ at: string }>(`select ${iso('clock_timestamp()')} as at`, [], signal);
    return row?.at ?? '';
  }

  async page(
    stream: SyncStream,
    window: Window,
    after: string | null,
    limit: number,
    signal: AbortSignal,
  ): Promise<Page> {
    const { condition, values } = within(stream, window, 3);
    const rows = await this.rows(stream, `row_to_json(t) as row`, `and ${condition}`, after, limit, signal, values);
    return { records: rows.slice(0, limit).map(asRecord), next: nextOf(rows, limit) };
  }

  async count(stream: SyncStream, window: Window, signal: AbortSignal): Promise<number> {
    const { condition, values } = within(stream, window, 1);
    const [row] = await this.client.query<{ count: string }>(
      `select count(*) from ${quoted(sqlOf(stream).table)} t where ${condition}`,
      values,
      signal,
    );
    return Number(row?.count);
  }

  async list(stream: SyncStream, after: string | null, limit: number, signal: AbortSignal): Promise<ListPage> {
    const rows = await this.rows(stream, 'null as row', '', after, limit, signal, []);
    const entries = rows
      .slice(0, limit)
      .map(({ id, at }) => ({ externalId: id, ...(at === null ? {} : { sourceTime: at }) }));
    return { entries, next: nextOf(rows, limit) };
  }

  async read(stream: SyncStream, externalIds: readonly string[], signal: AbortSignal): Promise<InboundRecord[]> {
    const { table, id, modifiedAt } = sqlOf(stream);
    const at = modifiedAt === undefined ? 'null' : iso(`t.${quoted(modifiedAt)}`);
    const type = await this.idType(stream, signal);
    const rows = await this.client.query<Row>(
      `select t.${quoted(id)}::text as id, ${at} as at, row_to_json(t) as row from ${quoted(table)} t
         where t.${quoted(id)} = any($1::text[]::${type}[])`,
      [externalIds],
      signal,
    );
    return rows.map(asRecord);
  }

  /** Types of the columns that the streams of these tables name. */
  async schema(tables: readonly string[], signal: AbortSignal): Promise<SchemaSnapshot> {
    const rows = await this.client.query<{ table: string; name: string; type: string }>(
      `select wanted.name as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
         from unnest($1::text[]) as wanted (name) join pg_attribute a on a.attrelid = to_regclass(wanted.name)
         where a.attnum > 0 and not a.attisdropped`,
      [tables.map(quoted)],
      signal,
    );
    const tableOf = new Map(tables.map((table) => [quoted(table), table]));
    const snapshot: Record<string, Record<string, string>> = {};
    for (const { table, name, type } of rows) {
      const key = tableOf.get(table) ?? table;
      snapshot[key] = { ...snapshot[key], [name]: type };
    }
    return snapshot;
  }

  private async rows(
    stream: SyncStream,
    content: string,
    condition: string,
    after: string | null,
    limit: number,
    signal: AbortSignal,
    more: readonly unknown[],
  ): Promise<Row[]> {
    const { table, id, modifiedAt } = sqlOf(stream);
    const at = modifiedAt === undefined ? 'null' : iso(`t.${quoted(modifiedAt)}`);
    const type = await this.idType(stream, signal);
    const beyond = after === null ? '$1::text is null' : `t.${quoted(id)} > $1::text::${type}`;
    return this.client.query<Row>(
      `select t.${quoted(id)}::text as id, ${at} as at, ${content} from ${quoted(table)} t
         where ${beyond} ${condition} order by t.${quoted(id)} limit $2`,
      [after, limit + 1, ...more],
      signal,
    );
  }

  async idType(stream: SyncStream, signal: AbortSignal): Promise<string> {
    const { table, id } = sqlOf(stream);
    const key = `${table}.${id}`;
    const known = this.types.get(key);
    if (known !== undefined) return known;
    const type = (await this.schema([table], signal))[table]?.[id];
    if (type === undefined) throw new Retryable('SCHEMA_DRIFTED', `${table} has no column ${id}, or isn't there`);
    this.types.set(key, type);
    return type;
  }
}

/** A row without a time is read by the first load and the sweep alone. `first`: the number of its first parameter. */
function within(
  stream: SyncStream,
  { from, to }: Window,
  first: number,
): { readonly condition: string; readonly values: readonly (string | null)[] } {
  const { modifiedAt } = sqlOf(stream);
  if (modifiedAt === undefined) return { condition: 'true', values: [] };
  const [column, start, end] = [`t.${quoted(modifiedAt)}`, `$${first}::timestamptz`, `$${first + 1}`];
  const condition = `(${start} is null or ${column} >= ${start}) and (${column} < ${end} or (${start} is null and ${column} is null))`;
  return { condition, values: [from, to] };
}

const asRecord = ({ id, at, row = null }: Row): InboundRecord => ({
  externalId: id,
  payload: row,
  ...(at === null ? {} : { sourceTime: at }),
});

const nextOf = (rows: readonly Row[], limit: number): string | null =>
  rows.length > limit ? (rows[limit - 1]?.id ?? null) : null;
