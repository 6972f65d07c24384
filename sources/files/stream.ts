import {
  type ConfigProblem,
  type EntityTypeDefinition,
  externalIdFault,
  type Json,
  type SourceAttributes,
} from '../../golden-records/index.js';
import type { Row, Stream } from '../connector.js';
import { rowMapping } from '../row-mapping.js';
import { isTimeZone, sourceInstant } from '../source-time.js';
import type { FileFormat, FileRow, Unreadable } from './client.js';
import { ENCODINGS, type Encoding } from './lines.js';
import { type Cell, cell, type Mapped } from './mapping.js';

/** What the configuration says about files of one entity type. */
export interface FileStreamOptions<D extends EntityTypeDefinition> {
  /** The scope of the system within which the external ids are unique. */
  readonly scope: string;
  /** Which files belong to the stream: a name with `*` and `?`, e.g. `suppliers*.csv`. Case doesn't matter. */
  readonly pattern: string;
  readonly format: 'csv' | 'jsonl';
  /** CSV only. Default a comma. */
  readonly delimiter?: string;
  /** Default utf-8. */
  readonly encoding?: Encoding;
  /** The record's external id: a column or key, or a function of the row. */
  readonly id: string | ((row: Row) => Cell);
  /**
   * When the record last changed at its source. Without it, the time of the file counts. `timeZone` (IANA) is that of
   * dates written without an offset.
   */
  readonly modifiedAt?: { readonly field: string | ((row: Row) => Cell); readonly timeZone: string };
  /** Does the row say that the record was deleted? */
  readonly deleted?: (row: Row) => boolean;
  /** Row → attributes. A missing key or undefined is ABSENT, null is NULL. */
  readonly map: (row: Row) => Mapped<SourceAttributes<D>>;
  /** Change it when the mapping changes through something that it calls: its own text is watched already. */
  readonly version?: string;
}

export interface FileStream extends Stream {
  readonly connector: 'files';
  readonly pattern: string;
  readonly file: FileFormat;
  /** Whose time counts for a row: its own, where the stream names one, or the file's. */
  readonly timeZone: string | undefined;
  /** A row as the pipeline takes it in. */
  record(row: FileRow): FileRecord;
}

export interface FileRecord {
  readonly externalId: string | null;
  readonly payload: Json;
  readonly deleted?: boolean;
  /** ISO 8601; missing where the row names none. */
  readonly sourceTime?: string;
  readonly unreadable?: { readonly code: string; readonly message: string };
}

/** A stream of files: `fileStream(supplier, { pattern: 'suppliers*.csv', … })`. Pure; problems: `streamProblems`. */
export function fileStream<D extends EntityTypeDefinition>(definition: D, options: FileStreamOptions<D>): FileStream {
  const { id, modifiedAt } = options;
  const named = [id, modifiedAt?.field].filter((column) => typeof column === 'string');
  return {
    connector: 'files',
    entityType: definition.code,
    scope: options.scope,
    capabilities: { incremental: false, deletes: options.deleted ? 'FLAGGED' : 'NONE', resumable: true },
    pattern: options.pattern,
    file: {
      format: options.format,
      delimiter: options.delimiter ?? ',',
      encoding: options.encoding ?? 'utf-8',
      requiredColumns: named,
    },
    timeZone: modifiedAt?.timeZone,
    mapping: rowMapping(options),
    record: (row) => ('unreadable' in row ? unreadableRecord(row.line, row.unreadable) : recordOf(row, options)),
  };
}

/** What is wrong with a stream's configuration, under `path`. */
export function streamProblems(stream: FileStream, path: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const check = (isRight: boolean, key: string, expected: string, found: unknown) => {
    if (!isRight) problems.push({ path: `${path}.${key}`, expected, found: JSON.stringify(found) ?? 'nothing' });
  };
  const { format, delimiter, encoding } = stream.file;
  check(/^[^/\\]+$/.test(stream.pattern), 'pattern', 'a file name with * and ?, without a folder', stream.pattern);
  check(format === 'csv' || format === 'jsonl', 'format', '"csv" or "jsonl"', format);
  check(/^[^"\r\n]+$/.test(delimiter), 'delimiter', 'a character other than a quote or a line break', delimiter);
  check(ENCODINGS.includes(encoding), 'encoding', ENCODINGS.join(', '), encoding);
  const { timeZone } = stream;
  check(timeZone === undefined || isTimeZone(timeZone), 'modifiedAt.timeZone', 'an IANA time zone', timeZone);
  return problems;
}

/** Does a file name belong to the stream? */
export function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}

/** The functions of a configuration are somebody else's code: what they throw costs one row. */
function recordOf(row: { line: number; row: Row }, options: RecordOptions): FileRecord {
  try {
    return readRecord(row, options);
  } catch (error) {
    const message = `line ${row.line}: ${error instanceof Error ? error.message : String(error)}`;
    return { externalId: null, payload: row.row as Json, unreadable: { code: 'RECORD_REJECTED', message } };
  }
}

function readRecord({ line, row }: { line: number; row: Row }, options: RecordOptions): FileRecord {
  const externalId = read(row, options.id);
  const payload = row as Json;
  if (!externalId) {
    const where = typeof options.id === 'string' ? `"${options.id}" is empty` : 'the row gives none';
    return {
      externalId: null,
      payload,
      unreadable: { code: 'NO_EXTERNAL_ID', message: `line ${line}: no external id: ${where}` },
    };
  }
  const unfit = externalIdFault(externalId);
  if (unfit !== undefined) {
    const message = `line ${line}: the external id has ${unfit}`;
    return { externalId: null, payload, unreadable: { code: 'NO_EXTERNAL_ID', message } };
  }
  const deleted = options.deleted?.(row) ? { deleted: true } : {};
  return { externalId, payload, ...deleted, ...timeOf(line, row, options.modifiedAt) };
}
type RecordOptions = Pick<FileStreamOptions<EntityTypeDefinition>, 'id' | 'modifiedAt' | 'deleted'>;

function timeOf(
  line: number,
  row: Row,
  modifiedAt: RecordOptions['modifiedAt'],
): Pick<FileRecord, 'sourceTime' | 'unreadable'> {
  const text = modifiedAt && read(row, modifiedAt.field);
  if (!modifiedAt || !text) return {};
  const sourceTime = sourceInstant(text, modifiedAt.timeZone);
  if (sourceTime !== undefined) return { sourceTime };
  const message = `line ${line}: expected a date or date-time, found "${text.slice(0, 80)}"`;
  return { unreadable: { code: 'SOURCE_TIME_UNREADABLE', message } };
}

function read(row: Row, from: string | ((row: Row) => Cell)): string | undefined {
  const found = typeof from === 'string' ? cell(row, from) : from(row);
  return typeof found === 'string' ? found : undefined;
}

const unreadableRecord = (line: number, { code, message, text }: Unreadable): FileRecord => ({
  externalId: null,
  payload: { line, text },
  unreadable: { code, message: `line ${line}: ${message}` },
});
