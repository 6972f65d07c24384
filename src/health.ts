import type { Db } from '../golden-records/transaction.js';
import { MigrationRefused, pendingMigrations } from './migrations.js';

export interface ReadinessReport {
  readonly ready: boolean;
  /** `ok`, or why not. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface Health {
  ready(): Promise<ReadinessReport>;
  /** From now on not ready: no new work should come here. */
  drain(): void;
  readonly draining: boolean;
}

/** A probe that hangs is an answer too, and must come before the prober gives up. */
const DEADLINE_MS = 2_000;

/** Whether this process should get work: the database answers, its migrations are complete, the feed has a head. */
export function createHealth(db: Db): Health {
  let draining = false;
  return {
    drain: () => {
      draining = true;
    },
    get draining() {
      return draining;
    },
    ready: async () => {
      const checks: Record<string, string> = {};
      if (draining) checks.process = 'shutting down';
      checks.database = await check(async () => {
        await db.pool.query('select 1');
      });
      if (checks.database === 'ok') {
        checks.migrations = await check(() => checkMigrations(db));
        checks.feed = await check(() => checkFeed(db));
      }
      return { ready: Object.values(checks).every((result) => result === 'ok'), checks };
    },
  };
}

async function checkMigrations(db: Db): Promise<void> {
  const pending = await pendingMigrations(db.pool).catch((error: unknown) => {
    if (error instanceof MigrationRefused) throw new NotReady(`refused (${error.code}): run concord check`);
    throw error;
  });
  if (pending.length > 0) throw new NotReady(`${pending.length} pending: run concord migrate`);
}

async function checkFeed(db: Db): Promise<void> {
  const { rows } = await db.pool.query('select head from feed where id = 1');
  if (rows.length === 0) throw new NotReady('no head: run concord migrate');
}

class NotReady extends Error {}

async function check(work: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotReady(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    await Promise.race([work(), deadline]);
    return 'ok';
  } catch (error) {
    // Anyone may read this page: no word of what a driver says.
    return error instanceof NotReady ? error.message : 'does not answer';
  } finally {
    clearTimeout(timer);
  }
}
