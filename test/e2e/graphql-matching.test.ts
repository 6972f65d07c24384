import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { advanceJobOnce } from '../../src/workflows/advance.js';
import { type GraphQLHub, startGraphQLHub } from '../support/graphql-hub.js';

let g: GraphQLHub;
const address = (line1: string) => [
  { kind: 'MAIN', line1, city: 'Peoria', region: 'IL', postcode: '61602', country: 'US' },
];
const ein = (value: string) => [{ scheme: 'EIN', value, country: 'US' }];
beforeAll(async () => {
  g = await startGraphQLHub();
  await g.sync('supplier', {
    A1: { name: 'Lakeview Orthotics', addresses: address('12 Main Street'), taxIds: ein('20-3456789') },
    B1: { name: 'Harbor Gauze Works', addresses: address('9 Dock Road') },
    B2: { name: 'Harbor Gauze Works' },
    C1: { name: 'Zenith Catheter Makers', addresses: address('3 Hill Street'), taxIds: ein('20-1234567') },
    C2: { name: 'Zenith Catheter Makers' },
  });
});
afterAll(() => g.close());

const CANDIDATES = `query ($record: MatchSubjectInput!) { matchCandidates(record: $record, first: 5) {
  weight outcome goldenRecord { ... on Supplier { attributes { name } } }
  evidence { waterfall { comparison level weight left right } } } }`;
const unsaved = (attributes: object) => ({ record: { entityType: 'SUPPLIER', attributes } });
const idOf = async (external: string) =>
  (await g.ask(`{ supplierByExternalId(system: "odoo", scope: "main", id: "${external}") { id } }`))
    .supplierByExternalId.id;

describe('candidates', () => {
  test('of attributes that are not stored, and nothing is stored', async () => {
    const attributes = { name: 'LAKEVIEW orthotics, Inc.', taxIds: ein('203456789') };
    const before = await g.hub.db.prisma.sourceRecord.count();
    const { matchCandidates } = await g.ask(CANDIDATES, unsaved(attributes), 'reader');
    expect(matchCandidates[0]).toMatchObject({
      outcome: 'MATCH',
      goldenRecord: { attributes: { name: 'Lakeview Orthotics' } },
    });
    expect(await g.hub.db.prisma.sourceRecord.count()).toBe(before);
  });

  test('sensitive values in the waterfall are masked unless granted, and reading them is noted', async () => {
    const taxId = async (as: string) => {
      const { matchCandidates } = await g.ask(CANDIDATES, unsaved({ name: 'Lakeview', taxIds: ein('203456789') }), as);
      const steps: { comparison: string; left: string; right: string }[] = matchCandidates[0].evidence.waterfall;
      return steps.find(({ comparison }) => comparison === 'ein');
    };
    expect(await taxId('steward')).toMatchObject({ left: '••••6789', right: '••••6789' });
    const before = await g.hub.db.prisma.auditEntry.count({ where: { action: 'UNMASKED_READ' } });
    expect((await taxId('unmasked'))?.left).toContain('203456789');
    expect(await g.hub.db.prisma.auditEntry.count({ where: { action: 'UNMASKED_READ' } })).toBe(before + 1);
  });

  test('of a stored record: others than itself', async () => {
    const { matchCandidates } = await g.ask(CANDIDATES, { record: { id: await idOf('C1') } });
    expect(matchCandidates.map((one: { goldenRecord: object }) => one.goldenRecord)).toEqual([
      { attributes: { name: 'Zenith Catheter Makers' } },
    ]);
  });

  test.each([
    [{ record: {} }, 'give `id`'],
    [{ record: { id: 'sup_00000000000000000000000000' } }, 'no golden record'],
    [{ record: { entityType: 'SUPPLIER', attributes: { name: 12 } } }, 'expected'],
  ])('%j is refused', async (variables, message) => {
    const { body } = await g.answer(CANDIDATES, variables);
    expect(body.errors[0].message).toContain(message);
  });
});

test('an explanation compares two records now; the steps add up to the weight', async () => {
  const { matchExplanation } = await g.ask(
    'query ($l: ID!, $r: ID!) { matchExplanation(left: $l, right: $r) { weight outcome waterfall { comparison weight } left { externalId } right { externalId } } }',
    { l: await idOf('A1'), r: await idOf('C1') },
  );
  const sum = matchExplanation.waterfall.reduce((total: number, { weight }: { weight: number }) => total + weight, 0);
  expect(Number(matchExplanation.weight)).toBeCloseTo(sum, 2);
  expect(matchExplanation.outcome).toBe('NO_MATCH');
  expect([matchExplanation.left.externalId, matchExplanation.right.externalId].sort()).toEqual(['A1', 'C1']);
});

test('possible duplicates come by weight, page by page, forwards and backwards', async () => {
  const page = (args: string) =>
    g.ask(`{ possibleDuplicates(entityType: SUPPLIER, ${args}) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
      nodes { weight goldenRecords { id } evidence { weight } task { kind } } } }`);
  const all = (await page('first: 10')).possibleDuplicates;
  expect(all.totalCount).toBe(2);
  const weights = all.nodes.map(({ weight }: { weight: string }) => Number(weight));
  expect(weights).toEqual([...weights].sort((a, b) => b - a));
  expect(all.nodes[0].goldenRecords).toHaveLength(2);
  const first = (await page('first: 1')).possibleDuplicates;
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = (await page(`first: 1, after: "${first.pageInfo.endCursor}"`)).possibleDuplicates;
  expect([...first.nodes, ...second.nodes]).toEqual(all.nodes);
  const back = (await page(`last: 1, before: "${second.pageInfo.startCursor}"`)).possibleDuplicates;
  expect(back.nodes).toEqual(first.nodes);
});

test('statistics count records, pairs and weights', async () => {
  const { matchStatistics } =
    await g.ask(`{ matchStatistics(entityType: SUPPLIER) { parametersVersion sourceRecords goldenRecords
    linked inDoubt alone autoRate reviewRate newRate pairs { outcome count } histogram { from to count outcome } crowdedKeys { key } } }`);
  expect(matchStatistics).toMatchObject({
    parametersVersion: 0,
    sourceRecords: 5,
    goldenRecords: 5,
    linked: 0,
    inDoubt: 2,
    alone: 3,
  });
  expect(matchStatistics.autoRate + matchStatistics.reviewRate + matchStatistics.newRate).toBeCloseTo(1);
  const bars = matchStatistics.histogram.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
  expect(matchStatistics.pairs.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(bars);
});

const JOB = 'id state step total done result error';
async function runJob(id: string, as = 'integrator') {
  while ((await advanceJobOnce(g.hub.db)).advanced);
  return (await g.ask(`query ($id: ID!) { job(id: $id) { ${JOB} } }`, { id }, as)).job;
}

describe('parameters and jobs', () => {
  test('thresholds: draft, dry run, activation, rematch', async () => {
    const draft = await g.ask(
      'mutation ($input: DraftMatchThresholdsInput!) { draftMatchThresholds(input: $input) { parameters { version state thresholds { review match } } operation { kind } userErrors { message } } }',
      { input: { entityType: 'SUPPLIER', thresholds: { match: 50, confirmed: 60 }, reason: 'only what is certain' } },
      'integrator',
    );
    expect(draft.draftMatchThresholds).toMatchObject({
      parameters: { version: 1, state: 'DRAFT', thresholds: { match: 50 } },
      operation: { kind: 'DRAFT_MATCH_PARAMETERS' },
      userErrors: [],
    });
    const activate = (dryRun: boolean) =>
      g.ask(
        'mutation ($input: ActivateMatchParametersInput!) { activateMatchParameters(input: $input) { parameters { state } operation { reason rulesVersion } job { id kind } userErrors { code } } }',
        { input: { entityType: 'SUPPLIER', version: 1, reason: 'trial', dryRun } },
        'integrator',
      );
    const trial = (await activate(true)).activateMatchParameters;
    expect(trial).toMatchObject({ parameters: { state: 'DRAFT' }, operation: null, job: { kind: 'REMATCH' } });
    expect(await runJob(trial.job.id)).toMatchObject({
      state: 'DONE',
      total: 5,
      result: { outcome: 'decided', moved: 0 },
    });
    expect((await activate(false)).activateMatchParameters).toMatchObject({
      parameters: { state: 'ACTIVE' },
      job: null,
    });
    expect((await activate(false)).activateMatchParameters.userErrors).toEqual([{ code: 'ALREADY_ACTIVE' }]);
    const started = await g.ask(
      `mutation ($input: StartRematchInput!) { startRematch(input: $input) { job { ${JOB} startedBy } userErrors { code } } }`,
      { input: { entityType: 'SUPPLIER', reason: 'new thresholds' } },
      'integrator',
    );
    expect(started.startRematch).toMatchObject({ job: { state: 'QUEUED', startedBy: 'a integrator' }, userErrors: [] });
    expect(await runJob(started.startRematch.job.id)).toMatchObject({
      state: 'DONE',
      result: { parametersVersion: 1 },
    });
    const { jobs } = await g.ask('{ jobs(first: 1, filter: { kind: [REMATCH] }) { totalCount nodes { id } } }');
    expect(jobs).toEqual({ totalCount: 2, nodes: [{ id: started.startRematch.job.id }] });
    const { matchParameters } = await g.ask(
      '{ matchParameters(entityType: SUPPLIER) { version state reason createdBy } }',
    );
    expect(matchParameters).toEqual([
      { version: 1, state: 'ACTIVE', reason: 'only what is certain', createdBy: 'a integrator' },
      { version: 0, state: 'SUPERSEDED', reason: null, createdBy: null },
    ]);
  });

  test('training is a job; from too few records nothing is learnt, and it says so', async () => {
    const { trainMatchParameters } = await g.ask(
      `mutation { trainMatchParameters(input: { entityType: WAREHOUSE, reason: "trial" }) { job { ${JOB} kind } userErrors { code } } }`,
      {},
      'integrator',
    );
    expect(trainMatchParameters).toMatchObject({ job: { kind: 'TRAIN', state: 'QUEUED' }, userErrors: [] });
    expect(await runJob(trainMatchParameters.job.id)).toMatchObject({
      state: 'FAILED',
      error: expect.objectContaining({ code: 'TOO_LITTLE_DATA' }),
    });
  });

  test('who may not is refused', async () => {
    const start = 'mutation { startRematch(input: { entityType: SUPPLIER }) { job { id } } }';
    const activate =
      'mutation { activateMatchParameters(input: { entityType: SUPPLIER, version: 0, reason: "x" }) { parameters { version } } }';
    for (const [query, as] of [
      [start, 'steward'],
      [activate, 'steward'],
      [start, 'reader'],
    ] as const) {
      const { body } = await g.answer(query, {}, as);
      expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
    }
  });

  test('a job is cancelled', async () => {
    const { startRematch } = await g.ask(
      'mutation { startRematch(input: { entityType: ITEM }) { job { id } } }',
      {},
      'integrator',
    );
    const cancel = () =>
      g.ask(
        'mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { state } userErrors { code } } }',
        { id: startRematch.job.id },
        'integrator',
      );
    expect((await cancel()).cancelJob).toEqual({ job: { state: 'CANCELLED' }, userErrors: [] });
    expect((await cancel()).cancelJob).toEqual({ job: null, userErrors: [{ code: 'JOB_STATE' }] });
    expect(
      (await g.ask('query ($id: ID!) { node(id: $id) { id ... on Job { state } } }', { id: startRematch.job.id })).node
        .state,
    ).toBe('CANCELLED');
  });
});
