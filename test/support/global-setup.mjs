// One PostgreSQL for the whole run, with a template database that each test file clones. Only integration and e2e name
// this file, so that unit tests start nothing.
import '../../scripts/typescript.mjs';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const { startEmbeddedPostgres } = await import('../../src/embedded-postgres.ts');
const { prepareTemplate } = await import('./template.ts');

const PREFIX = 'concord-test-';
const KEPT_RUNS = 3;

/** Speed instead of durability: nobody reads these databases after a power cut. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '128MB',
};

const nothing = () => undefined;
const quiet = { debug: nothing, info: nothing, warn: report, error: report };

export default async function startPostgres() {
  await sweep();
  const dataDir = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const server = await startEmbeddedPostgres({ dataDir, settings: SETTINGS, log: quiet });
  const end = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => void end().finally(() => process.exit(130)));
  }
  const pool = new pg.Pool({ connectionString: server.url });
  try {
    process.env.CONCORD_TEST_TEMPLATE = await prepareTemplate(pool, server.url, quiet);
  } catch (error) {
    await pool.end();
    await end();
    throw error;
  }
  await pool.end();
  process.env.CONCORD_TEST_POSTGRES = server.url;
  process.env.CONCORD_TEST_DATA_DIR = dataDir;
  globalThis.concordTestPostgres = { server, dataDir, end };
}

/** What a run that was killed left behind goes; of the runs that failed, the last few stay to be looked at. */
async function sweep() {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  const kept = [];
  for (const name of names) {
    const dir = join(tmpdir(), name);
    if (isAlive(Number(name.slice(PREFIX.length).split('-')[0]))) continue;
    if (existsSync(join(dir, 'kept'))) kept.push({ dir, at: (await stat(dir)).mtimeMs });
    else await remove(dir);
  }
  kept.sort((a, b) => b.at - a.at);
  for (const { dir } of kept.slice(KEPT_RUNS)) await remove(dir);
}

async function remove(dir) {
  if (existsSync(join(dir, 'cluster', 'postmaster.pid'))) {
    await (await startEmbeddedPostgres({ dataDir: dir, log: quiet })).stop();
  }
  await rm(dir, { recursive: true, force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function report(fields, message) {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
}
