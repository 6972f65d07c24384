import { once } from 'node:events';
import { ActiveParameters } from '../../../golden-records/index.js';
import { backfillOnce, DeliveryLane, odoo, openSystem, pullOnce, registerStreams } from '../../../sources/index.js';
import { connect } from '../../../src/database.js';
import { silentLog } from '../log.js';
import { odooModel } from './model.js';

/**
 * A hub that synchronises in a process of its own, to be killed: `sync-process.ts <database url> <odoo url> <odoo database>`, the
 * key in ODOO_KEY. Begins when a line comes in; tells a line for each step, and ends when nothing is left to do.
 */
const [url = '', odooUrl = '', odooDatabase = ''] = process.argv.slice(2);
const connector = odoo({ url: odooUrl, database: odooDatabase, login: 'admin', keyEnv: 'ODOO_KEY' });
const connection = connect(url, { log: silentLog });
const model = odooModel(connector);
const parameters = new ActiveParameters(model);
const db = { ...connection, model, parameters, log: silentLog, now: () => new Date() };
const sync = openSystem('odoo', 'Odoo', connector, { log: silentLog, env: process.env });
await registerStreams(db, sync);
const say = (line: string) => process.stdout.write(`${line}\n`);
// Who was killed keeps what it had claimed for no longer than this.
const LEASE_MS = 1_000;

async function pullAll(): Promise<void> {
  for (const stream of connector.streams) {
    for (;;) {
      const step = await pullOnce(db, sync, stream, 'LIVE');
      if (step && step.records > 0) say(`pulled ${step.records}`);
      if (!step?.more) break;
    }
  }
  for (let step = await backfillOnce(db, sync); step; step = await backfillOnce(db, sync))
    say(`loaded ${step.records}`);
}

async function deliverAll(): Promise<void> {
  for (const lane of ['LIVE', 'BACKFILL'] as const) {
    const way = new DeliveryLane(db, sync, { lane, limit: 100, leaseMs: LEASE_MS });
    for (let step = await way.once(); step.more; step = await way.once())
      say(`delivered ${(step.settled?.created ?? 0) + (step.settled?.updated ?? 0)}`);
  }
}

const isOpen = async (): Promise<boolean> => {
  const { rows } = await connection.pool.query<{ open: boolean }>(
    `select exists (select 1 from delivery where state in ('PENDING', 'IN_FLIGHT')) or exists (select 1 from target_state where state = 'CREATING') as open`,
  );
  return rows[0]?.open ?? false;
};

say('started');
// Started ahead of its time: it begins when it is told to.
await once(process.stdin, 'data');
process.stdin.destroy();
do {
  await pullAll();
  await deliverAll();
  await new Promise((resolve) => setTimeout(resolve, 200));
} while (await isOpen());
await pullAll();
say('done');
await connection.close();
