import { type IngestResult, ingest } from '../../golden-records/ingest.js';
import type { JsonObject } from '../../golden-records/json.js';
import type { Actor } from '../../golden-records/transaction.js';
import { buildHubSchema } from '../../resolvers/schema.js';
import type { RunningServer } from '../../src/server.js';
import { type Answer, post, startTestHub, type TestHub } from './test-server.js';

const ODOO: Actor = { kind: 'SYSTEM', id: 'odoo', name: 'Odoo' };

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
type Data = any;

/** A hub with the real schema over HTTP, and a key of every role. */
export interface GraphQLHub {
  readonly hub: TestHub;
  readonly server: RunningServer;
  /** Take records in as Odoo would send them: external id → attributes. Answers the canonical UUIDs by external id. */
  sync(
    entityType: string,
    records: Readonly<Record<string, JsonObject>>,
    sourceTime?: string,
  ): Promise<Map<string, string>>;
  /** The data of an operation; fails when it has errors. */
  ask(query: string, variables?: object, as?: string): Promise<Data>;
  /** The whole answer. */
  answer(query: string, variables?: object, as?: string): Promise<Answer>;
  /** SQL statements sent while `work` ran. */
  countStatements(work: () => Promise<unknown>): Promise<string[]>;
  close(): Promise<void>;
}

export async function startGraphQLHub(options: { now?: () => Date } = {}): Promise<GraphQLHub> {
  const hub = await startTestHub(options);
  const limits = { costPerSecond: 1e12, burstCost: 1e12 };
  const server = await hub.serve(limits, { schema: buildHubSchema(hub.db.model) });
  const keys = new Map<string, string>();
  for (const role of ['reader', 'steward', 'integrator', 'auditor', 'administrator'])
    keys.set(role, (await hub.key(role)).key);
  keys.set('unmasked', (await hub.key('steward', { unmasked: ['TAX_ID', 'BANK_ACCOUNT'] })).key);
  const answer = (query: string, variables: object = {}, as = 'steward') =>
    post(server.url, keys.get(as) ?? as, query, { variables });
  return {
    hub,
    server,
    answer,
    ask: async (query, variables, as) => {
      const { body } = await answer(query, variables, as);
      if (body.errors) throw new Error(JSON.stringify(body.errors, null, 1));
      return body.data;
    },
    sync: async (entityType, records, sourceTime) => {
      const result: IngestResult = await ingest(hub.db, ODOO, {
        system: 'odoo',
        scope: 'main',
        entityType,
        records: Object.entries(records).map(([externalId, payload]) => ({
          externalId,
          payload,
          ...(sourceTime ? { sourceTime } : {}),
        })),
        mapping: { version: '1', map: (payload) => payload as JsonObject },
        correlationId: 'sync',
      });
      return new Map(result.records.map(({ externalId, goldenId }) => [externalId ?? '', goldenId ?? '']));
    },
    countStatements: (work) => statementsDuring(hub, work),
    close: () => hub.close(),
  };
}

async function statementsDuring({ database: { pool } }: TestHub, work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  const query = pool.query.bind(pool) as (...all: unknown[]) => unknown;
  Object.assign(pool, {
    query: (...all: unknown[]) => {
      const [first] = all;
      texts.push(
        typeof first === 'string'
          ? first
          : ((first as { name?: string; text: string }).name ?? (first as { text: string }).text),
      );
      return query(...all);
    },
  });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(pool, 'query');
  }
  return texts;
}
