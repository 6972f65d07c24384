import { CommanderError } from 'commander';
import { ConfigError, type ConfigProblem, HubError, InvalidInput } from '../../golden-records/errors.js';
import { SourceError } from '../../sources/index.js';
import { AlreadyRunning } from '../data-dir-lock.js';
import { EmbeddedPostgresError } from '../embedded-postgres.js';
import { MigrationRefused } from '../migrations.js';
import { PortUnavailable } from '../port-unavailable.js';
import { DatabaseNotReady, DatabaseUnreachable } from '../store.js';

/** Exit codes; docs/cli.md has the same table. They do not change between releases. */
export const EXIT = {
  /** Done, and nothing is left to look at. */
  done: 0,
  /** A bug in the hub. */
  bug: 1,
  /** Wrong usage, or a wrong configuration: nothing was done. */
  usage: 2,
  /** Done, but somebody should look: records were rejected, a check found something. */
  attention: 3,
  /** The database does not answer or does not fit. */
  database: 4,
  /** Understood and refused: not found, somebody was faster, a hub already runs. */
  refused: 5,
  /** Stopped by Ctrl-C before it was done. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Failure {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly ConfigProblem[];
}

/** What an error means to whoever ran the command. Expected errors tell what to do; others are bugs. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ConfigError) {
    return { exit: EXIT.usage, code: error.code, message: error.message, problems: error.problems };
  }
  if (error instanceof CommanderError) return { exit: EXIT.usage, code: 'USAGE', message: error.message };
  if (error instanceof SourceError) {
    const exit = error.code === 'FILE_NOT_FOUND' ? EXIT.usage : EXIT.attention;
    return { exit, code: error.code, message: error.message };
  }
  if (error instanceof HubError) return { exit: exitOfHubError(error), code: error.code, message: error.message };
  if (error instanceof AlreadyRunning || error instanceof PortUnavailable) {
    return { exit: EXIT.refused, code: error.code, message: error.message };
  }
  return databaseFailure(error) ?? { exit: EXIT.bug, code: 'INTERNAL_ERROR', message: describe(error) };
}

function exitOfHubError(error: HubError): ExitCode {
  if (error.code === 'DATABASE_NOT_READY') return EXIT.database;
  return error instanceof InvalidInput ? EXIT.usage : EXIT.refused;
}

function databaseFailure(error: unknown): Failure | undefined {
  if (error instanceof DatabaseUnreachable || error instanceof DatabaseNotReady) {
    return { exit: EXIT.database, code: error.code, message: error.message };
  }
  if (error instanceof EmbeddedPostgresError) {
    return { exit: EXIT.database, code: 'EMBEDDED_POSTGRES', message: error.message };
  }
  if (error instanceof MigrationRefused) {
    return { exit: EXIT.database, code: `MIGRATION_${error.code}`, message: error.message };
  }
  const lost = lostConnection(error);
  return lost === undefined
    ? undefined
    : { exit: EXIT.database, code: 'DATABASE_UNREACHABLE', message: `the database went away: ${lost}` };
}

/** Connection refused or reset, and PostgreSQL's classes 08 (connection) and 57P (shut down). */
const LOST = /^(ECONNREFUSED|ECONNRESET|EPIPE|08...|57P..)$/;

function lostConnection(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Object; at = 'cause' in at ? at.cause : undefined) {
    const codes = ['code', 'originalCode'].map((key) => String((at as Record<string, unknown>)[key] ?? ''));
    if (codes.some((code) => LOST.test(code))) return describe(at);
    if (at instanceof Error && at.message.startsWith('Connection terminated')) return at.message;
  }
  return undefined;
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
