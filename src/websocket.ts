import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { CloseCode, type Context as ConnectionContext, handleProtocols, makeServer, type Server } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { KeyRing, Principal } from '../golden-records/api-keys.js';
import type { Db } from '../golden-records/transaction.js';
import type { Synchronised } from '../sources/index.js';
import type { ChangeFeed } from '../resolvers/changes/feed.js';
import type { SharedExecutions } from '../resolvers/changes/sharing.js';
import { Context, correlationIdOf } from '../resolvers/context.js';
import { presentError, refusal } from '../resolvers/errors.js';
import type { PreparedOperation, PreparedOperations } from '../resolvers/jit.js';
import { checkLimits, type QueryLimits } from '../resolvers/limits.js';
import { type RateLimiter, rateLimited } from '../resolvers/rate-limit.js';
import type { RefusalCounter } from './failed-authentications.js';
import { FairTurns } from './fair-turns.js';
import { keyIn } from './http.js';

export interface WebSocketLimits {
  readonly maxMessageBytes: number;
  readonly maxConnections: number;
  readonly maxSubscriptionsPerConnection: number;
  /** A connection is pinged so often, and cut when the answer to one ping hasn't come by the next. */
  readonly keepAliveMs: number;
  /** How often the keys of open connections are looked at again. */
  readonly recheckKeysMs: number;
}

export const DEFAULT_WEBSOCKET_LIMITS: WebSocketLimits = {
  maxMessageBytes: 256 * 1024,
  maxConnections: 10_000,
  maxSubscriptionsPerConnection: 50,
  keepAliveMs: 12_000,
  recheckKeysMs: 2_000,
};

export interface WebSocketOptions {
  readonly db: Db;
  readonly schema: GraphQLSchema;
  readonly operations: PreparedOperations;
  readonly keys: KeyRing;
  readonly rate: RateLimiter;
  readonly limits: QueryLimits & WebSocketLimits;
  readonly changes: ChangeFeed;
  readonly systems?: readonly Synchronised[] | undefined;
  readonly shared: SharedExecutions;
  readonly refusals: RefusalCounter;
}

interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly correlationId: string;
  /** Set once connection_init brought a valid key. */
  key?: string;
  principal?: Principal;
}
type Extra = Connection & Record<PropertyKey, unknown>;
type Connected = ConnectionContext<Record<string, unknown> | undefined, Extra>;

export interface SubscriptionServer {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Look at the keys of all connections now, e.g. after a revocation. */
  recheckKeys(): Promise<void>;
  close(): Promise<void>;
}

const GOING_AWAY = 1001;
const UNAUTHORISED: number = CloseCode.Unauthorized;

/** Subscriptions over WebSocket (the graphql-transport-ws protocol) at /graphql. */
export function createSubscriptionServer(options: WebSocketOptions): SubscriptionServer {
  const { limits, db } = options;
  const protocol = makeProtocol(options);
  const connections = new Set<Connection>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => handleProtocols(offered),
  });
  const recheck = () => recheckAll(options.keys, connections);
  const timer = setInterval(
    () => void recheck().catch((err) => db.log.warn({ err }, 'cannot check keys')),
    limits.recheckKeysMs,
  );
  return {
    upgrade: (request, socket, head) => {
      if (connections.size >= limits.maxConnections) return refuse(socket, '503 Service Unavailable');
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = { socket: webSocket, request, correlationId: correlationIdOf(headerOf(request)) };
        connections.add(connection);
        webSocket.once('close', () => connections.delete(connection));
        serve(protocol, connection, options);
      });
    },
    recheckKeys: recheck,
    close: async () => {
      clearInterval(timer);
      for (const { socket } of connections) socket.close(GOING_AWAY, 'the hub is shutting down');
      await Promise.race([allClosed(connections), pause(CLOSE_DEADLINE_MS)]);
      for (const { socket } of connections) socket.terminate();
      sockets.close();
    },
  };
}

/** How long clients have to say goodbye. */
const CLOSE_DEADLINE_MS = 2_000;

const headerOf = ({ headers }: IncomingMessage) => {
  const given = headers['x-correlation-id'];
  return Array.isArray(given) ? given[0] : given;
};

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

const allClosed = (connections: ReadonlySet<Connection>) =>
  Promise.all([...connections].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve))));

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms).unref());

async function recheckAll(keys: KeyRing, connections: ReadonlySet<Connection>): Promise<void> {
  // Many connections share few keys: each is looked up once.
  const invalid = new Map<string, boolean>();
  for (const { key } of connections) {
    if (key !== undefined && !invalid.has(key)) invalid.set(key, 'refusal' in (await keys.authenticate(key)));
  }
  for (const { key, socket } of connections) {
    if (key !== undefined && invalid.get(key)) socket.close(UNAUTHORISED, 'the API key was revoked or has expired');
  }
}

const turns = new FairTurns();

/** One connection. Each message is awaited until the operating system took it: a slow client has one in flight. */
function serve(protocol: Server<Extra>, connection: Connection, { limits, db }: WebSocketOptions): void {
  const { socket, correlationId } = connection;
  socket.on('error', (err) => db.log.debug({ err, correlationId }, 'websocket failed'));
  const stopPinging = keepAlive(socket, limits.keepAliveMs);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: async (data) => {
        await turns.breathe();
        await sent(socket, data);
      },
      close: (code, reason) => socket.close(code, reason),
      onMessage: (receive) =>
        socket.on('message', (data) => {
          receive(String(data)).catch((err) => {
            if (socket.readyState !== socket.OPEN) return;
            db.log.error({ err, correlationId }, 'websocket message failed');
            socket.close(CloseCode.InternalServerError, `internal error ${correlationId}`.slice(0, 120));
          });
        }),
    },
    connection as Extra,
  );
  socket.once('close', (code, reason) => {
    stopPinging();
    closed(code, String(reason)).catch((err) => db.log.warn({ err, correlationId }, 'websocket clean-up failed'));
  });
}

/** Resolves when the operating system has taken the message. */
function sent(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(data, (error) => (error ? reject(error) : resolve()));
  });
}

function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, everyMs);
  return () => clearInterval(timer);
}

// --- Protocol --------------------------------------------------------------------------------------------------------

function makeProtocol(options: WebSocketOptions): Server<Extra> {
  return makeServer<Record<string, unknown> | undefined, Extra>({
    onConnect: (connected) => connect(options, connected),
    onSubscribe: async (connected, _id, { query, operationName, variables }) => {
      try {
        return await prepare(options, connected, query, operationName ?? undefined, variables ?? {});
      } catch (error) {
        return [error instanceof GraphQLError ? error : wrap(error)];
      }
    },
    subscribe: async (args) => {
      const result = await options.shared.subscribe(asSubscription(args));
      // graphql-ws passes our formatted results on untouched, through onNext.
      return Symbol.asyncIterator in result ? (result as AsyncGenerator<ExecutionResult>) : { errors: result };
    },
    onOperation: (_connected, _id, _payload, _args, result) => result,
    onNext: (connected, _id, _payload, _args, result) => formatted(options, connected, result),
    onError: (connected, _id, _payload, errors) =>
      errors.map((error) => presentError(error, reportOf(options, connected))),
  });
}

async function connect({ keys, refusals }: WebSocketOptions, { connectionParams, extra }: Connected): Promise<boolean> {
  const key = keyInParams(connectionParams) ?? keyIn(extra.request.headers);
  const answer = key === undefined ? undefined : await keys.authenticate(key);
  if (key !== undefined && answer && 'principal' in answer) {
    extra.key = key;
    extra.principal = answer.principal;
    return true;
  }
  if (answer && 'refusal' in answer) refusals.count(answer.refusal, extra.request.socket.remoteAddress);
  extra.socket.close(UNAUTHORISED, 'send a valid API key in connection_init: { "authorization": "Bearer ck_…" }');
  return false;
}

/** `authorization` or `x-api-key` in the payload of connection_init, in any case. */
function keyInParams(params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const texts = Object.entries(params ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [],
  );
  return keyIn(Object.fromEntries(texts));
}

async function prepare(
  options: WebSocketOptions,
  { extra, subscriptions }: Connected,
  source: string,
  operationName: string | undefined,
  variables: Readonly<Record<string, unknown>>,
): Promise<ExecutionArgs | GraphQLError[]> {
  const { principal, correlationId } = extra;
  if (!principal) return [refusal('UNAUTHENTICATED', 'connection_init has not brought a key yet')];
  if (Object.keys(subscriptions).length > options.limits.maxSubscriptionsPerConnection) {
    return [
      refusal('RATE_LIMITED', `a connection may have ${options.limits.maxSubscriptionsPerConnection} subscriptions`),
    ];
  }
  const prepared = prepareOperation(options, source, operationName);
  if (Array.isArray(prepared)) return prepared;
  const { refusals, cost } = checkLimits(prepared.measured, variables, options.limits);
  if (refusals.length > 0) return [...refusals];
  const spent = options.rate.spend(principal.keyId, cost.requested);
  if (!spent.ok) return [rateLimited(spent.retryAfterSeconds)];
  const contextValue = new Context({
    db: options.db,
    principal,
    correlationId,
    changes: options.changes,
    systems: options.systems,
  });
  return {
    schema: options.schema,
    document: prepared.document,
    operationName,
    variableValues: variables,
    contextValue,
    rootValue: { source, prepared },
  };
}

function prepareOperation(
  { operations, schema, limits }: WebSocketOptions,
  source: string,
  operationName: string | undefined,
): PreparedOperation | GraphQLError[] {
  const known = operations.find({ source, operationName });
  if (known) return subscriptionOnly(known);
  const document = parseWithin(source, limits.maxTokens);
  const errors = validate(schema, document, specifiedRules);
  if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
  const operation = getOperationAST(document, operationName);
  if (!operation) return [refusal('OPERATION_RESOLUTION_FAILURE', 'which operation is meant? Send operationName')];
  return subscriptionOnly(operations.prepare({ source, operationName }, document, operation));
}

const subscriptionOnly = (prepared: PreparedOperation): PreparedOperation | GraphQLError[] =>
  prepared.operation.operation === OperationTypeNode.SUBSCRIPTION
    ? prepared
    : [refusal('BAD_REQUEST', 'only subscriptions are taken here: send queries and mutations by POST')];

function parseWithin(source: string, maxTokens: number) {
  try {
    return parse(source, { noLocation: true, maxTokens });
  } catch (error) {
    if (error instanceof GraphQLError) throw withCode(error, 'GRAPHQL_PARSE_FAILED');
    throw error;
  }
}

const withCode = (error: GraphQLError, code: string) => {
  const { nodes = null, source = null, positions = null } = error;
  return new GraphQLError(error.message, { nodes, source, positions, extensions: { code } });
};

/** What `prepare` put into the arguments, for `subscribe`. */
function asSubscription(args: ExecutionArgs) {
  const { source, prepared } = args.rootValue as { source: string; prepared: PreparedOperation };
  const contextValue = args.contextValue as Context;
  return { source, operation: prepared.operation, args: { ...args, contextValue, rootValue: undefined } };
}

interface AnyResult {
  readonly errors?: readonly object[] | undefined;
}

/** Results of the feed come formatted; errors from before it began do not. */
function formatted(options: WebSocketOptions, connected: Connected, result: AnyResult): FormattedExecutionResult {
  if (!result.errors?.some((error) => error instanceof GraphQLError)) return result as FormattedExecutionResult;
  return { errors: result.errors.map((error) => presentError(error, reportOf(options, connected))) };
}

const reportOf = ({ db }: WebSocketOptions, { extra }: Connected) => ({
  correlationId: extra.correlationId,
  log: db.log,
});

const wrap = (error: unknown) =>
  new GraphQLError('subscription failed', error instanceof Error ? { originalError: error } : {});
