import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { ConfigError } from '../../golden-records/errors.js';
import type { Actor } from '../../golden-records/transaction.js';
import { readSettings, type Settings } from '../config.js';
import { occupantOf } from '../data-dir-lock.js';
import { withDemoOdoo } from '../demo-odoo.js';
import { findConfig, type LoadedConfig, loadConfig } from '../load-config.js';
import { createLogger, type Logger } from '../logger.js';
import { killEmbeddedDatabase, openStore, requireMigrated, type Store } from '../store.js';
import { EXIT, type ExitCode, failureOf } from './exit.js';
import { type Interruption, onInterruption } from './interruption.js';
import { type Progress, type ProgressStream, progressOn } from './progress.js';

/** What a command has of the world. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressStream;
}

/** What a command did: one JSON document for scripts, a text for people. */
export interface Outcome {
  /** Undefined where it has answered already. */
  readonly json: unknown;
  readonly text: string;
  /** Default 0. */
  readonly exit?: ExitCode;
}

export interface Hub {
  readonly settings: Settings;
  readonly config: LoadedConfig;
}

/** Options that every command takes. */
export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** One run of one command. */
export class Invocation {
  readonly progress: Progress;
  private interruption: Interruption | undefined;
  private settings: Settings | undefined;

  constructor(
    readonly io: Io,
    readonly options: CommonOptions,
  ) {
    this.progress = progressOn(io.stderr);
  }

  /** Aborted by Ctrl-C. A command that never asks is ended by it at once, as programs are. */
  get signal(): AbortSignal {
    this.interruption ??= onInterruption(() => {
      this.killDatabase();
      this.io.stderr.write('Stopped at once; what was acknowledged is safe.\n');
    });
    return this.interruption.signal;
  }

  /** Environment and configuration. Throws ConfigError with the problems of both. */
  async hub(): Promise<Hub> {
    const path = findConfig(this.io.cwd, this.options.config);
    const [settings, config] = await Promise.allSettled([
      (async () => readSettings(this.io.env, dirname(path)))(),
      loadConfig(path),
    ]);
    if (settings.status === 'fulfilled' && config.status === 'fulfilled') {
      this.settings = settings.value;
      return { settings: settings.value, config: await withRunningOdoo(config.value, settings.value) };
    }
    const reasons = [settings, config].flatMap((read) => (read.status === 'rejected' ? [read.reason as unknown] : []));
    throw joined(reasons);
  }

  /** A command tells by itself what it does; its log is for what went wrong. */
  log(settings: Settings, level = 'warn'): Logger {
    return createLogger({ level: settings.logLevel ?? level });
  }

  /** A database with this program's tables, for as long as `work` takes. */
  async withStore<T>(work: (store: Store, hub: Hub) => Promise<T>): Promise<T> {
    const hub = await this.hub();
    // Taken before the database starts, so that Ctrl-C from here on stops it too.
    this.signal.throwIfAborted();
    const store = await openStore({ settings: hub.settings, model: hub.config.model, log: this.log(hub.settings) });
    try {
      await requireMigrated(store);
      this.signal.throwIfAborted();
      return await work(store, hub);
    } finally {
      this.progress.end();
      await store.close();
    }
  }

  /** Answer before the work is over: for `start`, which then goes on until it is stopped. */
  answer({ json, text }: Outcome): void {
    this.io.stdout.write(this.options.json ? asJson(json) : asText(text));
  }

  dispose(): void {
    this.interruption?.dispose();
  }

  private killDatabase(): void {
    if (this.settings?.databaseUrl === undefined && this.settings) killEmbeddedDatabase(this.settings.dataDir);
  }
}

/** The demo's Odoo is where the hub that runs it says; without one, calls of it fail. */
async function withRunningOdoo(config: LoadedConfig, { dataDir }: Settings): Promise<LoadedConfig> {
  const url = (await occupantOf(dataDir))?.odoo;
  return url === undefined ? config : { ...config, connectors: withDemoOdoo(config.connectors, url) };
}

function joined(reasons: readonly unknown[]): unknown {
  const problems = reasons.flatMap((reason) => (reason instanceof ConfigError ? reason.problems : []));
  return reasons.find((reason) => !(reason instanceof ConfigError)) ?? new ConfigError(problems);
}

/** Who works at this command line. */
export function commandLineActor(): Actor {
  const { username } = userInfo();
  return { kind: 'PERSON', id: `cli:${username}`, name: `${username} (command line)` };
}

/** Run one command to its end: its answer on standard output, its failure told, never thrown. Returns the exit code. */
export async function runCommand(
  io: Io,
  command: Command,
  work: (invocation: Invocation) => Promise<Outcome>,
): Promise<ExitCode> {
  const invocation = new Invocation(io, command.optsWithGlobals<CommonOptions>());
  try {
    const outcome = await work(invocation);
    invocation.progress.end();
    if (outcome.json !== undefined) invocation.answer(outcome);
    return outcome.exit ?? EXIT.done;
  } catch (error) {
    invocation.progress.end();
    return tellFailure(io, invocation, error);
  } finally {
    invocation.dispose();
  }
}

function tellFailure(io: Io, { options }: Invocation, error: unknown): ExitCode {
  if (error instanceof DOMException && error.name === 'AbortError') {
    if (options.json)
      io.stdout.write(asJson({ error: { code: 'INTERRUPTED', message: 'stopped before it was done' } }));
    io.stderr.write('Stopped.\n');
    return EXIT.interrupted;
  }
  const { exit, code, message, problems } = failureOf(error);
  if (options.json) io.stdout.write(asJson({ error: { code, message, ...(problems && { problems }) } }));
  io.stderr.write(`concord: ${message}\n`);
  if (exit === EXIT.bug) {
    const isWanted = io.env.LOG_LEVEL === 'debug' && error instanceof Error;
    io.stderr.write(isWanted ? `${error.stack}\n` : 'This is a bug in Concord. LOG_LEVEL=debug shows where.\n');
  }
  return exit;
}

/** `bigint` as text: JSON numbers lose digits. */
const asJson = (value: unknown): string =>
  `${JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner), 2)}\n`;

const asText = (text: string): string => (text === '' ? '' : `${text}\n`);
