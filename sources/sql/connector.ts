import type { ConfigProblem } from '../../golden-records/index.js';
import type { Connector, OpenContext, OpenSystem } from '../connector.js';
import { Down } from '../errors.js';
import { checkSql } from './check.js';
import { SqlClient } from './client.js';
import type { SqlStream } from './mapping.js';
import { SqlPull } from './pull.js';
import { SqlPush } from './push.js';

export interface SqlConnectorOptions {
  /** Name of the environment variable with the connection string: a secret, so it doesn't stand in the configuration. */
  readonly urlFrom: string;
  readonly streams: readonly SqlStream[];
  readonly callsPerSecond?: number;
}

/** A PostgreSQL database as a system: tables and views as streams, written back to where they say so. */
export function sqlConnector(options: SqlConnectorOptions): Connector {
  const { streams, callsPerSecond } = options;
  return {
    kind: 'sql',
    streams,
    ...(callsPerSecond === undefined ? {} : { callsPerSecond }),
    problems: (path) => problemsOf(options, path),
    open: (context) => openSql(options, context),
  };
}

function problemsOf({ urlFrom, streams }: SqlConnectorOptions, path: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(urlFrom))
    problems.push({
      path: `${path}.urlFrom`,
      expected: 'the name of an environment variable',
      found: 'something else',
    });
  for (const { name, sql } of streams) {
    const isName = /^[^."]+(\.[^."]+)?$/.test(sql.table);
    if (!isName)
      problems.push({
        path: `${path}.streams.${name}.table`,
        expected: 'table or schema.table',
        found: `"${sql.table}"`,
      });
  }
  return problems;
}

function openSql({ urlFrom, streams }: SqlConnectorOptions, { env, log }: OpenContext): OpenSystem {
  const url = env[urlFrom];
  if (!url) {
    // Told where it is looked at, and the rest of the hub goes on.
    const missing = async (): Promise<never> => {
      throw new Down('ACCESS_DENIED', `the environment has no ${urlFrom}`);
    };
    const pull = { now: missing, page: missing, read: missing, list: missing };
    return { pull, push: { find: missing, write: missing }, check: missing, close: async () => undefined };
  }
  const client = new SqlClient(url, log);
  const pull = new SqlPull(client);
  const tables = [...new Set(streams.map(({ sql }) => sql.table))];
  return {
    pull,
    push: new SqlPush(client, pull),
    schema: (signal) => pull.schema(tables, signal),
    check: (signal) => checkSql(client, pull, streams, signal),
    close: () => client.close(),
  };
}
