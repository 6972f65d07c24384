import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import type { ChangedRow, OdooWorld } from './world.js';

/**
 * Keep a world in a file, one line a transaction, written before the call is answered: an Odoo that forgot what it has
 * acknowledged would look to the hub like a database that was reset. The first line is what `begin` makes of a new world.
 */
export function keepWorld(world: OdooWorld, file: string, begin: (world: OdooWorld) => void): void {
  if (existsSync(file)) restoreFrom(file, world);
  else {
    const rows: ChangedRow[] = [];
    world.onCommit = (changed) => rows.push(...changed);
    begin(world);
    // In one go: a start that is killed in between begins anew.
    writeFileSync(`${file}.new`, lineOf(rows));
    renameSync(`${file}.new`, file);
  }
  world.onCommit = (changed) => appendFileSync(file, lineOf(changed));
}

function restoreFrom(file: string, world: OdooWorld): void {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  // Cut short by a kill: nobody was told that it was done.
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  for (const line of whole.split('\n')) if (line !== '') world.restore(JSON.parse(line) as ChangedRow[]);
}

const lineOf = (rows: readonly ChangedRow[]) => `${JSON.stringify(rows)}\n`;
