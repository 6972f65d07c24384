import { createInterface } from 'node:readline';
import {
  ActiveParameters,
  defineModel,
  ENTITY_TYPES,
  type InboundRecord,
  ingest,
} from '../../../golden-records/index.js';
import { connect } from '../../../src/database.js';
import { silentLog } from '../log.js';
import { INTEGRATOR, identityMapping, SYSTEMS } from '../parties.js';

/** An ingesting worker in a process of its own: `worker-process.ts <database url> <system>`; a batch per line of input. */
const [url = '', system = ''] = process.argv.slice(2);
const database = connect(url, { log: silentLog });
const model = defineModel({ entityTypes: ENTITY_TYPES, systems: SYSTEMS });
const db = { ...database, model, parameters: new ActiveParameters(model), log: silentLog, now: () => new Date() };
await db.pool.query('select 1');
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const records = JSON.parse(line) as InboundRecord[];
  const batch = { system, scope: 'main', entityType: 'supplier', records, mapping: identityMapping };
  await ingest(db, INTEGRATOR, { ...batch, correlationId: 'law-9' });
  process.stdout.write('done\n');
}
await database.close();
