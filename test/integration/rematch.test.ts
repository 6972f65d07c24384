import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  activateParameters,
  cancelJob,
  draftThresholds,
  findJob,
  type Job,
  type Json,
  parameterSets,
  startRematch,
} from '../../golden-records/index.js';
import { advanceJobOnce } from '../../src/workflows/advance.js';
import { createTestHub, goldenOf, STEWARD, type TestHub } from '../support/hub.js';

let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub();
});
beforeEach(() => hub.clear());
afterAll(() => hub.close());

const request = { correlationId: 'rematch', reason: 'a test' };
const ein = (value: string) => [{ scheme: 'EIN', value, country: 'US' }];
const ALPHA = { name: 'Alpha Surgical Supply', taxIds: ein('20-1000001') };

async function runJob(job: Job): Promise<Job> {
  while ((await advanceJobOnce(hub.db, job.id)).advanced);
  const done = await findJob(hub.db, job.id);
  if (!done) throw new Error('the job is gone');
  return done;
}
const rematch = async (more: Partial<Parameters<typeof startRematch>[2]> = {}) =>
  runJob(await startRematch(hub.db, STEWARD, { entityType: 'supplier', correlationId: 'rematch', ...more }));

async function severalSuppliers(): Promise<void> {
  await hub.arrive('erp', 'supplier', { V1: ALPHA, V2: { name: 'Beta Care', taxIds: ein('20-1000002') } });
  await hub.arrive('portal', 'supplier', { P1: ALPHA, P3: { name: 'Gamma Labs', taxIds: ein('20-1000003') } });
}
const portrait = async () =>
  (
    await hub.db.pool.query<{ row: Json }>(`select jsonb_build_array(
      (select jsonb_agg(to_jsonb(g) order by id) from golden_record g),
      (select jsonb_agg(to_jsonb(s) - 'revision' order by id) from source_record s),
      (select jsonb_agg(to_jsonb(k) order by key, source_record_id) from match_key k),
      (select jsonb_agg(to_jsonb(m) order by left_id, right_id) from match_score m),
      (select count(*) from operation)) as row`)
  ).rows[0]?.row;

test('under the same parameters and program nothing changes, and the job says what each record came to', async () => {
  await severalSuppliers();
  const before = await portrait();
  const job = await rematch();
  expect(job).toMatchObject({
    state: 'DONE',
    total: 4,
    result: { outcome: 'decided', records: 4, linked: 2, alone: 2, moved: 0 },
  });
  expect(await portrait()).toEqual(before);
  await hub.expectLawful();
});

test('keys and scores that are missing are found again, and the links with them', async () => {
  await severalSuppliers();
  const before = await portrait();
  await hub.db.pool.query('delete from match_key; delete from match_score');
  expect(await rematch()).toMatchObject({ state: 'DONE' });
  expect(await portrait()).toEqual(before);
});

test('law 5: splits, merges and not-duplicates of a steward survive it', async () => {
  await severalSuppliers();
  const alpha = await goldenOf(hub, 'erp', 'V1');
  const { id } = await hub.db.prisma.sourceRecord.findFirstOrThrow({ where: { externalId: 'P1' } });
  await hub.decide('SPLIT', { entityType: 'supplier', id: alpha, sourceRecordIds: [id] });
  await hub.decide('MERGE', {
    entityType: 'supplier',
    survivorId: await goldenOf(hub, 'erp', 'V2'),
    mergedIds: [await goldenOf(hub, 'portal', 'P3')],
  });
  const [split, merged] = [await goldenOf(hub, 'portal', 'P1'), await goldenOf(hub, 'erp', 'V2')];
  expect(split).not.toBe(alpha);
  await hub.db.pool.query('delete from match_key; delete from match_score');
  expect(await rematch()).toMatchObject({ state: 'DONE', result: { moved: 0 } });
  expect(await goldenOf(hub, 'portal', 'P1')).toBe(split);
  expect(await goldenOf(hub, 'erp', 'V1')).toBe(alpha);
  expect(await goldenOf(hub, 'portal', 'P3')).toBe(merged);
  await hub.expectLawful();
});

test('a dry run says what other thresholds would do, and changes nothing; activated, a rematch does it', async () => {
  await severalSuppliers();
  const { version } = await draftThresholds(hub.db, STEWARD, request, 'supplier', { match: 60, confirmed: 60 });
  const before = await portrait();
  const trial = await rematch({ dryRun: true, parametersVersion: version });
  expect(trial).toMatchObject({
    state: 'DONE',
    result: { parametersVersion: 1, linked: 0, moved: 1, inDoubt: 1, questions: 1 },
  });
  expect(await portrait()).toEqual(before);
  expect(await hub.db.prisma.trialScore.count()).toBe(0);

  await activateParameters(hub.db, STEWARD, request, 'supplier', version);
  expect(await rematch()).toMatchObject({ result: { parametersVersion: 1, linked: 0, moved: 1, inDoubt: 1 } });
  expect(await goldenOf(hub, 'erp', 'V1')).not.toBe(await goldenOf(hub, 'portal', 'P1'));
  expect(await hub.db.prisma.stewardTask.count({ where: { kind: 'POSSIBLE_MATCH', state: 'OPEN' } })).toBe(1);
  const scores = await hub.db.prisma.matchScore.findMany();
  expect(scores.map(({ rulesVersion }) => rulesVersion)).toEqual(scores.map(() => `${hub.model.rulesVersion}+p1`));
  const sets = await parameterSets(hub.db, 'supplier');
  expect(sets.map(({ version: of, state }) => [of, state])).toEqual([
    [1, 'ACTIVE'],
    [0, 'SUPERSEDED'],
  ]);

  await activateParameters(hub.db, STEWARD, request, 'supplier', 0);
  await rematch();
  expect(await goldenOf(hub, 'erp', 'V1')).toBe(await goldenOf(hub, 'portal', 'P1'));
  await hub.expectLawful();
});

test('a set is frozen', async () => {
  const { version } = await draftThresholds(hub.db, STEWARD, request, 'supplier', { match: 9 });
  await expect(
    hub.db.pool.query('update match_parameters set thresholds = $1 where version = $2', ['{}', version]),
  ).rejects.toThrow('frozen');
  await expect(draftThresholds(hub.db, STEWARD, request, 'supplier', { match: -1 })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  await expect(activateParameters(hub.db, STEWARD, { correlationId: 'c' }, 'supplier', version)).rejects.toMatchObject({
    field: 'reason',
  });
  await expect(activateParameters(hub.db, STEWARD, request, 'supplier', 7)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(activateParameters(hub.db, STEWARD, request, 'supplier', 0)).rejects.toMatchObject({
    code: 'ALREADY_ACTIVE',
  });
});

test('an arrival is decided by the set that is active, also where this process has not heard of it', async () => {
  await hub.arrive('erp', 'supplier', { V1: ALPHA });
  const { version } = await draftThresholds(hub.db, STEWARD, request, 'supplier', { match: 60, confirmed: 60 });
  const elsewhere = {
    ...hub.db,
    parameters: Object.assign(Object.create(Object.getPrototypeOf(hub.db.parameters)), {
      model: hub.model,
      active: new Map(),
    }),
  };
  await activateParameters(elsewhere, STEWARD, request, 'supplier', version);
  expect(hub.db.parameters.for('supplier').version).toBe(0);
  const { counts } = await hub.arrive('portal', 'supplier', { P1: ALPHA });
  expect(counts.PROVISIONAL).toBe(1);
  expect(hub.db.parameters.for('supplier').version).toBe(1);
});

test('a job goes on where it stood, a slice is a slice, and cancelling stops it', async () => {
  await severalSuppliers();
  const job = await startRematch(hub.db, STEWARD, {
    entityType: 'supplier',
    slice: { system: 'erp' },
    correlationId: 'c',
  });
  await advanceJobOnce(hub.db, job.id);
  expect(await findJob(hub.db, job.id)).toMatchObject({ state: 'RUNNING', step: 'scores', total: 2 });
  // As after a kill: nobody let go of it. It is taken up again once the hold is over.
  await hub.db.pool.query(`update job set held_until = clock_timestamp() + interval '1 hour'`);
  expect((await advanceJobOnce(hub.db, job.id)).advanced).toBe(false);
  await hub.db.pool.query(`update job set held_until = clock_timestamp() - interval '1 second'`);
  expect(await runJob(job)).toMatchObject({ state: 'DONE', result: { records: 2 } });

  const second = await startRematch(hub.db, STEWARD, { entityType: 'supplier', correlationId: 'c' });
  await advanceJobOnce(hub.db, second.id);
  await cancelJob(hub.db, STEWARD, second.id, 'c');
  expect(await runJob(second)).toMatchObject({ state: 'CANCELLED' });
  await expect(cancelJob(hub.db, STEWARD, second.id, 'c')).rejects.toMatchObject({ code: 'JOB_STATE' });
});

test('a job that meets other parameters than it began with stops and says so', async () => {
  await severalSuppliers();
  const job = await startRematch(hub.db, STEWARD, { entityType: 'supplier', correlationId: 'c' });
  await advanceJobOnce(hub.db, job.id);
  const { version } = await draftThresholds(hub.db, STEWARD, request, 'supplier', { match: 9 });
  await activateParameters(hub.db, STEWARD, request, 'supplier', version);
  expect(await runJob(job)).toMatchObject({ state: 'FAILED', error: { code: 'STALE_VERSION' } });
});
