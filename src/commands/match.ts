import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidInput } from '../../golden-records/errors.js';
import {
  ENTITY_SCHEMAS,
  type ExplainedStep,
  explainPair,
  frozen,
  type MatchResult,
  type MatchSchema,
  type MatchStage,
  matchBlock,
  parseMatchSchema,
} from '../../golden-records/match/engine/index.js';
import { type ReadRecords, readRecords } from '../match/read-records.js';
import { report, type Summary } from '../match/report.js';
import { csvCell, writeFile } from '../match/write-file.js';
import type { Invocation, Outcome } from './command.js';
import { EXIT } from './exit.js';
import type { Run } from './program.js';
import { count, table } from './table.js';

interface MatchCommandOptions {
  readonly schema?: string;
  readonly type?: string;
  readonly map?: string;
  readonly out?: string;
  readonly pairs?: string;
  readonly report?: string;
  readonly explain?: readonly string[];
  readonly parameters?: string;
  readonly saveParameters?: string;
  readonly id: string;
  readonly source: string;
  readonly dedupe?: boolean;
  readonly oneToOne?: boolean;
}

export function addMatch(program: Command, run: Run): void {
  program
    .command('match')
    .description('find the records of a file that are the same, without a database')
    .argument('<file>', 'CSV with a header line')
    .option('--type <type>', `${Object.keys(ENTITY_SCHEMAS).join(', ')}: compared as the hub compares them`)
    .option('--map <file>', 'with --type: JSON, { "field": "column" or ["column", …] }, where columns have other names')
    .option('--schema <file>', 'for other records: JSON, { "fields": [{ "name": "column", "kind": "…" }] }')
    .option('--out <file>', 'write clusters: id, cluster_id')
    .option('--pairs <file>', 'write scored pairs: left_id, right_id, probability, weight')
    .option('--report <file>', 'write a page with weights, parameters, clusters and sample pairs')
    .option('--explain <id...>', 'two ids: how their weight comes about')
    .option('--save-parameters <file>', 'write what was learnt, to use it again')
    .option('--parameters <file>', 'use parameters that were saved, rather than learn from this file')
    .option('--id <column>', 'column of the ids', 'id')
    .option(
      '--source <column>',
      'column of the sources; with several, only records of different ones are compared',
      'source',
    )
    .option('--dedupe', 'compare within sources too')
    .option('--one-to-one', 'sources are free of duplicates: a cluster holds one record of each')
    .addHelpText(
      'after',
      `
Kinds of columns: docs/matching.md. Weights are learnt from the file itself; where it is too small, the shipped ones
are used and the summary says so. --save-parameters keeps them, so that another file of the same columns is scored alike.

Example:
  concord match vendors.csv --type supplier --map columns.json --out clusters.csv --report report.html
`,
    )
    .action(run(matchFile));
}

/** From here on a pair that wasn't linked is worth a look. */
const REVIEW_WEIGHT = -3;

async function matchFile(invocation: Invocation, options: MatchCommandOptions, file: string): Promise<Outcome> {
  const started = performance.now();
  const { cwd } = invocation.io;
  const inFolder = (path: string) => resolve(cwd, path);
  const { schema, columns } = schemaOf(options, inFolder);
  const explain = explainedIds(options.explain);
  const { signal } = invocation;
  const read = await readRecords(
    {
      path: inFolder(file),
      schema,
      idColumn: options.id,
      sourceColumn: options.source,
      ...(columns ? { columns } : {}),
      ...(options.parameters === undefined
        ? {}
        : { parameters: { input: readJson(inFolder(options.parameters)), path: options.parameters } }),
    },
    (records) => invocation.progress.show(`${file}: ${count(records)} records read`),
  );
  const known = explain?.map((id) => recordOf(read, id));
  if (options.oneToOne && !read.sources) {
    throw new InvalidInput(
      'INVALID_INPUT',
      `--one-to-one needs a column "${options.source}" with at least two sources`,
    );
  }
  let result: MatchResult;
  try {
    result = await matchBlock(read.made, {
      ids: read.ids,
      ...(read.parameters ? { parameters: read.parameters } : {}),
      ...(read.sources && !options.dedupe ? { sources: read.sources } : {}),
      oneToOne: options.oneToOne ?? false,
      signal,
      onProgress: (stage, records) => invocation.progress.show(progressText(file, stage, records, read.ids.length)),
    });
    signal.throwIfAborted();
  } catch (error) {
    if (!signal.aborted) throw error;
    return { json: { complete: false }, text: 'Interrupted; nothing was written.', exit: EXIT.interrupted };
  }
  invocation.progress.end();
  const summary = summaryOf(result, (performance.now() - started) / 1000);
  write(options, inFolder, file, read, result, summary);
  const explained = known && explainPair(result, known[0] as number, known[1] as number);
  return {
    json: { complete: true, ...summary, ...(explained ? { explained: { ids: explain, ...explained } } : {}) },
    text: [summaryText(file, summary), ...(explained ? ['', waterfall(explain ?? [], explained)] : [])].join('\n'),
  };
}

function schemaOf(
  options: MatchCommandOptions,
  inFolder: (path: string) => string,
): { schema: MatchSchema; columns?: Readonly<Record<string, readonly string[]>> } {
  const { type, map, schema } = options;
  if ((type === undefined) === (schema === undefined)) {
    throw new InvalidInput('INVALID_INPUT', 'expected either --type or --schema: what the columns hold is not guessed');
  }
  if (schema !== undefined) {
    if (map !== undefined)
      throw new InvalidInput('INVALID_INPUT', '--map goes with --type; a schema names its columns itself');
    return { schema: parseMatchSchema(readJson(inFolder(schema)), schema) };
  }
  const known = (ENTITY_SCHEMAS as Readonly<Record<string, MatchSchema>>)[type as string];
  if (!known) {
    throw new InvalidInput(
      'INVALID_INPUT',
      `--type: expected one of ${Object.keys(ENTITY_SCHEMAS).join(', ')}, found "${type}"`,
    );
  }
  return map === undefined ? { schema: known } : { schema: known, columns: parseMap(readJson(inFolder(map)), map) };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (cause) {
    throw new InvalidInput('INVALID_INPUT', `${path}: expected a JSON file (${(cause as Error).message})`, { cause });
  }
}

function parseMap(input: unknown, path: string): Record<string, readonly string[]> {
  const entries = Object.entries((input ?? {}) as Record<string, unknown>).map(([field, columns]) => {
    const list = Array.isArray(columns) ? (columns as unknown[]) : [columns];
    if (list.length === 0 || !list.every((column) => typeof column === 'string')) {
      throw new InvalidInput('INVALID_INPUT', `${path}: expected a column or a list of columns for "${field}"`);
    }
    return [field, list as string[]] as const;
  });
  return Object.fromEntries(entries);
}

function explainedIds(ids: readonly string[] | undefined): readonly [string, string] | undefined {
  if (ids === undefined) return undefined;
  const [left, right, more] = ids;
  if (left === undefined || right === undefined || more !== undefined || left === right) {
    throw new InvalidInput('INVALID_INPUT', `--explain: expected two different ids, found ${ids.join(', ')}`);
  }
  return [left, right];
}

function recordOf({ byId }: ReadRecords, id: string): number {
  const record = byId.get(id);
  if (record === undefined) throw new InvalidInput('INVALID_INPUT', `--explain: no record has the id "${id}"`);
  return record;
}

const STAGES: Readonly<Record<MatchStage, string>> = {
  index: 'looking for candidates',
  learn: 'learning weights',
  score: 'scored',
  cluster: 'clustering',
};
const progressText = (file: string, stage: MatchStage, records: number, all: number) =>
  stage === 'score'
    ? `${file}: ${count(records)} of ${count(all)} records scored`
    : `${file}: ${count(all)} records, ${STAGES[stage]}`;

function summaryOf({ parameters, pairs, clusters, candidates, skippedKeys }: MatchResult, seconds: number): Summary {
  const sizes = new Map<number, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  let links = 0;
  let reviews = 0;
  for (let pair = 0; pair < pairs.length; pair++) {
    if (clusters[pairs.left[pair] as number] === clusters[pairs.right[pair] as number]) links++;
    else if ((pairs.weight[pair] as number) >= REVIEW_WEIGHT) reviews++;
  }
  return {
    records: clusters.length,
    candidates,
    links,
    reviews,
    clusters: sizes.size,
    largestCluster: [...sizes.values()].reduce((most, size) => Math.max(most, size), 0),
    skippedKeys,
    seconds: Math.round(seconds * 100) / 100,
    memoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    parameters: parameters.comparisons.some(({ origin }) => origin === 'estimated') ? 'estimated' : 'shipped',
    notes: parameters.notes,
  };
}

function write(
  { out, pairs, report: page, saveParameters }: MatchCommandOptions,
  inFolder: (path: string) => string,
  file: string,
  { ids, schema }: ReadRecords,
  result: MatchResult,
  summary: Summary,
): void {
  const id = (record: number) => csvCell(ids[record] as string);
  const { clusters, pairs: scored, probabilities } = result;
  function* clusterLines() {
    yield 'id,cluster_id';
    for (let record = 0; record < clusters.length; record++) yield `${id(record)},${id(clusters[record] as number)}`;
  }
  function* pairLines() {
    yield 'left_id,right_id,probability,weight';
    for (let pair = 0; pair < scored.length; pair++) {
      const left = scored.left[pair] as number;
      const right = scored.right[pair] as number;
      const weight = scored.weight[pair] as number;
      if (weight < REVIEW_WEIGHT && clusters[left] !== clusters[right]) continue;
      yield `${id(left)},${id(right)},${(probabilities[pair] as number).toFixed(6)},${weight.toFixed(3)}`;
    }
  }
  function* parameterLines() {
    yield JSON.stringify(frozen(schema, result.parameters));
  }
  if (saveParameters !== undefined) writeFile(inFolder(saveParameters), parameterLines());
  if (out !== undefined) writeFile(inFolder(out), clusterLines());
  if (pairs !== undefined) writeFile(inFolder(pairs), pairLines());
  if (page !== undefined) writeFile(inFolder(page), report(`Matching of ${file}`, summary, schema, ids, result));
}

function summaryText(file: string, summary: Summary): string {
  const rows = [
    ['records', count(summary.records)],
    ['candidates', count(summary.candidates)],
    ['links', count(summary.links)],
    ['to review', count(summary.reviews)],
    ['clusters', `${count(summary.clusters)}, the largest of ${count(summary.largestCluster)}`],
    ['parameters', summary.parameters],
    ['time', `${summary.seconds} s`],
    ['memory', `${count(summary.memoryMb)} MB`],
  ];
  const notes = summary.notes.map((note) => `Note: ${note}.`);
  if (summary.skippedKeys > 0)
    notes.push(`Note: ${count(summary.skippedKeys)} keys are in too many records to bring candidates.`);
  return [file, table(rows, '  '), ...notes].join('\n');
}

const signed = (weight: number) => `${weight >= 0 ? '+' : ''}${weight.toFixed(1)}`;

function waterfall(
  ids: readonly string[],
  { weight, probability, steps }: { weight: number; probability: number; steps: readonly ExplainedStep[] },
): string {
  const rows = steps.map((step) => [step.comparison, step.level, signed(step.weight)]);
  return [
    `${ids.join(' and ')}: weight ${signed(weight)}, probability ${probability.toFixed(4)}`,
    table([...rows, ['total', '', signed(weight)]], '  '),
  ].join('\n');
}
