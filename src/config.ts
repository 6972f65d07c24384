import { accessSync, constants, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, type ConfigProblem } from '../golden-records/errors.js';

/**
 * Every environment variable that the hub reads: default, unit and reason on one line. docs/configuration.md has the
 * same table; a test compares them.
 */
// biome-ignore format: one variable, one line
export const VARIABLES = {
  databaseUrl: variable('DATABASE_URL', optional(postgresUrl), '', 'URL', 'PostgreSQL to run on; empty: the bundled one, in CONCORD_DATA_DIR'),
  databaseUrlFile: variable('DATABASE_URL_FILE', optional(text), '', 'path', 'file that holds DATABASE_URL, for secrets that are mounted'),
  databaseConnections: variable('DATABASE_CONNECTIONS', whole(3, 1_000), '10', 'connections', 'size of the pool; beyond a few per core more only wait'),
  statementTimeoutMs: variable('DATABASE_STATEMENT_TIMEOUT_MS', whole(0), '60000', 'ms', 'longest single statement, 0 for no limit; a batch that waits for its lock stays far below'),
  dataDir: variable('CONCORD_DATA_DIR', text, '.concord', 'path', 'bundled PostgreSQL, demo files, lock; relative to the folder of hub.config.ts'),
  host: variable('HOST', text, '127.0.0.1', 'address', 'where to listen; this machine only, until somebody decides otherwise'),
  port: variable('PORT', whole(0, 65_535), '4000', 'port', 'where to listen; 0 takes a free one'),
  tlsCertFile: variable('TLS_CERT_FILE', optional(text), '', 'path', 'certificate chain (PEM) for HTTPS without a proxy in front; needs TLS_KEY_FILE'),
  tlsKeyFile: variable('TLS_KEY_FILE', optional(text), '', 'path', 'private key (PEM) for TLS_CERT_FILE'),
  logLevel: variable('LOG_LEVEL', optional(oneOf('debug', 'info', 'warn', 'error', 'silent')), '', 'level', 'debug, info, warn, error or silent; empty: info for a hub that runs as a service, warn at a terminal and for commands'),
  maxBodyBytes: variable('MAX_BODY_BYTES', whole(1_000), '1048576', 'bytes', 'largest request; a bulk of data comes in as a file'),
  maxTokens: variable('MAX_QUERY_TOKENS', whole(10), '4000', 'tokens', 'largest document; bounds parsing, which comes before every other limit'),
  maxDepth: variable('MAX_QUERY_DEPTH', whole(1), '15', 'levels', 'deepest query; related records can be nested without end'),
  maxBreadth: variable('MAX_QUERY_BREADTH', whole(1), '200', 'selections', 'most selections on one level, fragments expanded'),
  maxAliases: variable('MAX_QUERY_ALIASES', whole(0), '50', 'aliases', 'most aliases; each can repeat the dearest field'),
  maxRootFields: variable('MAX_ROOT_FIELDS', whole(1), '20', 'fields', 'most root fields; each is a request of its own'),
  maxCost: variable('MAX_QUERY_COST', whole(1), '50000', 'objects', 'most objects that one answer may hold, counted before it runs'),
  costPerSecond: variable('RATE_COST_PER_SECOND', whole(1), '100000', 'objects/s', 'what one API key may spend in the long run'),
  burstCost: variable('RATE_BURST_COST', whole(1), '1000000', 'objects', 'what one API key may save up'),
  maxConnections: variable('MAX_CONNECTIONS', whole(1), '10000', 'connections', 'most WebSocket connections of subscribers'),
  maxSubscriptionsPerConnection: variable('MAX_SUBSCRIPTIONS', whole(1), '50', 'subscriptions', 'most subscriptions on one connection'),
  drainMs: variable('DRAIN_MS', whole(0), '10000', 'ms', 'how long requests under way may take to finish when the hub stops'),
} as const;

type Variables = typeof VARIABLES;
/** All settings of one process: read once, frozen, handed down. */
export type Settings = { readonly [K in keyof Variables]: ReturnType<Variables[K]['parse']> };

export interface Variable<T> {
  readonly name: string;
  readonly parse: (text: string) => T;
  /** As it would be written in the environment; empty: not set. */
  readonly fallback: string;
  readonly unit: string;
  readonly reason: string;
}

/** Read the environment. Throws ConfigError with every problem found. Relative paths start at `folder`. */
export function readSettings(env: Readonly<Record<string, string | undefined>>, folder: string): Settings {
  const problems: ConfigProblem[] = unknownVariables(env);
  const read: Record<string, unknown> = {};
  for (const [key, { name, parse, fallback }] of Object.entries(VARIABLES)) {
    try {
      read[key] = parse((env[name] ?? '').trim() || fallback);
    } catch (error) {
      if (!(error instanceof Unacceptable)) throw error;
      problems.push({ path: name, expected: error.expected, found: error.found });
    }
  }
  // Each key was parsed by the function from which its type is derived, or is among the problems.
  const settings = read as Settings;
  const complete = { ...settings, ...resolvePaths(settings, folder), ...databaseOf(settings, folder, problems) };
  problems.push(...pairProblems(settings), ...unreadableFiles(complete));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(complete);
}

const resolvePaths = (settings: Settings, folder: string) => ({
  dataDir: resolve(folder, settings.dataDir ?? ''),
  tlsCertFile: settings.tlsCertFile && resolve(folder, settings.tlsCertFile),
  tlsKeyFile: settings.tlsKeyFile && resolve(folder, settings.tlsKeyFile),
});

function databaseOf(settings: Settings, folder: string, problems: ConfigProblem[]): Pick<Settings, 'databaseUrl'> {
  const { databaseUrl, databaseUrlFile } = settings;
  if (databaseUrlFile === undefined) return { databaseUrl };
  const path = VARIABLES.databaseUrlFile.name;
  if (databaseUrl !== undefined)
    problems.push({ path, expected: 'not set beside DATABASE_URL', found: databaseUrlFile });
  try {
    return { databaseUrl: postgresUrl(readFileSync(resolve(folder, databaseUrlFile), 'utf8').trim()) };
  } catch (error) {
    const found = error instanceof Unacceptable ? error.found : `${databaseUrlFile}, which could not be read`;
    problems.push({ path, expected: 'a file that holds a PostgreSQL URL', found });
    return { databaseUrl };
  }
}

function pairProblems({ tlsCertFile, tlsKeyFile }: Settings): ConfigProblem[] {
  if ((tlsCertFile === undefined) === (tlsKeyFile === undefined)) return [];
  const [path, other] =
    tlsCertFile === undefined ? ['TLS_CERT_FILE', 'TLS_KEY_FILE'] : ['TLS_KEY_FILE', 'TLS_CERT_FILE'];
  return [{ path, expected: `a path, as ${other} is set`, found: 'nothing' }];
}

function unreadableFiles({ tlsCertFile, tlsKeyFile }: Settings): ConfigProblem[] {
  const files = { TLS_CERT_FILE: tlsCertFile, TLS_KEY_FILE: tlsKeyFile };
  return Object.entries(files).flatMap(([path, file]) =>
    file === undefined || isReadable(file) ? [] : [{ path, expected: 'a file that can be read', found: file }],
  );
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** A misspelt variable would otherwise leave its default in force without a word. */
function unknownVariables(env: Readonly<Record<string, string | undefined>>): ConfigProblem[] {
  const known = new Set<string>(Object.values(VARIABLES).map(({ name }) => name));
  const ours = [...known].filter((name) => name.startsWith('CONCORD_')).join(', ');
  return Object.keys(env)
    .filter((name) => name.startsWith('CONCORD_') && !known.has(name))
    .map((name) => ({ path: name, expected: `one of ${ours}`, found: `"${name}"` }));
}

function variable<T>(
  name: string,
  parse: (text: string) => T,
  fallback: string,
  unit: string,
  reason: string,
): Variable<T> {
  return { name, parse, fallback, unit, reason };
}

class Unacceptable extends Error {
  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(`expected ${expected}, found ${found}`);
  }
}

function text(value: string): string {
  if (value === '') throw new Unacceptable('a text', 'nothing');
  return value;
}

function optional<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (value) => (value === '' ? undefined : parse(value));
}

function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new Unacceptable(`a whole number ${range}`, `"${value}"`);
  };
}

function oneOf<const V extends string>(...values: readonly V[]): (text: string) => V {
  return (value) => {
    const found = values.find((known) => known === value.toLowerCase());
    if (found !== undefined) return found;
    throw new Unacceptable(`one of ${values.join(', ')}`, `"${value}"`);
  };
}

/** The value itself is never told: it holds a password. */
function postgresUrl(value: string): string {
  if (/^postgres(ql)?:\/\/./.test(value) && URL.canParse(value)) return value;
  throw new Unacceptable(
    'postgresql://user:password@host:port/database',
    'something else (not shown: it may hold a password)',
  );
}
