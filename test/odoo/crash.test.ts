import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../golden-records/index.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type FaultProxy, startProxy } from '../support/odoo/proxy.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { lettersOf } from '../support/odoo/words.js';

/**
 * Law 6, both ways: a hub that is killed again and again while it loads thousands of records from Odoo and into it loses
 * none and doubles none, also where it is killed after Odoo committed and before we knew.
 */
const KILLS = 30;
const RECORDS = Number(process.env.CONCORD_ODOO_CRASH_RECORDS ?? '2000');
const context = { lang: 'en_US' };

/** Half of them are suppliers, half are items. */
const SORTS = [
  {
    type: 'supplier',
    model: 'res.partner',
    own: [['supplier_rank', '>', 0]],
    there: (name: string): JsonObject => ({ name, is_company: true, supplier_rank: 1 }),
  },
  {
    type: 'item',
    model: 'product.product',
    own: [['name', 'ilike', 'here ']],
    there: (name: string): JsonObject => ({ name }),
  },
];
const root = fileURLToPath(new URL('../..', import.meta.url));

// One imitation will do: what differs between the two is their protocol.
const choices = odooChoices().filter(({ isReal, major }) => isReal || major === 19);

describe.each(choices)('$name', ({ start, isReal }) => {
  let odoo: OdooTarget;
  let proxy: FaultProxy;
  let at: OdooHub;

  beforeAll(async () => {
    odoo = await start();
    proxy = await startProxy(odoo.url);
    at = await createOdooHub(odoo);
    // The processes know no other clock than the machine's.
    Object.assign(at.hub.db, { now: () => new Date() });
    odoo.useRealClock();
  }, 240_000);
  afterAll(async () => {
    await at.close();
    await proxy.close();
    await odoo.stop();
  });

  test(`law 6: killed ${KILLS} times while ${RECORDS} records go each way, nothing is lost and nothing doubled`, async () => {
    const admin = odoo.client('admin');
    const each = RECORDS / SORTS.length;
    const namesOf = (side: string, type: string) =>
      Array.from({ length: each }, (_, nth) => `${side} ${lettersOf(`${side} ${type} ${nth}`)} Ltd`);
    const all = SORTS.map((sort) => ({ ...sort, over: namesOf('There', sort.type), here: namesOf('Here', sort.type) }));
    // Some for each of the hubs, so that every one is killed at work, however fast the other side is.
    const arrive = async (kill: number) => {
      const part = <T>(of: readonly T[]) =>
        of.slice(Math.floor((kill * each) / KILLS), Math.floor(((kill + 1) * each) / KILLS));
      for (const { type, model, over, here, there } of all) {
        await admin.create(model, part(over).map(there), { ...context, extra: { tracking_disable: true } });
        const records = part(here).map((name): [string, JsonObject] => [name, { name }]);
        await at.hub.arrive('erp', type, Object.fromEntries(records));
      }
    };

    let kills = 0;
    let afterCommit = 0;
    const next = () => new HubProcess(at.hub.database.url, proxy.url, odoo);
    // The next one starts while the present one works: it has to be waited for otherwise.
    for (let hub = next(), after = hub; kills < KILLS; kills++, hub = after) {
      await arrive(kills);
      await hub.begin();
      after = kills + 1 < KILLS ? next() : hub;
      // Each third dies when Odoo has answered a write and the answer is on its way.
      if (kills % 3 === 2) afterCommit += await killedAfterCommit(hub, proxy);
      else await hub.killedAfter(50 + Math.floor(Math.random() * (isReal ? 1_500 : 500)));
    }
    expect(kills).toBe(KILLS);
    expect(afterCommit).toBeGreaterThanOrEqual(5);
    // What was given up is still at work over there.
    const last = new HubProcess(at.hub.database.url, odoo.url, odoo);
    await last.begin();
    await last.finished;

    for (const { type, model, own, over, here } of all) {
      const wanted = [...over, ...here].sort();
      const rows = await admin.searchRead(model, own, ['name'], context);
      const names = rows.map(({ name }) => String(name));
      expect(twice(names)).toEqual([]);
      expect(names.sort()).toEqual(wanted);
      const goldens = await at.query<{ name: string; linked: number }>(
        `select attributes->>'name' as name, (select count(*)::int from source_record s where s.entity_type = g.entity_type
             and s.golden_record_id = g.id and s.system = 'odoo' and s.state = 'ACTIVE') as linked
           from golden_record g where entity_type = $1 and state <> 'MERGED' and attributes->>'name' ilike '%here %'`,
        type,
      );
      expect(goldens.map(({ name }) => name).sort()).toEqual(wanted);
      expect(goldens.filter(({ linked }) => linked !== 1)).toEqual([]);
    }
    expect(await at.query(`select 1 from delivery where state <> 'DONE'`)).toEqual([]);
    await at.hub.expectLawful();
  }, 900_000);
});

async function killedAfterCommit(hub: HubProcess, proxy: FaultProxy): Promise<number> {
  const before = proxy.held;
  proxy.fault = (request) => (/\/load |"load"/.test(request) ? 'HOLD_ANSWER' : 'PASS');
  const until = Date.now() + 8_000;
  while (proxy.held === before && Date.now() < until && !hub.isOver) await sleep(10);
  hub.kill();
  await hub.ended;
  proxy.fault = () => 'PASS';
  return proxy.held - before;
}

function twice(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.has(name) || !seen.add(name));
}

/** A hub in a process of its own. */
class HubProcess {
  private readonly child: ChildProcess;
  private readonly started: Promise<void>;
  readonly finished: Promise<void>;
  readonly ended: Promise<void>;
  isOver = false;
  private errors = '';

  constructor(databaseUrl: string, odooUrl: string, { database, keys }: OdooTarget) {
    const script = join(root, 'test/support/odoo/sync-process.ts');
    const args = ['--import', './scripts/typescript.mjs', script, databaseUrl, odooUrl, database];
    this.child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ODOO_KEY: keys.admin },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    let isDone = false;
    this.ended = new Promise((resolve) => {
      this.child.once('close', () => {
        this.isOver = true;
        resolve();
      });
    });
    this.started = new Promise((resolve, reject) => {
      if (!this.child.stdout) return reject(new Error('no output'));
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        if (line === 'started') resolve();
        if (line === 'done') isDone = true;
      });
      void this.ended.then(() => reject(new Error(`the hub ended: ${this.errors}`)));
    });
    this.finished = this.ended.then(() => {
      if (!isDone) throw new Error(`the hub ended before it was done: ${this.errors}`);
    });
    this.started.catch(() => undefined);
    this.finished.catch(() => undefined);
  }

  async begin(): Promise<void> {
    await this.started;
    this.child.stdin?.write('begin\n');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  async killedAfter(ms: number): Promise<void> {
    await Promise.race([sleep(ms), this.ended]);
    this.kill();
    await this.ended;
  }
}
