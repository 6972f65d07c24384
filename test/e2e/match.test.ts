import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateSuppliers } from '../support/match-suppliers.js';

const CONCORD = fileURLToPath(new URL('../../bin/concord.js', import.meta.url));

describe('concord match', () => {
  let folder: string;
  const generated = generateSuppliers(500, 7);
  const header = generated.schema.fields.map(({ name }) => name);
  const csv = (rows: readonly (readonly unknown[])[]) =>
    `${rows.map((row) => row.map((cell) => cell ?? '').join(',')).join('\n')}\n`;
  const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'concord-match-'));
    write(
      'suppliers.csv',
      csv([['id', ...header], ...generated.records.map((cells, at) => [generated.ids[at], ...cells])]),
    );
    write('schema.json', JSON.stringify({ fields: [{ name: 'name', kind: 'organisation-name' }] }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(
    args: readonly string[],
    { interrupt = false } = {},
  ): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [CONCORD, 'match', ...args], { cwd: folder });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => {
        // Its first progress line: from then on it is at work, however slow the machine.
        if (interrupt && err === '') child.kill('SIGINT');
        err += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, out, err }));
    });
  }

  test('writes clusters, pairs and a report, and explains a pair', async () => {
    const [a = '', b = ''] = generated.ids;
    const outputs = ['--out', 'clusters.csv', '--pairs', 'pairs.csv', '--report', 'report.html'];
    const { code, out } = await run(['suppliers.csv', '--type', 'supplier', ...outputs, '--explain', a, b]);
    expect(code).toBe(0);
    expect(out).toMatch(/records +\d/);
    expect(out).toMatch(/parameters +estimated/);
    expect(out).toContain(`${a} and ${b}: weight`);
    const clusters = readFileSync(join(folder, 'clusters.csv'), 'utf8').trim().split('\n');
    expect(clusters[0]).toBe('id,cluster_id');
    expect(clusters).toHaveLength(generated.ids.length + 1);
    const clusterOf = new Map(clusters.slice(1).map((line) => line.split(',') as [string, string]));
    const together = generated.ids.filter((id) => clusterOf.get(id) !== id).length;
    expect(together).toBeGreaterThan(100);
    expect(readFileSync(join(folder, 'pairs.csv'), 'utf8')).toMatch(
      /^left_id,right_id,probability,weight\n\S+,\S+,[01]\.\d+,-?\d+\.\d+\n/,
    );
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toMatch(/Weights of the pairs[\s\S]*Least certain clusters/);
    const [, weight = '', probability = '', became, one, other] =
      /<td class="n">(-?[\d.]+)<\/td><td class="n">([\d.]+)<\/td><td>(joined|apart)<\/td><td><b>(.+?)<\/b>.*?<br><b>(.+?)<\/b>/.exec(
        page,
      ) ?? [];
    const pair = readFileSync(join(folder, 'pairs.csv'), 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${one},${other},`));
    expect(Number(pair?.split(',')[2])).toBeCloseTo(Number(probability), 4);
    expect(Number(pair?.split(',')[3]).toFixed(1)).toBe(weight);
    expect(became).toBe(clusterOf.get(one ?? '') === clusterOf.get(other ?? '') ? 'joined' : 'apart');
  });

  test('keeps what it learnt, and scores a second time with that', async () => {
    const saved = ['--type', 'supplier', '--out', 'first.csv', '--save-parameters', 'learnt.json'];
    expect((await run(['suppliers.csv', ...saved])).code).toBe(0);
    const again = ['--type', 'supplier', '--out', 'second.csv', '--parameters', 'learnt.json'];
    expect((await run(['suppliers.csv', ...again])).code).toBe(0);
    expect(readFileSync(join(folder, 'second.csv'), 'utf8')).toBe(readFileSync(join(folder, 'first.csv'), 'utf8'));
    const other = await run(['suppliers.csv', '--schema', 'schema.json', '--parameters', 'learnt.json']);
    expect(other.err + other.out).toMatch(/learnt\.json: schema\.fields\[1\]: expected nothing/);
    expect(other.code).toBe(2);
  });

  test.each([
    ['neither type nor schema', ['suppliers.csv'], /either --type or --schema/],
    ['a file that is not there', ['nowhere.csv', '--type', 'supplier'], /nowhere.csv: can't be opened/],
    ['an empty file', ['empty.csv', '--schema', 'schema.json'], /found an empty file/],
    [
      'a column that is not there',
      ['other.csv', '--schema', 'schema.json'],
      /expected a column "name", found "id", "label"/,
    ],
    ['ids that repeat', ['twice.csv', '--schema', 'schema.json'], /line 3: expected an id of its own .*line 2 has too/],
    [
      'a source column that is not there',
      ['one.csv', '--schema', 'schema.json', '--source', 'system'],
      /a column "system"/,
    ],
    ['two columns of one name', ['two.csv', '--schema', 'schema.json'], /one column "name", found 2; rename/],
    ['a folder', ['.', '--schema', 'schema.json'], /expected a file, found a folder/],
    ['a file with no column of the type', ['other.csv', '--type', 'supplier'], /found "id", "label"; say with --map/],
    [
      'a folder to write to that is not there',
      ['one.csv', '--schema', 'schema.json', '--out', 'nowhere/out.csv'],
      /--out .*nowhere isn't there; create it/,
    ],
    [
      'a folder to write over',
      ['one.csv', '--schema', 'schema.json', '--pairs', '.'],
      /--pairs .*expected the name of a file/,
    ],
    [
      'the input to write over',
      ['one.csv', '--schema', 'schema.json', '--out', './one.csv'],
      /--out .*one\.csv: is read by this run/,
    ],
    [
      'one name for two outputs',
      ['one.csv', '--schema', 'schema.json', '--out', 'x.csv', '--pairs', 'x.csv'],
      /--pairs .*is what --out writes/,
    ],
    [
      'duplicates that are and are not',
      ['one.csv', '--schema', 'schema.json', '--dedupe', '--one-to-one'],
      /--one-to-one and --dedupe/,
    ],
    ['a row too short', ['short.csv', '--schema', 'schema.json'], /line 2: expected 2 cells/],
    ['a quote never closed', ['quote.csv', '--schema', 'schema.json'], /begins on line 2 is never closed/],
    [
      'an unknown id to explain',
      ['one.csv', '--schema', 'schema.json', '--explain', '1', '9'],
      /no record has the id "9"/,
    ],
  ])('%s is told, with exit code 2', async (_what, args, message) => {
    write('empty.csv', '');
    write('other.csv', 'id,label\n1,x\n');
    write('twice.csv', 'id,name\n1,x\n1,y\n');
    write('short.csv', 'id,name\n1\n');
    write('quote.csv', 'id,name\n1,"x\n2,y\n');
    write('one.csv', 'id,name\n1,Acme\n');
    write('two.csv', 'id,name,name\n1,Acme,Beta\n');
    const { code, err, out } = await run(args);
    expect(err + out).toMatch(message);
    expect(code).toBe(2);
    expect(readFileSync(join(folder, 'one.csv'), 'utf8')).toBe('id,name\n1,Acme\n');
    expect(existsSync(join(folder, 'x.csv'))).toBe(false);
  });

  test('compares the fields of a type that the file has, and says which', async () => {
    write('some.csv', 'note,city,name,id\nx,Boston,Northmoor Surgical Inc,1\ny,Boston,Northmoor Surgical,2\n');
    const { code, out } = await run(['some.csv', '--type', 'supplier', '--explain', '1', '2']);
    expect(code).toBe(0);
    expect(out).toMatch(/compared +name, city\n/);
    expect(out).toMatch(/in one cluster, 1; probability with what it says of both 0\.\d{4}/);
  });

  test('separators inside quotes of the header count for nothing', async () => {
    write('semicolons.csv', '"id";"name, legal, short"\n1;Acme\n2;Beta\n');
    write('semicolons.json', JSON.stringify({ name: 'name, legal, short' }));
    const { code } = await run(['semicolons.csv', '--type', 'supplier', '--map', 'semicolons.json']);
    expect(code).toBe(0);
  });

  test('says of two records of one source that they were never compared', async () => {
    write('linked.csv', 'id,source,name\n1,a,Acme\n2,a,Acme\n3,b,Acme\n');
    const { out } = await run(['linked.csv', '--schema', 'schema.json', '--explain', '1', '2']);
    expect(out).toContain('never compared, as both are of source "a"');
  });

  test.each([
    ['one record', Buffer.from('id,name\n1,Acme\n')],
    ['a header only', Buffer.from('id,name\n')],
    ['NUL and control characters', Buffer.from('id,name\n1,Ac\u0000me\u0007\n2,\u0000\n')],
    ['another encoding', Buffer.from('id,name\n1,M\u00fcller\n', 'latin1')],
    ['UTF-16', Buffer.from('\ufeffid,name\n1,M\u00fcller\n', 'utf16le')],
    ['a cell of 100 kB', Buffer.from(`id,name\n1,"${'word '.repeat(20_000)}"\n2,"${'w'.repeat(100_000)}"\n`)],
    ['line breaks inside quotes', Buffer.from('id,name\r\n1,"Ac\nme"\r\n2,"say ""hi"""\r\n')],
  ])('%s: a sound result', async (_what, content) => {
    write('odd.csv', content);
    const { code, err } = await run(['odd.csv', '--schema', 'schema.json', '--out', 'odd.clusters.csv']);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'odd.clusters.csv'), 'utf8')).toMatch(/^id,cluster_id\n/);
  });

  test('10,000 equal names end, without a quadratic block', async () => {
    write('equal.csv', `id,name\n${Array.from({ length: 10_000 }, (_, at) => `${at},Central Pharmacy`).join('\n')}\n`);
    const { code, out } = await run(['equal.csv', '--schema', 'schema.json', '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(out) as { candidates: number }).candidates).toBeLessThanOrEqual(600_000);
  });

  test('Ctrl-C leaves nothing half-written', async () => {
    const many = generateSuppliers(40_000, 3);
    write('many.csv', csv([['id', ...header], ...many.records.map((cells, at) => [many.ids[at], ...cells])]));
    const { code, out } = await run(['many.csv', '--type', 'supplier', '--out', 'many.clusters.csv'], {
      interrupt: true,
    });
    expect(code).toBe(130);
    expect(out).toContain('nothing was written');
    expect(existsSync(join(folder, 'many.clusters.csv'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
