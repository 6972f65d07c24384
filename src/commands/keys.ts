import { type Command, InvalidArgumentError, Option } from 'commander';
import { createKey, type ListedKey, listKeys, ROLES, revokeKey } from '../../golden-records/api-keys.js';
import { newId } from '../../golden-records/ids.js';
import { SENSITIVITIES } from '../../golden-records/model.js';
import { commandLineActor, type Invocation, type Outcome } from './command.js';
import type { Run } from './program.js';
import { table } from './table.js';

interface CreateOptions {
  readonly name: string;
  readonly role: string;
  readonly unmask?: readonly string[];
  readonly expires?: Date;
}

export function addKeys(program: Command, run: Run): void {
  const keys = program.command('keys').description('API keys: without one nobody reads anything');
  keys
    .command('create')
    .description('make a key; it is shown once, only its hash is kept')
    .requiredOption('--name <name>', 'who or what will use it')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('reader'))
    .addOption(
      new Option('--unmask <kinds...>', 'sensitive values that it reads in full, else masked').choices(SENSITIVITIES),
    )
    .option('--expires <when>', '90d, 12h, or a date such as 2027-06-30; default: never', parseExpiry)
    .addHelpText('after', example('concord keys create --name "stock dashboard" --role reader --expires 365d'))
    .action(run(create));
  keys
    .command('list')
    .description('all keys, newest first, revoked and expired ones too')
    .addHelpText('after', example('concord keys list --json'))
    .action(run(list));
  keys
    .command('revoke')
    .description('end a key; felt everywhere within 5 seconds')
    .argument('<key>', 'its id or its prefix, as `keys list` shows them')
    .addHelpText('after', example('concord keys revoke h3k9x0a1bz'))
    .action(run(revoke));
}

const example = (line: string) => `\nExample:\n  ${line}\n`;

function create(invocation: Invocation, options: CreateOptions): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const { key, ...listed } = await createKey(db, commandLineActor(), {
      name: options.name,
      role: options.role,
      unmasked: options.unmask ?? [],
      ...(options.expires && { expiresAt: options.expires }),
      correlationId: newId(),
    });
    return { json: { key, ...listed }, text: `${key}\n\n${describe(listed)}\nThe key is not shown again.` };
  });
}

function list(invocation: Invocation): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const keys = await listKeys(db);
    const rows = keys.map((key) => [key.prefix, stateOf(key), key.role, key.createdAt.toISOString(), key.name]);
    const text = keys.length === 0 ? 'No keys yet.' : table([['PREFIX', 'STATE', 'ROLE', 'CREATED', 'NAME'], ...rows]);
    return { json: { keys: keys.map((key) => ({ ...key, state: stateOf(key) })) }, text };
  });
}

function revoke(invocation: Invocation, _options: object, idOrPrefix: string): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const key = await revokeKey(db, commandLineActor(), { idOrPrefix, correlationId: newId() });
    return { json: key, text: `Revoked: ${describe(key)}` };
  });
}

function describe(key: ListedKey): string {
  const unmasked = key.unmasked.length > 0 ? `, reads ${key.unmasked.join(' and ')} in full` : '';
  const expiry = key.expiresAt ? `, expires ${key.expiresAt.toISOString()}` : '';
  return `${key.prefix} (${key.role}${unmasked}${expiry}) for "${key.name}".`;
}

function stateOf(key: ListedKey): 'ACTIVE' | 'REVOKED' | 'EXPIRED' {
  if (key.revokedAt) return 'REVOKED';
  return key.expiresAt && key.expiresAt <= new Date() ? 'EXPIRED' : 'ACTIVE';
}

const UNIT_MS = { d: 86_400_000, h: 3_600_000 } as const;

/** "90d" or "12h" from now, or an ISO date (the start of that day, UTC) or instant. */
export function parseExpiry(text: string, _previous?: unknown, now = new Date()): Date {
  const [, amount, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) {
    return new Date(now.getTime() + Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  }
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('Expected 90d, 12h or a date such as 2027-06-30.');
  return at;
}
