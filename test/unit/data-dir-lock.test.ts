import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AlreadyRunning, lockDataDir } from '../../src/data-dir-lock.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'concord-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const file = () => join(dir, 'hub.json');

test('one at a time, and free again afterwards', async () => {
  const first = await lockDataDir(dir);
  await expect(lockDataDir(dir)).rejects.toBeInstanceOf(AlreadyRunning);
  await first.release();
  await (await lockDataDir(dir)).release();
  expect(readdirSync(dir)).toEqual([]);
});

test('the one who is refused hears where the other is', async () => {
  const lock = await lockDataDir(dir);
  await lock.announce({ endpoint: 'http://127.0.0.1:4000/graphql' });
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  await expect(lockDataDir(dir)).rejects.toThrow(`process ${process.pid}, at http://127.0.0.1:4000/graphql`);
  await lock.release();
});

test.each([
  ['of a process that is gone', { pid: 2 ** 22 + 1, started: 'x' }],
  ['of a process whose number was given out again', { pid: process.pid, started: 'another time' }],
])('a lock %s counts for nothing', async (_whose, occupant) => {
  writeFileSync(file(), JSON.stringify(occupant));
  const lock = await lockDataDir(dir);
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ pid: process.pid });
  await lock.release();
});

test.each(['', '{', '[]', 'null'])('a broken lock %p counts for nothing', async (text) => {
  writeFileSync(file(), text);
  await (await lockDataDir(dir)).release();
  expect(readdirSync(dir)).toEqual([]);
});

test('of many at once one gets it, also when a stale one lies there', async () => {
  writeFileSync(file(), JSON.stringify({ pid: 2 ** 22 + 1, started: 'x' }));
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dir)));
  const taken = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(taken).toHaveLength(1);
  await taken[0]?.release();
});
