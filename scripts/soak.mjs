// What takes too long for every run: 200 random histories against the imitation, and where ODOO_LAB_DIR names the lab the
// real servers as ever. CONCORD_ODOO_SEED says where to begin, so that each night tries others.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const day = Math.floor(Date.now() / (24 * 60 * 60_000));
const env = {
  ...process.env,
  CONCORD_ODOO_RUNS: process.env.CONCORD_ODOO_RUNS ?? '200',
  CONCORD_ODOO_SEED: process.env.CONCORD_ODOO_SEED ?? String(day * 1_000),
};
process.stdout.write(`seeds from ${env.CONCORD_ODOO_SEED}\n`);
const root = fileURLToPath(new URL('..', import.meta.url));
const args = ['scripts/test.mjs', 'odoo', 'test/odoo/convergence.test.ts'];
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
process.exit(status ?? 1);
