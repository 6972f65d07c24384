import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

const LINES = 10_000;

/** Write a file as a whole: under another name first, so that nobody ever sees a part of it. */
export function writeFile(path: string, lines: Iterable<string>): void {
  const temporary = `${path}.${process.pid}.part`;
  const file = openSync(temporary, 'w');
  try {
    let waiting: string[] = [];
    for (const line of lines) {
      waiting.push(line);
      if (waiting.length < LINES) continue;
      writeSync(file, `${waiting.join('\n')}\n`);
      waiting = [];
    }
    if (waiting.length > 0) writeSync(file, `${waiting.join('\n')}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const NEEDS_QUOTES = /[",\r\n]/;
export const csvCell = (text: string) => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
