import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type MatchSchema, parseMatchSchema } from '../golden-records/match/engine/index.js';
import { pairKey, type Truth } from './judge.js';

type Row = Readonly<Record<string, string>>;

export interface EvalSet {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly ids: readonly string[];
  readonly truth: Truth;
  readonly schema: MatchSchema;
  readonly sources: Uint16Array | undefined;
  readonly oneToOne: boolean;
}

interface Description {
  readonly fields: MatchSchema['fields'];
  /** Sources are matched against each other. */
  readonly link?: boolean;
  readonly oneToOne?: boolean;
  /** The folder of the set, where it isn't called as the set is. */
  readonly data?: string;
  /** Of a file with records of several kinds: those that a column says are this one. Labelled pairs with others are left out. */
  readonly only?: { readonly column: string; readonly is?: readonly string[]; readonly not?: readonly string[] };
}

/** A set of EVAL_DATA, as its description in `sets/` says what its columns hold. */
export function loadSet(name: string, data: string): EvalSet | undefined {
  const description = JSON.parse(readFileSync(new URL(`./sets/${name}.json`, import.meta.url), 'utf8')) as Description;
  const folder = join(data, description.data ?? name);
  if (!existsSync(folder)) return undefined;
  const rows = read(join(folder, 'records.csv')).filter((row) => isMeant(row, description.only));
  const ids = rows.map(({ id }) => id as string);
  const numberOf = new Map(ids.map((id, at) => [id, at]));
  return {
    name,
    rows,
    ids,
    truth: truthOf(
      read(join(folder, 'truth.csv')).filter(({ left_id: left }) => !description.only || numberOf.has(left ?? '')),
      numberOf,
    ),
    schema: parseMatchSchema({ fields: description.fields }),
    sources: description.link ? sourcesOf(rows) : undefined,
    oneToOne: description.oneToOne ?? false,
  };
}

const read = (path: string) => parse(readFileSync(path), { columns: true }) as Row[];

function isMeant(row: Row, only: Description['only']): boolean {
  const kind = row[only?.column ?? ''] ?? '';
  return !only || (only.is?.includes(kind) ?? !only.not?.includes(kind));
}

function sourcesOf(rows: readonly Row[]): Uint16Array {
  const numbers = new Map<string, number>();
  return Uint16Array.from(rows, ({ source = '' }) => {
    const number = numbers.get(source) ?? numbers.size;
    numbers.set(source, number);
    return number;
  });
}

function truthOf(rows: readonly Row[], numberOf: ReadonlyMap<string, number>): Truth {
  const record = (id: string | undefined) => {
    const found = numberOf.get(id ?? '');
    if (found === undefined) throw new Error(`truth.csv: no record has the id "${id}"`);
    return found;
  };
  const first = rows[0] ?? {};
  const key = (row: Row) => pairKey(record(row.left_id), record(row.right_id), numberOf.size);
  if ('label' in first) return { form: 'labelled', labels: new Map(rows.map((row) => [key(row), row.label === '1'])) };
  if (!('cluster_id' in first)) return { form: 'pairs', pairs: new Set(rows.map(key)) };
  const clusters = Int32Array.from({ length: numberOf.size }, (_, at) => -1 - at);
  const numbers = new Map<string, number>();
  for (const { id, cluster_id: cluster = '' } of rows) {
    const number = numbers.get(cluster) ?? numbers.size;
    numbers.set(cluster, number);
    clusters[record(id)] = number;
  }
  return { form: 'clusters', clusters };
}
