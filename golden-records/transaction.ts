import type { Pool } from 'pg';
import { type Prisma, PrismaClient } from '../prisma/generated/client.js';
import { type ActiveParameters, takeUp } from './active-parameters.js';
import type { Model } from './rules.js';

export type { PrismaClient };

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the domain needs from outside. `pool` serves hot reads with prepared statements. */
export interface Db {
  readonly prisma: PrismaClient;
  readonly pool: Pool;
  readonly model: Model;
  /** What the matcher goes by, as this process knows it. */
  readonly parameters: ActiveParameters;
  readonly log: Log;
  now(): Date;
}

/** One open transaction. `now` is fixed, so that everything in it carries one time. */
export interface Tx {
  readonly prisma: Prisma.TransactionClient;
  readonly model: Model;
  readonly parameters: ActiveParameters;
  readonly log: Log;
  readonly now: Date;
  /** Run set-based SQL; `$1` … are the parameters, objects go in as one jsonb parameter. */
  query<Row>(sql: string, ...params: readonly unknown[]): Promise<Row[]>;
  execute(sql: string, ...params: readonly unknown[]): Promise<number>;
}

/** Who did it: a person or machine with a key, a source system, or the hub itself. */
export interface Actor {
  readonly kind: 'PERSON' | 'SYSTEM' | 'HUB';
  readonly id: string;
  readonly name: string;
}
export const HUB_ACTOR: Actor = { kind: 'HUB', id: 'hub', name: 'Concord' };

export interface TransactionOptions {
  /** Do all of the work, then roll it back: the way in which a dry run and the real run can't differ. */
  readonly dryRun?: boolean;
  /** Milliseconds; default 60,000. Prisma's own default of 5 s would cut a batch that waits for its lock. */
  readonly timeoutMs?: number;
}

const SERIALISATION_FAILURE = new Set(['40001', '40P01']);
const MOST_TRIES = 5;

class RolledBack<T> extends Error {
  constructor(readonly result: T) {
    super('dry run: rolled back');
  }
}

/**
 * Run `work` in one READ COMMITTED transaction; again when PostgreSQL asks for it (serialisation failure, deadlock).
 * Never call another system inside.
 */
export async function inTransaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.prisma.$transaction(
        async (prisma) => {
          const result = await work(asTx(db, prisma));
          if (options.dryRun) throw new RolledBack(result);
          return result;
        },
        { timeout: options.timeoutMs ?? 60_000, maxWait: 30_000 },
      );
    } catch (error) {
      if (error instanceof RolledBack) return error.result as T;
      if (attempt >= MOST_TRIES || !isSerialisationFailure(error)) throw error;
    }
  }
}

/** The same interface outside a transaction, for reads that need no lock. */
export const withoutTransaction = (db: Db): Tx => asTx(db, db.prisma);

function asTx(db: Db, prisma: Prisma.TransactionClient): Tx {
  return {
    prisma,
    model: db.model,
    parameters: db.parameters,
    log: db.log,
    now: db.now(),
    query: (sql, ...params) => prisma.$queryRawUnsafe(sql, ...params.map(asParameter)),
    execute: (sql, ...params) => prisma.$executeRawUnsafe(sql, ...params.map(asParameter)),
  };
}

// Objects travel as text and are cast in the statement ($1::jsonb): the driver would turn arrays into PostgreSQL arrays.
const asParameter = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !(value instanceof Date) ? JSON.stringify(value) : value;

/** Walks the chain of causes: the driver adapter wraps PostgreSQL's code once or twice. */
function isSerialisationFailure(error: unknown): boolean {
  for (let at: unknown = error; typeof at === 'object' && at !== null; at = 'cause' in at ? at.cause : undefined) {
    if ('code' in at && (SERIALISATION_FAILURE.has(String(at.code)) || at.code === 'P2034')) return true;
    if ('originalCode' in at && SERIALISATION_FAILURE.has(String(at.originalCode))) return true;
  }
  return false;
}

/**
 * Take the entity type's lock until the transaction ends: one writer of links at a time, ingest and stewards alike. The
 * parameters that are active by then are taken up.
 */
export async function lockEntityType(tx: Tx, entityType: string): Promise<void> {
  const [row] = await tx.query<{ version: number }>('select lock_entity_type($1) as version', entityType);
  await takeUp(tx, entityType, row?.version ?? 0);
}

/** A repeat that comes while the first request is under way waits for its answer, whatever either of them locks. */
export async function lockIdempotencyKey(tx: Tx, actor: Actor, key: string): Promise<void> {
  const name = JSON.stringify([actor.id, key]);
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('concord:key:' || $1, 0))::text`, name);
}
