import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  activateParameters,
  findJob,
  matchCandidates,
  parameterSets,
  startTraining,
} from '../../golden-records/index.js';
import { advanceJobOnce } from '../../src/workflows/advance.js';
import { createTestHub, STEWARD, type TestHub } from '../support/hub.js';
import { randomOf } from '../support/match-suppliers.js';

let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub();
});
afterAll(() => hub.close());

async function trained() {
  const job = await startTraining(hub.db, STEWARD, { entityType: 'supplier', reason: 'trial', correlationId: 'c' });
  while ((await advanceJobOnce(hub.db, job.id)).advanced);
  return findJob(hub.db, job.id);
}

const THINGS = 250;
const SYLLABLES = ['bar', 'kel', 'lom', 'nir', 'tus', 'vad', 'zor', 'pim', 'gas', 'rek'];
const random = randomOf(11);
const word = () => Array.from({ length: 3 }, () => SYLLABLES[random(10)]).join('');
const things = Array.from({ length: THINGS }, (_, nth) => ({
  name: `${word()} ${['Medical', 'Dental', 'Surgical'][random(3)]}`,
  line1: `${1 + random(200)} ${word()} Street`,
  city: `${word()}ville`,
  nth,
}));
const said = ({ name, line1, city }: (typeof things)[number], postcode: string | null) => ({
  name,
  addresses: [{ kind: 'MAIN', line1, city, postcode, country: 'US' }],
});

test('too few records teach nothing, and the job says so', async () => {
  await hub.arrive('erp', 'supplier', { V1: { name: 'Acme Surgical' }, V2: { name: 'Northwind Medical' } });
  expect(await trained()).toMatchObject({
    state: 'FAILED',
    error: { code: 'TOO_LITTLE_DATA', message: expect.stringContaining('the shipped parameters are used') },
  });
  expect(await parameterSets(hub.db, 'supplier')).toMatchObject([{ version: 0, state: 'ACTIVE' }]);
});

test('what is stored teaches a draft, which counts once it is activated', async () => {
  const batch = (postcode: string | null, name: (given: string) => string) =>
    Object.fromEntries(things.map((thing) => [`T${thing.nth}`, said({ ...thing, name: name(thing.name) }, postcode)]));
  await hub.arrive(
    'erp',
    'supplier',
    batch('62701', (name) => `${name} Inc.`),
  );
  await hub.arrive(
    'portal',
    'supplier',
    batch(null, (name) => name.toUpperCase()),
  );
  const job = await trained();
  expect(job).toMatchObject({ state: 'DONE', result: { version: 1, outcome: 'drafted', records: 2 * THINGS + 2 } });
  const [draft] = await parameterSets(hub.db, 'supplier');
  expect(draft).toMatchObject({ version: 1, state: 'DRAFT', basedOn: 0, reason: 'trial' });
  expect(draft?.diagnostics).toMatchObject({ comparisons: { name: 'estimated' } });

  const [thing] = things;
  if (!thing) throw new Error('there are things');
  const weight = async () => {
    const definition = hub.db.model.entityTypes.get('supplier');
    if (!definition) throw new Error('there are suppliers');
    const [best] = await matchCandidates(hub.db, definition, { attributes: said(thing, '62701') }, 1);
    return best?.weight;
  };
  // Learnt for other columns: refused as a whole.
  await hub.db.pool.query(
    `insert into match_parameters select entity_type, 9, 'DRAFT', jsonb_set(parameters, '{schema,fields,0,name}', '"title"'), thresholds,
       diagnostics, based_on, reason, created_at, created_by_id, created_by_name, null from match_parameters where version = 1`,
  );
  await expect(
    activateParameters(hub.db, STEWARD, { correlationId: 'c', reason: 'worse' }, 'supplier', 9),
  ).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('parameter set 9 of supplier') });
  const shipped = await weight();
  await activateParameters(hub.db, STEWARD, { correlationId: 'c', reason: 'better' }, 'supplier', 1);
  const learnt = await weight();
  expect(learnt).toBeGreaterThan(7);
  expect(learnt).not.toBe(shipped);
  await hub.arrive('procurement', 'supplier', { P1: said(thing, '62701') });
  const links = await hub.db.prisma.sourceRecord.findMany({ where: { externalId: { in: ['T0', 'P1'] } } });
  expect(new Set(links.map(({ goldenRecordId }) => goldenRecordId)).size).toBe(1);
  await hub.expectLawful();
});
