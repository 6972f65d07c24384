import type { GraphQLSchema } from 'graphql';
import { ActiveParameters } from '../../golden-records/active-parameters.js';
import { createKey, type ListedKey, type NewKey } from '../../golden-records/api-keys.js';
import { defineModel } from '../../golden-records/define-model.js';
import { businessUnit, item, supplier, warehouse } from '../../golden-records/entity-types/index.js';
import { prepareStore } from '../../golden-records/prepare-store.js';
import type { Model } from '../../golden-records/rules.js';
import { type Db, HUB_ACTOR, type Log } from '../../golden-records/transaction.js';
import { connect, type Database } from '../../src/database.js';
import { type RunningServer, type ServerLimits, type ServerOptions, startServer } from '../../src/server.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { silentLog } from './log.js';
import { buildTestSchema } from './test-schema.js';

export interface TestHub {
  readonly db: Db;
  readonly database: Database;
  readonly schema: GraphQLSchema;
  key(role: string, more?: Partial<NewKey>): Promise<ListedKey & { key: string }>;
  serve(limits?: Partial<ServerLimits>, more?: Partial<ServerOptions>): Promise<RunningServer>;
  /** Closes all servers, then the database. */
  close(): Promise<void>;
}

export const testModel = (): Model =>
  defineModel({
    entityTypes: [supplier, item, warehouse, businessUnit],
    systems: [{ code: 'odoo', name: 'Odoo', scopes: { main: {} } }],
  });

export async function startTestHub(options: { log?: Log; now?: () => Date } = {}): Promise<TestHub> {
  const own: TestDatabase = await createTestDatabase();
  const log = options.log ?? silentLog;
  const database = connect(own.url, { log: silentLog as never });
  const model = testModel();
  const db: Db = {
    prisma: database.prisma,
    pool: database.pool,
    model,
    parameters: new ActiveParameters(model),
    log,
    now: options.now ?? (() => new Date()),
  };
  await prepareStore(db);
  const schema = buildTestSchema(model);
  const servers: RunningServer[] = [];
  return {
    db,
    database,
    schema,
    key: (role, more = {}) => createKey(db, HUB_ACTOR, { name: `a ${role}`, role, ...more }),
    serve: async (limits = {}, more = {}) => {
      const server = await startServer({
        db,
        schema,
        listenDb: database,
        host: '127.0.0.1',
        port: 0,
        log,
        limits,
        ...more,
      });
      servers.push(server);
      return server;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
      await database.close();
      await own.drop();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly body: any;
}

/** POST one operation. */
export async function post(
  url: string,
  key: string | undefined,
  query: string,
  more: { variables?: object; headers?: Record<string, string>; operationName?: string } = {},
): Promise<Answer> {
  const { headers = {}, ...rest } = more;
  return send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
    body: JSON.stringify({ query, ...rest }),
  });
}

export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson(response) ? JSON.parse(text) : undefined,
  };
}

const isJson = (response: Response) => /json/.test(response.headers.get('content-type') ?? '');
