import type { Db, ModelInput } from '../../golden-records/index.js';
import { ActiveParameters, defineModel, prepareStore } from '../../golden-records/index.js';
import { connect } from '../../src/database.js';
import { createTestDatabase, truncateAll } from './database.js';
import { silentLog } from './log.js';

export interface TestStore {
  readonly db: Db;
  readonly url: string;
  /** Empty it, for `beforeEach`. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** A database of its own with the partitions, views and systems of a model. */
export async function openTestStore(input: ModelInput): Promise<TestStore> {
  const database = await createTestDatabase();
  const connection = connect(database.url, { log: silentLog });
  const model = defineModel(input);
  const db: Db = {
    ...connection,
    model,
    parameters: new ActiveParameters(model),
    log: silentLog,
    now: () => new Date(),
  };
  await prepareStore(db);
  return {
    db,
    url: database.url,
    async reset() {
      await truncateAll(connection.pool);
      await prepareStore(db);
    },
    async close() {
      await connection.close();
      await database.drop();
    },
  };
}

/** How many rows a table has. */
export async function countRows(db: Db, table: string): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return rows[0]?.count ?? 0;
}
