import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type InboundRecord, ingest, type Json, recompute } from '../../../golden-records/index.js';
import { createTestHub, INTEGRATOR, identityMapping, type TestHub } from '../../support/hub.js';
import { emptyStore } from '../../support/laws/empty.js';
import { portraitOf } from '../../support/laws/portrait.js';
import { RECORDS, said, UNIVERSE_RULES, UNIVERSE_SYSTEMS } from '../../support/laws/universe.js';

const SEED = Number(process.env.CONCORD_LAWS_SEED ?? 20261123);
const RUNS = Number(process.env.CONCORD_LAWS_RUNS ?? 25);

let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub({ systems: UNIVERSE_SYSTEMS, rules: UNIVERSE_RULES });
});
afterAll(() => hub.close());

/** What one record says over time: each version with its own source time, the same in every interleaving. */
const version = fc.record({
  says: said.chain((attributes) =>
    fc
      .record(
        { parent: fc.constantFrom<Json>(...RECORDS.map(({ system, externalId: id }) => ({ system, id }))) },
        { requiredKeys: [] },
      )
      .map((parent) => ({ ...attributes, ...parent })),
  ),
  deleted: fc.constantFrom(false, false, false, true),
  hours: fc.nat({ max: 5 }),
});
const histories = fc.tuple(...RECORDS.map(() => fc.array(version, { maxLength: 3, size: 'max' })));
type Histories = typeof histories extends fc.Arbitrary<infer T> ? T : never;
interface Event {
  readonly system: string;
  readonly record: InboundRecord;
}

const interleaved = histories.chain((all) => {
  const turns = all.flatMap((versions, record) => versions.map(() => record));
  const order = fc.shuffledSubarray(
    turns.map((_, turn) => turn),
    { minLength: turns.length },
  );
  return fc.record({
    all: fc.constant(all),
    one: order.map((turn) => turn.map((at) => turns[at] ?? 0)),
    other: order.map((turn) => turn.map((at) => turns[at] ?? 0)),
    batch: fc.integer({ min: 1, max: 6 }),
  });
});

/** The events in the order of the turns; each record's own stay in their order. */
function eventsOf(all: Histories, turns: readonly number[]): Event[] {
  const next = all.map(() => 0);
  return turns.map((at) => {
    const nth = next[at] ?? 0;
    next[at] = nth + 1;
    const { system = '', externalId = '' } = RECORDS[at] ?? {};
    const { says, deleted, hours } = all[at]?.[nth] ?? { says: {}, deleted: false, hours: 0 };
    const sourceTime = new Date(Date.UTC(2026, 0, 1 + nth, hours)).toISOString();
    return { system, record: { externalId, payload: says, deleted, sourceTime } };
  });
}

async function live(events: readonly Event[], batch: number) {
  await emptyStore(hub.db.pool);
  for (let at = 0; at < events.length; ) {
    const system = events[at]?.system ?? '';
    const together = events.slice(at, at + batch);
    const others = together.findIndex((event) => event.system !== system);
    const records = (others === -1 ? together : together.slice(0, others)).map(({ record }) => record);
    at += records.length;
    await ingest(hub.db, INTEGRATOR, {
      system,
      scope: 'main',
      entityType: 'supplier',
      records,
      mapping: identityMapping,
      correlationId: 'laws',
    });
  }
  await hub.settleAll();
  return portraitOf(hub.db);
}

test(`law 3: two interleavings of the same histories end alike, exactly, and recomputing changes nothing (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(interleaved, async ({ all, one, other, batch }) => {
      const first = await live(eventsOf(all, one), 1);
      const second = await live(eventsOf(all, other), batch);
      expect(second).toEqual(first);
      const { changed } = await recompute(hub.db, INTEGRATOR, { entityType: 'supplier', correlationId: 'laws' });
      expect(changed).toBe(0);
      await hub.expectLawful();
    }),
    { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 600_000 },
  );
}, 900_000);
