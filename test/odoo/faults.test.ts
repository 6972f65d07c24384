import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json, JsonObject } from '../../golden-records/index.js';
import { ECHO_TIME } from '../../golden-records/survivorship/survive.js';
import { pullDueOnce, type StreamStep } from '../../sources/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type Fault, type FaultProxy, startProxy } from '../support/odoo/proxy.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { unique } from '../support/odoo/words.js';

/** What goes wrong between the hub and Odoo, and over there: nothing is lost, nothing doubled, and the culprit is named. */
const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let proxy: FaultProxy;
  let at: OdooHub;

  beforeAll(async () => {
    odoo = await start();
    admin = odoo.client('admin');
    proxy = await startProxy(odoo.url);
    odoo.useRealClock();
    at = await createOdooHub(odoo, {
      connector: {
        url: proxy.url,
        timeoutMs: odoo.imitation ? 1_000 : 4_000,
        items: [['default_code', '!=', 'HIDDEN']],
      },
    });
    await at.settle();
  }, 240_000);
  afterEach(() => {
    proxy.fault = () => 'PASS';
  });
  afterAll(async () => {
    await at.close();
    await proxy.close();
    await odoo.stop();
  });

  const names = async (word: string) => {
    const rows = await admin.searchRead('res.partner', [['name', 'ilike', word]], ['name'], context);
    return rows.map(({ name }) => String(name)).sort();
  };
  const isWrite = (request: string) => /\/load |"load"/.test(request);
  /** The fault at the first so many requests that fit, then none. */
  const first = (count: number, fault: Fault, fits: (request: string) => boolean = () => true) => {
    let left = count;
    proxy.fault = (request) => (fits(request) && left-- > 0 ? fault : 'PASS');
  };
  const arrive = async (word: string, count: number, more: JsonObject = {}) => {
    const all = Array.from({ length: count }, (_, nth) => `${word} no ${nth}`);
    const records = all.map((name, nth): [string, Json] => [`${word}-${nth}`, { name, ...more }]);
    await at.hub.arrive('erp', 'supplier', Object.fromEntries(records));
    return all.sort();
  };
  /** Past every wait: circuits close again, what was put off is due. */
  const hurry = (hub = at) =>
    hub.query(
      `with d as (update delivery set due_at = now() where state = 'PENDING' returning 1)
       update sync_system set retry_at = now() where breaker = 'OPEN'`,
    );
  const until = async (isDone: () => Promise<boolean>) => {
    for (let round = 0; round < 25; round++) {
      await at.pull().catch(() => 0);
      await at.deliver().catch(() => []);
      if (await isDone()) return;
      await hurry();
    }
    throw new Error('it did not come right');
  };
  const isOpen = async () =>
    (await at.query(`select 1 from delivery where state in ('PENDING', 'IN_FLIGHT')`)).length > 0;
  const attempts = (code: string) =>
    at.query(`select 1 from delivery_attempt where error->>'code' = $1`, code).then((rows) => rows.length);
  const dead = () =>
    at.query<{ code: string; message: string; place: string; name: string }>(
      `select error->>'code' as code, error->>'message' as message, place, g.attributes->>'name' as name
         from delivery d join golden_record g on g.id = d.golden_id where d.state = 'DEAD' order by 4`,
    );

  test.each<[string, number, Fault]>([
    ['an answer that is cut off', 2, 'CUT_ANSWER'],
    ['a connection that is half closed', 2, 'HALF_CLOSE'],
    ['a request that is cut off', 2, 'CUT_REQUEST'],
    ['an answer that never comes', 1, 'HOLD_ANSWER'],
    ['500 with a page', 2, { status: 500, body: '<title>Internal Server Error</title>' }],
    ['502 of a proxy', 2, { status: 502, body: '<title>Bad Gateway</title>' }],
    ['429', 2, { status: 429, body: '', headers: 'retry-after: 1\r\n' }],
    ['a login page with 200', 2, { status: 200, body: '<title>Login</title>' }],
    ['answers that are late', 6, { delayMs: 600 }],
  ])('%s: everything arrives, once', async (name, count, fault) => {
    const word = unique(`Fault ${name.replace(/\W+/g, ' ')}`);
    const all = await arrive(word, 12);
    first(count, fault, isWrite);
    await until(async () => !(await isOpen()));
    expect(await names(word)).toEqual(all);
    expect(await dead()).toEqual([]);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
  });

  test('a record that brings the server down each time ends alone as a dead letter, and the others go through', async () => {
    const word = unique('Poison');
    const all = await arrive(word, 12);
    proxy.fault = (request) => (isWrite(request) && request.includes(`${word} no 7`) ? 'CUT_REQUEST' : 'PASS');
    await until(async () => !(await isOpen()));
    expect(await names(word)).toEqual(all.filter((name) => name !== `${word} no 7`));
    expect(await dead()).toMatchObject([{ name: `${word} no 7`, code: 'SYSTEM_UNREACHABLE', place: 'TARGET' }]);
    proxy.fault = () => 'PASS';
    await at.query(`update delivery set state = 'PENDING', attempts = 0, due_at = now() where state = 'DEAD'`);
    await until(async () => !(await isOpen()));
    expect(await names(word)).toEqual(all);
  });

  test("a poll between the commit there and the answer takes the hub's own word for no testimony (law 7)", async () => {
    const [name = ''] = await arrive(unique('Overtaken'), 1);
    await at.settle();
    const word = async () => {
      const [found] = await at.query<{ website: string; since: string | null; by: string }>(
        `select s.attributes->>'website' as website, s.attribute_times->>'website' as since, e.system as by from source_record s
           join golden_record g on g.entity_type = s.entity_type and g.id = s.golden_record_id
           join source_record e on e.entity_type = s.entity_type and e.id = (g.provenance->'website'->>'source')::uuid
           where s.system = 'odoo' and s.attributes->>'name' = $1`,
        name,
      );
      return found;
    };
    proxy.fault = (request) => (isWrite(request) ? 'HOLD_ANSWER' : 'PASS');
    const held = proxy.held;
    const key = name.replace(' no ', '-');
    await at.hub.arrive('erp', 'supplier', { [key]: { name, website: 'https://own-word.example.com' } });
    const delivering = at.deliver();
    while (proxy.held === held) await sleep(20);
    await at.pull();
    const polled = await word();
    await delivering;
    proxy.fault = () => 'PASS';
    await hurry();
    await at.settle();
    const own = { website: 'https://own-word.example.com', since: ECHO_TIME, by: 'erp' };
    expect([polled, await word()]).toEqual([own, own]);
    expect(await at.compareAll()).toEqual({ written: 0, waiting: 0 });
  });

  test('16: a create that the hub gave up and Odoo did all the same is found, and stays one', async () => {
    const word = unique('Given Up');
    const all = await arrive(word, 5);
    // The request arrives; its answer is held back beyond the hub's patience.
    first(1, 'HOLD_ANSWER', isWrite);
    await at.deliver().catch(() => []);
    expect(await names(word)).toEqual(all);
    expect(await attempts('SYSTEM_TIMED_OUT')).toBeGreaterThan(0);
    await until(async () => !(await isOpen()));
    expect(await names(word)).toEqual(all);
  });

  test('faults on the way in: everything arrives, once', async () => {
    const word = unique('Inward');
    const values = Array.from({ length: 30 }, (_, nth) => ({
      name: `${word} no ${nth}`,
      is_company: true,
      supplier_rank: 1,
    }));
    await admin.create('res.partner', values, context);
    let nth = 0;
    const faults: Fault[] = [
      'CUT_ANSWER',
      { status: 502, body: 'x' },
      'PASS',
      'HALF_CLOSE',
      { status: 200, body: '<html>' },
    ];
    proxy.fault = () => faults[nth++ % faults.length] ?? 'PASS';
    await at.pull().catch(() => 0);
    await at.pull().catch(() => 0);
    proxy.fault = () => 'PASS';
    const golden = async () =>
      at.query<{ name: string }>(
        `select attributes->>'name' as name from golden_record where attributes->>'name' like $1`,
        `${word}%`,
      );
    await until(async () => (await golden()).length >= values.length);
    expect((await golden()).map(({ name }) => name).sort()).toEqual(values.map(({ name }) => name).sort());
  });

  test('while Odoo is away the circuit opens and no tries are burnt; then everything goes through', async () => {
    const word = unique('Away');
    const all = await arrive(word, 8);
    proxy.fault = () => 'CUT_REQUEST';
    for (let round = 0; round < 6; round++) {
      await at.deliver().catch(() => []);
      await hurry();
    }
    const [system] = await at.query<{ breaker: string }>(`select breaker from sync_system where system = 'odoo'`);
    expect(system?.breaker).not.toBe('CLOSED');
    expect(await dead()).toEqual([]);
    proxy.fault = () => 'PASS';
    await until(async () => !(await isOpen()));
    expect(await names(word)).toEqual(all);
  });

  test('a key that is revoked stops the system, is said, and costs no letter', async () => {
    const word = unique('Revoked');
    const other = await createOdooHub(odoo, { key: 'revoked-key-that-nobody-may-see' });
    try {
      await other.hub.arrive('erp', 'supplier', { [word]: { name: word } });
      const steps: StreamStep[] = [];
      // The first look at a stream asks for no more than the time, and so does a look within the same second.
      const deadline = performance.now() + 60_000;
      while (steps.length < 3 && performance.now() < deadline) {
        const step = await pullDueOnce(other.hub.db, other.sync);
        if (step?.kind === 'FAILED') steps.push(step);
        await other.deliver();
        await other.query(`update sync_stream set due_at = now()`);
      }
      expect(steps).toHaveLength(3);
      for (const step of steps) expect(step).toMatchObject({ error: { code: 'ACCESS_DENIED' } });
      const streams = await other.query<{ error: { code: string; message: string } }>(
        `select last_error as error from sync_stream where last_error is not null`,
      );
      expect(streams[0]?.error).toMatchObject({ code: 'ACCESS_DENIED', message: expect.stringContaining('key') });
      expect(await other.query(`select 1 from delivery where state = 'DEAD'`)).toEqual([]);
      const dump = JSON.stringify([
        await other.query(`select to_jsonb(t)::text from delivery t`),
        await other.query(`select to_jsonb(t)::text from delivery_attempt t`),
        await other.query(`select to_jsonb(t)::text from sync_system t`),
        await other.query(`select to_jsonb(t)::text from sync_stream t`),
      ]);
      expect(dump).not.toContain('revoked-key');
    } finally {
      await other.close();
    }
  });
});
