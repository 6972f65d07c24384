import pg from 'pg';
import type { Log } from '../../golden-records/index.js';
import { Down, Permanent, Retryable, SourceError } from '../errors.js';

/** A few connections to the other database: it is somebody else's. */
const MOST_CONNECTIONS = 4;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 55_000;

/** Speaks to PostgreSQL; knows nothing of attributes. */
export class SqlClient {
  private readonly pool: pg.Pool;

  constructor(url: string, log: Log) {
    this.pool = new pg.Pool({
      connectionString: url,
      max: MOST_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      application_name: 'concord',
    });
    // An idle connection that breaks is replaced by the next call; without a listener it would end the process.
    this.pool.on('error', (error) => log.warn({ code: codeOf(error) }, 'a connection of the sql connector was lost'));
  }

  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<Row[]> {
    signal.throwIfAborted();
    try {
      return (await this.pool.query<Row>(text, [...values])).rows;
    } catch (cause) {
      throw sqlError(cause, 'READ');
    }
  }

  /** All of it or none. */
  async transaction<T>(work: (client: pg.PoolClient) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const client = await this.pool.connect().catch((cause: unknown) => {
      throw sqlError(cause, 'READ');
    });
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (cause) {
      await client.query('rollback').catch((error: Error) => {
        broken = error;
      });
      throw cause instanceof SourceError ? cause : sqlError(cause, 'WRITE');
    } finally {
      client.release(broken);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);
const LOCKED = new Set(['40001', '40P01', '55P03']);

/** What PostgreSQL's code means for whoever called. Its message may hold values, never the password. */
export function sqlError(cause: unknown, doing: 'READ' | 'WRITE'): SourceError {
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  const outcomeUnknown = doing === 'WRITE';
  if (UNREACHABLE.has(code))
    return new Down('SYSTEM_UNREACHABLE', 'the database does not answer', { cause, outcomeUnknown });
  if (code.startsWith('28') || code === '3D000') return new Down('ACCESS_DENIED', message, { cause });
  if (code === '42501') return new Permanent('ACCESS_DENIED', message, { cause });
  if (LOCKED.has(code)) return new Retryable('SYSTEM_LOCKED', message, { cause });
  if (code === '57014') return new Retryable('SYSTEM_TIMED_OUT', message, { cause });
  if (code.startsWith('22') || code.startsWith('23')) return new Permanent('VALUE_REFUSED', message, { cause });
  if (code === '42P01' || code === '42703') return new Retryable('SCHEMA_DRIFTED', message, { cause });
  return new Retryable('SYSTEM_FAILED', code === '' ? 'the connection was lost' : message, { cause, outcomeUnknown });
}

/** A name as PostgreSQL takes it, with its schema where it has one. */
export const quoted = (name: string): string =>
  name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
