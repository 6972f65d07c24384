import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { JsonObject } from '../../../golden-records/index.js';
import { OdooClient, type OdooClientOptions } from '../../../sources/odoo/client.js';
import { type ImitatedVersion, type OdooImitation, startOdooImitation } from '../../../src/demo/odoo/index.js';

export type Login = 'admin' | 'sync' | 'reader';

/** An Odoo that a test runs against: the imitation, or a real server of the lab. */
export interface OdooTarget {
  readonly major: ImitatedVersion;
  readonly url: string;
  readonly database: string;
  readonly keys: Readonly<Record<Login, string>>;
  /** Only of the imitation. */
  readonly imitation: OdooImitation | undefined;
  client(login?: Login, options?: Partial<OdooClientOptions>): OdooClient;
  /** Let time pass: on the imitation's own clock, or for real. */
  pass(ms: number): Promise<void>;
  /** To the beginning of a second of the server's clock. */
  nextSecond(): Promise<void>;
  /** Write a partner in a transaction that begins now and is committed later. */
  beginLate(partner: number, values: JsonObject): Promise<LateTransaction>;
  /** The imitation's clock becomes the machine's. */
  useRealClock(): void;
  /** The database as it was in the beginning; the server goes on. */
  reset(): Promise<void>;
  /** The server goes down and comes back. */
  restart(whileDown: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface LateTransaction {
  commit(): Promise<void>;
  /** By the server's clock, milliseconds. */
  committedAt(): number;
}

export interface OdooChoice {
  readonly name: string;
  readonly major: ImitatedVersion;
  readonly isReal: boolean;
  start(): Promise<OdooTarget>;
}

const MAJORS: readonly ImitatedVersion[] = [14, 19];
const lab = process.env.ODOO_LAB_DIR;

/** The imitation of both versions, and both real servers where ODOO_LAB_DIR names the lab that runs them. */
export function odooChoices({ only }: { only?: 'real' | 'imitation' } = {}): OdooChoice[] {
  const imitations = MAJORS.map((major) => ({
    name: `imitation of Odoo ${major}`,
    major,
    isReal: false,
    start: () => startImitation(major),
  }));
  const servers = MAJORS.map((major) => ({
    name: `Odoo ${major}`,
    major,
    isReal: true,
    start: () => startReal(major),
  }));
  return [...(only === 'real' ? [] : imitations), ...(only === 'imitation' || lab === undefined ? [] : servers)];
}

async function startImitation(major: ImitatedVersion): Promise<OdooTarget> {
  let now = Date.parse('2026-11-23T02:00:00.250Z');
  let isReal = false;
  const clock = () => (isReal ? Date.now() : now);
  const imitation = await startOdooImitation({ version: major, now: clock });
  const { url, database, keys } = imitation;
  const owned = { admin: keys.admin ?? '', sync: keys.sync ?? '', reader: keys.reader ?? '' };
  return {
    major,
    url,
    database,
    keys: owned,
    imitation,
    client: (login = 'admin', options = {}) => new OdooClient({ url, database, login, key: owned[login], ...options }),
    pass: async (ms) => {
      if (isReal) await sleep(ms);
      now += ms;
    },
    nextSecond: async () => {
      if (isReal) await sleep(1_010 - (Date.now() % 1_000));
      now = Math.ceil((now + 1) / 1000) * 1000 + 10;
    },
    beginLate: async (partner, values) => {
      const began = now;
      let committed = 0;
      return {
        commit: async () => {
          committed = now;
          imitation.world.as('admin', (call) => imitation.world.write(call, 'res.partner', [partner], values), began);
        },
        committedAt: () => committed,
      };
    },
    useRealClock: () => {
      isReal = true;
    },
    reset: () => Promise.reject(new Error('the imitation is started anew instead')),
    restart: () => Promise.reject(new Error('the imitation is not restarted')),
    stop: () => imitation.close(),
  };
}

const run = promisify(execFile);
/** In the folder of the run: the servers that were started, a line each; test/support/global-teardown.mjs reads it. */
const SERVERS = 'odoo-servers';

/** One server and database for each test file that asks; the ports follow the worker, so that files can run at once. */
async function startReal(major: ImitatedVersion): Promise<OdooTarget> {
  const folder = lab ?? '';
  if (!existsSync(join(folder, 'start')))
    throw new Error(`ODOO_LAB_DIR: expected a folder with the lab's scripts, found ${folder}`);
  const worker = Number(process.env.JEST_WORKER_ID ?? '1');
  const port = 18_200 + worker * 10 + (major === 19 ? 0 : 4);
  const env = {
    ...process.env,
    ODOO_VERSION: String(major),
    ODOO_DB: `concord_test_${worker}`,
    ODOO_PORT: String(port),
  };
  const script = (name: string, ...args: string[]) => run(join(folder, name), args, { env, timeout: 180_000 });
  await script('reset');
  const { stdout } = await script('start');
  // It goes on for the next file, with a new database; the end of the run stops it.
  await appendFile(join(process.env.CONCORD_TEST_DATA_DIR ?? '', SERVERS), `${major} ${env.ODOO_DB} ${port}\n`);
  const told = Object.fromEntries(
    stdout.split('\n').flatMap((line) => (line.includes('=') ? [line.split('=', 2)] : [])),
  );
  const url = String(told.ODOO_URL);
  const database = String(told.ODOO_DB);
  const keys = {
    admin: String(told.ODOO_API_KEY),
    sync: String(told.ODOO_SYNC_API_KEY),
    reader: String(told.ODOO_READER_API_KEY),
  };
  const client: OdooTarget['client'] = (login = 'admin', options = {}) =>
    new OdooClient({ url, database, login, key: keys[login], ...options });
  return {
    major,
    url,
    database,
    keys,
    imitation: undefined,
    client,
    pass: (ms) => sleep(ms),
    nextSecond: () => sleep(1_010 - (Date.now() % 1_000)),
    beginLate: (partner, values) => beginLate(String(told.ODOO_PGHOST), database, partner, values),
    useRealClock: () => undefined,
    reset: async () => {
      await script('reset');
      // Its connections to the database were cut: the first calls meet them.
      for (let left = 20; ; left--) {
        try {
          await client().count('res.partner', [], { lang: 'en_US' });
          return;
        } catch (error) {
          if (left === 0) throw error;
          await sleep(500);
        }
      }
    },
    restart: async (whileDown) => {
      await script('stop');
      await whileDown();
      await script('start');
    },
    stop: () => Promise.resolve(),
  };
}

/** In the server's own database, as Odoo does it: the time of writing is that at which the transaction began. */
async function beginLate(
  host: string,
  database: string,
  partner: number,
  values: JsonObject,
): Promise<LateTransaction> {
  const client = new pg.Client({ host, user: 'odoo', database });
  await client.connect();
  await client.query('begin');
  const columns = Object.keys(values).map((name, at) => `${name} = $${at + 2}`);
  await client.query(
    `update res_partner set ${columns.join(', ')}, write_date = now() at time zone 'utc' where id = $1`,
    [partner, ...Object.values(values)],
  );
  let committed = 0;
  return {
    commit: async () => {
      await client.query('commit');
      committed = Date.now();
      await client.end();
    },
    committedAt: () => committed,
  };
}
