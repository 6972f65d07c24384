import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InvalidInput } from '../../golden-records/errors.js';

const LINES = 10_000;

export interface OutputFile {
  /** The option that names it, for messages. */
  readonly option: string;
  readonly path: string;
}

/**
 * Can these files be written? Asked before a long run rather than after it. Throws InvalidInput where one can't, or would
 * replace what is read or what another option writes.
 */
export function checkOutputs(outputs: readonly OutputFile[], inputs: readonly string[]): void {
  const taken = new Map(inputs.map((path) => [realPathOf(path), 'is read by this run']));
  for (const { option, path } of outputs) {
    const advice = (found: string) => new InvalidInput('INVALID_INPUT', `${option} ${path}: ${found}`);
    const real = realPathOf(path);
    if (real === undefined) throw advice(`the folder ${dirname(path)} isn't there; create it or choose another`);
    const found = statSync(real, { throwIfNoEntry: false });
    if (found && !found.isFile()) throw advice('expected the name of a file, found something else of that name');
    try {
      accessSync(dirname(real), constants.W_OK);
    } catch (cause) {
      throw advice(`can't be written (${(cause as Error).message}); choose another folder`);
    }
    const other = taken.get(real);
    if (other !== undefined) throw advice(`${other}; choose another name`);
    taken.set(real, `is what ${option} writes`);
  }
}

/** Where a file lies or will lie, whatever it is called; undefined where its folder isn't there. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return undefined;
    }
  }
}

/** Write files as a whole, all or none: under other names first, so that nobody ever sees a part of them. */
export function writeFiles(files: readonly { readonly path: string; readonly lines: Iterable<string> }[]): void {
  const temporary = (path: string) => `${path}.${process.pid}.part`;
  let at = '';
  try {
    for (const { path, lines } of files) {
      at = path;
      writeLines(temporary(path), lines);
    }
    for (const { path } of files) {
      at = path;
      renameSync(temporary(path), path);
    }
  } catch (cause) {
    for (const { path } of files) rmSync(temporary(path), { force: true });
    if (typeof (cause as NodeJS.ErrnoException).code !== 'string') throw cause;
    throw new InvalidInput('INVALID_INPUT', `${at}: can't be written (${(cause as Error).message})`, { cause });
  }
}

function writeLines(path: string, lines: Iterable<string>): void {
  const file = openSync(path, 'w');
  try {
    let waiting: string[] = [];
    for (const line of lines) {
      waiting.push(line);
      if (waiting.length < LINES) continue;
      writeWhole(file, waiting);
      waiting = [];
    }
    if (waiting.length > 0) writeWhole(file, waiting);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A full disk takes a part and says so only of what follows. */
function writeWhole(file: number, lines: readonly string[]): void {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

const NEEDS_QUOTES = /[",\r\n]/;
export const csvCell = (text: string) => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
