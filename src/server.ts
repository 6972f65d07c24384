import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { GraphQLSchema } from 'graphql';
import { KEYS_CHANNEL, KeyRing } from '../golden-records/api-keys.js';
import type { Db, Log } from '../golden-records/transaction.js';
import { formatEarlyError, gatekeeper } from '../resolvers/apollo-plugins.js';
import { ChangeFeed, DEFAULT_FEED_OPTIONS, type FeedOptions } from '../resolvers/changes/feed.js';
import { SharedExecutions } from '../resolvers/changes/sharing.js';
import type { Context } from '../resolvers/context.js';
import { PreparedOperations } from '../resolvers/jit.js';
import { DEFAULT_QUERY_LIMITS, type QueryLimits } from '../resolvers/limits.js';
import { DEFAULT_RATE_LIMITS, RateLimiter, type RateLimits } from '../resolvers/rate-limit.js';
import type { Synchronised } from '../sources/index.js';
import { RefusalCounter } from './failed-authentications.js';
import { createHealth } from './health.js';
import type { Hooks } from './hooks.js';
import { Metrics } from './metrics.js';
import { createHttpHandler } from './http.js';
import { createSubscriptionServer, DEFAULT_WEBSOCKET_LIMITS, type WebSocketLimits } from './websocket.js';

export interface ServerLimits extends QueryLimits, RateLimits, WebSocketLimits, FeedOptions {
  readonly maxBodyBytes: number;
  /** How long requests under way may take to finish when the server closes. */
  readonly drainMs: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  ...DEFAULT_QUERY_LIMITS,
  ...DEFAULT_RATE_LIMITS,
  ...DEFAULT_WEBSOCKET_LIMITS,
  ...DEFAULT_FEED_OPTIONS,
  maxBodyBytes: 1024 * 1024,
  drainMs: 10_000,
};

/** Where NOTIFY is heard: `Database` of database.ts. */
export interface Listener {
  listen(channel: string, receive: (payload: string) => void): Promise<{ stop(): Promise<void> }>;
}

export interface ServerOptions {
  readonly hooks?: Hooks | undefined;
  readonly db: Db;
  readonly schema: GraphQLSchema;
  readonly listenDb: Listener;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly log: Log;
  readonly limits?: Partial<ServerLimits>;
  /** Systems that are kept in agreement. */
  readonly systems?: readonly Synchronised[];
  /** PEM. Without it the server speaks plain HTTP, for a proxy in front or for this machine alone. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
}

export interface RunningServer {
  /** Of the GraphQL endpoint, e.g. http://127.0.0.1:4000/graphql. */
  readonly url: string;
  readonly port: number;
  /** Takes no more, lets requests under way finish, says goodbye to subscribers. */
  close(): Promise<void>;
}

/** Rejects when the port is taken (EADDRINUSE, from node:net). */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { db, schema, log } = options;
  const limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits };
  const operations = new PreparedOperations(schema, limits);
  const rate = new RateLimiter(limits);
  const keys = new KeyRing(db);
  const refusals = new RefusalCounter(log);
  const health = createHealth(db);
  const metrics = new Metrics(db, options.systems ?? []);
  const changes = new ChangeFeed(db, limits);
  const apollo = createApollo(schema, log, limits.maxTokens, gatekeeper({ operations, limits, rate }));
  await apollo.start();
  const parts = { db, operations, keys, rate, limits, changes, refusals, systems: options.systems };
  const subscriptions = createSubscriptionServer({ ...parts, schema, shared: new SharedExecutions() });
  const listening = await Promise.all([
    options.listenDb.listen('concord_feed', () => changes.wake()),
    options.listenDb.listen(KEYS_CHANNEL, (prefix) => {
      keys.forget(prefix);
      subscriptions.recheckKeys().catch((err) => log.warn({ err }, 'cannot check keys'));
    }),
  ]);
  const server = createHttpServer(options);
  server.on('request', createHttpHandler({ ...parts, apollo, health, metrics, hooks: options.hooks }));
  server.on('upgrade', (request, socket, head) => {
    if ((request.url ?? '').split('?', 1)[0] === '/graphql') subscriptions.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });

  const close = async () => {
    health.drain();
    await Promise.all(listening.map((one) => one.stop()));
    // Sockets first: a stream that ends on an open one says "complete", and its client would not come back.
    await Promise.all([drain(server, limits.drainMs), subscriptions.close()]);
    await changes.close();
    await metrics.close();
    refusals.close();
    await apollo.stop();
  };
  try {
    await listen(server, options);
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return { url: `${options.tls ? 'https' : 'http'}://${hostInUrl(options.host)}:${port}/graphql`, port, close };
}

/** A body that trickles in for longer holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 30_000;

function createHttpServer({ tls }: ServerOptions): Server {
  const options = { requestTimeout: REQUEST_TIMEOUT_MS };
  return tls ? createTlsServer({ ...options, cert: tls.cert, key: tls.key }) : createServer(options);
}

function createApollo(
  schema: GraphQLSchema,
  log: Log,
  maxTokens: number,
  plugin: ReturnType<typeof gatekeeper>,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    plugins: [
      plugin,
      // The cache-control plugin hooks every field; the others call home.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginLandingPageLocalDefault({
        includeCookies: false,
        embed: {
          runTelemetry: false,
          initialState: { sharedHeaders: { authorization: 'Bearer paste-your-key-here' } },
        },
      }),
    ],
    introspection: true, // behind a key like everything else
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    parseOptions: { noLocation: true, maxTokens },
    stringifyResult: async (value) => JSON.stringify(value),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: asApolloLogger(log),
    formatError: formatEarlyError,
  });
}

const asApolloLogger = (log: Log) => {
  const say = (level: keyof Log) => (message: unknown) => log[level]({}, String(message));
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
};

const hostInUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function drain(server: Server, withinMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(timer);
}
