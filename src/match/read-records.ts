import { statSync } from 'node:fs';
import { InvalidInput } from '../../golden-records/errors.js';
import {
  type Cell,
  type Column,
  type FieldSpec,
  type Frequencies,
  type MadeBlock,
  type MatchParameters,
  type MatchSchema,
  makeBlock,
  sharesFor,
  thawed,
} from '../../golden-records/match/engine/index.js';
import { type ColumnReader, cellsAt, fieldsOfSecondThread, hasSecondThread, readInThread } from './read-columns.js';
import { readTable } from './read-table.js';

export interface RecordsFile {
  readonly path: string;
  readonly schema: MatchSchema;
  /** Fields of a type are compared where the file has them; all columns of a schema must be there. */
  readonly isOfType: boolean;
  /** Columns of a field, where they aren't called like it. */
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  readonly idColumn: string;
  /** Where somebody named it, it must be there. */
  readonly sourceColumn?: string;
  /** What a file of parameters holds, and where it lies. */
  readonly parameters?: { readonly input: unknown; readonly path: string };
}

export interface ReadRecords {
  readonly made: MadeBlock;
  readonly schema: MatchSchema;
  /** Those of the file of parameters, which fit the schema. */
  readonly parameters: MatchParameters | undefined;
  readonly ids: readonly string[];
  /** Numbers of the sources, where the file has a source column; and their names. */
  readonly sources: Uint16Array | undefined;
  readonly sourceNames: readonly string[];
  readonly byId: ReadonlyMap<string, number>;
}

/** Of the sources, unless another is named. */
export const SOURCE_COLUMN = 'source';
const MOST_SOURCES = 65_535;

/** Read a file into columns. Throws InvalidInput where it isn't what it should be. */
export async function readRecords(file: RecordsFile, onProgress: (records: number) => void): Promise<ReadRecords> {
  const { path, idColumn, sourceColumn = SOURCE_COLUMN } = file;
  const rows = readTable(path);
  const first = rows.next();
  if (first.done)
    throw new InvalidInput('INVALID_INPUT', `${path}: expected a header line and records, found an empty file`);
  const header = first.value.cells.map((name) => name.trim());
  const idAt = placeOf(path, idColumn, header);
  if (idAt < 0) throw missing(path, idColumn, header, 'choose the column of the ids with --id');
  const { schema, at } = placesOf(file, header);
  const parameters = file.parameters && thawed(file.parameters.input, schema, file.parameters.path);
  const second = hasSecondThread(schema.fields, statSync(path).size) ? fieldsOfSecondThread(schema.fields) : [];
  const own = [...schema.fields.keys()].filter((field) => !second.includes(field));
  const ownAt = own.map((field) => at[field] as number[]);
  const sourceAt = placeOf(path, sourceColumn, header);
  if (sourceAt < 0 && file.sourceColumn !== undefined)
    throw missing(path, sourceColumn, header, 'choose the column of the sources with --source');
  const ids: string[] = [];
  const byId = new Map<string, number>();
  const sourceNumbers = new Map<string, number>();
  const sources: number[] = [];
  const seenOn: number[] = [];

  function* records(): Generator<Cell[]> {
    for (const { cells, line } of rows) {
      if (cells.length !== header.length) {
        throw new InvalidInput(
          'INVALID_INPUT',
          `${path}, line ${line}: expected ${header.length} cells as in the header, found ${cells.length}; a cell with a separator or a quote in it needs quotes`,
        );
      }
      const id = cells[idAt] as string;
      const before = byId.get(id);
      if (before !== undefined || id === '') {
        const found = id === '' ? 'none' : `"${id}", which line ${seenOn[before as number]} has too`;
        throw new InvalidInput(
          'INVALID_INPUT',
          `${path}, line ${line}: expected an id of its own in "${idColumn}", found ${found}`,
        );
      }
      byId.set(id, ids.length);
      ids.push(id);
      seenOn.push(line);
      if (sourceAt >= 0) {
        const source = cells[sourceAt] as string;
        const number = sourceNumbers.get(source) ?? sourceNumbers.size;
        if (number > MOST_SOURCES) {
          throw new InvalidInput(
            'INVALID_INPUT',
            `${path}: "${sourceColumn}" holds more than ${MOST_SOURCES} different sources`,
          );
        }
        sourceNumbers.set(source, number);
        sources.push(number);
      }
      if (ids.length % 20_000 === 0) onProgress(ids.length);
      yield cellsAt(cells, ownAt);
    }
  }

  const pick = (fields: readonly number[]) => fields.map((field) => schema.fields[field] as FieldSpec);
  const reader =
    second.length === 0
      ? undefined
      : readInThread({
          path,
          fields: pick(second),
          at: second.map((field) => at[field] as number[]),
          ...(parameters ? { parameters } : {}),
        });
  let made: MadeBlock;
  try {
    made = makeBlock({ fields: pick(own) }, records(), sharesFor(parameters));
    // What counting took isn't kept any longer than needed.
    const frequencies = made.frequencies();
    made = { block: made.block, frequencies: () => frequencies };
    if (reader) made = await withOthers(path, made, own, second, reader);
  } finally {
    await reader?.stop();
  }
  return {
    made,
    schema,
    parameters,
    ids,
    byId,
    sources: sourceNumbers.size > 1 ? Uint16Array.from(sources) : undefined,
    sourceNames: [...sourceNumbers.keys()],
  };
}

/** The columns of both threads, in the order of the schema. */
async function withOthers(
  path: string,
  made: MadeBlock,
  own: readonly number[],
  second: readonly number[],
  reader: ColumnReader,
): Promise<MadeBlock> {
  const { block } = made;
  const others = await reader.made;
  if (others.block.size !== block.size) {
    throw new InvalidInput('INVALID_INPUT', `${path}: changed while it was read; match it again once it is complete`);
  }
  const columns = new Array<Column>(own.length + second.length);
  for (const [at, field] of own.entries()) columns[field] = block.columns[at] as Column;
  for (const [at, field] of second.entries()) columns[field] = others.block.columns[at] as Column;
  const found = { ...made.frequencies(), ...others.frequencies };
  const frequencies = Object.fromEntries(columns.map(({ spec: { name } }) => [name, found[name] as Frequencies]));
  return { block: { ...block, columns }, frequencies: () => frequencies };
}

/** The fields that the file has, and in which columns. A column that somebody named must be there. */
function placesOf(
  { path, schema, isOfType, columns }: RecordsFile,
  header: readonly string[],
): { schema: MatchSchema; at: number[][] } {
  if (columns) {
    const unknown = Object.keys(columns).filter((name) => !schema.fields.some((field) => field.name === name));
    if (unknown.length > 0) {
      const known = schema.fields.map(({ name }) => name).join(', ');
      throw new InvalidInput(
        'INVALID_INPUT',
        `the map names "${unknown[0]}", which is no field of this type; fields: ${known}`,
      );
    }
  }
  const found: { field: FieldSpec; places: number[] }[] = [];
  for (const field of schema.fields) {
    const wanted = columns ? columns[field.name] : [field.name];
    if (!wanted) continue;
    const places = wanted.map((name) => placeOf(path, name, header));
    const absent = wanted[places.indexOf(-1)];
    if (absent !== undefined && isOfType && !columns) continue;
    if (absent !== undefined) throw missing(path, absent, header, 'correct the schema or the map');
    found.push({ field, places });
  }
  if (found.length === 0) {
    throw new InvalidInput(
      'INVALID_INPUT',
      `${path}: no column is compared; found ${quoted(header)}; say with --map which of them hold ${quoted(schema.fields.map(({ name }) => name))}`,
    );
  }
  return { schema: { fields: found.map(({ field }) => field) }, at: found.map(({ places }) => places) };
}

/** In which place a column is; -1 where it isn't. Which of two was meant can't be known. */
function placeOf(path: string, name: string, header: readonly string[]): number {
  const place = header.indexOf(name);
  if (place !== header.lastIndexOf(name)) {
    throw new InvalidInput(
      'INVALID_INPUT',
      `${path}: expected one column "${name}", found ${header.filter((one) => one === name).length}; rename them in the header`,
    );
  }
  return place;
}

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const missing = (path: string, name: string, header: readonly string[], advice: string) =>
  new InvalidInput('INVALID_INPUT', `${path}: expected a column "${name}", found ${quoted(header)}; ${advice}`);
