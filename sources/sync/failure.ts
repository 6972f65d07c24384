import type { Json } from '../../golden-records/index.js';
import { Down, type Place, Retryable, SourceError, Throttled } from '../errors.js';

/** Whatever was thrown, as an error that says what to do next. What nobody has a word for is tried again, with care. */
export function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  if (isAbort(error))
    return new Retryable('SYSTEM_TIMED_OUT', 'no answer in time', { cause: error, outcomeUnknown: true });
  const message = error instanceof Error ? error.message : String(error);
  return new Retryable('CONNECTOR_FAILED', `the connector failed: ${message}`, {
    cause: error,
    place: 'HUB',
    outcomeUnknown: true,
  });
}

const isAbort = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'name' in error &&
  (error.name === 'TimeoutError' || error.name === 'AbortError');

/** What a row or a screen keeps of an error: no stack, no cause, no secret. */
export const errorJson = ({ code, message }: SourceError): { code: string; message: string } & Json => ({
  code,
  message: message.slice(0, 1_000),
});

/** Whose fault it is, where the error doesn't say. */
export function placeOf(error: SourceError): Place {
  if (error.place) return error.place;
  return error.code === 'MAPPING_FAILED' ? 'HUB' : error.code === 'OUTCOME_UNKNOWN' ? 'BEYOND' : 'TARGET';
}

/** Does the failure speak of the whole system, so that no record's tries are used up for it? */
export const isOfSystem = (error: SourceError): boolean => error instanceof Down || error instanceof Throttled;

/** Did the system answer, be it that it refused? */
export const isAnswer = (error: SourceError): boolean =>
  !isOfSystem(error) && error.code !== 'SYSTEM_TIMED_OUT' && !(error instanceof Retryable && error.outcomeUnknown);
