import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import {
  ActiveParameters,
  type Actor,
  advanceFeedOnce,
  type Db,
  defineModel,
  drainRecomputeOnce,
  ENTITY_TYPES,
  type EntityTypeRules,
  type InboundRecord,
  type IngestResult,
  ingest,
  type Json,
  type Model,
  operate,
  prepareStore,
  type SystemDefinition,
  verify,
} from '../../golden-records/index.js';
import { connect, type Database } from '../../src/database.js';
import { createTestDatabase, type TestDatabase, truncateAll } from './database.js';
import { silentLog } from './log.js';
import { INTEGRATOR, identityMapping, STEWARD, SYSTEMS } from './parties.js';

export * from './parties.js';

export interface TestHub {
  readonly db: Db;
  readonly database: Database;
  readonly model: Model;
  /** Attributes as a source states them, by external id; ingested as one batch. */
  arrive(
    system: string,
    entityType: string,
    records: Readonly<Record<string, Json>>,
    options?: ArriveOptions,
  ): Promise<IngestResult>;
  /** Do what the worker does until there is nothing left to do. */
  settleAll(): Promise<void>;
  decide: <K extends Parameters<typeof operate>[3]>(
    kind: K,
    input: Parameters<typeof operate<K>>[4],
    reason?: string,
  ) => ReturnType<typeof operate>;
  expectLawful(): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface ArriveOptions {
  sourceTime?: string;
  deleted?: boolean;
  scope?: string;
  actor?: Actor;
}

export async function createTestHub(
  options: {
    systems?: readonly SystemDefinition[];
    rules?: Readonly<Record<string, EntityTypeRules>>;
    model?: Model;
  } = {},
): Promise<TestHub> {
  const testDatabase: TestDatabase = await createTestDatabase();
  const database = connect(testDatabase.url, { log: silentLog });
  const model =
    options.model ??
    defineModel({ entityTypes: ENTITY_TYPES, systems: options.systems ?? SYSTEMS, rules: options.rules ?? {} });
  const db: Db = {
    prisma: database.prisma,
    pool: database.pool,
    model,
    parameters: new ActiveParameters(model),
    log: silentLog,
    now: () => new Date(),
  };
  await prepareStore(db);
  let correlation = 0;
  const hub: TestHub = {
    db,
    database,
    model,
    arrive: (system, entityType, records, { sourceTime, deleted, scope = 'main', actor = INTEGRATOR } = {}) =>
      ingest(db, actor, {
        system,
        scope,
        entityType,
        records: Object.entries(records).map(
          ([externalId, payload]): InboundRecord => ({
            externalId,
            payload,
            ...(sourceTime === undefined ? {} : { sourceTime }),
            ...(deleted === undefined ? {} : { deleted }),
          }),
        ),
        mapping: identityMapping,
        correlationId: `test-${++correlation}`,
      }),
    settleAll: async () => {
      while ((await drainRecomputeOnce(db)).recomputed > 0);
      for (let pass = await advanceFeedOnce(db); pass.changes + pass.auditEntries > 0; )
        pass = await advanceFeedOnce(db);
    },
    decide: (kind, input, reason = 'test') =>
      operate(db, STEWARD, { correlationId: `test-${++correlation}`, reason }, kind, input),
    expectLawful: async () => {
      await hub.settleAll();
      expect((await verify(db)).findings).toEqual([]);
    },
    clear: async () => {
      await truncateAll(database.pool);
      await prepareStore(db);
    },
    close: async () => {
      await database.close();
      await testDatabase.drop();
    },
  };
  return hub;
}

/** Wait for something that happens soon, without guessing how soon. */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 10_000,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > until) throw new Error(`nothing came within ${timeoutMs} ms`);
    await sleep(10);
  }
}

/** Which golden record a source record is linked to. */
export async function goldenOf(
  hub: TestHub,
  system: string,
  externalId: string,
  entityType = 'supplier',
): Promise<string> {
  const row = await hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { entityType, system, externalId } });
  return row.goldenRecordId ?? 'HELD';
}

export const readGolden = (hub: TestHub, id: string, entityType = 'supplier') =>
  hub.db.prisma.goldenRecord.findUniqueOrThrow({ where: { entityType_id: { entityType, id } } });

export const attributesOf = async (hub: TestHub, id: string, entityType = 'supplier'): Promise<Record<string, Json>> =>
  (await readGolden(hub, id, entityType)).attributes as Record<string, Json>;
