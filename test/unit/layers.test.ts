import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A folder imports only from folders to its right. */
const CHAIN = ['src', 'resolvers', 'sources', 'golden-records', 'prisma'];
/** Outside the chain: the console speaks only GraphQL, the bench drives the program as its users do and judges as the evaluation does, which drives its matcher. */
const MAY_IMPORT: Record<string, string[]> = {
  console: ['console'],
  bench: ['bench', 'eval', ...CHAIN],
  eval: ['eval', ...CHAIN],
};
for (const [rank, folder] of CHAIN.entries()) MAY_IMPORT[folder] = CHAIN.slice(rank);

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]*)['"]/g;
const SOURCE = /\.(?:ts|tsx|mts|js|mjs)$/;
const FOREIGN = /(?:^|\/)(?:node_modules|dist|generated)(?:\/|$)/;

/** `file` is relative to the root, with forward slashes. Each offence reads "file:line imports what". */
function offences(file: string, text: string): string[] {
  const folder = topOf(file);
  return [...text.matchAll(IMPORT)].flatMap((match) => {
    const target = posix.normalize(posix.join(posix.dirname(file), match[1] ?? ''));
    const ofTheRoot = !target.includes('/');
    if (ofTheRoot || MAY_IMPORT[folder]?.includes(topOf(target))) return [];
    const line = text.slice(0, match.index).split('\n').length;
    return [`${file}:${line} imports ${target}`];
  });
}

function topOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function sourcesOf(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((file) => SOURCE.test(file) && !FOREIGN.test(file));
}

it('src → resolvers → sources → golden-records → prisma: a folder imports only from folders to its right', () => {
  const files = Object.keys(MAY_IMPORT).flatMap(sourcesOf);
  expect(files).toContain('src/database.ts');
  expect(files.flatMap((file) => offences(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
});

it.each([
  ['golden-records/a.ts', "import { x } from '../sources/b.js';", ['golden-records/a.ts:1 imports sources/b.js']],
  ['sources/odoo/a.ts', "\nexport * from '../../src/app.js';", ['sources/odoo/a.ts:2 imports src/app.js']],
  ['resolvers/a.ts', "const b = await import('../src/b.js');", ['resolvers/a.ts:1 imports src/b.js']],
  ['resolvers/a.ts', "import {\n  b,\n} from '../test/b.js';", ['resolvers/a.ts:3 imports test/b.js']],
  [
    'console/src/a.tsx',
    "import type { b } from '../../resolvers/b.js';",
    ['console/src/a.tsx:1 imports resolvers/b.js'],
  ],
  ['src/a.ts', "import '../bench/b.js';", ['src/a.ts:1 imports bench/b.js']],
  ['src/a.ts', "import { b } from '../golden-records/index.js';\nimport pg from 'pg';", []],
  ['sources/odoo/a.ts', "import { b } from '../connector.js';", []],
  ['src/a.ts', "import { version } from '../package.json' with { type: 'json' };", []],
])('%s with %j', (file, text, expected) => {
  expect(offences(file, text)).toEqual(expected);
});
