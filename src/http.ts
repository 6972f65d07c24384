import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest, type HTTPGraphQLResponse } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { KeyRing, Principal } from '../golden-records/api-keys.js';
import type { Json } from '../golden-records/json.js';
import type { Db } from '../golden-records/transaction.js';
import { charge } from '../resolvers/apollo-plugins.js';
import type { Synchronised } from '../sources/index.js';
import type { ChangeFeed } from '../resolvers/changes/feed.js';
import { Context, correlationIdOf } from '../resolvers/context.js';
import { presentError, refusal, unauthenticated } from '../resolvers/errors.js';
import type { PreparedOperations } from '../resolvers/jit.js';
import { checkLimits, type QueryLimits } from '../resolvers/limits.js';
import type { RateLimiter } from '../resolvers/rate-limit.js';
import type { RefusalCounter } from './failed-authentications.js';
import type { Health } from './health.js';
import { type Hooks, isHookPath } from './hooks.js';
import type { Metrics } from './metrics.js';
import { EXPOSITION_TYPE } from './prometheus.js';

export interface HttpOptions {
  readonly db: Db;
  readonly apollo: ApolloServer<Context>;
  readonly operations: PreparedOperations;
  readonly keys: KeyRing;
  readonly rate: RateLimiter;
  readonly limits: QueryLimits & { readonly maxBodyBytes: number };
  readonly changes: ChangeFeed;
  readonly systems?: readonly Synchronised[] | undefined;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly refusals: RefusalCounter;
  /** Missing: nobody posts to this hub. */
  readonly hooks?: Hooks | undefined;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

const JSON_TYPE = 'application/json; charset=utf-8';

/** Routes: /graphql, /health/live, /health/ready, /metrics, /hooks/…; / leads to the landing page. */
export function createHttpHandler(options: HttpOptions): HttpHandler {
  return (request, response) => {
    const correlationId = correlationIdOf(single(request.headers['x-correlation-id']));
    response.setHeader('x-correlation-id', correlationId);
    // A client that keeps its connection busy would keep us from closing.
    if (options.health.draining) response.setHeader('connection', 'close');
    route(options, request, response, correlationId).catch((error) => fail(options, response, error, correlationId));
  };
}

async function route(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  correlationId: string,
): Promise<void> {
  const url = request.url ?? '/';
  const queryAt = url.indexOf('?');
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  if (path === '/graphql') return serveGraphQL(options, request, response, correlationId);
  if (path === '/health/live') return send(response, 200, '{"status":"ok"}');
  if (path === '/health/ready') return serveReadiness(options, response);
  if (path === '/metrics' && request.method === 'GET') return serveMetrics(options, request, response);
  if (isHookPath(path) && request.method === 'POST') return serveHook(options, request, response, path);
  if (path === '/' && request.method === 'GET') return void response.writeHead(302, { location: '/graphql' }).end();
  throw refusal('NOT_FOUND', 'nothing is here; the API is at /graphql', { status: 404 });
}

async function serveReadiness({ health }: HttpOptions, response: ServerResponse): Promise<void> {
  const report = await health.ready();
  send(response, report.ready ? 200 : 503, JSON.stringify(report));
}

/**
 * For any key, and for nobody without one: the page has no value of any record, but it tells which systems there are, how
 * much goes on in them and what is broken, which is nothing for strangers.
 */
async function serveMetrics(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await identify(options, request);
  send(response, 200, await options.metrics.read(), EXPOSITION_TYPE);
}

/** Longer posts are none of those that were asked for. */
const MOST_HOOK_BYTES = 65_536;

/** Answered at once: whoever posts may make a person wait for it. */
async function serveHook(
  { hooks }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const body = (await readJson(request, MOST_HOOK_BYTES)) as Json;
  if (!(await hooks?.take(path, body))) throw refusal('NOT_FOUND', 'nothing is here', { status: 404 });
  response.writeHead(204).end();
}

async function serveGraphQL(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  correlationId: string,
): Promise<void> {
  if (mayWantHtml(request)) return serveThroughApollo(options, request, response, undefined, undefined);
  const principal = await identify(options, request);
  if (request.method !== 'POST') return serveThroughApollo(options, request, response, undefined, open());
  const body = await readJson(request, options.limits.maxBodyBytes);
  const context = open();
  const quick = isPlainJsonWanted(request.headers) ? await runKnownQuery(options, context, body) : undefined;
  if (quick !== undefined) return send(response, 200, quick);
  return serveThroughApollo(options, request, response, body, context);

  function open(): Context {
    return new Context({
      db: options.db,
      principal,
      correlationId,
      changes: options.changes,
      systems: options.systems,
    });
  }
}

// --- Authentication --------------------------------------------------------------------------------------------------

async function identify(options: HttpOptions, request: IncomingMessage): Promise<Principal> {
  const key = keyIn(request.headers);
  if (key === undefined) throw unauthenticated();
  const answer = await options.keys.authenticate(key);
  if ('principal' in answer) return answer.principal;
  options.refusals.count(answer.refusal, request.socket.remoteAddress);
  throw unauthenticated();
}

/** The key in `Authorization: Bearer …` or `x-api-key`. */
export function keyIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return bearer ?? single(headers['x-api-key']);
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

// --- The quick way ---------------------------------------------------------------------------------------------------

/**
 * Answer a query that was validated, measured and compiled before, without Apollo's pipeline, which would cost more
 * than the query. Whatever is not plainly fine (a limit, an error, an unusual request) is left to Apollo, so that
 * there is one behaviour; a differential test holds the two together.
 */
async function runKnownQuery(options: HttpOptions, context: Context, body: unknown): Promise<string | undefined> {
  const known = plainRequest(body);
  const prepared = known && options.operations.find(known);
  if (!known || !prepared?.compiled) return undefined;
  const { refusals, cost } = checkLimits(prepared.measured, known.variables, options.limits);
  if (refusals.length > 0) return undefined;
  if (!charge(options.rate, context, cost.requested).ok) return undefined;
  const result = await options.operations.run(prepared, context, known.variables);
  if (!result) return undefined;
  await context.flushUnmasked();
  return JSON.stringify({ data: result.data, extensions: { cost } });
}

interface PlainRequest {
  readonly source: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

function plainRequest(body: unknown): PlainRequest | undefined {
  if (!isRecord(body) || typeof body.query !== 'string' || body.extensions) return undefined;
  const { query, operationName, variables } = body;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') return undefined;
  if (variables !== undefined && variables !== null && !isRecord(variables)) return undefined;
  return { source: query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Whether Apollo would answer with plain JSON; when in doubt it is asked. */
function isPlainJsonWanted({ accept }: IncomingHttpHeaders): boolean {
  return accept === undefined || accept === '*/*' || accept === 'application/json';
}

// --- Apollo ----------------------------------------------------------------------------------------------------------

/** A browser gets the landing page without a key: it holds nothing but a form. */
const mayWantHtml = ({ method, headers }: IncomingMessage) =>
  method === 'GET' && (headers.accept ?? '').includes('text/html');

async function serveThroughApollo(
  { apollo }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  context: Context | undefined,
): Promise<void> {
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: asHttpGraphQLRequest(request, body),
    context: async () => {
      if (!context) throw unauthenticated();
      return context;
    },
  });
  await sendApollos(response, answer);
}

function asHttpGraphQLRequest(request: IncomingMessage, body: unknown): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const url = request.url ?? '';
  const queryAt = url.indexOf('?');
  return {
    method: (request.method ?? 'GET').toUpperCase(),
    headers,
    search: queryAt < 0 ? '' : url.slice(queryAt),
    body,
  };
}

async function sendApollos(response: ServerResponse, answer: HTTPGraphQLResponse): Promise<void> {
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.statusCode = answer.status ?? 200;
  if (answer.body.kind === 'complete') {
    response.setHeader('content-length', Buffer.byteLength(answer.body.string));
    return void response.end(answer.body.string);
  }
  for await (const chunk of answer.body.asyncIterator) response.write(chunk);
  response.end();
}

// --- Reading and sending ---------------------------------------------------------------------------------------------

async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw refusal('UNSUPPORTED_MEDIA_TYPE', `send application/json, not "${type ?? ''}"`, { status: 415 });
  }
  const text = await readText(request, maxBytes);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw refusal('BAD_REQUEST', 'the body is not JSON', { status: 400 });
  }
  if (Array.isArray(body))
    throw refusal('BAD_REQUEST', 'one operation a request: batches are not taken', { status: 400 });
  return body;
}

function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = () => {
      request.off('data', take);
      reject(refusal('PAYLOAD_TOO_LARGE', `a request may have ${maxBytes} bytes`, { status: 413 }));
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) return refuse();
      chunks.push(chunk);
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return refuse();
    request.on('data', take);
    request.on('end', () =>
      resolve((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString('utf8')),
    );
    request.on('error', reject);
    request.on('aborted', () => reject(refusal('BAD_REQUEST', 'the request was cut off', { status: 400 })));
  });
}

function send(response: ServerResponse, status: number, body: string, type = JSON_TYPE): void {
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

function fail({ db }: HttpOptions, response: ServerResponse, error: unknown, correlationId: string): void {
  if (response.headersSent) {
    db.log.error({ err: error, correlationId }, 'answer broken off');
    response.destroy();
    return;
  }
  const http = error instanceof GraphQLError ? asHttp(error.extensions.http) : undefined;
  for (const [name, value] of http?.headers ?? []) response.setHeader(name, value);
  // The rest of a body that nobody reads would stand in the way of the next request on this connection.
  if (http?.status === 413) response.setHeader('connection', 'close');
  send(
    response,
    http?.status ?? 500,
    JSON.stringify({ errors: [presentError(error, { correlationId, log: db.log })] }),
  );
}

const asHttp = (http: unknown) => http as { status?: number; headers?: Iterable<[string, string]> } | undefined;
