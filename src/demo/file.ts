import { stringify } from 'csv-stringify/sync';

/** One file of the demo, in the form in which its system would export it. */
export interface DemoFile {
  readonly name: string;
  /** Code of the system, as in hub.config.ts. */
  readonly system: string;
  readonly entityType: string;
  readonly content: Uint8Array;
  /** Rows that are meant to be records, sound or not. */
  readonly records: number;
  /** When the system wrote it, ISO 8601. */
  readonly writtenAt: string;
}
export type FileHead = Pick<DemoFile, 'name' | 'system' | 'entityType' | 'writtenAt'>;

export type CsvRow = Readonly<Record<string, string>>;

/** `extra` lines go in as they are: what no writer of CSV would have written. */
export function csvFile(
  head: FileHead,
  rows: readonly CsvRow[],
  options: { delimiter?: string; extra?: readonly string[] } = {},
): DemoFile {
  const { delimiter = ',', extra = [] } = options;
  const columns = Object.keys(rows[0] ?? {});
  const text = stringify(
    rows.map((row) => columns.map((column) => row[column] ?? '')),
    { delimiter, header: true, columns },
  );
  // windows-1252 has all letters of the demo where Latin-1 has them.
  const encoding = delimiter === ';' ? 'latin1' : 'utf8';
  const content = Buffer.from([text, ...extra.map((line) => `${line}\n`)].join(''), encoding);
  return { ...head, content, records: rows.length + extra.length };
}

export function jsonLinesFile(head: FileHead, records: readonly object[], extra: readonly string[] = []): DemoFile {
  const lines = [...records.map((record) => JSON.stringify(record)), ...extra];
  return { ...head, content: Buffer.from(lines.map((line) => `${line}\n`).join('')), records: lines.length };
}

const FIRST_DAY = Date.UTC(2026, 0, 5);
/** The start of a day of the demo's year; `minutes` later. */
export const instantOf = (day: number, minutes = 0) =>
  new Date(FIRST_DAY + day * 86_400_000 + minutes * 60_000).toISOString();
/** The same as a local date and time without a zone, as many systems write it. */
export const localOf = (day: number, minutes = 0) => instantOf(day, minutes).slice(0, 19).replace('T', ' ');
export const dayOf = (day: number) => instantOf(day).slice(0, 10);

export const amount = (cents: number) => (cents / 100).toFixed(2);
