import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import { splitRecord } from './csv.js';

export interface Reject {
  readonly line: number;
  readonly externalId: string | null;
  readonly code: string;
  readonly reason: string;
}

/**
 * What was rejected from one file, beside it. While the import runs it grows as `<path>.part`, batch by batch; it
 * takes its name when the import is complete, so that whoever finds it finds all of it.
 */
export class RejectFile {
  private count = 0;
  private readonly part: string;

  constructor(readonly path: string) {
    this.part = `${path}.part`;
  }

  /** Begin anew, or keep what an interrupted import had written of the lines before `fromLine`. */
  async begin(fromLine: number): Promise<void> {
    const kept = fromLine > 1 ? await this.writtenBefore(fromLine) : [];
    this.count = kept.length;
    if (kept.length > 0) await writeFile(this.part, rows(kept));
    else await rm(this.part, { force: true });
  }

  async append(rejects: readonly Reject[]): Promise<void> {
    if (rejects.length === 0) return;
    this.count += rejects.length;
    await appendFile(this.part, rows(rejects));
  }

  /** Give it its name. Null when nothing was rejected: one of an earlier import would no longer be true, and goes. */
  async finish(): Promise<string | null> {
    if (this.count === 0) {
      await rm(this.path, { force: true });
      return null;
    }
    const body = await readFile(this.part, 'utf8');
    await writeFile(this.part, `line,external_id,code,reason\n${body}`);
    await rename(this.part, this.path);
    return this.path;
  }

  get rejected(): number {
    return this.count;
  }

  private async writtenBefore(line: number): Promise<Reject[]> {
    const text = await readFile(this.part, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text
      .split('\n')
      .flatMap(parseRow)
      .filter((reject) => reject.line < line);
  }
}

// A spreadsheet would run a cell that begins with = as a formula.
const rows = (rejects: readonly Reject[]) =>
  stringify(
    rejects.map(({ line, externalId, code, reason }) => [line, oneLine(externalId ?? ''), code, oneLine(reason)]),
    { escape_formulas: true },
  );
const oneLine = (text: string) => text.replace(/\s+/g, ' ');

/** A row that a crash cut in half is left out: its batch is taken again. */
function parseRow(text: string): Reject[] {
  const split = splitRecord(text, ',');
  if (!('cells' in split) || split.cells.length !== 4) return [];
  const [line, externalId = '', code = '', reason = ''] = split.cells;
  return [{ line: Number(line), externalId: externalId || null, code, reason }];
}
