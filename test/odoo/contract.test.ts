import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json, JsonObject } from '../../golden-records/index.js';
import { type OdooClient, OdooError, type OdooRow } from '../../sources/odoo/client.js';
import { idOf } from '../../sources/odoo/values.js';
import { RECORDED } from '../../src/demo/odoo/index.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { nthMade, unique } from '../support/odoo/words.js';

/**
 * What the connector relies on, each case the same against the imitation and the real servers: where one of them
 * answers otherwise, either the imitation or our understanding is wrong. Numbers are those of the lab's list of facts.
 */
const context = { lang: 'en_US' };
const at = (time: Json | undefined) => String(time);

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;

  beforeAll(async () => {
    odoo = await start();
    admin = odoo.client('admin');
  }, 240_000);
  afterAll(() => odoo.stop());

  const partner = async (values: JsonObject = {}) => {
    const [id = 0] = await admin.create('res.partner', [{ name: unique('P'), is_company: true, ...values }], context);
    return id;
  };
  const row = async (model: string, id: number, fields: readonly string[], of = context): Promise<OdooRow> => {
    const [found] = await admin.read(model, [id], fields, of);
    if (!found) throw new Error(`${model} ${id} isn't there`);
    return found;
  };
  const failureOf = (call: Promise<unknown>) =>
    call.then(
      (found) => expect(found).toBe('refused'),
      (error: unknown) => (error instanceof OdooError ? error.failure : error),
    );
  const written = async (model: string, id: number) => at((await row(model, id, ['write_date'])).write_date);

  test('says its version, and the protocol follows', async () => {
    const { text, dialect } = await admin.version();
    expect(text).toBe(RECORDED[odoo.major].version);
    expect(dialect.protocol).toBe(odoo.major === 19 ? 'json2' : 'jsonrpc');
  });

  test('the fields that the connector uses have the types recorded', async () => {
    for (const [model, fields] of Object.entries(RECORDED[odoo.major].fields)) {
      const found = await admin.fieldsGet(model, ['type', 'relation'], context);
      for (const [name, { type, relation }] of Object.entries(fields)) {
        expect({ model, name, ...found[name] }).toMatchObject({ model, name, type, ...(relation ? { relation } : {}) });
      }
    }
  });

  test('rights of a connector and of a reader are those recorded', async () => {
    for (const login of ['sync', 'reader'] as const) {
      for (const model of ['res.partner', 'res.partner.bank', 'product.template', 'stock.warehouse', 'res.company']) {
        const expected = RECORDED[odoo.major].rights[model]?.[login] ?? '';
        for (const right of ['read', 'write', 'create', 'unlink']) {
          const found = await odoo.client(login).mayAccess(model, right, context);
          expect({ login, model, right, found }).toEqual({
            login,
            model,
            right,
            found: expected.includes(right.charAt(0)),
          });
        }
      }
    }
  });

  test.each<[string, (use: (login: 'admin' | 'sync' | 'reader') => OdooClient) => Promise<unknown>]>([
    ['noModel', (use) => use('admin').call('no.model', 'search_read', { context })],
    ['noMethod', (use) => use('admin').call('res.partner', 'no_method', { context })],
    ['missingRecord', (use) => use('admin').write('res.partner', [999_999], { name: 'x' }, context)],
    ['unknownFieldRead', (use) => use('admin').searchRead('res.partner', [], ['no_field'], context)],
    ['unknownFieldDomain', (use) => use('admin').searchRead('res.partner', [['no_field', '=', 1]], ['name'], context)],
    ['unknownFieldWrite', (use) => use('admin').create('res.partner', [{ no_field: 1 }], context)],
    ['noName', (use) => use('admin').create('res.partner', [{ email: 'a@example.com' }], context)],
    ['noRequired', (use) => use('admin').create('product.template', [{ default_code: 'X' }], context)],
    ['notInSelection', (use) => use('admin').create('res.partner', [{ name: 'x', type: 'nonsense' }], context)],
    ['recursion', (use) => use('admin').write('res.partner', [1], { parent_id: 1 }, context)],
    ['noRight', (use) => use('sync').create('res.currency', [{ name: 'XX1' }], context)],
    ['noRightToCreate', (use) => use('reader').create('product.template', [{ name: 'x' }], context)],
    ['nul', (use) => use('admin').create('res.partner', [{ name: 'a\u0000b' }], context)],
  ])('refuses as recorded: %s', async (name, call) => {
    const recorded = RECORDED[odoo.major].refusals[name];
    const failure = await failureOf(call((login) => odoo.client(login)));
    expect(failure).toMatchObject({ code: recorded?.code, kind: recorded?.kind });
  });

  test('a wrong key, another database and a dead address are told apart, and the key is not told', async () => {
    const key = 'wrong-key-0123456789';
    const wrong = await odoo
      .client('admin', { key })
      .userId()
      .catch((error: unknown) => error);
    expect(wrong).toMatchObject({ failure: { code: 'ODOO_KEY_REFUSED', kind: 'TARGET_DOWN' } });
    expect(String(wrong)).not.toContain(key);
    expect(await failureOf(odoo.client('admin', { database: 'nobody' }).userId())).toMatchObject({
      code: 'ODOO_NO_DATABASE',
    });
    expect(await failureOf(odoo.client('admin', { url: 'http://127.0.0.1:9' }).version())).toMatchObject({
      code: 'ODOO_UNREACHABLE',
    });
  });

  test('1: write_date is UTC in whole seconds, and one for all records of a call', async () => {
    const ids = await admin.create('res.partner', [{ name: unique('A') }, { name: unique('B') }], context);
    const rows = await admin.read('res.partner', ids, ['write_date'], { ...context, extra: { tz: 'Asia/Tokyo' } });
    expect(rows[0]?.write_date).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(rows[0]?.write_date).toBe(rows[1]?.write_date);
    const server = await admin.serverTime();
    if (!odoo.imitation)
      expect(Math.abs(Date.parse(`${at(rows[0]?.write_date).replace(' ', 'T')}Z`) - server.getTime())).toBeLessThan(
        5_000,
      );
  });

  test('2 and 3: what "later than" finds within the second differs; a window of whole seconds finds it in both', async () => {
    await odoo.nextSecond();
    const id = await partner();
    const time = await written('res.partner', id);
    const found = async (operator: string) =>
      (
        await admin.searchIds(
          'res.partner',
          [
            ['id', '=', id],
            ['write_date', operator, time],
          ],
          context,
        )
      ).length === 1;
    const is19 = odoo.major === 19;
    expect({ later: await found('>'), equal: await found('='), upTo: await found('<=') }).toEqual({
      later: !is19,
      equal: is19,
      upTo: is19,
    });
    const next = new Date(Date.parse(`${time.replace(' ', 'T')}Z`) + 1_000)
      .toISOString()
      .slice(0, 19)
      .replace('T', ' ');
    const window = [
      ['id', '=', id],
      ['write_date', '>=', time],
      ['write_date', '<', next],
    ];
    expect(await admin.searchIds('res.partner', window, context)).toEqual([id]);
  });

  test('6: a write of equal values moves the date', async () => {
    const id = await partner({ email: 'same@example.com' });
    const before = await written('res.partner', id);
    await odoo.nextSecond();
    await admin.write('res.partner', [id], { email: 'same@example.com' }, context);
    expect((await written('res.partner', id)) > before).toBe(true);
  });

  test('7: what moves the date of another record', async () => {
    const parent = await partner();
    const child = await partner({ is_company: false, parent_id: parent });
    const [template = 0] = await admin.create('product.template', [{ name: unique('T'), list_price: 5 }], context);
    const [variant = 0] = await admin.searchIds('product.product', [['product_tmpl_id', '=', template]], context);
    const before = { child: await written('res.partner', child), variant: await written('product.product', variant) };
    await odoo.nextSecond();
    await admin.write('res.partner', [parent], { vat: 'US111222333' }, context);
    await admin.write('product.template', [template], { list_price: 6 }, context);
    expect((await row('res.partner', child, ['vat'])).vat).toBe('US111222333');
    expect((await written('res.partner', child)) > before.child).toBe(true);
    expect((await written('product.product', variant)) > before.variant).toBe(odoo.major === 19);
    const templateBefore = await written('product.template', template);
    await odoo.nextSecond();
    await admin.write('product.product', [variant], { name: unique('Renamed') }, context);
    expect((await written('product.template', template)) > templateBefore).toBe(true);
  });

  test('8: bank accounts and prices move nobody but themselves', async () => {
    const id = await partner();
    const [template = 0] = await admin.create('product.template', [{ name: unique('T') }], context);
    const before = [await written('res.partner', id), await written('product.template', template)];
    await odoo.nextSecond();
    await admin.create('res.partner.bank', [{ acc_number: unique('AC'), partner_id: id }], context);
    const partnerField = odoo.major >= 16 ? 'partner_id' : 'name';
    await admin.create(
      'product.supplierinfo',
      [{ [partnerField]: id, product_tmpl_id: template, price: 2.5 }],
      context,
    );
    expect([await written('res.partner', id), await written('product.template', template)]).toEqual(before);
    const owner = await admin.searchRead('res.partner.bank', [['partner_id', '=', id]], ['partner_id'], context);
    expect(owner[0]?.partner_id).toEqual([id, expect.any(String)]);
  });

  test('11: archived records come when they are asked for; a template takes its variants along', async () => {
    const id = await partner();
    await admin.write('res.partner', [id], { active: false }, context);
    expect(await admin.searchIds('res.partner', [['id', '=', id]], { ...context, activeOnly: true })).toEqual([]);
    expect(await admin.searchIds('res.partner', [['id', '=', id]], context)).toEqual([id]);
    const [template = 0] = await admin.create('product.template', [{ name: unique('T') }], context);
    await admin.write('product.template', [template], { active: false }, context);
    const variants = await admin.searchRead(
      'product.product',
      [['product_tmpl_id', '=', template]],
      ['active'],
      context,
    );
    expect(variants.map(({ active }) => active)).toEqual([false]);
  });

  test('an account number is there once for each company (14), or once for each partner (19)', async () => {
    const number = unique('ONCE');
    const [one, two] = [await partner(), await partner()];
    await admin.create('res.partner.bank', [{ acc_number: number, partner_id: one }], context);
    const second = admin.create('res.partner.bank', [{ acc_number: number, partner_id: two }], context);
    if (odoo.major === 19) expect(await second).toHaveLength(1);
    else expect(await failureOf(second)).toMatchObject({ code: 'ODOO_REFUSED', kind: 'PERMANENT' });
    const same = admin.create('res.partner.bank', [{ acc_number: number, partner_id: one }], context);
    expect(await failureOf(same)).toMatchObject({ code: 'ODOO_REFUSED' });
  });

  test('12 and 29: a deleted record leaves nothing but children without a parent', async () => {
    const parent = await partner();
    const child = await partner({ is_company: false, parent_id: parent });
    await admin.unlink('res.partner', [parent], context);
    expect(await admin.read('res.partner', [parent], ['name'], context)).toEqual([]);
    expect((await row('res.partner', child, ['parent_id'])).parent_id).toBe(false);
  });

  test('a partner lists its active children only, whatever the context says', async () => {
    const parent = await partner();
    const child = await partner({ is_company: false, parent_id: parent });
    const gone = await partner({ is_company: false, parent_id: parent, active: false });
    expect((await row('res.partner', parent, ['child_ids'])).child_ids).toEqual([child]);
    const all = await admin.searchIds('res.partner', [['parent_id', '=', parent]], context);
    expect(all).toEqual([child, gone]);
  });

  test('13: a merge deletes the source and moves what belongs to it, its external id too', async () => {
    const key = `concord_test.merge_${Date.now()}_${nthMade()}`;
    const loaded = await admin.load(
      'res.partner',
      ['id', 'name', 'is_company'],
      [[key, unique('Source'), '1']],
      context,
    );
    const source = loaded.ids?.[0] ?? 0;
    const target = await partner();
    const [bank = 0] = await admin.create(
      'res.partner.bank',
      [{ acc_number: unique('AC'), partner_id: source }],
      context,
    );
    const wizard = { partner_ids: [[6, 0, [source, target]]], dst_partner_id: target, state: 'selection' };
    const model = 'base.partner.merge.automatic.wizard';
    const [id = 0] = await admin.create(model, [wizard], context);
    await admin.call(model, 'action_merge', { ids: [id], context });
    expect(await admin.read('res.partner', [source], ['name'], context)).toEqual([]);
    expect((await row('res.partner.bank', bank, ['partner_id'])).partner_id).toEqual([target, expect.any(String)]);
    const again = await admin.load('res.partner', ['id', 'ref'], [[key, 'R1']], context);
    expect(again.ids).toEqual([target]);
  });

  test('13: a merge leaves a message that names who went, which the hub’s own user reads; after another merge too', async () => {
    const [first, second, last] = [await partner(), await partner({ email: 'merged@example.com' }), await partner()];
    const model = 'base.partner.merge.automatic.wizard';
    for (const [source, target] of [
      [first, second],
      [second, last],
    ] as const) {
      const wizard = { partner_ids: [[6, 0, [source, target]]], dst_partner_id: target, state: 'selection' };
      const [id = 0] = await admin.create(model, [wizard], context);
      await admin.call(model, 'action_merge', { ids: [id], context });
    }
    const domain = [
      ['model', '=', 'res.partner'],
      ['message_type', '=', 'notification'],
      '|',
      ...[first, second].map((id) => ['body', 'ilike', `(ID ${id})`]),
    ];
    const told = await odoo.client('sync').searchRead('mail.message', domain, ['res_id', 'body'], context);
    expect(told.map(({ res_id, body }) => [res_id, String(body).match(/\(ID (\d+)\)/)?.[1]])).toEqual(
      expect.arrayContaining([
        [last, String(first)],
        [last, String(second)],
      ]),
    );
  });

  test('14: an attribute replaces the variant: another id, no code, no bar code', async () => {
    const [template = 0] = await admin.create(
      'product.template',
      [{ name: unique('T'), default_code: unique('C') }],
      context,
    );
    const [before = 0] = await admin.searchIds('product.product', [['product_tmpl_id', '=', template]], context);
    const [attribute = 0] = await admin.create(
      'product.attribute',
      [{ name: unique('Size'), create_variant: 'always' }],
      context,
    );
    const values = await admin.create(
      'product.attribute.value',
      [
        { name: unique('S'), attribute_id: attribute },
        { name: unique('L'), attribute_id: attribute },
      ],
      context,
    );
    const line = { attribute_id: attribute, value_ids: [[6, 0, values]] };
    await admin.write('product.template', [template], { attribute_line_ids: [[0, 0, line]] }, context);
    const after = await admin.searchRead(
      'product.product',
      [['product_tmpl_id', '=', template]],
      ['default_code', 'barcode'],
      context,
    );
    expect(after).toHaveLength(2);
    expect(after.map(({ id }) => id)).not.toContain(before);
    expect(after.map(({ default_code, barcode }) => [default_code, barcode])).toEqual([
      [false, false],
      [false, false],
    ]);
  });

  test('15: references and codes are not unique, bar codes are', async () => {
    const twice = { ref: unique('R') };
    expect(await partner(twice)).not.toBe(await partner(twice));
    const barcode = `20${String(Date.now()).slice(-9)}${nthMade()}`;
    await admin.create('product.product', [{ name: unique('T'), barcode }], context);
    const second = admin.create('product.product', [{ name: unique('T'), barcode }], context);
    expect(await failureOf(second)).toMatchObject({ code: 'ODOO_REFUSED', kind: 'PERMANENT' });
  });

  test('17 and 18: load is an upsert by external id, also without a right to external ids', async () => {
    const sync = odoo.client('sync');
    const key = `concord_test.load_${Date.now()}_${nthMade()}`;
    const fields = ['id', 'name', 'is_company', 'country_id/.id', 'email'];
    const [us = 0] = await admin.searchIds('res.country', [['code', '=', 'US']], context);
    const first = await sync.load('res.partner', fields, [[key, 'One', '1', String(us), 'a@example.com']], context);
    const second = await sync.load('res.partner', fields, [[key, 'Two', '1', '', '']], context);
    expect(second.ids).toEqual(first.ids);
    const found = await row('res.partner', first.ids?.[0] ?? 0, ['name', 'country_id', 'email', 'is_company']);
    expect(found).toMatchObject({ name: 'Two', country_id: false, email: false, is_company: true });
    const byId = await sync.load('res.partner', ['.id', 'email'], [[String(found.id), 'b@example.com']], context);
    expect(byId.ids).toEqual([found.id]);
    expect(await row('res.partner', found.id, ['name', 'email'])).toMatchObject({
      name: 'Two',
      email: 'b@example.com',
    });
  });

  test('17: of a batch with a bad row nothing is written, and the row is named', async () => {
    const key = (n: number) => `concord_test.bad_${Date.now()}_${nthMade()}_${n}`;
    const keys = [key(1), key(2), key(3)];
    const country = await admin.load(
      'res.partner',
      ['id', 'name', 'country_id/.id'],
      keys.map((one, n) => [one, `Row ${n}`, n === 1 ? '999999' : '']),
      context,
    );
    expect(country.ids).toBeNull();
    expect(country.messages.map((message) => message.row)).toEqual([1]);
    const name = unique('Nameless');
    const nameless = await admin.load(
      'res.partner',
      ['id', 'name'],
      keys.map((one, n) => [one, n === 2 ? '' : name]),
      context,
    );
    expect(nameless.ids).toBeNull();
    expect(nameless.messages.map((message) => message.row)).toEqual([2]);
    expect(await admin.searchIds('res.partner', [['name', '=', name]], context)).toEqual([]);
    const gone = await admin.load('res.partner', ['.id', 'email'], [['999999', 'x@example.com']], context);
    expect(gone.ids).toBeNull();
    expect(gone.messages[0]).toMatchObject({ row: 0, field: '.id' });
  });

  test('20: no value is false, an empty text stays, a comment is cleaned where it is HTML', async () => {
    const id = await partner({ street: '', website: 'example.com', comment: 'hello<script>x()</script>' });
    const found = await row('res.partner', id, ['street', 'city', 'country_id', 'supplier_rank', 'website', 'comment']);
    expect(found).toMatchObject({
      street: '',
      city: false,
      country_id: false,
      supplier_rank: 0,
      website: 'http://example.com',
    });
    expect(found.comment).toBe(odoo.major === 19 ? '<p>hello</p>' : 'hello<script>x()</script>');
  });

  test('21: weights are rounded to two digits without a word, prices of vendors are kept', async () => {
    const [id = 0] = await admin.create('product.template', [{ name: unique('T'), weight: 1.23456 }], context);
    expect((await row('product.template', id, ['weight'])).weight).toBe(1.23);
  });

  test('22: the tax number of a contact climbs to its company, or not', async () => {
    const parent = await partner({ vat: 'US1' });
    const child = await partner({ is_company: false, parent_id: parent });
    await admin.write('res.partner', [child], { vat: 'US2' }, context);
    expect((await row('res.partner', parent, ['vat'])).vat).toBe(odoo.major === 19 ? 'US2' : 'US1');
  });

  test('24: fields by company follow the first company of the call; names follow the language', async () => {
    const [other = 0] = await admin.create('res.company', [{ name: unique('Company') }], context);
    const [user = 0] = await admin.searchIds('res.users', [['login', '=', 'admin']], context);
    await admin.write('res.users', [user], { company_ids: [[4, other]] }, context);
    const id = await partner();
    const [term = 0] = await admin.searchIds('account.payment.term', [], context, 1);
    const field = 'property_supplier_payment_term_id';
    await admin.write('res.partner', [id], { [field]: term }, { ...context, companies: [1] });
    expect((await row('res.partner', id, [field], { ...context, companies: [1] } as never))[field]).toEqual([
      term,
      expect.any(String),
    ]);
    expect((await row('res.partner', id, [field], { ...context, companies: [other, 1] } as never))[field]).toBe(false);
  });

  test('an address of a contact is that of its company', async () => {
    const parent = await partner({ street: '1 First St' });
    const child = await partner({ is_company: false, parent_id: parent });
    const delivery = await partner({ is_company: false, parent_id: parent, type: 'delivery', street: '9 Dock Rd' });
    expect((await row('res.partner', child, ['street'])).street).toBe('1 First St');
    await admin.write('res.partner', [parent], { street: '2 Second St' }, context);
    expect((await row('res.partner', child, ['street'])).street).toBe('2 Second St');
    expect((await row('res.partner', delivery, ['street'])).street).toBe('9 Dock Rd');
    expect((await row('res.partner', child, ['commercial_partner_id'])).commercial_partner_id).toEqual([
      parent,
      expect.any(String),
    ]);
  });

  test('a company with a parent shares its address, upward too in 19, until it is an "other address"', async () => {
    const street = async (id: number) => (await row('res.partner', id, ['street'])).street;
    const parent = await partner({ street: '1 First St', city: 'Chicago' });
    const child = await partner({ parent_id: parent });
    expect(await street(child)).toBe('1 First St');
    await admin.write('res.partner', [child], { street: '2 Second St' }, context);
    expect(await street(parent)).toBe(odoo.major === 19 ? '2 Second St' : '1 First St');
    await admin.write('res.partner', [parent], { street: '3 Third St' }, context);
    expect(await street(child)).toBe('3 Third St');
    await admin.write('res.partner', [child], { type: 'other', street: '4 Fourth St' }, context);
    await admin.write('res.partner', [parent], { street: '5 Fifth St' }, context);
    expect([await street(parent), await street(child)]).toEqual(['5 Fifth St', '4 Fourth St']);
    const { ids } = await admin.load(
      'res.partner',
      ['id', 'name', 'is_company', 'type', 'parent_id/.id', 'street'],
      [[`concord_test.own_${Date.now()}_${nthMade()}`, unique('Own'), '1', 'other', String(parent), '6 Sixth St']],
      context,
    );
    expect([await street(parent), await street(ids?.[0] ?? 0)]).toEqual(['5 Fifth St', '6 Sixth St']);
  });

  test('the address of the first child becomes that of a parent without one, by load in both, by create in 14', async () => {
    const street = async (id: number) => (await row('res.partner', id, ['street'])).street;
    const [created, loaded] = [await partner(), await partner()];
    await partner({ is_company: false, parent_id: created, type: 'delivery', street: '9 Dock Rd' });
    const fields = ['id', 'type', 'parent_id/.id', 'street'];
    const place = (word: string, type: string) => [
      `concord_test.${word}_${loaded}_${Date.now()}`,
      type,
      String(loaded),
      word,
    ];
    await admin.load('res.partner', fields, [place('8_Dock_Rd', 'delivery')], context);
    await admin.load('res.partner', fields, [place('7_Paper_Rd', 'invoice')], context);
    expect([await street(created), await street(loaded)]).toEqual([
      odoo.major === 19 ? false : '9 Dock Rd',
      '8_Dock_Rd',
    ]);
  });

  test('a product is a template and a variant; load makes both', async () => {
    const key = `concord_test.item_${Date.now()}_${nthMade()}`;
    const loaded = await admin.load(
      'product.product',
      ['id', 'name', 'default_code', 'weight'],
      [[key, 'Glove', 'G-1', '0.5']],
      context,
    );
    const [id = 0] = loaded.ids ?? [];
    const variant = await row('product.product', id, ['name', 'default_code', 'product_tmpl_id', 'weight', 'uom_id']);
    expect(variant).toMatchObject({ name: 'Glove', default_code: 'G-1', weight: 0.5, uom_id: [1, 'Units'] });
    const template = idOf(variant.product_tmpl_id) ?? 0;
    expect(await row('product.template', template, ['name', 'default_code'])).toMatchObject({
      name: 'Glove',
      default_code: 'G-1',
    });
  });
});
