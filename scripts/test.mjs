// Runs jest for the levels named (unit, integration, odoo, e2e, system; all without a name); what else is given goes to jest.
// The level `system` needs programs that npm can't bring: without a name it runs where they are installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const LEVELS = ['unit', 'integration', 'odoo', 'e2e', 'system'];

/** Levels that start the built program. */
const BUILT = ['e2e', 'system'];

const named = process.argv.slice(2).filter((argument) => LEVELS.includes(argument));
const levels = named.length > 0 ? named : LEVELS.filter((level) => level !== 'system' || systemPrograms());
const rest = process.argv.slice(2).filter((argument) => !LEVELS.includes(argument));

if (levels.includes('odoo')) sayOdoo();

const built = levels.some((level) => BUILT.includes(level)) ? run('npm', ['run', '-s', 'build']) : 0;
// Two of them keep two cores busy. Tests with an Odoo wait half of the time, for its seconds: three.
const withOdoo = levels.filter((level) => level === 'odoo');
const others = levels.filter((level) => level !== 'odoo');
const cores = availableParallelism();
const runs = [
  { levels: others, workers: Math.max(2, cores - 1) },
  { levels: withOdoo, workers: Math.max(3, cores - 1) },
].filter((part) => part.levels.length > 0);
process.exit(built || Math.max(...runs.map(runJest)));

function runJest({ levels, workers }) {
  const jest = join(createRequire(import.meta.url).resolve('jest/package.json'), '..', 'bin', 'jest.js');
  const reporters = ['default', ...(process.env.CONCORD_TEST_COUNTS ? ['<rootDir>/scripts/count-reporter.mjs'] : [])];
  const nodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return run(process.execPath, [
    ...nodeFlags,
    jest,
    '--passWithNoTests',
    ...reporters.map((name) => `--reporters=${name}`),
    `--maxWorkers=${workers}`,
    ...rest,
    ...['--selectProjects', ...levels],
  ]);
}

function run(command, args) {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  return signal ? 1 : (status ?? 1);
}

/** Says in one line, before anything runs, what is missing: a failure that only means that should not need reading. */
function systemPrograms() {
  if (has('pg_dump') && (has('initdb') || hasDebianInitdb())) return true;
  process.stdout.write(
    'Not on this machine, so the test of backup and restore is left out: postgresql (apt-get install -y postgresql)\n',
  );
  return false;
}

/** The level `odoo` always runs against the imitation; against real servers where the lab is named. */
function sayOdoo() {
  const folder = process.env.ODOO_LAB_DIR;
  if (folder !== undefined && existsSync(join(folder, 'start'))) return;
  const found = folder === undefined ? 'ODOO_LAB_DIR is not set' : `ODOO_LAB_DIR=${folder} holds no lab`;
  process.stdout.write(
    `No real Odoo, so its tests run against the imitation alone: ${found} (see docs/connectors/odoo.md)\n`,
  );
}

function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** Debian keeps the server's own programs off the path. */
function hasDebianInitdb() {
  const folder = '/usr/lib/postgresql';
  return (
    existsSync(folder) && readdirSync(folder).some((version) => existsSync(join(folder, version, 'bin', 'initdb')))
  );
}
