import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKey } from '../../golden-records/api-keys.js';
import { HUB_ACTOR, newId } from '../../golden-records/index.js';
import { buildHubSchema } from '../../resolvers/schema.js';
import { redrive } from '../../sources/index.js';
import { Refusal } from '../../src/demo/odoo/refusal.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { createOdooHub, ODOO_RULES, type OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { post } from '../support/test-server.js';

/**
 * An account or tax number that Odoo refuses: whatever Odoo says of it, nobody finds it in what the hub keeps and tells of the
 * failure. The value itself stands in its own columns alone, masked for whoever wasn't granted it.
 */
const context = { lang: 'en_US' };
const IBAN = 'DE89370400440532013000';
const OTHER_IBAN = 'DE02120300000000202051';
const NEW_IBAN = 'FR1420041010050500013M02606';
const VAT = 'DE136695976';
const rules = {
  ...ODOO_RULES,
  supplier: { attributes: { ...ODOO_RULES.supplier?.attributes, bankAccounts: { owner: ['erp'] } } },
};
const ASKED = `{
  deliveries { nodes { state error { code message } history { error { message } changes { attribute before after } } } }
  deadLetters { nodes { error { message } history { error { message } } } }
  stewardTasks { nodes { kind details } }
  syncStatus { streams { lastError { message } } targets { lastError { message } } }
}`;

describe.each(odooChoices())('$name', ({ start, major, isReal }) => {
  let odoo: OdooTarget;
  let at: OdooHub;
  let server: RunningServer;
  const logged: string[] = [];
  const keep = (...told: unknown[]) => void logged.push(inspect(told, { depth: 12, showHidden: true }));

  beforeAll(async () => {
    odoo = await start();
    at = await createOdooHub(odoo, { rules });
    const log = { debug: keep, info: keep, warn: keep, error: keep };
    Object.assign(at.hub.db, { log });
    const { db, database, model } = at.hub;
    const schema = buildHubSchema(model);
    server = await startServer({ db, schema, listenDb: database, host: '127.0.0.1', port: 0, log, systems: [at.sync] });
  }, 240_000);
  afterAll(async () => {
    await server.close();
    await at.close();
    await odoo.stop();
  });

  /** All that is kept of failures, as texts. */
  const kept = async () =>
    JSON.stringify(
      await at.query(
        `select to_jsonb(d) - 'lease_id' as row from delivery d union all select to_jsonb(a) - 'changes' from delivery_attempt a
           union all select to_jsonb(t) from steward_task t union all select to_jsonb(s) from sync_stream s
           union all select to_jsonb(y) from sync_system y union all select to_jsonb(o) from operation o`,
      ),
    );
  const told = async (role: 'integrator' | 'steward') => {
    const { key } = await createKey(at.hub.db, HUB_ACTOR, { name: role, role });
    const { body } = await post(server.url, key, ASKED);
    expect(body.errors).toBeUndefined();
    return JSON.stringify(body.data);
  };
  /** Where it stands, with what is around it. */
  const quotes = (text: string, secret: string) => {
    const spelled = new RegExp(`.{0,60}${[...secret].join('[\\s.-]?')}.{0,20}`, 'gi');
    return text.match(spelled) ?? [];
  };
  const expectUnquoted = async (secret: string) => {
    expect(quotes(await kept(), secret)).toEqual([]);
    expect(quotes(await told('integrator'), secret)).toEqual([]);
    expect(quotes(await told('steward'), secret)).toEqual([]);
    expect(logged.flatMap((line) => quotes(line, secret))).toEqual([]);
  };
  const refusals = () =>
    at.query<{ message: string }>(
      `select error->>'message' as message from delivery where state = 'DEAD' order by finished_at desc`,
    );

  test('a refused account is in no error, task, answer or log', async () => {
    const admin = odoo.client('admin');
    await admin.create(
      'res.partner',
      [{ name: 'Quoted Ltd', is_company: true, supplier_rank: 1, vat: 'DE129273398' }],
      context,
    );
    await at.settle();
    const taxIds = [{ scheme: 'VAT', value: 'DE129273398' }];
    // Of one number there is one account in Odoo, whatever its currency: the second is refused.
    const bankAccounts = ['EUR', 'USD'].map((currency) => ({
      iban: IBAN,
      holder: 'Quoted Ltd',
      country: 'DE',
      currency,
    }));
    await at.hub.arrive('erp', 'supplier', { Q1: { name: 'Quoted Ltd', taxIds, bankAccounts, status: 'ACTIVE' } });
    await at.settle();
    const [dead, ...others] = await refusals();
    expect(others).toEqual([]);
    expect(dead?.message).toMatch(/res\.partner\.bank of \S+ .*\w/);
    await expectUnquoted(IBAN);
    expect(await told('integrator')).toContain('VALUE_REFUSED');
  });

  test('a new partner whose account is refused is there once, and known as the hub’s own', async () => {
    if (major !== 14) return;
    const admin = odoo.client('admin');
    const [other = 0] = await admin.create(
      'res.partner',
      [{ name: 'A customer', is_company: true, customer_rank: 1 }],
      context,
    );
    // 14 takes each number once in all, and the hub knows no customers.
    await admin.create('res.partner.bank', [{ acc_number: NEW_IBAN, partner_id: other }], context);
    await at.settle();
    const bankAccounts = [{ iban: NEW_IBAN, holder: 'Newly Made', country: 'DE' }];
    await at.hub.arrive('erp', 'supplier', { Q9: { name: 'Newly Made Ltd', bankAccounts, status: 'ACTIVE' } });
    await at.settle();
    // A failure is no news: the next look brings the partner.
    await at.settle();
    const linked = () =>
      at.query<{ state: string; externalId: string; records: number }>(
        `select t.state, t.external_id as "externalId", (select count(*)::int from source_record s
             where s.system = 'odoo' and s.id = t.link_id and s.golden_record_id = t.golden_id) as records
           from target_state t join golden_record g on g.id = t.golden_id where g.attributes->>'name' = 'Newly Made Ltd'`,
      );
    const [made] = await linked();
    expect(made).toMatchObject({ state: 'LINKED', records: 1 });
    expect((await refusals())[0]?.message).toMatch(/res\.partner\.bank of/);
    // Somebody takes the number away from the other one, and the letter goes again.
    await admin.unlink(
      'res.partner.bank',
      await admin.searchIds('res.partner.bank', [['partner_id', '=', other]], context),
      context,
    );
    await redrive(at.hub.db, HUB_ACTOR, {
      correlationId: newId(),
      reason: 'the number is free',
      filter: { system: 'odoo' },
    });
    await at.settle();
    const banks = [['partner_id', '=', Number(made?.externalId)]];
    expect(await admin.count('res.partner.bank', banks, context)).toBe(1);
    expect(await admin.count('res.partner', [['name', '=', 'Newly Made Ltd']], context)).toBe(1);
    expect(await linked()).toEqual([made]);
  });

  if (isReal) return;

  test('however Odoo spells and cuts what it quotes, and whichever row of a batch it is of', async () => {
    if (!odoo.imitation) throw new Error('only the imitation says what it is told to');
    const spelled = [
      `Key (sanitized_acc_number, company_id)=(${OTHER_IBAN}, 1) already exists.`,
      'The IBAN DE02 1203 0000 0000 2020 51 is invalid',
      `[${VAT.toLowerCase()}] is not a tax number; neither is ${OTHER_IBAN.slice(0, 12)}…`,
    ];
    let nth = 0;
    odoo.imitation.trouble = (_model, method) => {
      const said = spelled[nth++ % spelled.length] ?? '';
      return method === 'load' ? { refuse: new Refusal('odoo.exceptions.ValidationError', 422, said) } : undefined;
    };
    const supplier = (name: string, more: object) => ({ name, status: 'ACTIVE', ...more });
    await at.hub.arrive('erp', 'supplier', {
      Q2: supplier('Batch of Three', { taxIds: [{ scheme: 'VAT', value: VAT }] }),
      Q3: supplier('Second of Three', { bankAccounts: [{ iban: OTHER_IBAN, holder: 'Second', country: 'DE' }] }),
      Q4: supplier('Third of Three', {}),
    });
    await at.deliver();
    odoo.imitation.trouble = undefined;
    expect((await refusals()).map(({ message }) => message).join()).toMatch(/already exists|is invalid/);
    for (const secret of [OTHER_IBAN, OTHER_IBAN.slice(0, 12), VAT]) await expectUnquoted(secret);
  });

  test('an answer that nobody understands is not quoted either', async () => {
    if (!odoo.imitation) throw new Error('only the imitation says what it is told to');
    odoo.imitation.trouble = () => ({ instead: { status: 200, body: `["${IBAN}"` } });
    await at.hub.arrive('erp', 'supplier', { Q3: { name: 'Second of Three, changed', status: 'ACTIVE' } });
    await at.deliver();
    await at.pullNow().catch((error: unknown) => keep(error));
    odoo.imitation.trouble = undefined;
    await expectUnquoted(IBAN);
  });
});
