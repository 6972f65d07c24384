import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FileFormat, type FileRow, LONGEST_RECORD, readRows } from '../../../sources/files/client.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'concord-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

const CSV: FileFormat = { format: 'csv', delimiter: ',', encoding: 'utf-8', requiredColumns: [] };
const JSONL: FileFormat = { ...CSV, format: 'jsonl' };

async function rowsOf(content: string | Buffer, format: FileFormat = CSV): Promise<FileRow[]> {
  const path = join(folder, 'file');
  await writeFile(path, content);
  return readAll(path, format);
}
async function readAll(path: string, format: FileFormat): Promise<FileRow[]> {
  const all: FileRow[] = [];
  for await (const rows of readRows(path, format)) all.push(...rows);
  return all;
}
/** `line: what was read`, or the code of why not. */
const told = (rows: FileRow[]) =>
  rows.map((row) => `${row.line}: ${'row' in row ? Object.values(row.row).join('|') : row.unreadable.code}`);

describe('CSV', () => {
  test('rows by column, with the line that each began on', async () => {
    expect(await rowsOf('id,name\r\n1,Ada\r\n\r\n2,"two\r\nlines"\r\n3,last')).toEqual([
      { line: 2, row: { id: '1', name: 'Ada' } },
      { line: 4, row: { id: '2', name: 'two\r\nlines' } },
      { line: 6, row: { id: '3', name: 'last' } },
    ]);
  });

  test('a byte-order mark and a trailing delimiter are no columns', async () => {
    expect(await rowsOf('\uFEFFid,name,\n1,Ada,\n')).toEqual([{ line: 2, row: { id: '1', name: 'Ada' } }]);
  });

  test('a row of empty cells says nothing', async () => {
    expect(await rowsOf('id,name\n,\n1,Ada\n')).toEqual([{ line: 3, row: { id: '1', name: 'Ada' } }]);
  });

  test('a ragged row costs itself only', async () => {
    const rows = await rowsOf('id,name\n1\n2,b\n3,c,d\n4,e\n');
    expect(told(rows)).toEqual(['2: ROW_RAGGED', '3: 2|b', '4: ROW_RAGGED', '5: 4|e']);
    expect(rows[0]).toEqual({
      line: 2,
      unreadable: { code: 'ROW_RAGGED', message: 'expected 2 cells, found 1', text: '1' },
    });
  });

  test.each([
    ['never closed', 'id,name\n1,"x\n2,y\n3,z\n', ['2: ROW_QUOTES', '3: 2|y', '4: 3|z']],
    ['closed by a later row', 'id,name\n1,"x\n2,y\n3,"z"\n4,w\n', ['2: ROW_QUOTES', '3: 2|y', '4: 3|z', '5: 4|w']],
    ['text after it', 'id,name\n1,"x"y\n2,y\n', ['2: ROW_QUOTES', '3: 2|y']],
  ])('a stray quote (%s) costs its line and no good row', async (_case, content, expected) => {
    expect(told(await rowsOf(content))).toEqual(expected);
  });

  test('an unclosed quote does not swallow a long file', async () => {
    const good = Array.from({ length: 3000 }, (_, at) => `${at},n`);
    const rows = await rowsOf(['id,name', 'bad,"x', ...good].join('\n'));
    expect(rows).toHaveLength(3001);
    expect(told(rows).slice(0, 2)).toEqual(['2: ROW_QUOTES', '3: 0|n']);
  });

  test('NUL and broken bytes are told, not stored', async () => {
    const content = Buffer.concat([Buffer.from('id,name\n1,a\0b\n2,'), Buffer.from([0xff]), Buffer.from('\n3,c\n')]);
    const rows = await rowsOf(content);
    expect(told(rows)).toEqual(['2: ROW_HAS_NUL', '3: ROW_NOT_UNICODE', '4: 3|c']);
    expect(rows[0]).toMatchObject({ unreadable: { text: '1,a\u2400b' } });
  });

  test('a huge cell costs its line and bounded memory', async () => {
    const rows = await rowsOf(`id,name\n1,${'x'.repeat(3 * LONGEST_RECORD)}\n2,b\n`);
    expect(told(rows)).toEqual(['2: ROW_TOO_LARGE', '3: 2|b']);
    expect(rows[0]).toMatchObject({ unreadable: { text: expect.stringMatching(/^1,x{1998}$/) } });
  });

  test('windows-1252 and UTF-16', async () => {
    const name = 'Klinik Gr\u00FCn';
    expect(await rowsOf(Buffer.from(`id,n\n1,${name}`, 'latin1'), { ...CSV, encoding: 'windows-1252' })).toEqual([
      { line: 2, row: { id: '1', n: name } },
    ]);
    expect(await rowsOf(Buffer.from(`\uFEFFid,n\n1,${name}`, 'utf16le'), { ...CSV, encoding: 'utf-16le' })).toEqual([
      { line: 2, row: { id: '1', n: name } },
    ]);
  });

  test.each([
    ['nothing at all', '', 'expected a line of column names, found nothing'],
    ['a column twice', 'id,id\n', 'column "id" twice'],
    ['a column without a name', 'id,,name\n', 'a column without a name'],
    ['no id column', 'name\n1\n', 'no column "id"; the first line has: name'],
    ['a broken header', '"id"x,name\n', 'line 1: text after the closing quote'],
  ])('%s: the file is refused as a whole', async (_case, content, message) => {
    const reading = rowsOf(content, { ...CSV, requiredColumns: ['id'] });
    await expect(reading).rejects.toMatchObject({ code: 'HEADER_INVALID', message: expect.stringContaining(message) });
  });

  test('columns named like parts of objects are columns', async () => {
    const [row] = await rowsOf('__proto__,constructor\n1,2\n');
    expect(row && 'row' in row && Object.entries(row.row)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });
});

describe('JSON Lines', () => {
  test('objects by line; the rest is told', async () => {
    const rows = await rowsOf('{"id":1,"a":null}\n\n[1]\n{"id":\n"x"\n{"id":2}', JSONL);
    expect(told(rows)).toEqual(['1: 1|', '3: ROW_NOT_JSON', '4: ROW_NOT_JSON', '5: ROW_NOT_JSON', '6: 2']);
  });

  test('numbers that a float would change stay as written', async () => {
    const rows = await rowsOf('{"a":12345678901234567890,"b":1.5,"c":0.1234567890123456789}', JSONL);
    expect(rows).toEqual([{ line: 1, row: { a: '12345678901234567890', b: 1.5, c: '0.1234567890123456789' } }]);
  });

  test('an object nested without end costs itself only', async () => {
    const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const rows = await rowsOf(`${deep(100)}\n${deep(102)}\n${deep(100_000)}\n{"id":2}\n`, JSONL);
    expect(rows.map((row) => ('row' in row ? 'read' : row.unreadable.code))).toEqual([
      'read',
      'ROW_NOT_JSON',
      'ROW_NOT_JSON',
      'read',
    ]);
  });

  test('an escaped NUL or half a surrogate pair is told, also in a key', async () => {
    const rows = await rowsOf('{"a":"x\\u0000"}\n{"a":["\\ud800"]}\n{"\\u0000":1}\n{"a":"\\ud83d\\ude00"}', JSONL);
    expect(told(rows)).toEqual(['1: ROW_HAS_NUL', '2: ROW_NOT_UNICODE', '3: ROW_HAS_NUL', '4: \u{1F600}']);
  });
});

test.each([
  ['no file', () => join(folder, 'missing'), 'FILE_NOT_FOUND'],
  ['a folder', () => folder, 'FILE_UNREADABLE'],
])('%s is refused', async (_case, path, code) => {
  await expect(readAll(path(), CSV)).rejects.toMatchObject({ code });
});

describe('whatever the bytes', () => {
  test.each([
    ['CSV', { ...CSV }],
    ['CSV in UTF-16', { ...CSV, encoding: 'utf-16le' }],
    ['JSON Lines', JSONL],
  ] as const)('%s: every line is a row, a reason, or blank, and what is read can be stored', async (_case, format) => {
    const pieces = fc.constantFrom('a', ',', '"', '\n', '\r\n', '\0', '{"a":', '}', '"\\u0000"', '1', ' ', '\u{1F600}');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(pieces, { maxLength: 60 }).map((all) => Buffer.from(all.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const rows = await rowsOf(Buffer.concat([Buffer.from('id,name\n'), content]), format).catch(unusable);
        const lines = rows.map(({ line }) => line);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
        expect(rows.every(isStorable)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  /** PostgreSQL takes neither NUL nor half a surrogate pair, in keys or values. */
  const isStorable = (value: unknown): boolean => {
    if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
    if (value === null || typeof value !== 'object') return true;
    return [...Object.keys(value), ...Object.values(value)].every(isStorable);
  };
  const unusable = (error: unknown): FileRow[] => {
    expect(error).toMatchObject({ code: 'HEADER_INVALID' });
    return [];
  };
});

test('chunks of a large file end in the middle of letters and records', async () => {
  const cell = '"\u00FC\u{1F600}\n,""x"""';
  const count = 60_000;
  const rows = await rowsOf(`id,name\n${Array.from({ length: count }, (_, at) => `${at},${cell}\n`).join('')}`);
  expect(rows).toHaveLength(count);
  expect(
    rows.every((row, at) => 'row' in row && row.row.id === String(at) && row.row.name === '\u00FC\u{1F600}\n,"x"'),
  ).toBe(true);
});
