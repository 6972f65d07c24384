import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import {
  type Cell,
  type FieldKind,
  type FieldSpec,
  type MadeBlock,
  type MatchParameters,
  makeBlock,
  sharesFor,
} from '../../golden-records/match/engine/index.js';
import { readTable } from './read-table.js';

/** Some of the fields of a file, and in which columns they lie. */
export interface ColumnsTask {
  readonly path: string;
  readonly fields: readonly FieldSpec[];
  readonly at: readonly (readonly number[])[];
  readonly parameters?: MatchParameters;
}

/** What a thread made of its fields, in arrays that it shares. */
export interface MadeColumns {
  readonly block: MadeBlock['block'];
  readonly frequencies: ReturnType<MadeBlock['frequencies']>;
}

/** The cells of a record, field by field. */
export const cellsAt = (cells: readonly string[], at: ColumnsTask['at']): Cell[] =>
  at.map((places) =>
    places.length === 1
      ? (cells[places[0] as number] as string)
      : places.map((place) => cells[place] as string).filter((cell) => cell !== ''),
  );

/** Read some fields of a file whose header and rows another thread looks over. */
export function readColumns({ path, fields, at, parameters }: ColumnsTask): MadeColumns {
  function* records(): Generator<Cell[]> {
    let width = -1;
    for (const { cells } of readTable(path)) {
      if (width < 0) width = cells.length;
      // The other thread says what is wrong.
      else if (cells.length !== width) return;
      else yield cellsAt(cells, at);
    }
  }
  const made = makeBlock({ fields }, records(), sharesFor(parameters));
  return { block: made.block, frequencies: made.frequencies() };
}

/** What normalising and numbering the values of a kind takes, beside others. */
const COSTS: Readonly<Partial<Record<FieldKind, number>>> = {
  'organisation-name': 6,
  'person-name': 3,
  text: 8,
  address: 5,
  street: 5,
  city: 2,
  list: 4,
  phone: 2,
  email: 2,
  url: 3,
  country: 1,
  'house-number': 1,
};
const USUAL_COST = 1.5;
/** Ids and the check of every row fall to the first thread. */
const FIRST_THREAD = 4;

/** Which fields a second thread reads, so that both have about as much to do. */
export function fieldsOfSecondThread(fields: readonly FieldSpec[]): number[] {
  const cost = (at: number) => COSTS[(fields[at] as FieldSpec).kind] ?? USUAL_COST;
  const second: number[] = [];
  let first = FIRST_THREAD;
  let other = 0;
  for (const at of [...fields.keys()].sort((a, b) => cost(b) - cost(a) || a - b)) {
    if (other < first) {
      second.push(at);
      other += cost(at);
    } else first += cost(at);
  }
  return second.sort((a, b) => a - b);
}

/** Beside this file once it is compiled. From TypeScript sources all is read in one thread. */
const THREAD = new URL('./column-thread.js', import.meta.url);
/** A file smaller than this is read before a thread has started. */
export const FEWEST_BYTES = 4_000_000;

/** Can a second thread read part of the fields? Titles lend their words to other columns, so those stay together. */
export const hasSecondThread = (fields: readonly FieldSpec[], bytes: number): boolean =>
  bytes >= FEWEST_BYTES &&
  fields.length > 1 &&
  !fields.some(({ kind }) => kind === 'title') &&
  availableParallelism() > 1 &&
  existsSync(fileURLToPath(THREAD));

export interface ColumnReader {
  readonly made: Promise<MadeColumns>;
  stop(): Promise<unknown>;
}

export function readInThread(task: ColumnsTask): ColumnReader {
  const worker = new Worker(THREAD, { workerData: task });
  const made = new Promise<MadeColumns>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a reading thread ended before its work was done')));
  });
  // Whoever stopped it, for a reason of its own, doesn't wait for it.
  made.catch(() => undefined);
  return { made, stop: () => worker.terminate() };
}
