import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_THRESHOLDS, STRATEGIES } from '../../golden-records/rules.js';
import { EXIT } from '../../src/commands/exit.js';
import { VARIABLES } from '../../src/config.js';
import { METRICS } from '../../src/metrics.js';
import { CONFIG_KEYS, SYSTEM_KEYS } from '../../src/define-config.js';

/** The rows of the first table under a heading, cells without their back-ticks. */
function tableUnder(document: string, heading: string): string[][] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${document}`, import.meta.url)), 'utf8');
  const [, section] = text.split(`\n${heading}\n`);
  if (section === undefined) throw new Error(`${document} has no "${heading}"`);
  const lines = section.slice(section.indexOf('\n| ') + 1).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('| '));
  return lines.slice(2, end < 0 ? undefined : end).map((line) => line.slice(2, -2).split(' | ').map(plain));
}
const plain = (cell: string) => cell.trim().replace(/^`(.*)`$/, '$1');
const firstCells = (rows: string[][]) => rows.map(([first = '']) => first);

// Equality looks in both directions: nothing undocumented, nothing documented that is not there.
describe('docs/configuration.md has what the code has', () => {
  test('environment: name, default, unit and reason', () => {
    const expected = Object.values(VARIABLES).map(({ name, fallback, unit, reason }) => [name, fallback, unit, reason]);
    expect(tableUnder('configuration.md', '## Environment')).toEqual(expected);
  });

  test('keys of the configuration and of a system', () => {
    expect(firstCells(tableUnder('configuration.md', '### Top level'))).toEqual(CONFIG_KEYS);
    expect(firstCells(tableUnder('configuration.md', '### `systems.<code>`'))).toEqual(SYSTEM_KEYS);
  });

  test('survivorship strategies', () => {
    expect(firstCells(tableUnder('configuration.md', '#### Strategies'))).toEqual(STRATEGIES);
  });

  test('thresholds and their defaults', () => {
    const rows = tableUnder('configuration.md', '### `rules.<entityType>.thresholds`');
    expect(Object.fromEntries(rows.map(([key, , value]) => [key, Number(value)]))).toEqual(DEFAULT_THRESHOLDS);
  });
});

test('docs/operations.md has every metric, with its type and labels', () => {
  const expected = Object.entries(METRICS).map(([name, { type, labels }]) => [name, type, labels.join(', ')]);
  expect(tableUnder('operations.md', '## Metrics').map(([name, type, labels]) => [name, type, labels])).toEqual(
    expected,
  );
});

test('docs/cli.md has every exit code', () => {
  const documented = firstCells(tableUnder('cli.md', '## Exit codes')).map(Number);
  expect(documented).toEqual(Object.values(EXIT));
});
