import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/concord.js', import.meta.url));

/** A configuration with one system, small enough to be read in a test. */
export const SMALL_CONFIG = `
import { cell, defineConfig, fileStream, supplier } from '@concord-mdm/hub';

export default defineConfig({
  systems: {
    erp: {
      name: 'ERP',
      scopes: { main: {} },
      streams: [
        fileStream(supplier, {
          scope: 'main',
          pattern: 'suppliers*.csv',
          format: 'csv',
          id: 'no',
          map: (row) => ({ name: cell(row, 'name'), lei: cell(row, 'lei') }),
        }),
      ],
    },
  },
  watch: { folder: 'inbox' },
});
`;

/** The checked-in configuration, with a tenth of its demo. */
export const SMALL_DEMO = readFileSync(fileURLToPath(new URL('../../hub.config.ts', import.meta.url)), 'utf8').replace(
  /demo: \{ seed: (\d+) \}/,
  'demo: { seed: $1, scale: 0.1 }',
);

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ReadyHub {
  readonly endpoint: string;
  readonly key: string | null;
  readonly question: { readonly query: string; readonly answer: unknown } | null;
  /** Address of the demo's Odoo. */
  readonly odoo: string | null;
  readonly counts: { readonly sourceRecords: number; readonly goldenRecords: number; readonly openTasks: number };
  readonly pid: number;
}

/** A temporary folder with a hub.config.ts, in which the built program is run as a user would. */
export class HubFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'concord-e2e-'));
  private readonly running = new Set<ChildProcess>();

  constructor(
    config: string = SMALL_CONFIG,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {
    this.write('hub.config.ts', config);
  }

  write(name: string, text: string): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  /** Run a command to its end. */
  async run(...args: readonly string[]): Promise<Ran> {
    const child = this.spawn(args);
    const [code, stdout, stderr] = await Promise.all([exitOf(child), textOf(child.stdout), textOf(child.stderr)]);
    return { code, stdout, stderr };
  }

  /** Run a command with --json; standard output must be one document. */
  async json<T>(...args: readonly string[]): Promise<{ readonly code: number | null; readonly document: T }> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    try {
      return { code, document: JSON.parse(stdout) as T };
    } catch (cause) {
      throw new Error(`no JSON document: ${stdout}\n${stderr}`, { cause });
    }
  }

  /** Start a hub on a free port and wait until it says that it is ready. */
  async start(...args: readonly string[]): Promise<RunningHub> {
    const child = this.spawn(['start', '--port', '0', '--json', ...args]);
    const errors = textOf(child.stderr);
    const ready = await Promise.race([firstDocument(child), exitOf(child)]);
    if (ready === null || typeof ready !== 'object') throw new Error(`the hub did not start: ${await errors}`);
    return new RunningHub(child, ready, errors);
  }

  /** Processes of the bundled PostgreSQL of this folder. */
  postgresProcesses(): number[] {
    const cluster = join(this.path, '.concord', 'postgres', 'cluster');
    const isOurs = (pid: string) => {
      const file = `/proc/${pid}/cmdline`;
      return existsSync(file) && readFileSync(file, 'utf8').includes(cluster);
    };
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && isOurs(name))
      .map(Number);
  }

  async waitForPostgresToEnd(): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (this.postgresProcesses().length > 0) {
      if (Date.now() > deadline) throw new Error('the bundled PostgreSQL is still running');
      await pause(20);
    }
  }

  /** Stop what a failed test left, and remove the folder. */
  async remove(): Promise<void> {
    for (const child of this.running) child.kill('SIGKILL');
    for (const pid of this.postgresProcesses()) process.kill(pid, 'SIGQUIT');
    await Promise.all([...this.running].map(exitOf));
    rmSync(this.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  spawn(args: readonly string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
    const { PATH = '', HOME = '', TMPDIR } = process.env;
    const env = { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...this.env };
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: this.path,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    return child;
  }
}

export class RunningHub {
  constructor(
    private readonly child: ChildProcess,
    readonly ready: ReadyHub,
    private readonly errors: Promise<string>,
  ) {}

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<{ readonly code: number | null; readonly stderr: string }> {
    this.child.kill(signal);
    return { code: await exitOf(this.child), stderr: await this.errors };
  }

  async ask<T>(query: string, key: string): Promise<{ readonly status: number; readonly data: T }> {
    const response = await fetch(this.ready.endpoint, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const body = (await response.json()) as { data: T };
    return { status: response.status, data: body.data };
  }
}

export function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((done) => child.once('close', (code) => done(code)));
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function firstDocument(child: ChildProcess): Promise<ReadyHub> {
  let text = '';
  return new Promise((done) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.endsWith('}\n')) done(JSON.parse(text) as ReadyHub);
    });
  });
}
