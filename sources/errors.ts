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
] as const;
export type SourceErrorCode = (typeof SOURCE_ERROR_CODES)[number];

export abstract class SourceError extends HubError<SourceErrorCode> {}

/** Set it aside now: trying again gives the same. */
export class Permanent extends SourceError {}

/** Try again later: the same may well work then. */
export class Retryable extends SourceError {}
