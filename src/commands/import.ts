import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidInput } from '../../golden-records/errors.js';
import { type ImportProgress, type ImportResult, importFile, matchesPattern } from '../../sources/index.js';
import type { ConfiguredStream } from '../define-config.js';
import { commandLineActor, type Invocation, type Outcome } from './command.js';
import { EXIT } from './exit.js';
import type { Run } from './program.js';
import { count } from './table.js';

interface ImportCommandOptions {
  readonly system: string;
  readonly type?: string;
  readonly scope?: string;
}

export function addImport(program: Command, run: Run): void {
  program
    .command('import')
    .description('take files in, as a stream of hub.config.ts reads them')
    .argument('<file...>', 'CSV or JSON Lines, in the order in which they are to be taken')
    .requiredOption('--system <code>', 'the system that the files come from')
    .option('--type <type>', 'supplier, item, …; needed where file names do not tell')
    .option('--scope <scope>', 'needed where the system has the same files in several scopes')
    .addHelpText(
      'after',
      `
Rejected rows go to <file>.rejects.csv, with line and reason; the others are taken. Exit code 3 then.
The same file again changes nothing; an interrupted import goes on where it stopped.

Example:
  concord import exports/suppliers-2026-11.csv --system erp --type supplier
`,
    )
    .action(run(importFiles));
}

async function importFiles(
  invocation: Invocation,
  options: ImportCommandOptions,
  files: readonly string[],
): Promise<Outcome> {
  return invocation.withStore(async ({ db }, { config }) => {
    // All are looked up before the first is taken: a slip in the last name should not leave half of the work done.
    const plan = files.map((file) => ({
      path: resolve(invocation.io.cwd, file),
      ...findStream(config.streams, file, options),
    }));
    const results: ImportResult[] = [];
    for (const { path, system, stream } of plan) {
      const onProgress = (progress: ImportProgress) => invocation.progress.show(progressText(progress));
      const result = await importFile(db, commandLineActor(), {
        path,
        system,
        stream,
        onProgress,
        signal: invocation.signal,
      });
      invocation.progress.end();
      results.push(result);
      if (!result.complete) break;
    }
    return outcomeOf(results);
  });
}

/** The one stream that the options and the file's name leave. Throws InvalidInput when it is none, or several. */
export function findStream(
  streams: readonly ConfiguredStream[],
  file: string,
  { system, type, scope }: ImportCommandOptions,
): ConfiguredStream {
  const ofSystem = streams.filter((one) => one.system === system);
  if (ofSystem.length === 0) {
    const known = [...new Set(streams.map((one) => one.system))].join(', ') || 'none';
    throw new InvalidInput('INVALID_INPUT', `no stream of system "${system}"; systems with streams: ${known}`);
  }
  const wanted = ofSystem.filter(
    ({ stream }) => (type ?? stream.entityType) === stream.entityType && (scope ?? stream.scope) === stream.scope,
  );
  const name = file.split(/[/\\]/).at(-1) ?? file;
  const byName = wanted.filter(({ stream }) => matchesPattern(stream.pattern, name));
  const left = byName.length > 0 || type === undefined ? byName : wanted;
  const [only] = left;
  if (only && left.length === 1) return only;
  const choice = (left.length > 0 ? left : ofSystem).map(
    ({ stream }) => `--type ${stream.entityType} --scope ${stream.scope}`,
  );
  const problem = left.length > 0 ? 'several streams fit' : 'no stream fits';
  throw new InvalidInput('INVALID_INPUT', `${name}: ${problem}; choose one of: ${[...new Set(choice)].join(', ')}`);
}

export function progressText({ file, rows, totalRows, counts, elapsedMs }: ImportProgress): string {
  const perSecond = Math.round((rows / Math.max(elapsedMs, 1)) * 1000);
  const parts = [`${file}: ${count(rows)} of ${count(totalRows)} rows`, ...countsOf(counts), `${count(perSecond)}/s`];
  return parts.join(', ');
}

const WORDS: readonly [keyof ImportResult['counts'], string][] = [
  ['CREATED', 'new'],
  ['LINKED', 'linked'],
  ['PROVISIONAL', 'in doubt'],
  ['UPDATED', 'updated'],
  ['UNCHANGED', 'unchanged'],
  ['STALE', 'older than known'],
  ['DELETED', 'deleted'],
  ['REJECTED', 'rejected'],
];

const countsOf = (counts: ImportResult['counts']): string[] =>
  WORDS.flatMap(([outcome, word]) => (counts[outcome] ? [`${count(counts[outcome])} ${word}`] : []));

function outcomeOf(results: readonly ImportResult[]): Outcome {
  const rejected = results.reduce((sum, result) => sum + result.rejected, 0);
  const isComplete = results.every((result) => result.complete);
  const exit = isComplete ? (rejected > 0 ? EXIT.attention : EXIT.done) : EXIT.interrupted;
  return { json: { complete: isComplete, rejected, files: results }, text: results.map(resultText).join('\n'), exit };
}

function resultText(result: ImportResult): string {
  const { file, rows, complete, counts, superseded, rejected, rejectPath, recordsPerSecond } = result;
  const parts = countsOf(counts);
  if (superseded > 0) parts.push(`${count(superseded)} replaced by a later row`);
  const lines = [`${file}: ${count(rows)} rows, ${parts.join(', ')} (${count(recordsPerSecond)}/s)`];
  if (rejectPath) lines.push(`  ${count(rejected)} rejected: ${rejectPath}`);
  if (!complete) lines.push('  interrupted; the same command goes on from here');
  return lines.join('\n');
}
