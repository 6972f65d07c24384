import { type Command, InvalidArgumentError } from 'commander';
import type { Settings } from '../config.js';
import type { DemoProgress } from '../demo-load.js';
import type { StartedHub } from '../start.js';
import type { Invocation, Io, Outcome } from './command.js';
import type { Run } from './program.js';
import { count } from './table.js';

interface StartCommandOptions {
  readonly demo: boolean;
  readonly port?: number;
  readonly host?: string;
}

export function addStart(program: Command, run: Run): void {
  program
    .command('start')
    .description('start the hub: database, worker, watched folder, GraphQL; Ctrl-C stops all of it')
    .option('--no-demo', 'start empty')
    .option('--port <port>', 'where to listen, before PORT; 0 takes a free one', parsePort)
    .option('--host <address>', 'where to listen, before HOST')
    .addHelpText(
      'after',
      `
The first start makes the administrator's key and shows it once. Data is kept in .concord, or in the PostgreSQL of
DATABASE_URL; later starts go on with it. With --json one document tells when it is ready.

Example:
  concord start --no-demo --port 4001
`,
    )
    .action(run(start));
}

async function start(invocation: Invocation, options: StartCommandOptions): Promise<Outcome> {
  const { settings: read, config } = await invocation.hub();
  const settings = withOptions(read, options);
  const { signal } = invocation;
  // Loaded here: the server is much, and no other command needs it.
  const { startHub } = await import('../start.js');
  const hub = await startHub({
    settings,
    config,
    log: invocation.log(settings, invocation.io.stderr.isTTY ? 'warn' : 'info'),
    withDemo: options.demo,
    signal,
    onProgress: (progress) => invocation.progress.show(progressText(progress)),
  });
  invocation.progress.end();
  try {
    invocation.answer({ json: asDocument(hub), text: screen(hub, invocation.io.env) });
    await untilAborted(signal);
    invocation.io.stderr.write('Stopping …\n');
  } finally {
    await hub.close();
  }
  return { json: undefined, text: '' };
}

const withOptions = (settings: Settings, { port, host }: StartCommandOptions): Settings =>
  Object.freeze({ ...settings, ...(port !== undefined && { port }), ...(host !== undefined && { host }) });

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a whole number from 0 to 65535.');
}

function progressText(progress: DemoProgress | 'DATABASE'): string {
  if (progress === 'DATABASE') return 'Opening the database …';
  const { records, total, source } = progress;
  return `Loading the demo: ${count(records)} of ${count(total)} records (${source})`;
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });

const asDocument = ({ endpoint, key, demo, question, counts, watched, odoo, startedInMs }: StartedHub) => ({
  endpoint,
  key: key ?? null,
  demo,
  question: question ? { query: question.query, answer: JSON.parse(question.answer) as unknown } : null,
  counts,
  watchedFolder: watched ?? null,
  odoo: odoo ?? null,
  startedInMs,
  pid: process.pid,
});

const NEW_KEY = 'keys create --role administrator --name you';

/** All that one needs to go on, on one screen. */
function screen(hub: StartedHub, env: Io['env']): string {
  const { endpoint, key, counts, watched, odoo, startedInMs } = hub;
  const isNpm = env.npm_lifecycle_event !== undefined;
  const newKey = `${isNpm ? 'npm run -s concord --' : 'concord'} ${NEW_KEY}`;
  const lines = [
    `Concord is ready (${(startedInMs / 1000).toFixed(1)} s).`,
    '',
    `  GraphQL  ${endpoint}   (in a browser: a page to try queries)`,
    key === undefined ? '  Key      the ones you have' : `  Key      ${key}`,
    `           ${key === undefined ? '' : 'administrator, shown this once. '}Another: ${newKey}`,
    `  Records  ${count(counts.sourceRecords)} of the systems → ${count(counts.goldenRecords)} golden records, ${count(counts.openTasks)} questions for a steward`,
    ...(watched === undefined ? [] : [`  Files    put into ${watched} are taken in`]),
    ...(odoo === undefined
      ? []
      : [`  Odoo     ${odoo}   (an imitation; change something there: docs/connectors/odoo.md)`]),
    ...questionLines(hub),
    '',
    'Ctrl-C stops everything, the database too.',
  ];
  return lines.join('\n');
}

function questionLines({ endpoint, key, question }: StartedHub): string[] {
  if (!question || key === undefined) return [];
  const body = JSON.stringify({ query: question.query }).replaceAll("'", "'\\''");
  return [
    '',
    'Try it:',
    '',
    `curl -s ${endpoint} -H 'content-type: application/json' -H 'authorization: Bearer ${key}' \\`,
    `  -d '${body}'`,
    '',
    ...question.answer.split('\n'),
  ];
}
