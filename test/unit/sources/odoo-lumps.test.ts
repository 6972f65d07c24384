import { expect, test } from '@jest/globals';
import { LUMP, Lumps } from '../../../sources/odoo/lumps.js';

const COUNT = 2 * LUMP + 10;
/** Ids with gaps, as those of other companies are left out. */
const ids = Array.from({ length: COUNT }, (_, nth) => 3 * nth + 1);

function source() {
  const asked: number[] = [];
  const read = async (after: number) => {
    asked.push(after);
    return {
      rows: ids
        .filter((id) => id > after)
        .slice(0, LUMP)
        .map((id) => ({ id })),
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
  expect(asked).toEqual([0, ids[LUMP - 1], ids[2 * LUMP - 1]]);
});

test('the next lump is asked for before it is needed', async () => {
  const { asked, read } = source();
  await new Lumps().page('s', 'w', 0, 300, read);
  expect(asked).toEqual([0, ids[LUMP - 1]]);
});

test('who goes on where another worker stopped misses nothing', async () => {
  const { read } = source();
  const lumps = new Lumps();
  await lumps.page('s', 'w', 0, 300, read);
  for (const after of [ids[500] ?? 0, ids[LUMP + 7] ?? 0, ids[2 * LUMP + 3] ?? 0]) {
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
