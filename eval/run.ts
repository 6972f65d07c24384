import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HARD_SETS } from './hard-world.js';
import { loadSet } from './load-set.js';
import { runSet } from './run-set.js';
import { HARD_SIZE, MOST_MISCALIBRATED, TARGETS } from './targets.js';

/**
 * npm run eval [-- <set>…] [--out <folder>]: match every labelled set of the folder that EVAL_DATA names, with the shipped configuration,
 * and compare with the truth. A synthetic set is read from EVAL_DATA too, once it was generated there; the hard ones are made on the spot.
 */
const args = process.argv.slice(2);
const outAt = args.indexOf('--out');
const out = outAt < 0 ? undefined : args[outAt + 1];
const named = args.filter((arg, at) => !arg.startsWith('-') && (outAt < 0 || at !== outAt + 1));
const data = resolve(process.env.EVAL_DATA ?? '../shared/datasets');

if (!existsSync(data)) {
  process.stdout.write(
    `EVAL_DATA: no folder ${data}; only generated sets are evaluated. Set EVAL_DATA to the folder of the labelled sets.\n`,
  );
}

const write = (cells: readonly string[]) =>
  process.stdout.write(`${cells.map((cell, at) => (at === 0 ? cell.padEnd(26) : cell.padStart(9))).join(' ')}\n`);
write(['set', 'F1', 'target', 'precision', 'recall', 'B-cubed', 'predicted', 'real', 'cand/rec', 'found', 'seconds']);
const missed: string[] = [];
for (const name of named.length > 0 ? named : Object.keys(TARGETS)) {
  const target = TARGETS[name];
  const set = target && (HARD_SETS[name]?.(HARD_SIZE) ?? loadSet(name, data));
  if (!set) {
    write([name, target ? 'not in EVAL_DATA' : 'unknown']);
    continue;
  }
  const outcome = await runSet(set, { blocking: target.found !== undefined });
  const { quality, bcubed, predicted, real, candidates, found, seconds, clusters, notes } = outcome;
  const three = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4));
  write([
    name,
    three(quality.f1),
    String(target.f1 ?? ''),
    three(quality.precision),
    three(quality.recall),
    three(bcubed?.f1),
    three(predicted),
    three(real),
    (candidates / set.rows.length).toFixed(1),
    three(found),
    seconds.toFixed(1),
  ]);
  for (const note of notes) process.stdout.write(`  ${note}\n`);
  const reached: readonly [what: string, value: number, least: number | undefined][] = [
    ['F1', quality.f1, target.f1],
    ['B-cubed', bcubed?.f1 ?? 0, target.bcubed],
    ['precision', quality.precision, target.precision],
    ['recall', quality.recall, target.recall],
    ['true pairs among the candidates', found ?? 0, target.found],
  ];
  for (const [what, value, least] of reached) {
    if (least !== undefined && value < least) missed.push(`${name}: ${what} ${three(value)} of ${least}`);
  }
  if (candidates > (target.perRecord ?? Number.POSITIVE_INFINITY) * set.rows.length) {
    missed.push(`${name}: more than ${target.perRecord} candidates a record`);
  }
  if (!(Math.abs(predicted - real) <= MOST_MISCALIBRATED)) {
    missed.push(`${name}: predicted ${three(predicted)}, real ${three(real)}`);
  }
  if (out) {
    const lines = set.ids.map((id, at) => `${id},${set.ids[clusters[at] as number]}`);
    writeFileSync(join(out, `${name}.csv`), `id,cluster_id\n${lines.join('\n')}\n`);
  }
}
process.stdout.write(
  missed.length > 0 ? `\nShort of the target:\n  ${missed.join('\n  ')}\n` : '\nAll targets reached.\n',
);
process.exit(missed.length > 0 ? 3 : 0);
