import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ActiveParameters,
  advanceFeedOnce,
  type Db,
  defineModel,
  drainRecomputeOnce,
  ENTITY_TYPES,
  feedHead,
  ingest,
  type Json,
  operate,
  prepareStore,
  readFeed,
  recompute,
  verify,
} from '../../golden-records/index.js';
import { connect, type Database } from '../../src/database.js';
import { migrate } from '../../src/migrations.js';
import { sequence } from '../support/laws/actions.js';
import { portraitOf } from '../support/laws/portrait.js';
import { UNIVERSE_RULES, UNIVERSE_SYSTEMS } from '../support/laws/universe.js';
import { World } from '../support/laws/world.js';
import { silentLog } from '../support/log.js';
import { INTEGRATOR, identityMapping, STEWARD } from '../support/parties.js';
import { type SystemPostgres, startSystemPostgres } from '../support/system-postgres.js';

// The core on the machine's own PostgreSQL, which may be older than the bundled one, and its data through pg_dump.
let postgres: SystemPostgres;
let folder: string;
const open: Database[] = [];
beforeAll(async () => {
  postgres = await startSystemPostgres();
  folder = mkdtempSync(join(tmpdir(), 'concord-dump-'));
});
afterAll(async () => {
  await Promise.all(open.map((database) => database.close()));
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

const model = defineModel({ entityTypes: ENTITY_TYPES, systems: UNIVERSE_SYSTEMS, rules: UNIVERSE_RULES });
const createDatabase = (name: string) =>
  postgres.program('createdb', `--maintenance-db=${postgres.url('postgres')}`, name);
async function storeOf(name: string): Promise<Db> {
  const database = connect(postgres.url(name), { log: silentLog });
  open.push(database);
  await migrate(database.pool, { log: silentLog });
  const db: Db = { ...database, model, parameters: new ActiveParameters(model), log: silentLog, now: () => new Date() };
  await prepareStore(db);
  return db;
}
async function expectLawful(db: Db): Promise<void> {
  while ((await drainRecomputeOnce(db)).recomputed > 0);
  while ((await advanceFeedOnce(db)).changes > 0);
  expect((await verify(db)).findings).toEqual([]);
}
const arrive = (db: Db, system: string, externalId: string, payload: Json) =>
  ingest(db, INTEGRATOR, {
    system,
    scope: 'main',
    entityType: 'supplier',
    records: [{ externalId, payload }],
    mapping: identityMapping,
    correlationId: 'restored',
  });
const request = { correlationId: 'restored', reason: 'a restore' };

test('our statements are not compiled there, which would take longer than they do', async () => {
  await createDatabase('settings');
  const { pool } = await storeOf('settings');
  expect((await pool.query('show jit')).rows).toEqual([{ jit: 'off' }]);
});

test('laws 1 to 5 and 8 hold there', async () => {
  const sequences = fc.sample(sequence, { seed: 20261123, numRuns: 4 });
  for (const [nth, actions] of sequences.entries()) {
    await createDatabase(`laws_${nth}`);
    const db = await storeOf(`laws_${nth}`);
    const world = new World(db);
    for (const action of actions) await world.step(action);
    await expectLawful(db);
  }
});

test('a dump carries records, decisions, history and audit; the copy lives on with an epoch of its own', async () => {
  await createDatabase('original');
  const original = await storeOf('original');
  const taxIds = [{ scheme: 'EIN', value: '12-3456788', country: 'US' }];
  await arrive(original, 'erp', 'E1', { name: 'Alpha Care', taxIds });
  await arrive(original, 'portal', 'Q1', { name: 'Alpha Care Ltd', taxIds });
  const { records } = await arrive(original, 'portal', 'Q2', { name: 'Beta Care' });
  const first = await original.prisma.goldenRecord.findFirstOrThrow({ orderBy: { id: 'asc' } });
  const merged = await operate(original, STEWARD, request, 'MERGE', {
    entityType: 'supplier',
    survivorId: first.id,
    mergedIds: [records[0]?.goldenId ?? ''],
  });
  await expectLawful(original);
  const cursor = await feedHead(original);

  const dump = join(folder, 'hub.dump');
  await postgres.program('pg_dump', '--format=custom', `--file=${dump}`, postgres.url('original'));
  await createDatabase('copy');
  await postgres.program('pg_restore', '--no-owner', `--dbname=${postgres.url('copy')}`, dump);
  const copy = await storeOf('copy');
  expect(await portraitOf(copy)).toEqual(await portraitOf(original));
  await expectLawful(copy);
  expect(await recompute(copy, STEWARD, { entityType: 'supplier', ...request })).toMatchObject({ changed: 0 });

  // The copy goes on: the same again is no news, a decision of before is undone, a new record comes in.
  expect((await arrive(copy, 'portal', 'Q2', { name: 'Beta Care' })).counts.UNCHANGED).toBe(1);
  await operate(copy, STEWARD, request, 'UNDO', { operationId: merged.operation.id });
  expect((await arrive(copy, 'procurement', 'P1', { name: 'Alpha Care', taxIds })).counts.LINKED).toBe(1);
  await expectLawful(copy);
  await expect(readFeed(copy, cursor, { limit: 10 })).rejects.toMatchObject({ code: 'CURSOR_FOREIGN_EPOCH' });
  const fresh = await feedHead(copy);
  await prepareStore(copy);
  expect(await feedHead(copy)).toEqual(fresh);

  // Whoever follows the original notices nothing.
  await arrive(original, 'erp', 'E2', { name: 'Gamma Care' });
  await expectLawful(original);
  const { changes } = await readFeed(original, cursor, { limit: 10 });
  expect(changes).toMatchObject([{ kind: 'CREATED', position: cursor.position + 1n }]);
});

test('a dump restored over the database that it was taken from has an epoch of its own, too', async () => {
  await createDatabase('rewound');
  const db = await storeOf('rewound');
  await arrive(db, 'erp', 'E1', { name: 'Alpha Care' });
  await expectLawful(db);
  const dump = join(folder, 'rewound.dump');
  await postgres.program('pg_dump', '--format=custom', `--file=${dump}`, postgres.url('rewound'));
  await arrive(db, 'erp', 'E2', { name: 'Beta Care' });
  await expectLawful(db);
  const lost = await feedHead(db);

  await db.pool.query('drop schema public cascade; create schema public');
  await postgres.program('pg_restore', '--no-owner', `--dbname=${postgres.url('rewound')}`, dump);
  const restored = await storeOf('rewound');
  // As many changes as were lost: only the epoch tells that they are others.
  await arrive(restored, 'erp', 'E3', { name: 'Gamma Care' });
  await expectLawful(restored);
  expect((await feedHead(restored)).position).toBe(lost.position);
  await expect(readFeed(restored, lost, { limit: 10 })).rejects.toMatchObject({ code: 'CURSOR_FOREIGN_EPOCH' });
});
