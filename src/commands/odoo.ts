import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { InvalidInput } from '../../golden-records/errors.js';
import {
  checkOdoo,
  clientOf,
  type OdooConnector,
  type OdooOptions,
  type OdooReport,
  odooTold,
  setupOdoo,
  teardownOdoo,
} from '../../sources/index.js';
import type { ConfiguredConnector } from '../define-config.js';
import { requireRunning } from '../demo-odoo.js';
import { hookPath, hookSecrets } from '../hooks.js';
import type { Hub, Invocation, Outcome } from './command.js';
import { EXIT } from './exit.js';
import type { Run } from './program.js';
import { count, table } from './table.js';

interface SetupOptions {
  readonly url?: string;
  readonly key?: string;
  readonly login?: string;
}

export function addOdoo(program: Command, run: Run): void {
  const odoo = program.command('odoo').description('look at an Odoo of the configuration, and prepare it');
  odoo
    .command('check [system]')
    .description('version, rights, fields, key, clock, and what would be read and written; changes nothing')
    .addHelpText('after', '\nExample:\n  concord odoo check\n')
    .action(run((invocation: Invocation, _options: object, system?: string) => check(invocation, system)));
  const adminOptions = (command: Command) =>
    command
      .option('--login <login>', "an administrator's login; default: the connector's own user")
      .option('--key <variable>', "environment variable with that user's key; default: the connector's own");
  adminOptions(odoo.command('setup [system]'))
    .description('install tombstones of deleted records, and (19) rules that post changes to the hub')
    .option('--url <url>', 'address of this hub as Odoo reaches it, for the posts, e.g. https://hub.example.com')
    .addHelpText(
      'after',
      '\nAgain it changes nothing. `concord odoo teardown` takes all of it out.\n\nExample:\n  concord odoo setup --login admin --key ODOO_ADMIN_KEY --url https://hub.example.com\n',
    )
    .action(
      run((invocation: Invocation, options: SetupOptions, system?: string) => setup(invocation, options, system)),
    );
  adminOptions(odoo.command('teardown [system]'))
    .description('take out what setup installed')
    .addHelpText('after', '\nExample:\n  concord odoo teardown --login admin --key ODOO_ADMIN_KEY\n')
    .action(
      run((invocation: Invocation, options: SetupOptions, system?: string) => teardown(invocation, options, system)),
    );
}

interface Found {
  readonly configured: ConfiguredConnector;
  readonly connector: OdooConnector;
}

/** The Odoo that is meant: the one named, or the only one. Throws InvalidInput. */
function odooOf({ config }: Hub, system: string | undefined): Found {
  const all = config.connectors.filter(({ connector }) => connector.kind === 'odoo');
  const names = all.map((one) => one.system).join(', ') || 'none';
  const [only, ...others] = system === undefined ? all : all.filter((one) => one.system === system);
  if (!only)
    throw new InvalidInput(
      'INVALID_CONFIG',
      `expected a system with an Odoo connector (${names}), found ${system ?? 'none'}`,
    );
  if (others.length > 0) throw new InvalidInput('INVALID_CONFIG', `name one of the systems: ${names}`);
  requireRunning(only.connector);
  return { configured: only, connector: only.connector as OdooConnector };
}

async function check(invocation: Invocation, system: string | undefined): Promise<Outcome> {
  const hub = await invocation.hub();
  const { configured, connector } = odooOf(hub, system);
  const context = { system: configured.system, log: invocation.log(hub.settings), env: invocation.io.env };
  const open = connector.open({ ...context, turn: () => unhurried(connector.options) });
  try {
    const report = await odooTold(configured.system, false, () => checkOdoo(connector, open.session, () => new Date()));
    const isWell = report.problems.length === 0;
    return { json: { ok: isWell, ...report }, text: asText(report), exit: isWell ? EXIT.done : EXIT.attention };
  } finally {
    await open.close();
  }
}

function asText(report: OdooReport): string {
  const { server, user, keys, clockSkewMs, companies, models, streams, tombstones, problems } = report;
  const facts = [
    ['server', `${server.host}, database ${server.database}, Odoo ${server.version} by ${server.protocol}`],
    ['user', `${user.login} (${user.id})`],
    ['key', keyText(keys)],
    ['clock', clockSkewMs === 0 ? 'agrees with ours' : `${(clockSkewMs / 1000).toFixed(0)} s from ours`],
    ['companies', companies.map(({ name, included }) => (included ? name : `(${name})`)).join(', ')],
    [
      'deletes',
      tombstones
        ? 'told by tombstones, and by the sweep'
        : 'found by the sweep; concord odoo setup installs tombstones',
    ],
  ];
  const rights = models.map(({ model, needs, missingRights, missingFields, missingModule }) => [
    missingRights.length + missingFields.length === 0 && !missingModule ? 'ok' : '!!',
    model,
    needs.join(' ') || 'fields',
    [
      ...(missingModule ? [`no module ${missingModule}`] : []),
      ...(missingRights.length > 0 ? [`may not ${missingRights.join(', ')}`] : []),
      ...(missingFields.length > 0 ? [`no ${missingFields.join(', ')}`] : []),
    ].join('; '),
  ]);
  const flows = streams.map(({ name, model, records, writes, creates }) => [
    name,
    model,
    records === null ? 'not readable' : `${count(records)} records`,
    Object.keys(writes).length > 0 ? `writes ${Object.keys(writes).join(', ')}${creates ? '; creates' : ''}` : 'reads',
  ]);
  return [
    table(facts),
    '',
    table(rights),
    '',
    table(flows),
    ...(problems.length > 0 ? ['', ...problems.map(({ severity, message }) => `${severity}: ${message}`)] : []),
  ].join('\n');
}

function keyText(keys: OdooReport['keys']): string {
  if (keys === undefined) return 'not shown by this Odoo';
  if (keys.length === 0) return 'a password, or a key of somebody else';
  return keys
    .map(({ name, ageDays, expiresAt }) => {
      const age = ageDays === undefined ? '' : `, ${ageDays} days old`;
      const expiry =
        expiresAt === undefined ? '' : expiresAt === null ? ', never expires' : `, expires ${expiresAt.slice(0, 10)}`;
      return `"${name}"${age}${expiry}`;
    })
    .join('; ');
}

async function setup(invocation: Invocation, options: SetupOptions, system: string | undefined): Promise<Outcome> {
  const { configured, connector, client } = await administrator(invocation, options, system);
  const hook = hookUrl(connector, configured.system, options.url, invocation.io.env);
  const { done } = await odooTold(configured.system, true, () => setupOdoo(client, { lang: 'en_US' }, hook));
  return told(done, 'Everything was there already.');
}

async function teardown(invocation: Invocation, options: SetupOptions, system: string | undefined): Promise<Outcome> {
  const { configured, client } = await administrator(invocation, options, system);
  const { done } = await odooTold(configured.system, true, () => teardownOdoo(client, { lang: 'en_US' }));
  return told(done, 'Nothing of the hub was there.');
}

const told = (done: readonly string[], otherwise: string): Outcome => ({
  json: { done },
  text: done.length > 0 ? done.join('\n') : otherwise,
});

async function administrator(invocation: Invocation, { login, key }: SetupOptions, system: string | undefined) {
  const hub = await invocation.hub();
  const found = odooOf(hub, system);
  const { options } = found.connector;
  const own = { ...options, ...(login === undefined ? {} : { login }), ...(key === undefined ? {} : { keyEnv: key }) };
  const context = { system: found.configured.system, env: invocation.io.env, turn: () => unhurried(options) };
  return { ...found, client: clientOf(own, context) };
}

/** A command calls one after the other, and beside the queue of the workers. */
const unhurried = ({ callsPerSecond }: OdooOptions) =>
  callsPerSecond === undefined ? Promise.resolve() : sleep(1_000 / callsPerSecond);

function hookUrl(
  connector: OdooConnector,
  system: string,
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (url === undefined) return undefined;
  const [secret] = connector.hook ? hookSecrets(connector.hook, env) : [];
  if (secret === undefined) {
    throw new InvalidInput(
      'INVALID_CONFIG',
      'expected hookSecretEnv in the connector and a secret in that variable, found none: the address that Odoo posts to is made of it',
    );
  }
  return new URL(hookPath(system, secret), url).href;
}
