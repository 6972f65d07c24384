import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

export interface LoggerOptions {
  readonly level: string;
  /** Default: standard error, so that commands keep standard output for their answers. */
  readonly destination?: DestinationStream;
  /** One line for people instead of JSON. Default: when standard error is a terminal. */
  readonly pretty?: boolean;
}

/** Where a secret could slip into a log line; `*` is one level. */
const SECRETS = ['authorization', 'apiKey', 'key', 'password', 'secret', 'token', '["x-api-key"]'];
const REDACTED = SECRETS.flatMap((name) => (name.startsWith('[') ? [name, `*${name}`] : [name, `*.${name}`]));

/** JSON lines by pino, or one readable line each for a terminal. Secrets are cut out by field name. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? process.stderr;
  const pretty = options.pretty ?? (options.destination === undefined && process.stderr.isTTY === true);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[secret]' },
    },
    pretty ? { write: (line: string) => destination.write(readable(line)) } : destination,
  );
}

/** `12:00:01 WARN  message  key=value …`, and the stack of an error beneath. */
export function readable(line: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([key, value]) => `  ${key}=${inLine(value)}`);
  const head = `${String(time).slice(11, 19)} ${String(level).toUpperCase().padEnd(5)} ${String(msg ?? '')}`;
  return `${head}${pairs.join('')}${describe(err)}\n`;
}

const inLine = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function describe(err: unknown): string {
  if (err === undefined || err === null) return '';
  if (typeof err !== 'object') return `  ${inLine(err)}`;
  const text = 'stack' in err ? err.stack : 'message' in err ? err.message : undefined;
  return `\n${String(text ?? inLine(err)).replaceAll(/^/gm, '  ')}`;
}
