import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type Actor,
  type Db,
  type InboundRecord,
  type IngestBatch,
  type IngestOptions,
  ingest,
  isJsonObject,
  type Json,
  newId,
  type Outcome,
  prepareAhead,
  type RecordOutcome,
} from '../../golden-records/index.js';
import type { Pull, PullStep } from '../connector.js';
import { Retryable } from '../errors.js';
import { type FileRow, readRows } from './client.js';
import { type Reject, RejectFile } from './reject-file.js';
import type { FileRecord, FileStream } from './stream.js';

/** Records that go through the pipeline in one transaction. Three times as many are no faster, and keep a person who writes waiting three times as long. */
export const BATCH_SIZE = 100;

export interface ImportOptions {
  readonly path: string;
  readonly system: string;
  readonly stream: FileStream;
  /** Default: the path of the file + `.rejects.csv`. */
  readonly rejectPath?: string;
  /** Default: a new one. */
  readonly correlationId?: string;
  /** Told after each batch. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops between two batches; the same import goes on from there when it is started again. */
  readonly signal?: AbortSignal;
}

export type OutcomeCounts = Readonly<Partial<Record<Outcome, number>>>;

export interface ImportProgress {
  readonly file: string;
  /** Rows of the file that are done, of how many. */
  readonly rows: number;
  readonly totalRows: number;
  readonly counts: OutcomeCounts;
  readonly elapsedMs: number;
}

export interface ImportResult extends ImportProgress {
  readonly correlationId: string;
  /** False when the signal stopped it. */
  readonly complete: boolean;
  /** All rejects of the file, those of an interrupted run before this one too. */
  readonly rejected: number;
  readonly rejectPath: string | null;
  /** Rows that a later row of the same file, with the same id and time, replaces. */
  readonly superseded: number;
  /** Where an interrupted import was taken up again; null when it began at the beginning. */
  readonly resumedAtLine: number | null;
  readonly recordsPerSecond: number;
}

/**
 * Import one file in micro-batches, each with its cursor in one transaction: killed at any instant, it goes on where
 * it stopped. Throws Permanent when the file as a whole can't be used, and Retryable when it changed
 * meanwhile; a bad row goes to the reject file instead.
 */
export async function importFile(db: Db, actor: Actor, options: ImportOptions): Promise<ImportResult> {
  const startedAt = performance.now();
  const pull = await openFile(db, options);
  const progress = (): ImportProgress => ({ ...pull.progress(), elapsedMs: Math.round(performance.now() - startedAt) });
  try {
    while (!options.signal?.aborted && (await pull.pullOnce(db, actor))) options.onProgress?.(progress());
  } finally {
    await pull.close();
  }
  const rejectPath = pull.isComplete ? await pull.finish() : null;
  const { elapsedMs, ...done } = progress();
  return {
    ...done,
    elapsedMs,
    ...pull.summary(),
    rejectPath,
    recordsPerSecond: Math.round((pull.taken / Math.max(elapsedMs, 1)) * 1000),
  };
}

/** Survey a file and open it where an earlier import of the same content stopped. */
export async function openFile(db: Db, options: ImportOptions): Promise<FilePull> {
  const { path, stream, system } = options;
  const survey = await surveyFile(path, stream, options.signal);
  const name = cursorName(system, stream, path);
  const cursor = await db.prisma.cursor.findUnique({ where: { name } });
  const fromLine = resumeLine(cursor?.value ?? null, survey.sha256);
  const rejects = new RejectFile(options.rejectPath ?? `${path}.rejects.csv`);
  await rejects.begin(fromLine);
  return new FilePull(options, survey, name, fromLine, rejects);
}

export const cursorName = (system: string, stream: FileStream, path: string) =>
  `files/${system}/${stream.scope}/${stream.entityType}/${basename(path)}`;

/** Where the last committed batch began: it is taken again, as its rejects may not have been written. */
function resumeLine(value: unknown, sha256: string): number {
  if (!isJsonObject(value) || value.sha256 !== sha256 || value.done === true) return 1;
  return typeof value.from === 'number' ? value.from : 1;
}

interface Survey {
  readonly sha256: string;
  readonly totalRows: number;
  readonly modifiedAt: string;
  readonly modifiedMs: number;
  readonly size: number;
  /** Lines that a later line of the file replaces. */
  readonly superseded: ReadonlySet<number>;
}

/**
 * Read the file once before anything of it is applied: it must have a header that can be used, and of several rows
 * with one id and one time only the last counts. Without that, each import of the same file would apply the older
 * row again. Memory: about 100 bytes a row.
 */
async function surveyFile(path: string, stream: FileStream, signal: AbortSignal | undefined): Promise<Survey> {
  const lastLine = new Map<string, number>();
  const superseded = new Set<number>();
  let totalRows = 0;
  for await (const rows of readRows(path, stream.file)) {
    // No batch follows then, so that half a survey does no harm.
    if (signal?.aborted) break;
    totalRows += rows.length;
    for (const row of rows) {
      const { externalId, sourceTime = '', unreadable } = stream.record(row);
      if (externalId === null || unreadable) continue;
      const key = `${sourceTime} ${externalId}`;
      const earlier = lastLine.get(key);
      if (earlier !== undefined) superseded.add(earlier);
      lastLine.set(key, row.line);
    }
  }
  const { mtime, mtimeMs, size } = await stat(path);
  const sha256 = await hashFile(path);
  return { sha256, totalRows, modifiedAt: mtime.toISOString(), modifiedMs: mtimeMs, size, superseded };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

interface RowBatch {
  readonly rows: readonly FileRow[];
  readonly isLast: boolean;
}
interface Batch extends RowBatch {
  readonly records: IngestBatch;
  ahead?: IngestOptions['ahead'];
}

/** Where two batches hold the same record, the later one can't be prepared before the other is written. */
function areApart(left: IngestBatch, right: IngestBatch): boolean {
  const held = new Set(left.records.map(({ externalId }) => externalId));
  return !right.records.some(({ externalId }) => held.has(externalId));
}

/** One file on its way through the pipeline. */
export class FilePull implements Pull {
  isComplete = false;
  /** Records that this run handed to the pipeline. */
  taken = 0;
  private readonly batches: AsyncGenerator<RowBatch>;
  /** Read and, if it could be, prepared. */
  private upNext: Batch | undefined;
  private readonly counts: Partial<Record<Outcome, number>> = {};
  private readonly correlationId: string;
  private rows = 0;

  constructor(
    private readonly options: ImportOptions,
    private readonly survey: Survey,
    private readonly cursor: string,
    private readonly fromLine: number,
    private readonly rejects: RejectFile,
  ) {
    this.correlationId = options.correlationId ?? newId();
    this.batches = this.readBatches();
  }

  async pullOnce(db: Db, actor: Actor): Promise<PullStep | null> {
    const batch = this.upNext ?? (await this.readBatch());
    if (!batch) {
      this.isComplete = true;
      return null;
    }
    this.upNext = undefined;
    batch.ahead ??= prepareAhead(db, batch.records);
    // Batch after batch, as what was prepared later counts as newer.
    await batch.ahead;
    const next = await this.readBatch();
    this.upNext = next;
    // PostgreSQL writes this batch while the next one is mapped and normalised.
    if (next && areApart(batch.records, next.records)) next.ahead = prepareAhead(db, next.records);
    if (batch.isLast) await this.requireUnchanged();
    const result = await ingest(db, actor, batch.records, { ahead: batch.ahead });
    const outcomes = result.records;
    const lines = batch.rows.map(({ line }) => line);
    await this.rejects.append(rejectsOf(lines, outcomes));
    for (const { outcome } of outcomes) this.counts[outcome] = (this.counts[outcome] ?? 0) + 1;
    this.rows += batch.rows.length;
    this.taken += batch.rows.length;
    return { records: batch.rows.length, counts: result.counts };
  }

  progress(): Omit<ImportProgress, 'elapsedMs'> {
    const file = basename(this.options.path);
    return { file, rows: this.rows, totalRows: this.survey.totalRows, counts: { ...this.counts } };
  }

  summary() {
    return {
      correlationId: this.correlationId,
      complete: this.isComplete,
      rejected: this.rejects.rejected,
      superseded: this.survey.superseded.size,
      resumedAtLine: this.fromLine > 1 ? this.fromLine : null,
    };
  }

  /** Let go of the file. */
  async close(): Promise<void> {
    await this.batches.return(undefined);
  }

  finish(): Promise<string | null> {
    return this.rejects.finish();
  }

  private async readBatch(): Promise<Batch | undefined> {
    const read = await this.batches.next();
    if (read.done) return undefined;
    const { rows, isLast } = read.value;
    const { system, stream } = this.options;
    const records: IngestBatch = {
      system,
      scope: stream.scope,
      entityType: stream.entityType,
      records: rows.map((row) => this.inbound(stream.record(row))),
      mapping: stream.mapping,
      correlationId: this.correlationId,
      cursor: { name: this.cursor, value: this.cursorValue(rows, isLast) },
    };
    return { rows, isLast, records };
  }

  private async *readBatches(): AsyncGenerator<RowBatch> {
    let waiting: FileRow[] = [];
    for await (const rows of readRows(this.options.path, this.options.stream.file)) {
      for (const row of rows) {
        if (row.line < this.fromLine || this.survey.superseded.has(row.line)) {
          this.rows++;
          continue;
        }
        // Flushed only when another row is there, so that the last batch is known to be the last.
        if (waiting.length === BATCH_SIZE) {
          yield { rows: waiting, isLast: false };
          waiting = [];
        }
        waiting.push(row);
      }
    }
    if (waiting.length > 0) yield { rows: waiting, isLast: true };
  }

  private inbound(record: FileRecord): InboundRecord {
    return { sourceTime: this.survey.modifiedAt, ...record };
  }

  private cursorValue(rows: readonly FileRow[], isLast: boolean): Json {
    return { sha256: this.survey.sha256, from: rows[0]?.line ?? 1, line: rows.at(-1)?.line ?? 1, done: isLast };
  }

  private async requireUnchanged(): Promise<void> {
    const { mtimeMs, size } = await stat(this.options.path);
    if (mtimeMs === this.survey.modifiedMs && size === this.survey.size) return;
    throw new Retryable('FILE_CHANGED', `${this.options.path}: changed while it was read; import it again`);
  }
}

function rejectsOf(lines: readonly number[], outcomes: readonly RecordOutcome[]): Reject[] {
  return outcomes.flatMap(({ outcome, externalId, reason }, at) =>
    outcome === 'REJECTED'
      ? [{ line: lines[at] ?? 0, externalId, code: reason?.code ?? 'RECORD_REJECTED', reason: reason?.message ?? '' }]
      : [],
  );
}
