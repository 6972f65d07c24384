import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');
const SHIPPED = ['bin', 'src', 'resolvers', 'sources', 'golden-records', 'prisma', 'hub.config.ts'];

/** The sets that quality is measured on, in whole and by the parts of their names that mean nothing else. */
const SETS = readdirSync(join(ROOT, 'eval', 'sets')).map((file) => file.replace(/\.json$/, ''));
const PARTS = [
  'febrl',
  'fodors',
  'zagat',
  'dblp',
  'abt-buy',
  'amazon-google',
  'early-childhood',
  'historical-',
  'fake-1000',
];

test('no name of a data set is in what is shipped: one configuration for all, tuned to none', () => {
  expect(SETS.length).toBeGreaterThan(8);
  const files = SHIPPED.flatMap((folder) =>
    folder.endsWith('.ts')
      ? [folder]
      : readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  ).filter((file) => /\.(ts|js|mjs|json)$/.test(file) && !file.includes('generated'));
  const offences = files.filter((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8').toLowerCase();
    return [...SETS, ...PARTS].some((name) => text.includes(name));
  });
  expect(files.length).toBeGreaterThan(100);
  expect(offences).toEqual([]);
});
