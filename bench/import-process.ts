import { importFile } from '../sources/index.js';
import { childOptions, serveParent } from './child.js';
import { openHub } from './environment.js';
import { benchConfig } from './model.js';
import { SUPPLIER_STREAM } from './suppliers.js';

/** What `concord import` does beside a running hub. */
const { databaseUrl } = childOptions<{ databaseUrl: string }>();
const { model } = await benchConfig();
const { db } = openHub(databaseUrl, model);

serveParent<{ path: string }>({}, ({ path }) =>
  importFile(db, { kind: 'SYSTEM', id: 'bench', name: 'Benchmark' }, { path, system: 'erp', stream: SUPPLIER_STREAM }),
);
