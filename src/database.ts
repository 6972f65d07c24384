import { once } from 'node:events';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Log } from '../golden-records/transaction.js';
import { PrismaClient } from '../prisma/generated/client.js';
import { type Listening, startListening } from './listen.js';

export interface ConnectOptions {
  log: Log;
  /** Shown in pg_stat_activity, so that an operator can tell our processes apart. */
  applicationName?: string;
  maxConnections?: number;
  /** How long to wait for a free or new connection. */
  connectionTimeoutMs?: number;
  /** The longest that one statement may take; 0 for no limit. */
  statementTimeoutMs?: number;
  /** A transaction whose caller went silent is ended after this, because it would hold its locks. */
  idleInTransactionTimeoutMs?: number;
  /** Prisma's interactive transactions, unless the call site says otherwise: wait for a connection, then run. */
  transaction?: { maxWaitMs: number; timeoutMs: number };
}

/** One pool for Prisma and for set-based SQL: what counts against the server is connections. */
export interface Database {
  prisma: PrismaClient;
  /** `int8` reads as bigint, `numeric` and `date` as text, both kinds of timestamp as a UTC instant. */
  pool: pg.Pool;
  url: string;
  /**
   * Call `receive` with the payload of each NOTIFY on `channel`, and with '' whenever some may have been missed: on a
   * connection of its own that is renewed when it breaks. Resolves once listening; rejects when the first try fails.
   */
  listen(channel: string, receive: (payload: string) => void): Promise<Listening>;
  /** Ends all connections, after the queries under way. */
  close(): Promise<void>;
}

/** Opens nothing yet: the first query does. */
export function connect(url: string, options: ConnectOptions): Database {
  const { log } = options;
  const pool = new pg.Pool(poolConfig(url, options));
  // Without a listener an idle connection that breaks (a restarted server) ends the process.
  pool.on('error', (err) => log.warn({ err }, 'idle database connection lost'));
  const connections = new Set<pg.PoolClient>();
  pool.on('connect', (client) => connections.add(client));
  pool.on('remove', (client) => connections.delete(client));
  const transaction = options.transaction ?? { maxWaitMs: 5_000, timeoutMs: 15_000 };
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, { onConnectionError: (err) => log.warn({ err }, 'database connection lost') }),
    transactionOptions: { maxWait: transaction.maxWaitMs, timeout: transaction.timeoutMs },
  });
  const open = new Set<Listening>();
  return {
    prisma,
    pool,
    url,
    listen: async (channel, receive) => {
      const listening = await startListening({ url, channel, receive, log });
      open.add(listening);
      return listening;
    },
    close: async () => {
      await Promise.all([...open].map((listening) => listening.stop()));
      await prisma.$disconnect();
      await endPool(pool, connections);
    },
  };
}

const END_TIMEOUT_MS = 5_000;

/**
 * The pool calls itself ended once it has said goodbye; a server stopped at that moment would still find us connected.
 * So wait until each connection is gone, though not for ever for a server that does not answer.
 */
async function endPool(pool: pg.Pool, connections: ReadonlySet<pg.PoolClient>): Promise<void> {
  await pool.end();
  const timeout = AbortSignal.timeout(END_TIMEOUT_MS);
  while (connections.size > 0 && !timeout.aborted) {
    await Promise.race([once(pool, 'remove'), once(timeout, 'abort')]);
  }
}

function poolConfig(url: string, options: ConnectOptions): pg.PoolConfig {
  return {
    connectionString: url,
    application_name: options.applicationName ?? 'concord',
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: options.statementTimeoutMs ?? 60_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 60_000,
    keepAlive: true,
    // On by default, and takes up to a second to compile what runs in milliseconds. `options` in the URL goes first.
    options: '-c jit=off',
    types: { getTypeParser },
  };
}

type Parse = (text: string) => unknown;

/**
 * Ours, where the driver's reading loses something: a number beyond 2^53, a date that would become midnight in the
 * server's own zone. `numeric` stays text, as decimals do everywhere in the hub.
 */
const SCALARS: Record<number, Parse> = {
  20: BigInt, // int8
  1082: asText, // date
  1114: (text) => new Date(`${text.replace(' ', 'T')}Z`), // timestamp
  1700: asText, // numeric
};

const ARRAYS: Record<number, Parse> = {
  1016: BigInt,
  1115: (text) => new Date(`${text.replace(' ', 'T')}Z`),
  1182: asText,
  1231: asText,
};

const TEXT_ARRAY: number = 1009;

function getTypeParser(oid: number, format?: string): (value: never) => unknown {
  const scalar = format === 'binary' ? undefined : SCALARS[oid];
  if (scalar) return scalar;
  const element = format === 'binary' ? undefined : ARRAYS[oid];
  if (!element) return pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text');
  const parseTexts = pg.types.getTypeParser(TEXT_ARRAY, 'text');
  return (value) => eachElement(parseTexts(value), element);
}

function eachElement(value: unknown, parse: Parse): unknown {
  if (Array.isArray(value)) return value.map((item) => eachElement(item, parse));
  return typeof value === 'string' ? parse(value) : value;
}

function asText(text: string): string {
  return text;
}
