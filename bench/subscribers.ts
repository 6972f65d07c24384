import { join } from 'node:path';
import { createKey } from '../golden-records/api-keys.js';
import { HUB_ACTOR } from '../golden-records/index.js';
import { importFile } from '../sources/index.js';
import type { BareFeedReady } from './bare-feed-process.js';
import { type Child, startChild, type Usage } from './child.js';
import { type Environment, openHub } from './environment.js';
import type { HubReady } from './hub-process.js';
import { type BenchReport, numberText } from './report.js';
import { median } from './statistics.js';
import type { SubscribersAnswer, SubscribersOptions } from './subscribers-process.js';
import { ingestUnits, SUPPLIER_STREAM, writeSuppliers } from './suppliers.js';

const QUERY =
  'subscription { changes { cursor heartbeat change { position entityType id version kind attributes at } } }';
/** Much for each change, so that what a stalled client doesn't read soon exceeds what the kernel buffers. */
const FAT_QUERY = `subscription { changes { cursor heartbeat change { position id record { id
  provenance { attribute rule at contested value source { id system scope externalId state sourceTime firstSeenAt changedAt } }
  crosswalk { id system scope externalId state linkKind linkedAt sourceTime firstSeenAt changedAt } } } } }`;

interface Hub {
  readonly url: string;
  readonly child: Child;
  readonly key: string;
  /** Put so many changes into the feed. */
  publish(changes: number): Promise<void>;
  close(): Promise<void>;
}

/** The same changes to 1,000 subscribers of the hub and of a bare graphql-ws server, turn by turn. */
export async function subscribersBench(env: Environment): Promise<BenchReport> {
  const hub = await openHubWithFeed(env);
  try {
    const { ratios, hubs, bares, subscribers } = await compareServers(env, hub);
    const stalled = await measureStalled(env, hub);
    return {
      name: `subscribers: ${subscribers.toLocaleString('en')} in one process, each gets every change`,
      figures: [
        { what: 'hub', value: median(hubs), unit: 'deliveries/s' },
        { what: 'bare graphql-ws server', value: median(bares), unit: 'deliveries/s' },
        { what: 'share of the bare server (median)', value: median(ratios), unit: '', least: 0.7 },
        { what: 'others, while one has stopped reading', value: stalled.share, unit: 'of their rate', least: 0.9 },
        { what: 'heap that it costs the hub', value: stalled.heapMb, unit: 'MB', most: 10 },
      ],
      notes: [`share by round: ${ratios.map(numberText).join(', ')}`, stalled.note],
    };
  } finally {
    await hub.close();
  }
}

async function openHubWithFeed(env: Environment): Promise<Hub> {
  const databaseUrl = await env.createDatabase('subscribers');
  const { database, db } = openHub(databaseUrl, env.model);
  await ingestUnits(db);
  const path = join(env.folder, 'bench-suppliers-feed.csv');
  await writeSuppliers(path, 0, 300);
  await importFile(db, HUB_ACTOR, { path, system: 'erp', stream: SUPPLIER_STREAM });
  const { key } = await createKey(db, HUB_ACTOR, { name: 'bench reader', role: 'reader' });
  const { child, ready } = await startChild<HubReady>('hub-process', { databaseUrl });
  const isStamped = async () =>
    (await database.pool.query('select from change where position is null limit 1')).rows.length === 0;
  while (!(await isStamped()));
  return {
    url: ready.url,
    child,
    key,
    publish: async (changes) => {
      await database.pool.query(PUBLISH, [changes]);
    },
    close: async () => {
      await child.stop();
      await database.close();
      await env.dropDatabase('subscribers');
    },
  };
}

const PUBLISH = `
with records as (select id, row_number() over (order by id) - 1 as nth, count(*) over () as many
  from golden_record where entity_type = 'supplier'),
made as (insert into change (entity_type, golden_id, version, kind, attributes, operation_id, at)
  select 'supplier', r.id, 1, 'UPDATED', '{name,addresses}', r.id, now()
    from generate_series(1, $1::int) n join records r on r.nth = n % r.many)
select pg_notify('concord_change', '')`;

async function compareServers(env: Environment, hub: Hub) {
  const [subscribers, changes, rounds] = env.isSmoke ? [20, 10, 2] : [1_000, 100, 6];
  const bare = await startChild<BareFeedReady>('bare-feed-process', {});
  const options = { key: hub.key, query: QUERY, subscribers };
  const ofHub = await startChild('subscribers-process', { ...options, url: hub.url } satisfies SubscribersOptions);
  const ofBare = await startChild('subscribers-process', {
    ...options,
    url: bare.ready.url,
  } satisfies SubscribersOptions);
  const hubs: number[] = [];
  const bares: number[] = [];
  try {
    for (let nth = 0; nth < rounds; nth++) {
      const [answer] = await Promise.all([ofHub.child.ask<SubscribersAnswer>({ changes }), hub.publish(changes)]);
      hubs.push(answer.perSecond);
      const event = (JSON.parse(answer.sample) as { payload: { data: { changes: object } } }).payload.data.changes;
      const events = Array.from({ length: changes }, () => event);
      const [bares_] = await Promise.all([
        ofBare.child.ask<SubscribersAnswer>({ changes }),
        bare.child.ask({ events }),
      ]);
      bares.push(bares_.perSecond);
    }
  } finally {
    await Promise.all([bare, ofHub, ofBare].map(({ child }) => child.stop()));
  }
  // The first round warms up.
  const ratios = hubs.map((perSecond, at) => perSecond / (bares[at] ?? Number.NaN)).slice(1);
  return { ratios, hubs: hubs.slice(1), bares: bares.slice(1), subscribers };
}

/**
 * What one subscriber that reads no more does to 50 others, and to the hub's memory. The first round fills what the
 * kernel buffers for it; only then has it stopped.
 */
async function measureStalled(env: Environment, hub: Hub) {
  const [subscribers, changes, rounds] = env.isSmoke ? [5, 50, 2] : [50, 2_000, 4];
  const options = { url: hub.url, key: hub.key, query: QUERY, subscribers };
  const alone = await run(options);
  const beside = await run({ ...options, stalledQuery: FAT_QUERY });
  const mb = (bytes: number) => numberText(bytes / 1e6);
  return {
    share: beside.perSecond / alone.perSecond,
    heapMb: Math.max(0, (beside.memory.heapBytes - alone.memory.heapBytes) / 1e6),
    note: `stalled: ${subscribers} subscribers, rounds of ${changes.toLocaleString('en')} changes: ${numberText(alone.perSecond)} deliveries/s alone, ${numberText(beside.perSecond)} beside it; heap ${mb(alone.memory.heapBytes)} and ${mb(beside.memory.heapBytes)} MB, resident ${mb(alone.memory.rssBytes)} and ${mb(beside.memory.rssBytes)} MB`,
  };

  async function run(subscribersOptions: SubscribersOptions): Promise<{ perSecond: number; memory: Usage }> {
    const { child } = await startChild('subscribers-process', subscribersOptions);
    try {
      const rates: number[] = [];
      for (let nth = 0; nth < rounds; nth++) {
        const [answer] = await Promise.all([child.ask<SubscribersAnswer>({ changes }), hub.publish(changes)]);
        rates.push(answer.perSecond);
      }
      return { perSecond: median(rates.slice(1)), memory: await hub.child.ask<Usage>({}) };
    } finally {
      await child.stop();
    }
  }
}
