import { once } from 'node:events';
import { ActiveParameters } from '../../../golden-records/index.js';
import { connect } from '../../../src/database.js';
import { silentLog } from '../log.js';
import { CRASH_MODEL, goOn } from './crash-import.js';

/** The import in a process of its own, to be killed: starts when it is told to, and says how far it is after each batch. */
const [url = ''] = process.argv.slice(2);
const database = connect(url, { log: silentLog });
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const parameters = new ActiveParameters(CRASH_MODEL);
await goOn({ ...database, model: CRASH_MODEL, parameters, log: silentLog, now: () => new Date() }, (done) =>
  process.stdout.write(`${done}\n`),
);
await database.close();
process.exit(0);
