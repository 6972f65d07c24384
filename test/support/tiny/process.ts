import { setTimeout as delay } from 'node:timers/promises';
import { ActiveParameters } from '../../../golden-records/index.js';
import { backfillOnce, DeliveryLane, openSystem, pullDueOnce, registerStreams } from '../../../sources/index.js';
import { connect } from '../../../src/database.js';
import { silentLog } from '../log.js';
import { tinyConnector } from './connector.js';
import { tinyModel } from './model.js';

/** The engine in a process of its own, to be killed: it pulls and delivers for ever, and says what it did. */
const [url = '', target = ''] = process.argv.slice(2);
const options = { url: target, pageSize: 20, batch: 20, settlesWithinMs: 200 };
const database = connect(url, { log: silentLog });
const model = tinyModel(options);
const parameters = new ActiveParameters(model);
const db = { ...database, model, parameters, log: silentLog, now: () => new Date() };
const sync = openSystem('tiny', 'Tiny', tinyConnector(options), { log: silentLog, env: {} });
await registerStreams(db, sync);
process.stdout.write('ready\n');
const LEASE_MS = 400;
const loop = async (name: string, step: () => Promise<unknown>) => {
  for (;;) {
    const did = await step();
    if (did) process.stdout.write(`${name}\n`);
    else await delay(20);
  }
};
const [live, bulk] = (['LIVE', 'BACKFILL'] as const).map(
  (lane) => new DeliveryLane(db, sync, { leaseMs: LEASE_MS, lane }),
);
await Promise.all([
  loop('delivered', async () => (await live?.once())?.more),
  loop('delivered', async () => (await bulk?.once())?.more),
  loop('pulled', async () => (await pullDueOnce(db, sync, { leaseMs: LEASE_MS }))?.kind === 'PULLED' && null),
  loop('loaded', () => backfillOnce(db, sync)),
]);
