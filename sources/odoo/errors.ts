import { Changed, Down, Permanent, Retryable, type SourceError, type SourceErrorCode, Throttled } from '../errors.js';
import { OdooError } from './client.js';
import type { Failure, OdooCode } from './failure.js';

const CODES: Readonly<Record<OdooCode, SourceErrorCode>> = {
  ODOO_UNREACHABLE: 'SYSTEM_UNREACHABLE',
  ODOO_TIMEOUT: 'SYSTEM_TIMED_OUT',
  ODOO_CUT_OFF: 'SYSTEM_UNREACHABLE',
  ODOO_UNAVAILABLE: 'SYSTEM_UNREACHABLE',
  ODOO_UNREADABLE: 'ANSWER_UNREADABLE',
  ODOO_THROTTLED: 'SYSTEM_THROTTLES',
  ODOO_KEY_REFUSED: 'ACCESS_DENIED',
  ODOO_NO_DATABASE: 'SYSTEM_UNREACHABLE',
  ODOO_NO_MODEL: 'SCHEMA_DRIFTED',
  ODOO_NO_FIELD: 'SCHEMA_DRIFTED',
  ODOO_NO_RIGHT: 'ACCESS_DENIED',
  ODOO_NO_COMPANY: 'COMPANY_MISSING',
  ODOO_RECORD_GONE: 'RECORD_GONE',
  ODOO_REFUSED: 'VALUE_REFUSED',
  ODOO_BAD_VALUE: 'VALUE_REFUSED',
  ODOO_CONCURRENT_UPDATE: 'SYSTEM_LOCKED',
  ODOO_TOO_LARGE: 'VALUE_REFUSED',
  ODOO_VERSION: 'CONNECTOR_FAILED',
  ODOO_FAULT: 'SYSTEM_FAILED',
};

/** Nobody knows what became of a call that was sent and not answered. */
const UNKNOWN_OUTCOME: ReadonlySet<OdooCode> = new Set([
  'ODOO_TIMEOUT',
  'ODOO_CUT_OFF',
  'ODOO_UNREADABLE',
  'ODOO_FAULT',
  'ODOO_UNAVAILABLE',
]);

/** What the engine is told of a failed call. `wrote`: the call may have changed something. */
export function sourceErrorOf(system: string, error: unknown, wrote: boolean): unknown {
  if (!(error instanceof OdooError)) return error;
  const { failure } = error;
  const code = CODES[failure.code];
  const message = `odoo "${system}": ${error.message}${adviceFor(failure)}`;
  const retry = {
    cause: error,
    place: 'TARGET' as const,
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    outcomeUnknown: wrote && UNKNOWN_OUTCOME.has(failure.code),
  };
  switch (failure.kind) {
    case 'RETRYABLE':
      return new Retryable(code, message, retry);
    case 'THROTTLED':
      return new Throttled(code, message, retry);
    case 'TARGET_DOWN':
      return new Down(code, message, retry);
    case 'CONFLICT':
      return failure.code === 'ODOO_RECORD_GONE'
        ? new Changed(code, message, retry)
        : new Retryable(code, message, retry);
    case 'PERMANENT':
      return new Permanent(code, message, { cause: error, place: 'TARGET' });
  }
}

function adviceFor({ code }: Failure): string {
  switch (code) {
    case 'ODOO_KEY_REFUSED':
      return '. Is the key still valid? Keys of Odoo 19 expire after three months at most';
    case 'ODOO_NO_DATABASE':
      return '. Is the name of the database right?';
    case 'ODOO_NO_RIGHT':
      return '. `concord odoo check` lists the rights that are missing';
    case 'ODOO_NO_COMPANY':
      return '. Nothing is read or written until all are there: correct `companies` in hub.config.ts, or give the user the company in Odoo';
    case 'ODOO_NO_FIELD':
    case 'ODOO_NO_MODEL':
      return '. `concord odoo check` lists the fields and modules that are missing';
    default:
      return '';
  }
}

/** Run a call of the connector, and tell its failures in the engine's words. */
export async function told<T>(system: string, wrote: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sourceErrorOf(system, error, wrote);
  }
}

export const refused = (message: string, field?: string): SourceError =>
  new Permanent('VALUE_REFUSED', message, { place: 'TARGET', ...(field === undefined ? {} : { field }) });
