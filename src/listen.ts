import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../golden-records/transaction.js';

export interface Listening {
  /** Ends the connection. After it resolves, `receive` is not called again. */
  stop(): Promise<void>;
}

export interface ListenOptions {
  url: string;
  channel: string;
  /** Gets the payload, or '' after a reconnection. Must not throw. */
  receive: (payload: string) => void;
  log: Log;
  /** A connection that died without a word (a pulled cable) is noticed after at most twice this. */
  pingMs?: number;
}

/** LISTEN on a connection of its own, for as long as nobody stops it. */
export async function startListening(options: ListenOptions): Promise<Listening> {
  const stopped = new AbortController();
  let session = await openSession(options);
  const loop = (async () => {
    for (;;) {
      await watch(session, options, stopped.signal);
      if (stopped.signal.aborted) return;
      const renewed = await reconnect(options, stopped.signal);
      if (!renewed) return;
      session = renewed;
      options.receive('');
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await loop;
    },
  };
}

interface Session {
  client: pg.Client;
  /** Resolves when the connection is gone. */
  lost: Promise<void>;
}

const PING_MS = 15_000;

async function openSession({ url, channel, receive, log, pingMs = PING_MS }: ListenOptions): Promise<Session> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `concord listen ${channel}`,
    connectionTimeoutMillis: 5_000,
    query_timeout: pingMs,
    keepAlive: true,
  });
  const lost = new Promise<void>((done) => {
    client.once('end', done);
    client.on('error', (err) => {
      log.warn({ err, channel }, 'listening connection lost');
      done();
    });
  });
  client.on('notification', ({ payload }) => receive(payload ?? ''));
  try {
    await client.connect();
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
  } catch (error) {
    await client.end();
    throw error;
  }
  return { client, lost };
}

/** Returns when the session is over: lost, silent, or stopped. The connection is closed then. */
async function watch({ client, lost }: Session, options: ListenOptions, stop: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const end = AbortSignal.any([stop, ended.signal]);
  void lost.then(() => ended.abort());
  while (!end.aborted) {
    if (!(await pause(options.pingMs ?? PING_MS, end))) break;
    try {
      await client.query('select 1');
    } catch (err) {
      options.log.warn({ err, channel: options.channel }, 'listening connection does not answer');
      break;
    }
  }
  client.removeAllListeners('notification');
  await client.end();
}

async function reconnect(options: ListenOptions, stop: AbortSignal): Promise<Session | undefined> {
  for (let waitMs = 100; !stop.aborted; waitMs = Math.min(waitMs * 2, 5_000)) {
    try {
      return await openSession(options);
    } catch (err) {
      options.log.warn({ err, channel: options.channel, waitMs }, 'cannot listen yet');
    }
    // Half fixed, half random: many processes that lost one server should not return in step.
    await pause(waitMs / 2 + (Math.random() * waitMs) / 2, stop);
  }
  return undefined;
}

/** Whether the whole time went by. */
async function pause(ms: number, stop: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal: stop });
    return true;
  } catch {
    return false;
  }
}
