import { isNativeError } from 'node:util/types';
import type { Json } from '../../golden-records/index.js';
import { isJsonObject } from '../../golden-records/index.js';

/** What an answer that is no result means for whoever called. */
export type FailureKind =
  /** Try again later: the same may well work then. */
  | 'RETRYABLE'
  /** Slow down: the target asks for it. */
  | 'THROTTLED'
  /** Somebody wrote the record at the same time, or it isn't there any more: read again, then decide. */
  | 'CONFLICT'
  /** Trying again gives the same. */
  | 'PERMANENT'
  /** Nobody is at home: wait, without counting tries. */
  | 'TARGET_DOWN';

export const ODOO_CODES = [
  'ODOO_UNREACHABLE',
  'ODOO_TIMEOUT',
  'ODOO_CUT_OFF',
  'ODOO_UNAVAILABLE',
  'ODOO_UNREADABLE',
  'ODOO_THROTTLED',
  'ODOO_KEY_REFUSED',
  'ODOO_NO_DATABASE',
  'ODOO_NO_MODEL',
  'ODOO_NO_FIELD',
  'ODOO_NO_RIGHT',
  'ODOO_NO_COMPANY',
  'ODOO_RECORD_GONE',
  'ODOO_REFUSED',
  'ODOO_BAD_VALUE',
  'ODOO_CONCURRENT_UPDATE',
  'ODOO_TOO_LARGE',
  'ODOO_VERSION',
  'ODOO_FAULT',
] as const;
export type OdooCode = (typeof ODOO_CODES)[number];

export interface Failure {
  readonly kind: FailureKind;
  readonly code: OdooCode;
  /** What the server said, shortened; never the request. */
  readonly said: string;
  readonly retryAfterMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const failure = (kind: FailureKind, code: OdooCode, said: string, retryAfterMs?: number): Failure => ({
  kind,
  code,
  said: shorten(said),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

const LONGEST_SAID = 400;
function shorten(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > LONGEST_SAID ? `${flat.slice(0, LONGEST_SAID)} …` : flat;
}

/**
 * An error by the name that Odoo gives it. Names are the same in JSON-2 (body) and JSON-RPC (`error.data`); HTTP
 * statuses are not enough: a 404 of JSON-2 means four things, and a 500 is often the caller's own mistake.
 */
export function failureOfException(name: string, message: string): Failure {
  if (isSerialisation(message)) return failure('CONFLICT', 'ODOO_CONCURRENT_UPDATE', message);
  switch (name) {
    case 'odoo.exceptions.AccessDenied':
    case 'werkzeug.exceptions.Unauthorized':
    case 'odoo.http.SessionExpiredException':
      return failure('TARGET_DOWN', 'ODOO_KEY_REFUSED', message);
    case 'odoo.exceptions.AccessError':
    case 'werkzeug.exceptions.Forbidden':
      return failure('PERMANENT', 'ODOO_NO_RIGHT', message);
    case 'odoo.exceptions.MissingError':
      return failure('CONFLICT', 'ODOO_RECORD_GONE', message);
    case 'werkzeug.exceptions.NotFound':
    case 'builtins.AttributeError':
      return failure('PERMANENT', 'ODOO_NO_MODEL', message);
    case 'odoo.exceptions.UserError':
      // JSON-RPC has no name of its own for an unknown model.
      if (/^Object .+ doesn't exist/.test(message)) return failure('PERMANENT', 'ODOO_NO_MODEL', message);
      return failure('PERMANENT', 'ODOO_REFUSED', message);
    case 'odoo.exceptions.ValidationError':
    case 'odoo.exceptions.RedirectWarning':
    case 'odoo.exceptions.Warning':
    case 'odoo.exceptions.except_orm':
    case 'psycopg2.IntegrityError':
    case 'psycopg2.errors.UniqueViolation':
    case 'psycopg2.errors.NotNullViolation':
    case 'psycopg2.errors.ForeignKeyViolation':
      return failure('PERMANENT', 'ODOO_REFUSED', message);
    case 'builtins.KeyError':
      return failure('PERMANENT', 'ODOO_NO_FIELD', `unknown field ${message}`);
    case 'builtins.ValueError':
      return failure('PERMANENT', isUnknownField(message) ? 'ODOO_NO_FIELD' : 'ODOO_BAD_VALUE', message);
    case 'builtins.TypeError':
    case 'werkzeug.exceptions.UnprocessableEntity':
      return failure('PERMANENT', 'ODOO_BAD_VALUE', message);
    case 'werkzeug.exceptions.RequestEntityTooLarge':
      return failure('PERMANENT', 'ODOO_TOO_LARGE', message);
    case 'werkzeug.exceptions.TooManyRequests':
      return failure('THROTTLED', 'ODOO_THROTTLED', message);
    case 'psycopg2.OperationalError':
      if (/database ".*" does not exist/.test(message)) return failure('TARGET_DOWN', 'ODOO_NO_DATABASE', message);
      return failure('TARGET_DOWN', 'ODOO_UNAVAILABLE', message);
    case 'psycopg2.pool.PoolError':
    case 'odoo.sql_db.PoolError':
    case 'psycopg2.InterfaceError':
    case 'psycopg2.errors.AdminShutdown':
      return failure('TARGET_DOWN', 'ODOO_UNAVAILABLE', message);
    default:
      if (/^psycopg2\.errors\.(LockNotAvailable|DeadlockDetected|SerializationFailure|QueryCanceled)$/.test(name)) {
        return failure('CONFLICT', 'ODOO_CONCURRENT_UPDATE', message);
      }
      return failure('RETRYABLE', 'ODOO_FAULT', `${name}: ${message}`);
  }
}

/** `load` gives it as an ordinary message, and doesn't try again by itself as every other call does. */
export const isSerialisation = (message: string): boolean =>
  /could not serialize access|deadlock detected|could not obtain lock/i.test(message);

const isUnknownField = (message: string): boolean =>
  /invalid field|unknown field|does not exist on|Invalid field/i.test(message);

/** An answer of JSON-2: the status is real, the body says which of its meanings. */
export function readJson2(answer: Answer): { readonly result: Json } | { readonly failure: Failure } {
  const body = parse(answer.text);
  if (answer.status === 200) {
    return body === undefined ? { failure: notJson(answer) } : { result: body };
  }
  const early = failureOfStatus(answer, body);
  if (early) return { failure: early };
  const { name, message } = exceptionOf(body);
  return { failure: failureOfException(name, message) };
}

/** An answer of JSON-RPC: always 200, the error is in the body; a method that returns nothing gives neither. */
export function readJsonRpc(answer: Answer): { readonly result: Json } | { readonly failure: Failure } {
  const body = parse(answer.text);
  if (answer.status !== 200 || !isJsonObject(body) || body.jsonrpc !== '2.0') {
    return { failure: failureOfStatus(answer, body) ?? notJson(answer) };
  }
  if (!isJsonObject(body.error)) return { result: body.result ?? null };
  const { name, message } = exceptionOf(body.error.data);
  return { failure: failureOfException(name, message === '' ? String(body.error.message ?? '') : message) };
}

function failureOfStatus(answer: Answer, body: Json | undefined): Failure | undefined {
  const { status } = answer;
  const said = body === undefined ? `HTTP ${status}, ${described(answer.text)}` : `HTTP ${status}`;
  if (status === 429) return failure('THROTTLED', 'ODOO_THROTTLED', said, retryAfterMs(answer));
  if (status === 502 || status === 503 || status === 504) {
    return failure('TARGET_DOWN', 'ODOO_UNAVAILABLE', said, retryAfterMs(answer));
  }
  if (status === 413) return failure('PERMANENT', 'ODOO_TOO_LARGE', said);
  if (exceptionOf(body).name !== '') return undefined;
  if (status === 401) return failure('TARGET_DOWN', 'ODOO_KEY_REFUSED', said);
  // JSON-2 answers HTML where the database is unknown, or several are there and none is named.
  if (status === 404) return failure('TARGET_DOWN', 'ODOO_NO_DATABASE', said);
  if (status >= 500) return failure('RETRYABLE', 'ODOO_FAULT', said);
  return notJson(answer);
}

/** Something before Odoo answered: a login page, a proxy's page, half an answer. */
const notJson = (answer: Answer): Failure =>
  failure(
    'RETRYABLE',
    'ODOO_UNREADABLE',
    `HTTP ${answer.status} with ${described(answer.text)} where JSON was expected`,
  );

function described(text: string): string {
  const title = /<title>([^<]{1,80})/i.exec(text)?.[1];
  // Not its words: they may be a record's.
  return title === undefined ? `${text.length} characters` : `a page "${title.trim()}"`;
}

function exceptionOf(body: Json | undefined): { name: string; message: string } {
  if (!isJsonObject(body) || typeof body.name !== 'string') return { name: '', message: '' };
  return { name: body.name, message: typeof body.message === 'string' ? body.message : '' };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function retryAfterMs({ headers }: Answer): number | undefined {
  const text = String(headers['retry-after'] ?? '');
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** What node calls a certificate that it doesn't take. */
const UNTRUSTED = /CERT|UNABLE_TO_VERIFY/;

/** An answer that never came. `isSent`: the request may have arrived, so that nobody knows what became of it. */
export function failureOfTransport(error: unknown, isSent: boolean): Failure {
  const code = isNativeError(error) && 'code' in error ? String(error.code) : '';
  // The message names host and port; of several addresses that were tried there is none.
  const said = (isNativeError(error) ? error.message : String(error)) || code;
  if (code === 'ODOO_TIMED_OUT') return failure('RETRYABLE', 'ODOO_TIMEOUT', said);
  if (!isSent && UNTRUSTED.test(code)) {
    const whatToDo = 'Name the file of its authority in NODE_EXTRA_CA_CERTS, or the host in unverifiedHosts';
    return failure('TARGET_DOWN', 'ODOO_UNREACHABLE', `the server's certificate is not trusted (${said}). ${whatToDo}`);
  }
  if (!isSent) return failure('TARGET_DOWN', 'ODOO_UNREACHABLE', said);
  // A network that drops connections is no fault of what was sent: nobody's tries are counted.
  return failure('TARGET_DOWN', 'ODOO_CUT_OFF', said);
}
