/**
 * Errors of the domain. The class says what the caller does next; the code says what happened. Every code is listed
 * and explained in docs/errors.md; a test pins the list.
 */
export abstract class HubError<Code extends string = ErrorCode> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    options?: { cause?: unknown; field?: string },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.field = options?.field;
  }
  /** The path of the input that was wrong, where there is one. */
  readonly field: string | undefined;

  /** The same error for a caller whose input has the wrong part in another place. */
  inField(field: string): this {
    const copy = Object.create(Object.getPrototypeOf(this) as object) as this;
    return Object.assign(copy, this, { message: this.message, stack: this.stack, cause: this.cause, field });
  }

  /** The same error in other words; its cause, which speaks for itself, is left behind. */
  inWords(message: string): this {
    const copy = Object.create(Object.getPrototypeOf(this) as object) as this;
    return Object.assign(copy, this, { message, stack: `${this.name}: ${message}`, cause: undefined });
  }
}

export const ERROR_CODES = [
  'INVALID_INPUT',
  'INVALID_ATTRIBUTE',
  'UNKNOWN_ENTITY_TYPE',
  'UNKNOWN_SYSTEM',
  'UNKNOWN_ATTRIBUTE',
  'INVALID_ID',
  'INVALID_CURSOR',
  'CURSOR_FOREIGN_EPOCH',
  'CURSOR_BEYOND_HEAD',
  'CURSOR_EXPIRED',
  'RECORD_REJECTED',
  'NOT_FOUND',
  'STALE_VERSION',
  'IDEMPOTENCY_KEY_REUSED',
  'TASK_STATE',
  'SAME_RECORD',
  'EMPTY_SIDE',
  'NOT_A_MEMBER',
  'NOT_MERGED',
  'ALREADY_RETIRED',
  'NOT_RETIRED',
  'OVERRIDE_NOT_ALLOWED',
  'NO_OVERRIDE',
  'ALREADY_WITHDRAWN',
  'NOT_REVERSIBLE',
  'ALREADY_ACTIVE',
  'JOB_STATE',
  'INVALID_CONFIG',
  'DATABASE_NOT_READY',
  'TOO_LITTLE_DATA',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Tell the caller; nothing was kept. */
export class InvalidInput extends HubError {}
/** Keep the record, open a steward task, go on with the batch. */
export class RejectedRecord extends HubError {}
/** Tell the caller, who looks again. */
export class NotFound extends HubError {}
/** Tell the caller, who reads again: somebody was faster. */
export class Conflict extends HubError {}
/** Tell the caller: it would break a law. */
export class IllegalOperation extends HubError {}
/** Stop at start; every problem at once, each with path, found and expected. */
export class ConfigError extends HubError {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(
      'INVALID_CONFIG',
      `the configuration has ${problems.length} problem(s):\n${problems.map(describeProblem).join('\n')}`,
    );
  }
}

export interface ConfigProblem {
  path: string;
  expected: string;
  found: string;
}
const describeProblem = (problem: ConfigProblem) =>
  `  ${problem.path}: expected ${problem.expected}, found ${problem.found}`;
