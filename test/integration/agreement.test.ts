import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Json, startRematch } from '../../golden-records/index.js';
import { advanceJobOnce } from '../../src/workflows/advance.js';
import { createTestHub, STEWARD, type TestHub } from '../support/hub.js';

let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub();
});
beforeEach(() => hub.clear());
afterAll(() => hub.close());

interface Arriving {
  readonly system: string;
  readonly externalId: string;
  readonly says: Json;
}

/** The same sequence for the same seed (xorshift), so that a failure can be looked at again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const THINGS = 60;
const SYLLABLES = ['bar', 'kel', 'lom', 'nir', 'tus', 'vad', 'zor'];
const word = (nth: number) =>
  [nth, Math.floor(nth / 7), nth * 3]
    .map((at) => SYLLABLES[at % 7])
    .join('')
    .replace(/^./, (letter) => letter.toUpperCase());
const address = (thing: number) => ({
  kind: 'MAIN',
  line1: `${thing + 1} Main Street`,
  city: 'Springfield',
  postcode: '62701',
  country: 'US',
});

/** Suppliers as up to three systems know them: with or without tax id and address; some share a name, some only an address. */
function suppliers(): Arriving[] {
  const random = randomOf(7);
  const records: Arriving[] = [];
  for (let thing = 0; thing < THINGS; thing++) {
    const name = `${word(thing % 45)} Clinic Supply`;
    const taxIds = [{ scheme: 'EIN', value: `20-${1_000_001 + ((thing * 738_271) % 8_000_000)}`, country: 'US' }];
    for (const system of ['erp', 'procurement', 'portal']) {
      if (random(5) === 0) continue;
      const says = {
        name: random(8) === 0 ? `${name} Branch` : name,
        ...(random(3) > 0 ? { taxIds } : {}),
        ...(random(3) > 0 ? { addresses: [address(random(9) === 0 ? thing % 4 : thing)] } : {}),
      };
      records.push({ system, externalId: `${system}-${thing}`, says });
    }
  }
  return records;
}

function shuffled<T>(all: readonly T[], seed: number): T[] {
  const random = randomOf(seed);
  const result = [...all];
  for (let at = result.length - 1; at > 0; at--) {
    const other = random(at + 1);
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
}

/** In the order given, as many at a time as there are neighbours of one system, `most` at the most. */
async function load(records: readonly Arriving[], most: number): Promise<void> {
  for (let at = 0; at < records.length; ) {
    const { system } = records[at] as Arriving;
    let to = at;
    while (to < records.length && to - at < most && records[to]?.system === system) to++;
    const batch = records.slice(at, to).map(({ externalId, says }) => [externalId, says] as const);
    await hub.arrive(system, 'supplier', Object.fromEntries(batch));
    at = to;
  }
}

/** For each record, who is linked with it. */
async function links(): Promise<Map<string, string>> {
  const { rows } = await hub.db.pool.query<{ id: string; members: string }>(
    `select external_id as id, string_agg(external_id, ' ') over (partition by golden_record_id order by external_id
       rows between unbounded preceding and unbounded following) as members from source_record`,
  );
  return new Map(rows.map(({ id, members }) => [id, members]));
}

const agreement = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>) =>
  [...one].filter(([id, members]) => other.get(id) === members).length / one.size;

test('law 3: a batch of each system, one record after the other, and another order give the same clusters', async () => {
  const records = suppliers();
  await load(
    records.toSorted((a, b) => (a.system < b.system ? -1 : 1)),
    500,
  );
  const batched = await links();
  const joined = new Set([...batched.values()].filter((members) => members.includes(' ')));
  expect(batched.size).toBe(records.length);
  // There is something to agree on: most things are known to two systems at least.
  expect(joined.size).toBeGreaterThan(THINGS / 3);

  for (const [order, most] of [
    [shuffled(records, 1), 1],
    [shuffled(records, 2), 20],
  ] as const) {
    await hub.clear();
    await load(order, most);
    expect(agreement(batched, await links())).toBeGreaterThanOrEqual(0.99);
  }
  await hub.expectLawful();
});

test('law 3: matching all of it again, from nothing but the records, gives the clusters that are there', async () => {
  await load(shuffled(suppliers(), 3), 1);
  const before = await links();
  await hub.db.pool.query('delete from match_key; delete from match_score');
  const job = await startRematch(hub.db, STEWARD, { entityType: 'supplier', correlationId: 'again' });
  while ((await advanceJobOnce(hub.db, job.id)).advanced);
  expect(await links()).toEqual(before);
  await hub.expectLawful();
});

test('differing tax ids of one country never link by themselves, whatever else agrees', async () => {
  const same = { name: 'Meridian Surgical Supply', addresses: [address(1)], website: 'https://meridian.example' };
  const ein = (value: string) => [{ scheme: 'EIN', value, country: 'US' }];
  await hub.arrive('erp', 'supplier', { V1: { ...same, taxIds: ein('20-1000001') } });
  await hub.arrive('portal', 'supplier', { P1: { ...same, taxIds: ein('20-1000002') } });
  // Nor through a third that agrees with both and says nothing of its own tax id.
  await hub.arrive('procurement', 'supplier', { S1: same });
  const found = await links();
  expect(found.get('V1')).not.toContain('P1');
  await hub.expectLawful();
});
