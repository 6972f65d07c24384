import { readFileSync } from 'node:fs';
import { type ConfigProblem, isJsonObject, type Json } from '../../golden-records/index.js';
import type { Connector, OpenContext, OpenSystem, SchemaSnapshot } from '../connector.js';
import { Down } from '../errors.js';
import { checkOdoo, summaryOf } from './check.js';
import { type CallMade, OdooClient } from './client.js';
import type { CodeLists } from './code-lists.js';
import { told } from './errors.js';
import { factsOf, keysOf } from './keys.js';
import { createsOf, type OdooOptions, writesOf } from './options.js';
import { OdooPull } from './pull.js';
import { OdooPush } from './push.js';
import { Session } from './session.js';
import { type OdooStream, odooStreams, SUPPLIERS } from './streams.js';

export interface OdooConnector extends Connector {
  readonly kind: 'odoo';
  readonly options: OdooOptions;
  readonly streams: readonly OdooStream[];
  open(context: OpenContext): OpenOdoo;
}

export interface OpenOdoo extends OpenSystem {
  readonly session: Session;
}

const DEFAULTS = { pollMs: 1_000, overlapMs: 130_000, sweepMs: 15 * 60_000 };

/** The connector for Odoo 14 to 19: suppliers, items, warehouses and business units, both ways. */
export function odoo(options: OdooOptions): OdooConnector {
  const streams = odooStreams({
    scope: options.scope ?? 'main',
    suppliers: options.suppliers ?? SUPPLIERS,
    items: options.items ?? [],
    categories: options.categories ?? 'NAMES',
    creates: createsOf(options),
    writes: writesOf(options),
    pollMs: options.pollMs ?? DEFAULTS.pollMs,
    overlapMs: options.overlapMs ?? DEFAULTS.overlapMs,
    sweepMs: options.sweepMs ?? DEFAULTS.sweepMs,
    webhooks: options.hookSecretEnv !== undefined,
  });
  return {
    kind: 'odoo',
    options,
    streams,
    ...(options.callsPerSecond === undefined ? {} : { callsPerSecond: options.callsPerSecond }),
    ...(options.hookSecretEnv === undefined
      ? {}
      : { hook: { secretEnv: options.hookSecretEnv, streams: (body: Json) => hintedBy(body, streams) } }),
    problems: (path) => problemsOf(options, path),
    open: (context) => openOdoo(options, streams, context),
  };
}

/** A rule posts the name of its model; who watches that model has something to look at. */
function hintedBy(body: Json, streams: OdooConnector['streams']): string[] {
  const model = isJsonObject(body) ? body._model : undefined;
  const concerned = streams.filter(({ watch }) => watch.model === model);
  return (concerned.length > 0 ? concerned : streams).map(({ name }) => name);
}

function openOdoo(options: OdooOptions, streams: OdooConnector['streams'], context: OpenContext): OpenOdoo {
  const { system, log } = context;
  const client = clientOf(options, context, (call) => {
    const { model, method, elapsedMs, failure } = call;
    if (failure)
      log.debug({ system, model, method, elapsedMs: Math.round(elapsedMs), code: failure.code }, 'Odoo refused a call');
    if (failure && (failure.kind === 'TARGET_DOWN' || isNews(method, failure.code))) session.forget();
  });
  const session = new Session({ client, language: options.language ?? 'en_US', companies: options.companies });
  return {
    session,
    pull: new OdooPull(session, system),
    push: new OdooPush(session, system, { tracking: options.tracking ?? false }),
    schema: () => told(system, false, () => schemaOf(session, streams)),
    key: () =>
      told(system, false, async () => {
        const now = new Date();
        return factsOf((await keysOf(session, now)) ?? [], now);
      }),
    check: () =>
      told(system, false, async () => summaryOf(await checkOdoo({ options, streams }, session, () => new Date()))),
    identity: () => told(system, false, async () => identityOf(options, await session.codeLists())),
    codes: () => told(system, false, async () => (await session.codeLists()).plain(options.categories ?? 'NAMES')),
    close: () => Promise.resolve(),
  };
}

/**
 * A copy of a database keeps the times of its rows, but goes by another name. Its uuid (`database.uuid`) would say the same in one
 * word, but is for administrators only.
 */
const identityOf = ({ database }: OdooOptions, { madeAt }: CodeLists): string | undefined =>
  madeAt === null ? undefined : `the database "${database}" made at ${madeAt} UTC`;

/** The client alone, for commands that look without synchronising. Throws Down where the key is missing. */
export function clientOf(
  options: OdooOptions,
  { system, env, turn }: Pick<OpenContext, 'system' | 'env' | 'turn'>,
  onCall?: (call: CallMade) => void,
) {
  const key = keyOf(options, env);
  if (key === undefined) {
    throw new Down('ACCESS_DENIED', `odoo "${system}": expected an API key in ${options.keyEnv}, found nothing`, {
      place: 'HUB',
    });
  }
  const { url, database, login, timeoutMs, unverifiedHosts } = options;
  return new OdooClient({
    url,
    database,
    login,
    key,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(unverifiedHosts === undefined ? {} : { unverifiedHosts }),
    ...(turn === undefined ? {} : { beforeCall: turn }),
    ...(onCall === undefined ? {} : { onCall }),
  });
}

function keyOf({ keyEnv }: OdooOptions, env: OpenContext['env']): string | undefined {
  const value = env[keyEnv]?.trim();
  if (!value) return undefined;
  return keyEnv.endsWith('_FILE') ? readFileSync(value, 'utf8').trim() || undefined : value;
}

/** A field or a model went since the server was asked what it has; asking for a model that isn't there is no news. */
const isNews = (method: string, code: string) =>
  code === 'ODOO_NO_FIELD' || (code === 'ODOO_NO_MODEL' && method !== 'fields_get');

/** Types of the fields that the mappings read and write, as `fields_get` tells them. */
async function schemaOf(session: Session, streams: OdooConnector['streams']): Promise<SchemaSnapshot> {
  const snapshot: Record<string, Record<string, string>> = {};
  for (const { reads = {} } of streams) {
    for (const [model, names] of Object.entries(reads)) {
      const fields = await session.presentFields(model, ['type', 'relation', 'readonly']);
      const known = snapshot[model] ?? {};
      for (const name of names) {
        const field = fields[name];
        if (field)
          known[name] =
            `${field.type}${field.relation ? `→${field.relation}` : ''}${field.readonly ? ' read-only' : ''}`;
      }
      snapshot[model] = known;
    }
  }
  return snapshot;
}

function problemsOf(options: OdooOptions, path: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const check = (isRight: boolean, key: string, expected: string, found: unknown) => {
    if (!isRight) problems.push({ path: `${path}.${key}`, expected, found: JSON.stringify(found) ?? 'nothing' });
  };
  const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
  check(
    isText(options.url) && /^https?:$/.test(protocolOf(options.url)),
    'url',
    'an address such as https://odoo.example.com',
    options.url,
  );
  check(isText(options.database), 'database', 'the name of the database', options.database);
  check(isText(options.login), 'login', "the login name of the key's user", options.login);
  check(
    /^[A-Z][A-Z0-9_]*$/.test(options.keyEnv ?? ''),
    'keyEnv',
    'the name of an environment variable that holds the API key',
    shown(options.keyEnv),
  );
  const { hookSecretEnv } = options;
  check(
    hookSecretEnv === undefined || /^[A-Z][A-Z0-9_]*$/.test(hookSecretEnv),
    'hookSecretEnv',
    'the name of an environment variable that holds the secret',
    shown(hookSecretEnv),
  );
  check(
    options.categories === undefined || ['NAMES', 'CODES'].includes(options.categories),
    'categories',
    "'NAMES' or 'CODES'",
    options.categories,
  );
  const { companies } = options;
  check(
    companies === undefined ||
      (Array.isArray(companies) &&
        companies.length > 0 &&
        companies.every((one) => Number.isInteger(one) || isText(one))),
    'companies',
    'names or ids, at least one; left out, all that the user sees',
    companies,
  );
  for (const key of ['pollMs', 'overlapMs', 'sweepMs', 'timeoutMs', 'callsPerSecond'] as const) {
    const value = options[key];
    check(value === undefined || (typeof value === 'number' && value > 0), key, 'a number above 0', value);
  }
  check(
    options.overlapMs === undefined || options.overlapMs >= 2_000,
    'overlapMs',
    'at least 2000: whole seconds are all that Odoo tells',
    options.overlapMs,
  );
  return problems;
}

/** Somebody may have put the key itself where its variable belongs: it isn't shown. */
const shown = (keyEnv: unknown): string =>
  typeof keyEnv === 'string' ? `a text of ${keyEnv.length} characters (not shown: it may be the key)` : 'nothing';

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}
