import { ActiveParameters, defineModel, HUB_ACTOR } from '../../golden-records/index.js';
import { importFile } from '../../sources/index.js';
import { connect } from '../../src/database.js';
import { silentLog } from './log.js';
import { VENDOR_MODEL, vendors } from './vendor-files.js';

/** An import in a process of its own, to be killed: `import-process.ts <database url> <file>`. A line per batch. */
const [url = '', path = ''] = process.argv.slice(2);
const connection = connect(url, { log: silentLog });
const model = defineModel(VENDOR_MODEL);
const db = { ...connection, model, parameters: new ActiveParameters(model), log: silentLog, now: () => new Date() };
await importFile(db, HUB_ACTOR, {
  path,
  system: 'erp',
  stream: vendors,
  onProgress: ({ rows }) => process.stdout.write(`${rows}\n`),
});
await connection.close();
