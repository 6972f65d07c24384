import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidInput } from '../../golden-records/errors.js';
import {
  ENTITY_SCHEMAS,
  type Explained,
  explainPair,
  frozen,
  type MatchResult,
  type MatchSchema,
  type MatchStage,
  matchBlock,
  pairOf,
  parseMatchSchema,
} from '../../golden-records/match/engine/index.js';
import { type ReadRecords, readRecords, SOURCE_COLUMN } from '../match/read-records.js';
import { report, type Summary } from '../match/report.js';
import { checkOutputs, csvCell, type OutputFile, writeFiles } from '../match/write-file.js';
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
  readonly source?: string;
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
      'column of the sources (default: "source"); with several, only records of different ones are compared',
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
  if (options.oneToOne && options.dedupe)
    throw new InvalidInput(
      'INVALID_INPUT',
      '--one-to-one and --dedupe: sources are free of duplicates or they are not',
    );
  const explain = explainedIds(options.explain);
  const outputs = outputsOf(options, inFolder);
  const inputs = [file, options.map, options.schema, options.parameters].filter((path) => path !== undefined);
  checkOutputs(Object.values(outputs), inputs.map(inFolder));
  const { signal } = invocation;
  const read = await readRecords(
    {
      path: inFolder(file),
      schema,
      isOfType: options.type !== undefined,
      idColumn: options.id,
      ...(options.source === undefined ? {} : { sourceColumn: options.source }),
      ...(columns ? { columns } : {}),
      ...(options.parameters === undefined
        ? {}
        : { parameters: { input: readJson(inFolder(options.parameters)), path: options.parameters } }),
    },
    (records) => invocation.progress.show(`${file}: ${count(records)} records read`),
  );
  const known = explain && ([recordOf(read, explain[0]), recordOf(read, explain[1])] as const);
  if (options.oneToOne && !read.sources) {
    throw new InvalidInput(
      'INVALID_INPUT',
      `--one-to-one needs a column "${options.source ?? SOURCE_COLUMN}" with at least two sources`,
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
  const compared = read.schema.fields.map(({ name }) => name);
  const summary = summaryOf(result, compared, (performance.now() - started) / 1000);
  write(outputs, file, read, result, summary);
  const explained = known && {
    ...explainPair(result, ...known),
    together: togetherOf(read, result, options, ...known),
  };
  return {
    json: { complete: true, ...summary, ...(explained ? { explained: { ids: explain, ...explained } } : {}) },
    text: [summaryText(file, summary), ...(explained ? ['', waterfall(explain ?? [], explained)] : [])].join('\n'),
  };
}

type Outputs = Readonly<Partial<Record<'out' | 'pairs' | 'report' | 'saveParameters', OutputFile>>>;

function outputsOf(
  { out, pairs, report: page, saveParameters }: MatchCommandOptions,
  inFolder: (path: string) => string,
): Outputs {
  const given = (option: string, path: string | undefined) =>
    path === undefined ? undefined : { option, path: inFolder(path) };
  const outputs = {
    out: given('--out', out),
    pairs: given('--pairs', pairs),
    report: given('--report', page),
    saveParameters: given('--save-parameters', saveParameters),
  };
  return Object.fromEntries(Object.entries(outputs).filter(([, output]) => output !== undefined));
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

function summaryOf(
  { parameters, pairs, clusters, candidates, skippedKeys }: MatchResult,
  compared: readonly string[],
  seconds: number,
): Summary {
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
    compared,
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
  { out, pairs, report: page, saveParameters }: Outputs,
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
  writeFiles(
    [
      saveParameters && { path: saveParameters.path, lines: parameterLines() },
      out && { path: out.path, lines: clusterLines() },
      pairs && { path: pairs.path, lines: pairLines() },
      page && { path: page.path, lines: report(`Matching of ${file}`, summary, schema, ids, result) },
    ].filter((output) => output !== undefined),
  );
}

function summaryText(file: string, summary: Summary): string {
  const rows = [
    ['records', count(summary.records)],
    ['compared', summary.compared.join(', ')],
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

/** What became of a pair: its weight speaks of the two alone, the clusters of all. */
function togetherOf(
  { ids, sources, sourceNames }: ReadRecords,
  { clusters, pairs, probabilities }: MatchResult,
  { dedupe }: MatchCommandOptions,
  left: number,
  right: number,
): string {
  const [a, b] = [clusters[left] as number, clusters[right] as number];
  const isOne = a === b;
  const outcome = isOne ? `in one cluster, ${ids[a]}` : `in two clusters, ${ids[a]} and ${ids[b]}`;
  if (sources && !dedupe && sources[left] === sources[right]) {
    return `${outcome}; never compared, as both are of source "${sourceNames[sources[left] as number]}"`;
  }
  const pair = pairOf(pairs, left, right);
  if (pair < 0) return isOne ? `${outcome}, through others` : `${outcome}; no key brought them together`;
  return isOne ? `${outcome}; probability with what it says of both ${fixed(probabilities[pair] as number)}` : outcome;
}

const fixed = (probability: number) => probability.toFixed(4);
const signed = (weight: number) => `${weight >= 0 ? '+' : ''}${weight.toFixed(1)}`;

function waterfall(
  ids: readonly string[],
  { weight, probability, steps, together }: Explained & { readonly together: string },
): string {
  const rows = steps.map((step) => [step.comparison, step.level, signed(step.weight)]);
  return [
    `${ids.join(' and ')}: weight ${signed(weight)}, probability ${fixed(probability)}`,
    table([...rows, ['total', '', signed(weight)]], '  '),
    `  ${together}`,
  ].join('\n');
}
