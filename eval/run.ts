import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadSet } from './load-set.js';
import { runSet } from './run-set.js';
import { MOST_MISCALIBRATED, TARGETS } from './targets.js';

/**
 * npm run eval [-- <set>…] [--out <folder>]: match every labelled set of the folder that EVAL_DATA names, with the shipped configuration,
 * and compare with the truth. A synthetic set is read from EVAL_DATA too, once it was generated there.
 */
const args = process.argv.slice(2);
const outAt = args.indexOf('--out');
const out = outAt < 0 ? undefined : args[outAt + 1];
const named = args.filter((arg, at) => !arg.startsWith('-') && (outAt < 0 || at !== outAt + 1));
const data = resolve(process.env.EVAL_DATA ?? '../shared/datasets');

if (!existsSync(data)) {
  process.stdout.write(
    `EVAL_DATA: no folder ${data}; nothing was evaluated. Set EVAL_DATA to the folder of the labelled sets.\n`,
  );
  process.exit(3);
}

const write = (cells: readonly string[]) =>
  process.stdout.write(`${cells.map((cell, at) => (at === 0 ? cell.padEnd(26) : cell.padStart(9))).join(' ')}\n`);
write(['set', 'F1', 'target', 'precision', 'recall', 'B-cubed', 'predicted', 'real', 'cand/rec', 'seconds']);
const missed: string[] = [];
for (const name of named.length > 0 ? named : Object.keys(TARGETS)) {
  const target = TARGETS[name];
  const set = target && loadSet(name, data);
  if (!set) {
    write([name, target ? 'not in EVAL_DATA' : 'unknown']);
    continue;
  }
  const { quality, bcubed, predicted, real, candidates, seconds, clusters, notes } = await runSet(set);
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
    seconds.toFixed(1),
  ]);
  for (const note of notes) process.stdout.write(`  ${note}\n`);
  if (target.f1 && quality.f1 < target.f1) missed.push(`${name}: F1 ${three(quality.f1)} of ${target.f1}`);
  if (target.bcubed && (bcubed?.f1 ?? 0) < target.bcubed)
    missed.push(`${name}: B-cubed ${three(bcubed?.f1)} of ${target.bcubed}`);
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
