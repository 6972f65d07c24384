import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, goldenOf, readGolden, type TestHub } from '../../support/hub.js';
import { emptyStore } from '../../support/laws/empty.js';
import { UNIVERSE_RULES, UNIVERSE_SYSTEMS } from '../../support/laws/universe.js';

// What random sequences have found, each with the one thing that went wrong.
let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub({ systems: UNIVERSE_SYSTEMS, rules: UNIVERSE_RULES });
});
beforeEach(() => emptyStore(hub.db.pool));
afterEach(() => hub.expectLawful());
afterAll(() => hub.close());

const stateOf = async (system: string, externalId: string) =>
  (await readGolden(hub, await goldenOf(hub, system, externalId))).state;

test('laws 1 and 3: who was in doubt because of a record that is gone is in doubt no longer', async () => {
  await hub.arrive('erp', 'supplier', { E1: { name: 'Alpha Care' } });
  await hub.arrive('portal', 'supplier', { Q1: { name: 'Alpha Care' } });
  expect(await stateOf('portal', 'Q1')).toBe('PROVISIONAL');
  await hub.arrive('erp', 'supplier', { E1: { name: 'Alpha Care' } }, { deleted: true });
  expect(await stateOf('portal', 'Q1')).toBe('ACTIVE');
  expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(0);
});

test('laws 1 and 3: a correction of the older record puts the newer one in doubt, and takes it out again', async () => {
  await hub.arrive('erp', 'supplier', { E1: { name: 'Alpha Care' } });
  await hub.arrive('portal', 'supplier', { Q1: { name: 'Beta Care' } });
  await hub.arrive('erp', 'supplier', { E1: { name: 'Beta Care' } });
  expect(await stateOf('portal', 'Q1')).toBe('PROVISIONAL');
  expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(1);
  await hub.arrive('erp', 'supplier', { E1: { name: 'Gamma Care' } });
  expect(await stateOf('portal', 'Q1')).toBe('ACTIVE');
});

describe('laws 2 and 8: who withdraws a division takes the id back to where it was', () => {
  const sourceOf = async (externalId: string) =>
    (await hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { externalId } })).id;
  const both = () => Promise.all([goldenOf(hub, 'erp', 'E1'), goldenOf(hub, 'erp', 'E2')]);

  test.each([
    [
      'a split that gave it to the part',
      async (id: string) =>
        hub.decide('SPLIT', {
          entityType: 'supplier',
          id,
          sourceRecordIds: [await sourceOf('E2')],
          keepIdWith: 'PART',
        }),
    ],
    [
      'an unlink that left it behind',
      async () => hub.decide('UNLINK', { entityType: 'supplier', sourceRecordId: await sourceOf('E1') }),
    ],
  ])('%s', async (_, divide) => {
    await hub.arrive('erp', 'supplier', { E1: { name: 'Alpha Care' }, E2: { name: 'Beta Care' } });
    const [one, other] = await both();
    const merge = await hub.decide('MERGE', { entityType: 'supplier', survivorId: one, mergedIds: [other] });
    const division = await divide(one);
    expect(await goldenOf(hub, 'erp', 'E2')).toBe(one);
    await hub.decide('UNDO', { operationId: division.operation.id });
    expect(await both()).toEqual([one, one]);
    const undone = await hub.decide('UNDO', { operationId: merge.operation.id });
    expect(await both()).toEqual([one, other]);
    // An undo of the undo, and everything is joined under the survivor again.
    await hub.decide('UNDO', { operationId: undone.operation.id });
    expect(await both()).toEqual([one, one]);
  });
});
