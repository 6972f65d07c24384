import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { listKeys } from '../../golden-records/api-keys.js';
import { MigrationRefused, pendingMigrations } from '../migrations.js';
import { openStore, placeOf, type Store } from '../store.js';
import { connectedSystems } from './check-systems.js';
import type { Hub, Invocation, Outcome } from './command.js';
import { EXIT } from './exit.js';
import type { Finding } from './finding.js';
import type { Run } from './program.js';
import { table } from './table.js';

export function addCheck(program: Command, run: Run): void {
  program
    .command('check')
    .description(
      'look at configuration, environment, database and connected systems, and say what to do; changes nothing',
    )
    .option('--no-systems', 'call none of the systems that have a connector')
    .addHelpText(
      'after',
      `
Exit code 0: all is well; 2: the configuration is wrong (every problem is listed); 3: something needs you;
4: the database does not answer.

Example:
  concord check --json
`,
    )
    .action(run(check));
}

async function check(invocation: Invocation, { systems }: { readonly systems: boolean }): Promise<Outcome> {
  const hub = await invocation.hub();
  const findings = [
    configuration(hub),
    ...(await watchedFolder(hub)),
    ...(await database(invocation, hub)),
    ...(systems ? await connectedSystems(invocation, hub) : []),
  ];
  const isWell = findings.every(({ ok }) => ok);
  const rows = findings.map(({ check, ok, found }) => [ok ? 'ok' : '!!', check, found]);
  const advice = findings.flatMap(({ check, advice }) => (advice === undefined ? [] : [`${check}: ${advice}`]));
  const text = [table(rows), ...(advice.length > 0 ? ['', ...advice] : [])].join('\n');
  return { json: { ok: isWell, findings }, text, exit: isWell ? EXIT.done : EXIT.attention };
}

function configuration({ config }: Hub): Finding {
  const { model, streams, path } = config;
  // The hub itself is among the systems.
  const found = `${path}: ${model.entityTypes.size} entity types, ${model.systems.size - 1} systems, ${streams.length} streams, rules ${model.rulesVersion}`;
  return { check: 'configuration', ok: true, found };
}

async function watchedFolder({ config }: Hub): Promise<Finding[]> {
  if (!config.watch) return [];
  const folder = resolve(config.folder, config.watch.folder);
  const check = 'watched folder';
  if (!existsSync(folder)) return [{ check, ok: true, found: `${folder}, made at the next start` }];
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return [{ check, ok: true, found: folder }];
  } catch {
    const advice = 'let the user of the hub read and write it: files are moved when they are done';
    return [{ check, ok: false, found: `${folder} can not be read and written`, advice }];
  }
}

async function database(invocation: Invocation, { settings, config }: Hub): Promise<Finding[]> {
  const cluster = join(settings.dataDir, 'postgres', 'cluster');
  if (settings.databaseUrl === undefined && !existsSync(cluster)) {
    return [{ check: 'database', ok: true, found: `the bundled one, made in ${settings.dataDir} at the first start` }];
  }
  invocation.signal.throwIfAborted();
  const store = await openStore({ settings, model: config.model, log: invocation.log(settings) });
  try {
    const migrations = await migrationsOf(store);
    const further = migrations.ok ? [await keysOf(store), await systemsOf(store, config.model.systems)] : [];
    return [await serverOf(store), await durabilityOf(store), await grantsOf(store), migrations, ...further];
  } finally {
    await store.close();
  }
}

const OLDEST = 150_000;

async function serverOf(store: Store): Promise<Finding> {
  const number = Number(await setting(store, 'server_version_num'));
  const version = await setting(store, 'server_version');
  const kind = store.isEmbedded ? 'bundled ' : '';
  const found = `${kind}PostgreSQL ${version} at ${placeOf(store.database.url)}`;
  if (number >= OLDEST) return { check: 'database', ok: true, found };
  return { check: 'database', ok: false, found, advice: 'PostgreSQL 15 is the oldest that the hub runs on' };
}

async function durabilityOf(store: Store): Promise<Finding> {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes'];
  const values = await Promise.all(names.map((name) => setting(store, name)));
  const off = names.filter((_name, at) => values[at] === 'off');
  const check = 'durability';
  if (off.length === 0) return { check, ok: true, found: 'what was acknowledged survives a crash' };
  const advice = 'a crash may lose what was acknowledged (law 6): switch it on';
  return { check, ok: false, found: `${off.join(', ')} off`, advice };
}

async function grantsOf(store: Store): Promise<Finding> {
  const { rows } = await store.database.pool.query<{ user: string; schema: string | null; may: boolean | null }>(
    `select current_user as user, current_schema() as schema,
       has_schema_privilege(current_schema(), 'USAGE, CREATE') as may`,
  );
  const { user = '', schema = null, may = null } = rows[0] ?? {};
  const check = 'grants';
  if (may) return { check, ok: true, found: `${user} may create in schema ${schema}` };
  const advice = `grant usage, create on schema ${schema ?? 'public'} to ${user}; docs/operations.md has the roles`;
  return { check, ok: false, found: `${user} may not create in schema ${schema ?? 'public'}`, advice };
}

async function migrationsOf(store: Store): Promise<Finding> {
  const check = 'migrations';
  try {
    const pending = await pendingMigrations(store.database.pool);
    if (pending.length === 0) return { check, ok: true, found: 'complete' };
    return { check, ok: false, found: `missing: ${pending.join(', ')}`, advice: 'run concord migrate' };
  } catch (error) {
    if (!(error instanceof MigrationRefused)) throw error;
    return { check, ok: false, found: error.code, advice: error.message };
  }
}

async function keysOf(store: Store): Promise<Finding> {
  const keys = await listKeys(store.db);
  const active = keys.filter(({ revokedAt, expiresAt }) => !revokedAt && !(expiresAt && expiresAt <= new Date()));
  const administrators = active.filter(({ role }) => role === 'administrator');
  const check = 'API keys';
  const found = `${active.length} active, ${administrators.length} of an administrator`;
  if (keys.length === 0) return { check, ok: true, found: 'none yet; the first start makes one' };
  if (administrators.length > 0) return { check, ok: true, found };
  const advice = 'concord keys create --role administrator --name <who>';
  return { check, ok: false, found, advice };
}

/** A system that was taken out of the configuration keeps its records, and they keep their values. */
async function systemsOf(store: Store, known: ReadonlyMap<string, unknown>): Promise<Finding> {
  const { rows } = await store.database.pool.query<{ system: string }>(
    'select code as system from system where retired_at is null order by code',
  );
  const strangers = rows.map(({ system }) => system).filter((system) => !known.has(system));
  const check = 'systems';
  if (strangers.length === 0) return { check, ok: true, found: 'those of the configuration' };
  const advice = `put ${strangers.join(', ')} back into the configuration, or its records go on without rules of their own`;
  return { check, ok: false, found: `in the database only: ${strangers.join(', ')}`, advice };
}

async function setting(store: Store, name: string): Promise<string> {
  const { rows } = await store.database.pool.query<{ value: string }>('select current_setting($1) as value', [name]);
  return rows[0]?.value ?? '';
}
