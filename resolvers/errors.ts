import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Role } from '../golden-records/api-keys.js';
import {
  Conflict,
  HubError,
  IllegalOperation,
  InvalidInput,
  NotFound,
  RejectedRecord,
} from '../golden-records/errors.js';
import type { Log } from '../golden-records/transaction.js';

/** Every `extensions.code` that a client may meet. Explained in docs/errors.md; a test compares the two. */
export const GRAPHQL_CODES = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'CONFLICT',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'ILLEGAL_OPERATION',
  'INTERNAL_SERVER_ERROR',
  'NOT_FOUND',
  'OPERATION_RESOLUTION_FAILURE',
  'PAYLOAD_TOO_LARGE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'QUERY_TOO_COSTLY',
  'QUERY_TOO_DEEP',
  'QUERY_TOO_LONG',
  'QUERY_TOO_MANY_ALIASES',
  'QUERY_TOO_MANY_ROOT_FIELDS',
  'QUERY_TOO_WIDE',
  'RATE_LIMITED',
  'SERVICE_UNAVAILABLE',
  'UNAUTHENTICATED',
  'UNSUPPORTED_MEDIA_TYPE',
] as const;
export type GraphQLCode = (typeof GRAPHQL_CODES)[number];

/** An answer that the caller earned: shown as it is, never logged as a failure. */
export function refusal(
  code: GraphQLCode,
  message: string,
  options: { status?: number; headers?: Iterable<[string, string]>; details?: object } = {},
): GraphQLError {
  const { status, headers, details } = options;
  const http = status === undefined ? {} : { http: { status, headers: new Map(headers ?? []) } };
  return new GraphQLError(message, { extensions: { code, ...details, ...http } });
}

export const unauthenticated = () =>
  refusal('UNAUTHENTICATED', 'send a valid API key: "Authorization: Bearer ck_…" or "x-api-key: ck_…"', {
    status: 401,
    headers: [['www-authenticate', 'Bearer realm="concord"']],
  });

export const forbidden = (role: Role, needs: string) =>
  refusal('FORBIDDEN', `a key with the role ${role.toUpperCase()} lacks the permission ${asEnumValue(needs)}`);

/** "manageKeys" → "MANAGE_KEYS": as the schema has it. */
const asEnumValue = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

export interface ErrorReport {
  readonly correlationId: string;
  readonly log: Log;
}

/**
 * What the client sees of an error. A domain error keeps its message and code; anything unknown is logged with its
 * cause and answered without details, so that no SQL and no stack leaves the hub.
 */
export function presentError(error: unknown, report: ErrorReport): GraphQLFormattedError {
  const graphQLError = error instanceof GraphQLError ? error : undefined;
  const cause = rootOf(error);
  const located = locate(graphQLError);
  if (cause instanceof HubError) {
    const mapped = codeOf(cause);
    if (mapped) return { message: cause.message, ...located, extensions: hubExtensions(cause, mapped) };
  }
  const code = knownCode(graphQLError);
  if (code && graphQLError) return { ...shown(graphQLError, code), ...located };
  return { ...internal(error, cause, report), ...located };
}

/** Which GraphQL code a domain error has; undefined when it is nobody's business outside. */
export function codeOf(error: HubError): GraphQLCode | undefined {
  if (error.code === 'DATABASE_NOT_READY') return 'SERVICE_UNAVAILABLE';
  if (error instanceof InvalidInput || error instanceof RejectedRecord) return 'BAD_USER_INPUT';
  if (error instanceof NotFound) return 'NOT_FOUND';
  if (error instanceof Conflict) return 'CONFLICT';
  if (error instanceof IllegalOperation) return 'ILLEGAL_OPERATION';
  return undefined;
}

function hubExtensions(error: HubError, code: GraphQLCode) {
  return { code, hubCode: error.code, ...(error.field === undefined ? {} : { field: error.field }) };
}

/** graphql-js wraps what a resolver threw, sometimes twice. */
function rootOf(error: unknown): unknown {
  let at = error;
  while (at instanceof GraphQLError && at.originalError) at = at.originalError;
  return at;
}

function knownCode(error: GraphQLError | undefined): GraphQLCode | undefined {
  if (!error) return undefined;
  if (isTokenLimit(error)) return 'QUERY_TOO_LONG';
  const code = error.extensions.code;
  if (code === 'UNAUTHORIZED') return 'FORBIDDEN'; // type-graphql's own name for it
  if (code === 'INTERNAL_SERVER_ERROR') return undefined;
  return GRAPHQL_CODES.find((known) => known === code) ?? graphQLsOwn(error);
}

/** Errors of graphql-js itself carry no code: a variable or an argument of the wrong type, an unknown operation. */
function graphQLsOwn(error: GraphQLError): GraphQLCode | undefined {
  if (error.extensions.code !== undefined) return undefined;
  const aboutInput = /^(Argument|Variable) "/.test(error.message) && rootOf(error) instanceof GraphQLError;
  return aboutInput || (!error.originalError && error.path === undefined) ? 'BAD_USER_INPUT' : undefined;
}

// graphql-js has no code for it, and misspells "than".
const isTokenLimit = (error: GraphQLError) => /Document contains more tha[nt] \d+ tokens/.test(error.message);

function shown(error: GraphQLError, code: GraphQLCode): GraphQLFormattedError {
  const { http: _http, stacktrace: _stack, ...extensions } = error.extensions;
  return { message: error.message, extensions: { ...extensions, code } };
}

function locate(error: GraphQLError | undefined): Pick<GraphQLFormattedError, 'locations' | 'path'> {
  return {
    ...(error?.locations ? { locations: error.locations } : {}),
    ...(error?.path ? { path: error.path } : {}),
  };
}

function internal(error: unknown, cause: unknown, { correlationId, log }: ErrorReport): GraphQLFormattedError {
  const path = error instanceof GraphQLError ? error.path : undefined;
  log.error({ err: cause, correlationId, path }, 'request failed');
  return {
    message: `Internal error; quote correlation id ${correlationId}`,
    extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId },
  };
}
