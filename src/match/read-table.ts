import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InvalidInput } from '../../golden-records/errors.js';

/** A row of a file: its cells, and the line on which it begins. */
export interface TableRow {
  readonly cells: readonly string[];
  readonly line: number;
}

const CHUNK = 4 * 1024 * 1024;
/** A row that goes on for longer has a quote that nobody closed. */
const LONGEST_ROW = 8 * 1024 * 1024;

/**
 * Rows of a CSV file (RFC 4180), one after the other, never the whole file at once. UTF-8, UTF-16 with a byte order mark, or
 * Windows-1252 where it isn't UTF-8. A separator of semicolons or tabs is found in the first line.
 */
export function* readTable(path: string): Generator<TableRow> {
  const encoding = encodingOf(path);
  let separator = '';
  let line = 1;
  let rest = '';
  for (const text of chunksOf(path, encoding)) {
    const { rows, left } = wholeRows(rest + text);
    for (const raw of rows) {
      separator ||= separatorOf(raw);
      if (raw !== '') yield { cells: cellsOf(raw, separator, line, path), line };
      line += 1 + newlinesIn(raw);
    }
    rest = left;
    if (rest.length > LONGEST_ROW) throw unclosed(path, line);
  }
  if (rest === '') return;
  if (hasOpenQuote(rest)) throw unclosed(path, line);
  const last = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
  separator ||= separatorOf(last);
  if (last !== '') yield { cells: cellsOf(last, separator, line, path), line };
}

const unclosed = (path: string, line: number) =>
  new InvalidInput(
    'INVALID_INPUT',
    `${path}: a quote in the row that begins on line ${line} is never closed; close or double it`,
  );

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

function encodingOf(path: string): Encoding {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isFirst = true;
  try {
    for (const bytes of bytesOf(path)) {
      if (isFirst && bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
      if (isFirst && bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
      isFirst = false;
      decoder.decode(bytes, { stream: true });
    }
    decoder.decode();
    return 'utf-8';
  } catch (error) {
    if (error instanceof TypeError) return 'windows-1252';
    throw error;
  }
}

function* bytesOf(path: string): Generator<Buffer> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new InvalidInput('INVALID_INPUT', `${path}: can't be opened (${(cause as Error).message})`, { cause });
  }
  try {
    if (fstatSync(file).isDirectory())
      throw new InvalidInput('INVALID_INPUT', `${path}: expected a file, found a folder`);
    const buffer = Buffer.alloc(CHUNK);
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK, null);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

function* chunksOf(path: string, encoding: Encoding): Generator<string> {
  const decoder = new TextDecoder(encoding);
  for (const bytes of bytesOf(path)) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}

/** Cut at line breaks outside quotes. What follows the last one waits for the next chunk. */
function wholeRows(text: string): { rows: string[]; left: string } {
  const rows: string[] = [];
  let start = 0;
  let from = 0;
  for (;;) {
    const end = text.indexOf('\n', from);
    if (end === -1) return { rows, left: text.slice(start) };
    const row = text.slice(start, end);
    from = end + 1;
    if (row.includes('"') && hasOpenQuote(row)) {
      // Jumps to the closing quote: looking at each line of a long cell again would take quadratic time.
      const close = text.indexOf('"', from);
      if (close === -1) return { rows, left: text.slice(start) };
      from = close;
      continue;
    }
    rows.push(row.endsWith('\r') ? row.slice(0, -1) : row);
    start = from;
  }
}

function hasOpenQuote(row: string): boolean {
  let quotes = 0;
  for (let at = row.indexOf('"'); at !== -1; at = row.indexOf('"', at + 1)) quotes++;
  return quotes % 2 === 1;
}

function newlinesIn(row: string): number {
  let count = 0;
  for (let at = row.indexOf('\n'); at !== -1; at = row.indexOf('\n', at + 1)) count++;
  return count;
}

const separatorOf = (header: string): string => {
  const bare = header.replace(/"(?:[^"]|"")*"/g, '');
  const found = [',', ';', '\t'].map((separator) => ({ separator, count: bare.split(separator).length }));
  return found.sort((a, b) => b.count - a.count)[0]?.separator ?? ',';
};

function cellsOf(row: string, separator: string, line: number, path: string): string[] {
  if (!row.includes('"')) return row.split(separator);
  const cells: string[] = [];
  let at = 0;
  while (at <= row.length) {
    if (row[at] === '"') {
      let cell = '';
      let from = at + 1;
      for (;;) {
        const close = row.indexOf('"', from);
        if (close === -1) throw unclosed(path, line);
        cell += row.slice(from, close);
        if (row[close + 1] === '"') {
          cell += '"';
          from = close + 2;
          continue;
        }
        const end = row.indexOf(separator, close);
        // What follows a closing quote belongs to the cell: files that break the rule mean it so.
        cells.push(cell + row.slice(close + 1, end === -1 ? row.length : end));
        at = end === -1 ? row.length + 1 : end + 1;
        break;
      }
    } else {
      const end = row.indexOf(separator, at);
      cells.push(row.slice(at, end === -1 ? row.length : end));
      at = end === -1 ? row.length + 1 : end + 1;
    }
  }
  return cells;
}
