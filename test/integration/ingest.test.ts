import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ingest, type Json } from '../../golden-records/index.js';
import {
  attributesOf,
  createTestHub,
  goldenOf,
  identityMapping,
  readGolden,
  STEWARD,
  type TestHub,
} from '../support/hub.js';

let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub({
    rules: {
      supplier: {
        attributes: {
          name: { owner: ['erp'] },
          currency: { owner: ['erp'], onConflict: 'propose' },
          legalName: { strategy: 'longest' },
        },
      },
    },
  });
});
beforeEach(() => hub.clear());
afterEach(() => hub.expectLawful());
afterAll(() => hub.close());

const ACME = { name: 'Acme Surgical Inc', taxIds: [{ scheme: 'EIN', value: '12-3456788', country: 'US' }] };

describe('law 1: one link', () => {
  test('a new record gets a golden record of its own; the same again changes nothing', async () => {
    const first = await hub.arrive('erp', 'supplier', { V1: ACME });
    expect(first.counts.CREATED).toBe(1);
    const again = await hub.arrive('erp', 'supplier', { V1: ACME });
    expect(again.counts.UNCHANGED).toBe(1);
    expect(again.operationId).toBeNull();
    expect(await hub.db.prisma.change.count()).toBe(1);
  });

  test('a shared strong identifier links records of different systems', async () => {
    await hub.arrive('erp', 'supplier', { V1: ACME });
    const result = await hub.arrive('portal', 'supplier', { P9: { ...ACME, name: 'ACME Surgical, Incorporated' } });
    expect(result.counts.LINKED).toBe(1);
    expect(await goldenOf(hub, 'portal', 'P9')).toBe(await goldenOf(hub, 'erp', 'V1'));
  });

  test('a bad record is held back with its reason and a task while the rest goes on, and heals', async () => {
    const result = await hub.arrive('erp', 'supplier', {
      BAD: { name: 12 },
      NONE: { website: 'https://x.example' },
      V1: ACME,
    });
    expect(result.counts).toMatchObject({ REJECTED: 2, CREATED: 1 });
    const tasks = await hub.db.prisma.stewardTask.findMany();
    expect(tasks.map(({ kind }) => kind)).toEqual(['REJECTED_RECORD', 'REJECTED_RECORD']);
    const healed = await hub.arrive('erp', 'supplier', { BAD: { name: 'Better Ltd' } });
    expect(healed.counts.CREATED).toBe(1);
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(1);
  });

  test('a source that goes back to what was known before a rejected version answers the question', async () => {
    const open = () => hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } });
    await hub.arrive('erp', 'supplier', { V1: ACME }, { sourceTime: '2026-01-01T00:00:00Z' });
    for (const day of ['02', '04']) {
      const bad = await hub.arrive('erp', 'supplier', { V1: { name: 12 } }, { sourceTime: `2026-01-${day}T00:00:00Z` });
      expect(bad.counts.REJECTED).toBe(1);
      expect(await open()).toBe(1);
      const back = await hub.arrive('erp', 'supplier', { V1: ACME }, { sourceTime: `2026-01-${day}T12:00:00Z` });
      expect(back.counts.UPDATED).toBe(1);
      expect(back.changed).toEqual([]);
      expect(await open()).toBe(0);
    }
    const { provenance } = await readGolden(hub, await goldenOf(hub, 'erp', 'V1'));
    expect(provenance).toMatchObject({ name: { at: '2026-01-01T00:00:00.000Z' } });
    expect((await hub.arrive('erp', 'supplier', { V1: ACME })).counts.UNCHANGED).toBe(1);
  });

  test('a record held back and then deleted at its source is asked about no longer', async () => {
    await hub.arrive('erp', 'supplier', { V1: { name: 12 } });
    const gone = await hub.arrive('erp', 'supplier', { V1: { name: 12 } }, { deleted: true });
    expect(gone.counts.DELETED).toBe(1);
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(0);
    const again = await hub.arrive('erp', 'supplier', { V1: { name: 12 } }, { deleted: true });
    expect(again.counts.UNCHANGED).toBe(1);
    expect((await hub.arrive('erp', 'supplier', { V1: { name: 12 } })).counts.REJECTED).toBe(1);
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(1);
    expect((await hub.arrive('erp', 'supplier', { V1: ACME })).counts.CREATED).toBe(1);
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(0);
  });

  test('what is in doubt gets a provisional golden record and a task', async () => {
    await hub.arrive('erp', 'supplier', { V1: { name: 'Northwind Medical' } });
    const result = await hub.arrive('portal', 'supplier', { P1: { name: 'Northwind Medical GmbH' } });
    expect(result.counts.PROVISIONAL).toBe(1);
    const [task] = await hub.db.prisma.stewardTask.findMany();
    expect(task).toMatchObject({ kind: 'POSSIBLE_MATCH', state: 'OPEN' });
  });
});

describe('law 4: owners own', () => {
  test('until the owner is linked survivorship decides provisionally; then only the owner', async () => {
    await hub.arrive('portal', 'supplier', { P9: { ...ACME, name: 'Acme Portal Name', currency: 'EUR' } });
    const id = await goldenOf(hub, 'portal', 'P9');
    expect((await attributesOf(hub, id)).name).toBe('Acme Portal Name');
    expect((await readGolden(hub, id)).provenance).toMatchObject({ name: { provisional: true } });
    await hub.arrive('erp', 'supplier', { V1: { ...ACME, currency: 'USD' } });
    expect(await goldenOf(hub, 'erp', 'V1')).toBe(id);
    expect(await attributesOf(hub, id)).toMatchObject({ name: 'Acme Surgical Inc', currency: 'USD' });
    expect(await hub.db.prisma.stewardTask.findMany()).toMatchObject([{ kind: 'OWNERSHIP_CONFLICT', state: 'OPEN' }]);
    await hub.arrive('erp', 'supplier', { V1: { ...ACME, currency: null } });
    expect(await attributesOf(hub, id)).not.toHaveProperty('currency');
  });
});

describe('laws 2, 5 and 8: decisions', () => {
  const twoSuppliers = async () => {
    await hub.arrive('erp', 'supplier', { A: { name: 'Alpha Care', legalName: 'Alpha Care Holding' } });
    await hub.arrive('portal', 'supplier', { B: { name: 'Beta Care', website: 'https://beta.example' } });
    return [await goldenOf(hub, 'erp', 'A'), await goldenOf(hub, 'portal', 'B')] as const;
  };

  test('merge redirects, undo brings everything back, undo of the undo merges again', async () => {
    const [a, b] = await twoSuppliers();
    const merged = await hub.decide('MERGE', { entityType: 'supplier', survivorId: b, mergedIds: [a] });
    expect(await readGolden(hub, a)).toMatchObject({ state: 'MERGED', mergedIntoId: b });
    expect(await attributesOf(hub, b)).toMatchObject({ name: 'Alpha Care', website: 'https://beta.example' });
    const undone = await hub.decide('UNDO', { operationId: merged.operation.id });
    expect(await attributesOf(hub, a)).toMatchObject({ name: 'Alpha Care' });
    expect(await attributesOf(hub, b)).toMatchObject({ name: 'Beta Care' });
    await hub.decide('UNDO', { operationId: undone.operation.id });
    expect(await readGolden(hub, a)).toMatchObject({ state: 'MERGED', mergedIntoId: b });
  });

  test('a split stands against the machine and keeps the id where it is told to', async () => {
    await hub.arrive('erp', 'supplier', { A: ACME });
    await hub.arrive('portal', 'supplier', { B: ACME });
    const id = await goldenOf(hub, 'erp', 'A');
    const part = await hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { externalId: 'B' } });
    await hub.decide('SPLIT', { entityType: 'supplier', id, sourceRecordIds: [part.id], keepIdWith: 'PART' });
    expect(await goldenOf(hub, 'portal', 'B')).toBe(id);
    const other = await goldenOf(hub, 'erp', 'A');
    expect(other).not.toBe(id);
    await hub.arrive('erp', 'supplier', { A: { ...ACME, website: 'https://acme.example' } });
    expect(await goldenOf(hub, 'erp', 'A')).toBe(other);
    await hub.arrive('procurement', 'supplier', { C: ACME });
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBeGreaterThan(0);
  });

  test('unmerge gives a merged id its records back and stands', async () => {
    const [a, b] = await twoSuppliers();
    await hub.decide('MERGE', { entityType: 'supplier', survivorId: a, mergedIds: [b] });
    await hub.decide('UNMERGE', { entityType: 'supplier', mergedId: b });
    expect(await goldenOf(hub, 'portal', 'B')).toBe(b);
    expect((await readGolden(hub, b)).state).toBe('ACTIVE');
  });

  test('link moves a record, the record that it leaves keeps its id, and undo moves it back', async () => {
    await hub.arrive('erp', 'supplier', { A: ACME });
    await hub.arrive('portal', 'supplier', { B: ACME });
    await hub.arrive('procurement', 'supplier', { C: { name: 'Gamma' } });
    const from = await goldenOf(hub, 'erp', 'A');
    const to = await goldenOf(hub, 'procurement', 'C');
    const record = await hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { externalId: 'A' } });
    const moved = await hub.decide('LINK', { entityType: 'supplier', sourceRecordId: record.id, goldenId: to });
    expect(await goldenOf(hub, 'erp', 'A')).toBe(to);
    expect(await goldenOf(hub, 'portal', 'B')).toBe(from);
    await hub.decide('UNDO', { operationId: moved.operation.id });
    expect(await goldenOf(hub, 'erp', 'A')).toBe(from);
  });

  test('override wins, survives merges, is cleared and brought back by undo', async () => {
    const [a, b] = await twoSuppliers();
    await hub.decide('OVERRIDE', { entityType: 'supplier', id: a, attribute: 'name', value: 'Alpha as told' });
    await hub.decide('MERGE', { entityType: 'supplier', survivorId: b, mergedIds: [a] });
    expect((await attributesOf(hub, b)).name).toBe('Alpha as told');
    const cleared = await hub.decide('CLEAR_OVERRIDE', { entityType: 'supplier', id: b, attribute: 'name' });
    expect((await attributesOf(hub, b)).name).toBe('Alpha Care');
    await hub.decide('UNDO', { operationId: cleared.operation.id });
    expect((await attributesOf(hub, b)).name).toBe('Alpha as told');
  });

  test('retire, restore, and a record whose sources are gone', async () => {
    const [a] = await twoSuppliers();
    await hub.decide('RETIRE', { entityType: 'supplier', id: a });
    expect((await readGolden(hub, a)).state).toBe('RETIRED');
    await hub.decide('RESTORE', { entityType: 'supplier', id: a });
    expect((await readGolden(hub, a)).state).toBe('ACTIVE');
    await hub.arrive('portal', 'supplier', { B: { name: 'Beta Care' } }, { deleted: true });
    expect(await readGolden(hub, await goldenOf(hub, 'portal', 'B'))).toMatchObject({
      state: 'RETIRED',
      attributes: { name: 'Beta Care' },
    });
  });

  test('a split keeps the named id with its part, also where an older id lives there', async () => {
    await hub.arrive('erp', 'supplier', { A: { name: 'Alpha Care' } });
    await hub.arrive('portal', 'supplier', { B: { name: 'Beta Care' } });
    await hub.arrive('procurement', 'supplier', { C: { name: 'Gamma Care' } });
    const [older, whole, last] = await Promise.all([
      goldenOf(hub, 'erp', 'A'),
      goldenOf(hub, 'portal', 'B'),
      goldenOf(hub, 'procurement', 'C'),
    ]);
    await hub.decide('MERGE', { entityType: 'supplier', survivorId: whole, mergedIds: [older, last] });
    const part = await hub.db.prisma.sourceRecord.findMany({ where: { externalId: 'A' } });
    const sourceRecordIds = part.map(({ id }) => id);
    await hub.decide('SPLIT', { entityType: 'supplier', id: whole, sourceRecordIds, keepIdWith: 'PART' });
    expect(await goldenOf(hub, 'erp', 'A')).toBe(whole);
    expect(await readGolden(hub, older)).toMatchObject({ state: 'MERGED', mergedIntoId: whole });
    expect(await goldenOf(hub, 'procurement', 'C')).toBe(last);
    expect(await goldenOf(hub, 'portal', 'B')).toBe(last);
  });

  test('not-duplicate holds for whoever joins one of the two later', async () => {
    await hub.arrive('erp', 'supplier', { V1: { name: 'Northwind Medical' } });
    await hub.arrive('portal', 'supplier', { P1: { name: 'Northwind Medical' } });
    const ids = [await goldenOf(hub, 'erp', 'V1'), await goldenOf(hub, 'portal', 'P1')];
    await hub.decide('NOT_DUPLICATE', { entityType: 'supplier', ids });
    await hub.arrive('procurement', 'supplier', { C1: { name: 'Northwind Medical' } });
    const third = await goldenOf(hub, 'procurement', 'C1');
    await hub.decide('MERGE', { entityType: 'supplier', survivorId: ids[0] ?? '', mergedIds: [third] });
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(0);
  });

  test('not-duplicate leaves together what evidence joined on either side', async () => {
    await hub.arrive('erp', 'supplier', { V1: { name: 'Acme', duns: '804735132' } });
    await hub.arrive('portal', 'supplier', { P1: { name: 'Acme', duns: '804735132' } });
    await hub.arrive('procurement', 'supplier', { F1: { name: 'Acme' } });
    const [one, other] = [await goldenOf(hub, 'erp', 'V1'), await goldenOf(hub, 'procurement', 'F1')];
    await hub.decide('NOT_DUPLICATE', { entityType: 'supplier', ids: [one, other] });
    expect(await goldenOf(hub, 'erp', 'V1')).toBe(one);
    expect(await goldenOf(hub, 'portal', 'P1')).toBe(one);
    expect(await goldenOf(hub, 'procurement', 'F1')).toBe(other);
    await hub.expectLawful();
  });

  test('not-duplicate silences the question until a new identifier speaks', async () => {
    await hub.arrive('erp', 'supplier', { V1: { name: 'Northwind Medical' } });
    await hub.arrive('portal', 'supplier', { P1: { name: 'Northwind Medical' } });
    const ids = [await goldenOf(hub, 'erp', 'V1'), await goldenOf(hub, 'portal', 'P1')];
    await hub.decide('NOT_DUPLICATE', { entityType: 'supplier', ids });
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(0);
    await hub.arrive('portal', 'supplier', { P1: { name: 'Northwind Medical', website: 'https://n.example' } });
    expect(await hub.db.prisma.stewardTask.count({ where: { state: 'OPEN' } })).toBe(0);
    const known = { name: 'Northwind Medical', taxIds: [{ scheme: 'EIN', value: '12-3456788', country: 'US' }] };
    await hub.arrive('erp', 'supplier', { V1: known });
    await hub.arrive('portal', 'supplier', { P1: known });
    expect(await hub.db.prisma.stewardTask.findMany({ where: { state: 'OPEN' } })).toMatchObject([
      { details: { reason: 'REOPENED' } },
    ]);
    expect(await goldenOf(hub, 'portal', 'P1')).toBe(ids[1]);
  });
});

describe('references', () => {
  test('arrival order does not matter, and a merge of the target is followed', async () => {
    await hub.arrive('erp', 'item', { I1: { name: 'Gauze', preferredSupplier: 'V1' } });
    const item = await goldenOf(hub, 'erp', 'I1', 'item');
    expect(await attributesOf(hub, item, 'item')).not.toHaveProperty('preferredSupplier');
    await hub.arrive('erp', 'supplier', { V1: { name: 'Delta' } });
    await hub.settleAll();
    const delta = await goldenOf(hub, 'erp', 'V1');
    expect((await attributesOf(hub, item, 'item')).preferredSupplier).toBe(delta);
    await hub.arrive('portal', 'supplier', { P1: { name: 'Epsilon' } });
    const epsilon = await goldenOf(hub, 'portal', 'P1');
    await hub.decide('MERGE', { entityType: 'supplier', survivorId: epsilon, mergedIds: [delta] });
    await hub.settleAll();
    expect((await attributesOf(hub, item, 'item')).preferredSupplier).toBe(epsilon);
  });
});

describe('versions of one record', () => {
  test('an older version that comes late is kept and not applied; each attribute keeps its own time', async () => {
    await hub.arrive('erp', 'supplier', { V1: ACME }, { sourceTime: '2026-01-01T00:00:00Z' });
    await hub.arrive('erp', 'supplier', { V1: { ...ACME, currency: 'USD' } }, { sourceTime: '2026-02-01T00:00:00Z' });
    const late = await hub.arrive(
      'erp',
      'supplier',
      { V1: { ...ACME, currency: 'EUR' } },
      { sourceTime: '2026-01-15T00:00:00Z' },
    );
    expect(late.counts.STALE).toBe(1);
    const golden = await readGolden(hub, await goldenOf(hub, 'erp', 'V1'));
    expect(golden.attributes).toMatchObject({ currency: 'USD' });
    expect(golden.provenance).toMatchObject({
      name: { at: '2026-01-01T00:00:00.000Z' },
      currency: { at: '2026-02-01T00:00:00.000Z' },
    });
  });
});

describe('law 6: nothing acknowledged is lost', () => {
  test('of two versions made from the same stored one, the second is refused', async () => {
    await hub.arrive('erp', 'supplier', { V1: ACME });
    const { contentHash: base } = await hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { externalId: 'V1' } });
    const change = (attributes: object) =>
      ingest(
        hub.db,
        STEWARD,
        {
          system: 'erp',
          scope: 'main',
          entityType: 'supplier',
          records: [{ externalId: 'V1', payload: { ...ACME, ...attributes } }],
          mapping: identityMapping,
          correlationId: 'test',
        },
        { basedOn: { V1: base } },
      );
    const results = await Promise.allSettled([
      change({ currency: 'USD' }),
      change({ website: 'https://acme.example' }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'STALE_VERSION' } });
  });
});

describe('law 10: a record that PostgreSQL could not hold costs itself alone', () => {
  // Without repetition, so that no index can compress it.
  const noise = (length: number) => {
    let text = '';
    for (let at = 0; text.length < length; at++) text += createHash('sha256').update(String(at)).digest('base64url');
    return text.slice(0, length);
  };
  const address = { line1: noise(9_000), city: noise(5_000), postcode: noise(4_000), country: 'US' };

  test.each([
    ['a name longer than an index entry', { name: noise(9_000) }, 'CREATED'],
    ['an address longer than an index entry', { name: 'Long Road', addresses: [address] }, 'CREATED'],
    ['a reference longer than an external id', { name: 'Far Away', parent: noise(9_000) }, 'CREATED'],
    ['a reference with a NUL', { name: 'Not There', parent: 'V\0' }, 'CREATED'],
    ['a name that objects inherit', { name: 'Builder', constructor: 'x' }, 'REJECTED'],
    ['one inside an address', { name: 'Builder', addresses: [{ city: 'Chicago', constructor: 'x' }] }, 'REJECTED'],
  ])('%s', async (_, attributes, outcome) => {
    // As a mapping gives it: what is stored of the row itself was checked when it was read.
    const mapping = { version: 'test', map: (payload: Json) => (payload === 'odd' ? attributes : { name: 'Good' }) };
    const records = ['odd', 'good'].map((payload) => ({ externalId: payload, payload }));
    const batch = { system: 'erp', scope: 'main', entityType: 'supplier', records, mapping, correlationId: 'test' };
    const result = await ingest(hub.db, STEWARD, batch);
    expect(result.records.map((record) => record.outcome)).toEqual([outcome, 'CREATED']);
  });

  test('long names and addresses are still matched', async () => {
    await hub.arrive('erp', 'supplier', { V1: { name: noise(9_000), addresses: [address] } });
    const result = await hub.arrive('portal', 'supplier', { P1: { name: noise(9_000), addresses: [address] } });
    expect(result.counts.LINKED).toBe(1);
  });

  test.each(['+012026-01-01T00:00:00Z', '-000001-01-01T00:00:00Z'])('a source time of %s', async (sourceTime) => {
    const result = await hub.arrive('erp', 'supplier', { V1: ACME }, { sourceTime });
    expect(result.records[0]).toMatchObject({ outcome: 'REJECTED', reason: { code: 'INVALID_ATTRIBUTE' } });
  });

  test('who hands over an external id that can not be stored is refused', async () => {
    await expect(hub.arrive('erp', 'supplier', { [noise(513)]: ACME })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
