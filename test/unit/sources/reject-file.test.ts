import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RejectFile } from '../../../sources/files/reject-file.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'concord-rejects-'));
  path = join(folder, 'a.csv.rejects.csv');
});
afterEach(() => rm(folder, { recursive: true }));

const reject = (line: number, externalId: string | null = `V${line}`) => ({
  line,
  externalId,
  code: 'RECORD_REJECTED',
  reason: 'no name,\nno "identifier"',
});

test('has its name only when it is complete', async () => {
  const file = new RejectFile(path);
  await file.begin(1);
  await file.append([reject(2), reject(3, null)]);
  expect(await readdir(folder)).toEqual(['a.csv.rejects.csv.part']);
  await file.append([reject(9, '=1+1')]);
  expect(await file.finish()).toBe(path);
  expect(await readdir(folder)).toEqual(['a.csv.rejects.csv']);
  expect(await readFile(path, 'utf8')).toBe(
    [
      'line,external_id,code,reason',
      '2,V2,RECORD_REJECTED,"no name, no ""identifier"""',
      '3,,RECORD_REJECTED,"no name, no ""identifier"""',
      `9,'=1+1,RECORD_REJECTED,"no name, no ""identifier"""`,
      '',
    ].join('\n'),
  );
});

test('goes on after a crash: keeps what came before the batch that is taken again', async () => {
  const first = new RejectFile(path);
  await first.begin(1);
  await first.append([reject(2)]);
  await first.append([reject(400)]);
  await writeFile(`${path}.part`, `${await readFile(`${path}.part`, 'utf8')}512,V5`);

  const again = new RejectFile(path);
  await again.begin(302);
  await again.append([reject(400), reject(512)]);
  await again.finish();
  expect(again.rejected).toBe(3);
  expect((await readFile(path, 'utf8')).split('\n').map((line) => line.split(',')[0])).toEqual([
    'line',
    '2',
    '400',
    '512',
    '',
  ]);
});

test('without rejects there is none, and one of an earlier import goes', async () => {
  await writeFile(path, 'line,external_id,code,reason\n2,V2,X,y\n');
  const file = new RejectFile(path);
  await file.begin(1);
  expect(await file.finish()).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});
