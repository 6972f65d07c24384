import { HubError } from '../golden-records/index.js';

/**
 * Errors of talking to other systems. The class says what the caller does next; the code says what happened. Every
 * code is listed and explained in docs/errors.md.
 */
export const SOURCE_ERROR_CODES = [
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'FILE_CHANGED',
  'HEADER_INVALID',
  'ROW_RAGGED',
  'ROW_QUOTES',
  'ROW_TOO_LARGE',
  'ROW_HAS_NUL',
  'ROW_NOT_UNICODE',
  'ROW_NOT_JSON',
  'NO_EXTERNAL_ID',
  'SOURCE_TIME_UNREADABLE',
  'SYSTEM_UNREACHABLE',
  'SYSTEM_TIMED_OUT',
  'SYSTEM_FAILED',
  'SYSTEM_THROTTLES',
  'SYSTEM_LOCKED',
  'ANSWER_UNREADABLE',
  'ACCESS_DENIED',
  'COMPANY_MISSING',
  'VALUE_REFUSED',
  'RECORD_GONE',
  'RECORD_CHANGED',
  'OUTCOME_UNKNOWN',
  'OUT_OF_SIGHT',
  'MAPPING_FAILED',
  'PARENT_MISSING',
  'SCHEMA_DRIFTED',
  'CONNECTOR_FAILED',
  'STREAM_PAUSED',
  'STREAM_UNKNOWN',
  'SYSTEM_UNKNOWN',
  'OTHER_SYSTEM',
] as const;
export type SourceErrorCode = (typeof SOURCE_ERROR_CODES)[number];

/** Where something went wrong: in the system that gave the value, in the hub, in the target, or behind the target. */
export const PLACES = ['SOURCE', 'HUB', 'TARGET', 'BEYOND'] as const;
export type Place = (typeof PLACES)[number];

export interface SourceErrorOptions {
  readonly cause?: unknown;
  readonly field?: string;
  /** Whose fault it is; default: the target's, or for a mapping the hub's. */
  readonly place?: Place;
}

export abstract class SourceError extends HubError<SourceErrorCode> {
  readonly place: Place | undefined;

  constructor(code: SourceErrorCode, message: string, options: SourceErrorOptions = {}) {
    super(code, message, options);
    this.place = options.place;
  }
}

/** Set it aside now: trying again gives the same. A dead letter. */
export class Permanent extends SourceError {}

export interface RetryOptions extends SourceErrorOptions {
  /** What the system asked for (Retry-After). */
  readonly retryAfterMs?: number;
  /** The call may have taken effect, or still take it: look before doing it again. */
  readonly outcomeUnknown?: boolean;
}

/** Try again later: the same may well work then. Each try counts. */
export class Retryable extends SourceError {
  readonly retryAfterMs: number | undefined;
  readonly outcomeUnknown: boolean;

  constructor(code: SourceErrorCode, message: string, options: RetryOptions = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
  }
}

/** The system asks for less. Nothing is wrong with the record: the try doesn't count. */
export class Throttled extends Retryable {}

/**
 * Nothing gets through to the system: it doesn't answer, or refuses the key as a whole. The circuit opens and the lane waits;
 * tries don't count.
 */
export class Down extends Retryable {}

/** The record changed there since it was read: read it again, then decide anew. */
export class Changed extends Retryable {}
