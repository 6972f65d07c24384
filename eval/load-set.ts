import { readFileSync } from 'node:fs';
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
  /** What of the records is matched together, each with its schema: usually all. */
  readonly parts: readonly { readonly schema: MatchSchema; readonly records: readonly number[] }[];
  readonly sources: Uint16Array | undefined;
  readonly oneToOne: boolean;
}

interface Description {
  readonly fields: MatchSchema['fields'];
  /** Sources are matched against each other. */
  readonly link?: boolean;
  readonly oneToOne?: boolean;
  /** Records of several kinds in one file, told by a column; their only field is a name. */
  readonly byKind?: { readonly column: string; readonly person: readonly string[]; readonly field: string };
}

/** A set of EVAL_DATA, as its description in `sets/` says what its columns hold. */
export function loadSet(name: string, folder: string): EvalSet {
  const description = JSON.parse(readFileSync(new URL(`./sets/${name}.json`, import.meta.url), 'utf8')) as Description;
  const rows = read(join(folder, 'records.csv'));
  const ids = rows.map(({ id }) => id as string);
  const numberOf = new Map(ids.map((id, at) => [id, at]));
  return {
    name,
    rows,
    ids,
    truth: truthOf(read(join(folder, 'truth.csv')), numberOf),
    parts: partsOf(description, rows),
    sources: description.link ? sourcesOf(rows) : undefined,
    oneToOne: description.oneToOne ?? false,
  };
}

const read = (path: string) => parse(readFileSync(path), { columns: true }) as Row[];

function partsOf({ fields, byKind }: Description, rows: readonly Row[]): EvalSet['parts'] {
  const all = rows.map((_, at) => at);
  if (!byKind) return [{ schema: parseMatchSchema({ fields }), records: all }];
  const isPerson = (at: number) => byKind.person.includes(rows[at]?.[byKind.column] ?? '');
  const schema = (kind: 'person-name' | 'organisation-name') => ({ fields: [{ name: byKind.field, kind }] });
  return [
    { schema: schema('person-name'), records: all.filter(isPerson) },
    { schema: schema('organisation-name'), records: all.filter((at) => !isPerson(at)) },
  ];
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
