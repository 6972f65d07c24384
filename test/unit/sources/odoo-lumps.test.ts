import { expect, test } from '@jest/globals';
import { Lumps, SIZES, sizeAfter } from '../../../sources/odoo/lumps.js';

/** Calls that take no time ask for twice as much each. */
const FIRST = SIZES.first;
const SECOND = FIRST + 2 * FIRST;
const COUNT = SECOND + 10;
/** Ids with gaps, as those of other companies are left out. */
const ids = Array.from({ length: COUNT }, (_, nth) => 3 * nth + 1);

function source() {
  const asked: number[] = [];
  const read = async (after: number, size: number) => {
    asked.push(after);
    return {
      rows: ids
        .filter((id) => id > after)
        .slice(0, size)
        .map((id) => ({ id })),
      ready: Promise.resolve(),
    };
  };
  return { asked, read };
}

test('pages come in order, each row once, from as few calls as there are lumps', async () => {
  const { asked, read } = source();
  const lumps = new Lumps();
  const found: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const { taken, last }: Awaited<ReturnType<typeof lumps.page>> = await lumps.page('s', 'w', after, 300, read);
    found.push(...taken.rows.map(({ id }) => id));
    after = last;
  }
  expect(found).toEqual(ids);
  expect(asked).toEqual([0, ids[FIRST - 1], ids[SECOND - 1]]);
});

test('the next lump is asked for before it is needed', async () => {
  const { asked, read } = source();
  await new Lumps().page('s', 'w', 0, 300, read);
  expect(asked).toEqual([0, ids[FIRST - 1]]);
});

test('the next lump is asked for while what belongs to the rows is on its way, and all is read anew where that fails', async () => {
  const { asked, read } = source();
  const lumps = new Lumps();
  let fail: (error: Error) => void = () => undefined;
  const ready = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const page = lumps.page('s', 'w', 0, 300, async (after, size) => ({ ...(await read(after, size)), ready }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([0, ids[FIRST - 1]]);
  fail(new Error('the parts are gone'));
  await expect(page).rejects.toThrow('the parts are gone');
  expect((await lumps.page('s', 'w', 0, 300, read)).taken.rows[0]).toEqual({ id: 1 });
  expect(asked.filter((after) => after === 0)).toHaveLength(2);
});

test('who goes on where another worker stopped misses nothing', async () => {
  const { read } = source();
  const lumps = new Lumps();
  await lumps.page('s', 'w', 0, 300, read);
  for (const after of [ids[500] ?? 0, ids[FIRST + 7] ?? 0, ids[SECOND + 3] ?? 0]) {
    let at: number | null = after;
    let first: number | undefined;
    while (at !== null && first === undefined) {
      const { taken, last }: Awaited<ReturnType<typeof lumps.page>> = await lumps.page('s', 'w', at, 300, read);
      first = taken.rows[0]?.id;
      at = last;
    }
    expect(first).toBe(after + 3);
  }
});

test('another window is read anew, and so is one whose reading failed', async () => {
  const { asked, read } = source();
  const lumps = new Lumps();
  await lumps.page('s', 'w1', 0, 300, read);
  await lumps.page('s', 'w2', 0, 300, read);
  expect(asked.filter((after) => after === 0)).toHaveLength(2);
  const down = () => Promise.reject(new Error('down'));
  await expect(lumps.page('t', 'w', 0, 300, down)).rejects.toThrow('down');
  expect((await lumps.page('t', 'w', 0, 300, read)).taken.rows).toHaveLength(300);
});

test('a slow server is asked for less, a quick one for more, within bounds', () => {
  expect(sizeAfter(2_000, 250)).toBe(4_000);
  expect(sizeAfter(4_000, 100)).toBe(SIZES.most);
  expect(sizeAfter(2_000, 2_500)).toBe(800);
  expect(sizeAfter(800, 30_000)).toBe(SIZES.least);
  expect(sizeAfter(500, 500)).toBe(1_000);
});

test('after a failure it begins with little', async () => {
  const sizes: number[] = [];
  const { read } = source();
  const lumps = new Lumps();
  await expect(lumps.page('s', 'w', 0, 300, () => Promise.reject(new Error('too much')))).rejects.toThrow('too much');
  await lumps.page('s', 'w', 0, 300, (after, size) => {
    sizes.push(size);
    return read(after, size);
  });
  expect(sizes[0]).toBe(SIZES.least);
});
