import { stat } from 'node:fs/promises';
import type { Json, JsonObject } from '../../golden-records/index.js';
import type { Row } from '../connector.js';
import { Permanent, type SourceErrorCode } from '../errors.js';
import { splitRecord } from './csv.js';
import { type Encoding, type Line, readLines } from './lines.js';

/** How the files of a stream are written. */
export interface FileFormat {
  readonly format: 'csv' | 'jsonl';
  readonly delimiter: string;
  readonly encoding: Encoding;
  /** Columns without which a CSV file is refused as a whole. */
  readonly requiredColumns: readonly string[];
}

/** One record of a file, or a place in it that can't be read as one. */
export type FileRow =
  | { readonly line: number; readonly row: Row }
  | { readonly line: number; readonly unreadable: Unreadable };

export interface Unreadable {
  readonly code: SourceErrorCode;
  readonly message: string;
  /** The beginning of what stands there. */
  readonly text: string;
}

/** Longest record in characters, and most lines that one quoted record may span. */
export const LONGEST_RECORD = 1024 * 1024;
const MOST_LINES = 1000;
const QUOTED = 2000;

/**
 * Read a file from its beginning, some rows at a time. A row that can't be read is told as such and costs nothing
 * else; what makes the whole file unusable throws Permanent.
 */
export async function* readRows(path: string, format: FileFormat): AsyncGenerator<FileRow[]> {
  await requireFile(path);
  const reader = format.format === 'csv' ? new CsvReader(path, format) : new JsonLinesReader();
  for await (const lines of readLines(path, format.encoding, LONGEST_RECORD)) {
    const rows = reader.take(lines);
    if (rows.length > 0) yield rows;
  }
  const last = reader.end();
  if (last.length > 0) yield last;
}

async function requireFile(path: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Permanent('FILE_NOT_FOUND', `${path}: no such file`, { cause: error });
    throw new Permanent('FILE_UNREADABLE', `${path}: can't be read (${String(code)})`, { cause: error });
  }
  throw new Permanent('FILE_UNREADABLE', `${path}: expected a file, found a folder or device`);
}

class CsvReader {
  private columns: readonly string[] | undefined;
  /** Lines not yet read as records: usually none, or a quoted record that goes on in the next chunk. */
  private pending: Line[] = [];

  constructor(
    private readonly path: string,
    private readonly format: FileFormat,
  ) {}

  take(lines: readonly Line[]): FileRow[] {
    return this.read([...this.pending, ...lines], false);
  }

  end(): FileRow[] {
    const rows = this.read(this.pending, true);
    if (!this.columns)
      throw new Permanent('HEADER_INVALID', `${this.path}: expected a line of column names, found nothing`);
    return rows;
  }

  private read(lines: readonly Line[], isEnd: boolean): FileRow[] {
    const rows: FileRow[] = [];
    let at = 0;
    while (at < lines.length) {
      const record = this.recordAt(lines, at, isEnd);
      if (record === 'incomplete') break;
      at += record.lines;
      if (record.row) rows.push(record.row);
    }
    this.pending = lines.slice(at);
    return rows;
  }

  private recordAt(
    lines: readonly Line[],
    at: number,
    isEnd: boolean,
  ): { lines: number; row?: FileRow } | 'incomplete' {
    const first = lines[at] as Line;
    if (first.cut) return { lines: 1, row: tooLarge(first) };
    const record = joinQuoted(lines, at, this.format.delimiter, isEnd);
    if (record === 'incomplete') return record;
    if ('problem' in record) return this.unreadable(first, record.problem);
    if (record.cells.every((cell) => cell === '')) return { lines: record.lines };
    if (!this.columns) {
      this.columns = header(this.path, record.cells, this.format.requiredColumns);
      return { lines: record.lines };
    }
    return { lines: record.lines, row: csvRow(first, this.columns, record.cells) };
  }

  /** Costs the first line only: reading goes on with the next one. */
  private unreadable(first: Line, problem: string): { lines: number; row: FileRow } {
    if (!this.columns) throw new Permanent('HEADER_INVALID', `${this.path}: line ${first.number}: ${problem}`);
    return { lines: 1, row: unreadable(first, 'ROW_QUOTES', problem) };
  }
}

type Joined = { readonly lines: number; readonly cells: readonly string[] } | { readonly problem: string };

/** The record that begins at `at`: one line, or several where a quoted cell holds line breaks. */
function joinQuoted(lines: readonly Line[], at: number, delimiter: string, isEnd: boolean): Joined | 'incomplete' {
  let text = lines[at]?.text ?? '';
  for (let count = 1; ; count++) {
    const last = lines[at + count - 1]?.text ?? '';
    // A line without a quote can't close one: no need to split again.
    const split =
      count > 1 && !last.includes('"') ? { open: true as const } : splitRecord(text.replace(/\r$/, ''), delimiter);
    if ('cells' in split) return { lines: count, cells: split.cells };
    if ('problem' in split) return split;
    const next = lines[at + count];
    if (next === undefined && !isEnd && count < MOST_LINES) return 'incomplete';
    if (next === undefined || next.cut || count >= MOST_LINES || text.length > LONGEST_RECORD) {
      return { problem: 'a quote is opened and never closed' };
    }
    text += `\n${next.text}`;
  }
}

function header(path: string, cells: readonly string[], required: readonly string[]): readonly string[] {
  const columns = cells.map((cell) => cell.trim());
  // A trailing delimiter on every line is common and harmless.
  while (columns.length > 0 && columns.at(-1) === '') columns.pop();
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  const missing = required.filter((column) => !columns.includes(column));
  const problems = [
    ...(columns.includes('') ? ['a column without a name'] : []),
    ...(twice ? [`column "${twice}" twice`] : []),
    ...missing.map((column) => `no column "${column}"`),
  ];
  if (problems.length > 0) {
    throw new Permanent('HEADER_INVALID', `${path}: ${problems.join(', ')}; the first line has: ${columns.join(', ')}`);
  }
  return columns;
}

function csvRow(line: Line, columns: readonly string[], cells: readonly string[]): FileRow {
  const surplus = cells.slice(columns.length).some((cell) => cell.trim() !== '');
  if (cells.length < columns.length || surplus) {
    return unreadable(line, 'ROW_RAGGED', `expected ${columns.length} cells, found ${cells.length}`);
  }
  return checked(line, Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? ''])));
}

class JsonLinesReader {
  take(lines: readonly Line[]): FileRow[] {
    return lines.filter((line) => line.text.trim() !== '').map(jsonRow);
  }

  end(): FileRow[] {
    return [];
  }
}

function jsonRow(line: Line): FileRow {
  if (line.cut) return tooLarge(line);
  try {
    const value = parseJson(line.text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return checked(line, value);
    return unreadable(line, 'ROW_NOT_JSON', 'expected a JSON object');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return unreadable(line, 'ROW_NOT_JSON', `expected a JSON object (${error.message})`);
  }
}

/** JSON whose numbers are kept as they are written where a float would change them. */
function parseJson(text: string): Json {
  return MAY_LOSE_DIGITS.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text);
}
const MAY_LOSE_DIGITS = /[\d.]{16}|\d[eE]/;
const exactNumber = (_key: string, value: Json, context?: { source?: string }): Json =>
  typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
    ? context.source
    : value;

/** Deepest nesting of a JSON record: everything behind walks it by recursion. */
const DEEPEST = 100;

/** PostgreSQL stores neither NUL nor broken Unicode, and neither was meant. */
function checked(line: Line, row: JsonObject): FileRow {
  const fault = textFault(row);
  return fault ? unreadable(line, ...fault) : { line: line.number, row };
}

function textFault(value: Json, depth = 0): [SourceErrorCode, string] | undefined {
  if (depth > DEEPEST) return ['ROW_NOT_JSON', `values nested deeper than ${DEEPEST} levels`];
  if (typeof value === 'string') {
    if (value.includes('\u0000')) return ['ROW_HAS_NUL', 'a NUL character'];
    if (value.includes('\uFFFD') || !value.isWellFormed())
      return ['ROW_NOT_UNICODE', 'bytes that are not text in this encoding'];
    return undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  const parts = Array.isArray(value) ? value : [...Object.keys(value), ...Object.values(value)];
  for (const part of parts) {
    const fault = textFault(part, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

const tooLarge = (line: Line) => unreadable(line, 'ROW_TOO_LARGE', `longer than ${LONGEST_RECORD} characters`);

/** The parser's own message quotes the line, so it needs the same care as the line itself. */
function unreadable(line: Line, code: SourceErrorCode, message: string): FileRow {
  return {
    line: line.number,
    unreadable: { code, message: storable(message), text: storable(line.text.slice(0, QUOTED)) },
  };
}
const storable = (text: string) => text.replaceAll('\u0000', '\u2400').toWellFormed();
