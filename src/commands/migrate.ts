import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { InvalidInput } from '../../golden-records/errors.js';
import { lockDataDir } from '../data-dir-lock.js';
import { migrateStore, openStore, placeOf, type Store } from '../store.js';
import type { Hub, Invocation, Outcome } from './command.js';
import type { Run } from './program.js';

interface MigrateOptions {
  readonly reset?: boolean;
  readonly yes?: boolean;
}

export function addMigrate(program: Command, run: Run): void {
  program
    .command('migrate')
    .description('bring the database up to this release and this configuration; a second run does nothing')
    .option('--reset', 'delete everything first: records, decisions, history, keys')
    .option('--yes', 'with --reset: I mean the database of DATABASE_URL')
    .addHelpText('after', '\nExample:\n  DATABASE_URL=postgresql://hub@db.example/hub concord migrate\n')
    .action(run(migrate));
}

async function migrate(invocation: Invocation, options: MigrateOptions): Promise<Outcome> {
  const hub = await invocation.hub();
  requireConsent(hub, options);
  if (!options.reset) return withDatabase(invocation, hub, migrated);
  const lock = await lockDataDir(hub.settings.dataDir);
  try {
    return await withDatabase(invocation, hub, async (store) => {
      await empty(store, hub);
      return migrated(store);
    });
  } finally {
    await lock.release();
  }
}

async function withDatabase(
  invocation: Invocation,
  { settings, config }: Hub,
  work: (store: Store) => Promise<Outcome>,
): Promise<Outcome> {
  invocation.signal.throwIfAborted();
  const store = await openStore({ settings, model: config.model, log: invocation.log(settings) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function migrated(store: Store): Promise<Outcome> {
  const { applied } = await migrateStore(store);
  const done = applied.map((name) => `Applied ${name}.`);
  const text = [...done, 'The database is up to date.'].join('\n');
  return { json: { applied, database: placeOf(store.database.url) }, text };
}

/** Somebody's own database is not emptied by a habit formed on the bundled one. */
function requireConsent({ settings }: Hub, { reset, yes }: MigrateOptions): void {
  if (!reset || yes || settings.databaseUrl === undefined) return;
  throw new InvalidInput(
    'INVALID_INPUT',
    `--reset would delete everything in ${placeOf(settings.databaseUrl)}: add --yes if you mean it`,
  );
}

async function empty(store: Store, { settings }: Hub): Promise<void> {
  const { rows } = await store.database.pool.query<{ schema: string }>(
    'select quote_ident(current_schema()) as schema',
  );
  const schema = rows[0]?.schema ?? 'public';
  await store.database.pool.query(`drop schema ${schema} cascade`);
  await store.database.pool.query(`create schema ${schema}`);
  await rm(join(settings.dataDir, 'demo'), { recursive: true, force: true });
}
