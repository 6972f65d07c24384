import type { SystemReport } from '../connector.js';
import { quoted, type SqlClient } from './client.js';
import type { SqlStream } from './mapping.js';
import type { SqlPull } from './pull.js';

interface Server {
  readonly version: string;
  readonly database: string;
  readonly user: string;
}
interface Grants {
  readonly read: boolean;
  readonly change: boolean;
  readonly add: boolean;
}

/** Which PostgreSQL it is, and whether its user may do with each table what the stream is there for. */
export async function checkSql(
  client: SqlClient,
  pull: SqlPull,
  streams: readonly SqlStream[],
  signal: AbortSignal,
): Promise<SystemReport> {
  const [server] = await client.query<Server & Record<string, unknown>>(
    `select current_setting('server_version') as version, current_database() as database, current_user as user`,
    [],
    signal,
  );
  const problems: string[] = [];
  for (const stream of streams) problems.push(...(await streamProblems(client, pull, stream, signal)));
  const { version = '', database = '', user = '' } = server ?? {};
  return { found: `PostgreSQL ${version}, database ${database}, as ${user}`, problems };
}

async function streamProblems(
  client: SqlClient,
  pull: SqlPull,
  { name, sql, reads = {}, outward }: SqlStream,
  signal: AbortSignal,
): Promise<string[]> {
  const { table, key } = sql;
  const columns = Object.keys((await pull.schema([table], signal))[table] ?? {});
  if (columns.length === 0)
    return [`stream ${name}: there is no ${table}, or it has no columns; is the schema in its name?`];
  const wanted = [...(reads[table] ?? []), ...(key === undefined ? [] : [key])];
  const missing = wanted.filter((column) => !columns.includes(column));
  const [grants] = await client.query<Grants & Record<string, unknown>>(
    `select has_table_privilege(t, 'SELECT') as read, has_any_column_privilege(t, 'UPDATE') as change,
       has_any_column_privilege(t, 'INSERT') as add from (select to_regclass($1)::oid as t) of_stream`,
    [quoted(table)],
    signal,
  );
  const lacks = [
    ...(grants?.read ? [] : ['select']),
    ...(outward && !grants?.change ? ['update'] : []),
    ...(outward && key !== undefined && !grants?.add ? ['insert'] : []),
  ];
  return [
    ...(missing.length > 0 ? [`stream ${name}: ${table} has no ${missing.join(', ')}`] : []),
    ...(lacks.length > 0 ? [`stream ${name}: grant ${lacks.join(', ')} on ${table}`] : []),
  ];
}
