/**
 * `npm run bench:odoo [-- --records 50000] [-- --pushed 3000]` against an Odoo whose variables are in the environment (the
 * lab's `start` prints them): ratios against bare loops of the best-sized calls, in the same run. It fills the database that
 * it is given, so give it one of its own.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { ActiveParameters } from '../golden-records/active-parameters.js';
import {
  defineModel,
  ENTITY_TYPES,
  ingest,
  type JsonObject,
  newId,
  withoutTransaction,
} from '../golden-records/index.js';
import {
  backfillOnce,
  DeliveryLane,
  deliverOnce,
  odoo,
  openSystem,
  type Page,
  pullOnce,
  registerStreams,
  type SyncStream,
  sweep,
  targetsOf,
} from '../sources/index.js';
import { OdooClient } from '../sources/odoo/client.js';
import { connect } from '../src/database.js';
import { benchLog, openEnvironment } from './environment.js';
import { type Figure, machineText, reportText } from './report.js';

const { values } = parseArgs({
  options: { records: { type: 'string', default: '50000' }, pushed: { type: 'string', default: '3000' } },
});
const RECORDS = Number(values.records);
const PUSHED = Number(values.pushed);
const ROUNDS = 5;
/** Of the engine. */
const PAGE = 500;
/** Which of them is best depends on the machine: the bare loop is as fast as its fastest. */
const BARE_PAGES = [500, 1_000, 2_000, 5_000];
const LOAD = 200;
const { ODOO_URL, ODOO_DB, ODOO_LOGIN = 'admin', ODOO_API_KEY, ODOO_PGHOST } = process.env;
if (!ODOO_URL || !ODOO_DB || !ODOO_API_KEY || !ODOO_PGHOST) {
  process.stderr.write(
    'expected ODOO_URL, ODOO_DB, ODOO_API_KEY and ODOO_PGHOST in the environment: eval "$(…/odoo-lab/start)"\n',
  );
  process.exit(2);
}
const context = { lang: 'en_US', companies: [1] };
const quiet = { ...context, extra: { tracking_disable: true } };

const connector = odoo({ url: ODOO_URL, database: ODOO_DB, login: ODOO_LOGIN, keyEnv: 'ODOO_API_KEY' });
const model = defineModel({
  entityTypes: ENTITY_TYPES,
  systems: [
    { code: 'erp', name: 'ERP', scopes: { main: {} } },
    { code: 'odoo', name: 'Odoo', scopes: { main: {} } },
  ],
  rules: { supplier: { attributes: { name: { owner: ['erp'] }, emails: { owner: ['erp'] } } } },
  targets: targetsOf('odoo', connector),
});
const env = await openEnvironment(model, false);
const url = await env.createDatabase('odoo_bench');
const connection = connect(url, { log: benchLog });
const db = { ...connection, model, parameters: new ActiveParameters(model), log: benchLog, now: () => new Date() };
const client = new OdooClient({ url: ODOO_URL, database: ODOO_DB, login: ODOO_LOGIN, key: ODOO_API_KEY });
const sync = openSystem('odoo', 'Odoo', connector, { log: benchLog, env: process.env });
const figures: Figure[] = [];
const notes: string[] = [];
try {
  process.stdout.write(`${machineText(env.postgres)}\nOdoo ${(await client.version()).text}\n\n`);
  env.say(`filling Odoo with ${RECORDS} partners …`);
  await fill(ODOO_PGHOST, ODOO_DB, RECORDS);
  await extractBench();
  await cycleBench();
  await pushBench();
  await coalescingBench();
  process.stdout.write(reportText({ name: 'odoo', figures, notes }));
} finally {
  await connection.close();
  await env.close();
}

function stream(name: string): SyncStream {
  const found = connector.streams.find((one) => one.name === name);
  if (!found) throw new Error(`no stream ${name}`);
  return found;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
function median(all: readonly number[]): number {
  return [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
}

/** Partners made from one by the database, an hour old: by its calls it would take Odoo longer than all the rest. */
async function fill(host: string, database: string, count: number): Promise<void> {
  const sql = new pg.Client({ host, user: 'odoo', database });
  await sql.connect();
  const [id = 0] = await client.create(
    'res.partner',
    [{ name: 'Bench', is_company: true, supplier_rank: 1, email: 'a@example.com' }],
    context,
  );
  const { rows } = await sql.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_name = 'res_partner' and column_name not in ('id', 'name')`,
  );
  const columns = rows.map(({ name }) => `"${name}"`).join(', ');
  await sql.query(
    `insert into res_partner (name, ${columns}) select 'Bench ' || n || ' Ltd', ${columns} from res_partner, generate_series(1, $2::int) n where id = $1`,
    [id, count],
  );
  await sql.query(
    `update res_partner set commercial_partner_id = id, write_date = now() at time zone 'utc' - interval '1 hour' where name like 'Bench%'`,
  );
  await sql.query('analyze res_partner');
  await sql.end();
}

/** A bare loop of search_read in pages of the best size against the connector's pages, which bring children too; all partners, in turns. */
async function extractBench(): Promise<void> {
  const fields = [
    'name',
    'active',
    'is_company',
    'parent_id',
    'ref',
    'vat',
    'phone',
    'email',
    'website',
    'comment',
    'street',
    'street2',
    'city',
    'zip',
    'state_id',
    'country_id',
    'property_supplier_payment_term_id',
    'property_purchase_currency_id',
    'write_date',
  ];
  const bare = async (limit: number) => {
    for (let last = 0; ; ) {
      const rows = await client.searchRead(
        'res.partner',
        [
          ['supplier_rank', '>', 0],
          ['id', '>', last],
        ],
        fields,
        context,
        { limit },
      );
      last = rows.at(-1)?.id ?? 0;
      if (rows.length < limit) return;
    }
  };
  const { signal } = new AbortController();
  const supplier = stream('supplier');
  const connected = async () => {
    const window = { from: null, to: await sync.open.pull.now(signal) };
    let read = 0;
    let after: string | null = null;
    do {
      const page: Page = await sync.open.pull.page(supplier, window, after, PAGE, signal);
      read += page.records.length;
      after = page.next;
    } while (after !== null);
    if (read < RECORDS) throw new Error(`expected ${RECORDS} records, found ${read}`);
  };
  await connected();
  // Which size is best is found beforehand: the fastest of several tries, against one of ours, would count every slow spell against us.
  const tried = new Map<number, number>();
  for (const limit of [...BARE_PAGES, ...BARE_PAGES])
    tried.set(limit, Math.min(tried.get(limit) ?? Number.POSITIVE_INFINITY, await seconds(() => bare(limit))));
  const [best = PAGE] = [...tried.keys()].sort((a, b) => (tried.get(a) ?? 0) - (tried.get(b) ?? 0));
  notes.push(`extract: the bare loop is fastest in pages of ${best}`);
  const ratios: number[] = [];
  const speeds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const floor = await seconds(() => bare(best));
    const ours = await seconds(connected);
    ratios.push(floor / ours);
    speeds.push(RECORDS / ours);
  }
  figures.push({ what: 'extract against bare search_read', value: median(ratios), unit: '', least: 0.8 });
  figures.push({ what: 'extract', value: median(speeds), unit: 'records/s' });
  notes.push(`extract: ratios of ${ROUNDS} rounds ${ratios.map((one) => one.toFixed(2)).join(', ')}`);
}

async function cycleBench(): Promise<void> {
  env.say('first load …');
  await registerStreams(db, sync);
  const cycle = async () => {
    for (const one of connector.streams) {
      for (let step = await pullOnce(db, sync, one, 'LIVE'); step?.more; step = await pullOnce(db, sync, one, 'LIVE'));
    }
  };
  await cycle();
  const loaded = await seconds(async () => {
    while (await backfillOnce(db, sync));
  });
  figures.push({ what: `first load of ${RECORDS}`, value: RECORDS / loaded, unit: 'records/s' });
  const idle: number[] = [];
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 1_010 - (Date.now() % 1_000)));
    idle.push(await seconds(cycle));
  }
  figures.push({ what: `cycle without changes, ${RECORDS} linked`, value: median(idle), unit: 's', most: 1 });
  const swept = await seconds(() => sweep(db, sync, stream('supplier')));
  figures.push({ what: `full sweep of ${RECORDS}`, value: swept, unit: 's', most: 10 });
}

/** Names that don't resemble each other: what does is asked about, and not created there. */
function wordOf(text: string): string {
  return createHash('sha256')
    .update(text)
    .digest('base64')
    .replace(/[^a-z]/g, '');
}

/** New and changed records: a bare loop of load() in batches of the same size against the worker's deliveries. */
async function pushBench(): Promise<void> {
  env.say('pushing …');
  const bareLoad = async (word: string, key: (nth: number) => string, email: string) => {
    for (let from = 0; from < PUSHED; from += LOAD) {
      const rows = Array.from({ length: Math.min(LOAD, PUSHED - from) }, (_, nth) => [
        key(from + nth),
        wordOf(`${word} ${from + nth}`),
        '1',
        '1',
        email,
      ]);
      const { ids } = await client.load(
        'res.partner',
        ['id', 'name', 'is_company', 'supplier_rank', 'email'],
        rows,
        quiet,
      );
      if (!ids) throw new Error('the bare loop was refused');
    }
  };
  const arrive = async (word: string, email: string) => {
    for (let from = 0; from < PUSHED; from += LOAD) {
      const records = Array.from({ length: Math.min(LOAD, PUSHED - from) }, (_, nth) => ({
        externalId: `${word}-${from + nth}`,
        payload: { name: `${wordOf(`${word} ${from + nth}`)} GmbH`, emails: [email] },
      }));
      await ingest(
        db,
        { kind: 'SYSTEM', id: 'bench', name: 'Bench' },
        {
          system: 'erp',
          scope: 'main',
          entityType: 'supplier',
          records,
          mapping: { version: 'bench', map: (payload) => payload as Record<string, unknown> },
          correlationId: newId(),
        },
      );
    }
  };
  const deliverAll = async () => {
    const lane = new DeliveryLane(db, sync, { limit: LOAD });
    let done = 0;
    for (let step = await lane.once(); step.more; step = await lane.once())
      done += (step.settled?.created ?? 0) + (step.settled?.updated ?? 0);
    if (done !== PUSHED) throw new Error(`expected ${PUSHED} writes, found ${done}`);
  };
  const kinds: Record<string, { ratios: number[]; cpu: number[] }> = {
    new: { ratios: [], cpu: [] },
    changed: { ratios: [], cpu: [] },
  };
  const together: number[] = [];
  for (let round = 0; round < 4; round++) {
    const key = (nth: number) => `bench.r${round}_${nth}`;
    const total = { floor: 0, ours: 0 };
    for (const [kind, email] of [
      ['new', 'one@example.com'],
      ['changed', 'two@example.com'],
    ] as const) {
      const floor = await seconds(() => bareLoad(`Bare ${round}`, key, email));
      await arrive(`Push${round}`, email);
      const before = process.cpuUsage();
      const ours = await seconds(deliverAll);
      const used = process.cpuUsage(before);
      total.floor += floor;
      total.ours += ours;
      // The first round warms both up.
      if (round === 0) continue;
      kinds[kind]?.ratios.push(floor / ours);
      kinds[kind]?.cpu.push((used.user + used.system) / 1_000 / PUSHED);
    }
    if (round > 0) together.push(total.floor / total.ours);
  }
  const what = 'push of new and changed records against bare load';
  figures.push({ what, value: median(together), unit: '', least: 0.8 });
  notes.push(`push, both: ratios ${together.map((one) => one.toFixed(2)).join(', ')}`);
  for (const [kind, { ratios, cpu }] of Object.entries(kinds)) {
    figures.push({ what: `of them ${kind} records`, value: median(ratios), unit: '' });
    figures.push({ what: `hub CPU for each ${kind} record pushed`, value: median(cpu), unit: 'ms', most: 2 });
    notes.push(`push, ${kind}: ratios ${ratios.map((one) => one.toFixed(2)).join(', ')}`);
  }
}

/** A thousand changes of one record that wait cost one write. */
async function coalescingBench(): Promise<void> {
  const changed = async (nth: number) => {
    const payload: JsonObject = { name: 'Push0 0 GmbH', emails: [`change${nth}@example.com`] };
    await ingest(
      db,
      { kind: 'SYSTEM', id: 'bench', name: 'Bench' },
      {
        system: 'erp',
        scope: 'main',
        entityType: 'supplier',
        records: [{ externalId: 'Push0-0', payload }],
        mapping: { version: 'bench', map: (one) => one as Record<string, unknown> },
        correlationId: newId(),
      },
    );
  };
  for (let nth = 0; nth < 1_000; nth++) await changed(nth);
  let writes = 0;
  for (let step = await deliverOnce(db, sync); step; step = await deliverOnce(db, sync))
    writes += step.updated + step.created;
  figures.push({ what: 'writes for 1,000 queued changes of one record', value: writes, unit: '', most: 1 });
  const [row] = await withoutTransaction(db).query<{ superseded: number }>(
    `select max(superseded)::int as superseded from delivery`,
  );
  notes.push(`superseded in the outbox: ${row?.superseded}`);
}
