import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { HUB_ACTOR, type Json, newId, resolveTask } from '../../golden-records/index.js';
import { healOnce, setCode, setupOdoo } from '../../sources/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { idOf } from '../../sources/odoo/values.js';
import { describeReal, setScene } from '../support/odoo/each.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { vendorField } from '../support/odoo/readings.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';

/** The engine with the connector: records of both sides, end to end. */
const context = { lang: 'en_US' };

/** With its check digit. */
function gtinOf(digits: string): string {
  const sum = [...digits].reduce((all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 1 : 3), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** A German one (ISO 7064, mod 11,10). */
function vatOf(digits: string): string {
  const product = [...digits].reduce((sofar, digit) => (((Number(digit) + sofar) % 10 || 10) * 2) % 11, 10);
  return `DE${digits}${(11 - product) % 10}`;
}

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let at: OdooHub;
  let made = 0;
  const unique = (word: string) => `${word} ${++made}-${Date.now() % 100_000}`;

  setScene({ start }, (scene) => {
    ({ odoo, admin, at } = scene);
  });

  const golden = async (name: string) => {
    const [found] = await at.query<{ id: string; attributes: Record<string, Json> }>(
      `select id::text, attributes from golden_record where attributes->>'name' = $1 and state <> 'MERGED'`,
      name,
    );
    return found;
  };
  const links = (goldenId: string) =>
    at.query<{ system: string; externalId: string; state: string }>(
      `select system, external_id as "externalId", state from source_record where golden_record_id = $1::uuid order by system`,
      goldenId,
    );
  const partner = async (id: number, fields: readonly string[]) => {
    const [found] = await admin.read('res.partner', [id], fields, context);
    return found;
  };

  test('a partner becomes a golden supplier, and a change of its owner arrives back in Odoo', async () => {
    const name = unique('Bergen Medical');
    const values = { name, is_company: true, supplier_rank: 1, phone: '+47 55 123 456', vat: 'NO123456785' };
    const [id = 0] = await admin.create('res.partner', [values], context);
    await at.settle();
    const found = await golden(name);
    expect(found?.attributes).toMatchObject({ name, phones: ['+4755123456'] });
    expect(await links(found?.id ?? '')).toEqual([{ system: 'odoo', externalId: String(id), state: 'ACTIVE' }]);

    const erp = { name, taxIds: [{ scheme: 'VAT', value: 'NO123456785' }], emails: ['orders@bergen.example.com'] };
    await at.hub.arrive('erp', 'supplier', { [`V-${id}`]: erp });
    await at.settle();
    expect(await links(found?.id ?? '')).toHaveLength(2);
    expect(await partner(id, ['email'])).toMatchObject({ email: 'orders@bergen.example.com' });

    await at.hub.arrive('erp', 'supplier', { [`V-${id}`]: { ...erp, name: `${name} AS` } });
    await at.settle();
    expect(await partner(id, ['name', 'phone'])).toMatchObject({ name: `${name} AS`, phone: '+47 55 123 456' });
    expect(await at.compareAll()).toMatchObject({ written: 0 });
    await at.hub.expectLawful();
  }, 120_000);

  test('what the hub creates there is one partner, and comes back as its own', async () => {
    const name = unique('Only Once Ltd');
    await at.hub.arrive('erp', 'supplier', {
      [`C-${made}`]: { name, emails: ['a@once.example.com'], status: 'ACTIVE' },
    });
    await at.settle();
    expect(await admin.count('res.partner', [['name', '=', name]], context)).toBe(1);
    const found = await golden(name);
    expect((await links(found?.id ?? '')).map(({ system }) => system)).toEqual(['erp', 'odoo']);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
  }, 120_000);

  test('5: what a long transaction wrote is found although its time had been read past', async () => {
    const name = unique('Late');
    const [id = 0] = await admin.create(
      'res.partner',
      [{ name, is_company: true, supplier_rank: 1, phone: '+47 55 21 00 01' }],
      context,
    );
    await at.settle();
    // The transaction begins; the hub reads on; only then is it committed, with the time at which it began.
    const began = await odoo.beginLate(id, { phone: '+47 55 21 00 02' });
    await odoo.pass(3_000);
    await at.pull();
    await odoo.pass(2_000);
    await at.pull();
    await began.commit();
    const written = await partner(id, ['write_date']);
    expect(Date.parse(`${String(written?.write_date).replace(' ', 'T')}Z`)).toBeLessThan(began.committedAt() - 3_000);
    await at.settle();
    expect((await golden(name))?.attributes.phones).toEqual(['+4755210002']);
  }, 120_000);

  test('2 to 4: what is written later in a second that was read is found', async () => {
    const names = [unique('First'), unique('Second'), unique('Third')];
    await odoo.nextSecond();
    for (const name of names) {
      await admin.create('res.partner', [{ name, is_company: true, supplier_rank: 1 }], context);
      await at.pullNow();
    }
    await at.settle();
    for (const name of names) expect(await golden(name)).toBeDefined();
  }, 120_000);

  test('12: a record that is deleted there is noticed by the sweep, and an archived one is not deleted', async () => {
    const [gone, kept] = [unique('Deleted'), unique('Archived')];
    const values = (name: string) => ({ name, is_company: true, supplier_rank: 1 });
    const [goneId = 0, keptId = 0] = await admin.create('res.partner', [values(gone), values(kept)], context);
    await at.settle();
    await admin.unlink('res.partner', [goneId], context);
    await admin.write('res.partner', [keptId], { active: false }, context);
    await at.settle();
    await at.sweep();
    const states = await at.query<{ id: string; state: string }>(
      `select external_id as id, state from source_record where system = 'odoo' and external_id in ($1, $2)`,
      String(goneId),
      String(keptId),
    );
    expect(new Map(states.map(({ id, state }) => [id, state]))).toEqual(
      new Map([
        [String(goneId), 'DELETED'],
        [String(keptId), 'ACTIVE'],
      ]),
    );
    expect((await golden(kept))?.attributes.status).toBe('BLOCKED');
  }, 120_000);

  test('a contact that is archived there is none any more, without a sweep', async () => {
    const name = unique('Archived Contact');
    const [id = 0] = await admin.create('res.partner', [{ name, is_company: true, supplier_rank: 1 }], context);
    await odoo.nextSecond();
    const person = { name: 'Ada Lang', is_company: false, parent_id: id };
    const [contact = 0] = await admin.create('res.partner', [person], context);
    await at.settle();
    expect((await golden(name))?.attributes.contacts).toHaveLength(1);
    await odoo.nextSecond();
    await admin.write('res.partner', [contact], { active: false }, context);
    await at.settle();
    expect((await golden(name))?.attributes).not.toHaveProperty('contacts');
  }, 120_000);

  test('12: an account that is deleted there leaves no date, and the sweep finds it gone', async () => {
    const name = unique('Two Accounts');
    const [id = 0] = await admin.create('res.partner', [{ name, is_company: true, supplier_rank: 1 }], context);
    const [first = 0] = await admin.create(
      'res.partner.bank',
      [{ acc_number: unique('OLD'), partner_id: id }],
      context,
    );
    await odoo.nextSecond();
    await admin.create('res.partner.bank', [{ acc_number: unique('NEW'), partner_id: id }], context);
    await at.settle();
    expect((await golden(name))?.attributes.bankAccounts).toHaveLength(2);
    await admin.unlink('res.partner.bank', [first], context);
    await at.sweep();
    expect((await golden(name))?.attributes.bankAccounts).toMatchObject([
      { accountNumber: expect.stringContaining('NEW') },
    ]);
  }, 120_000);

  test('law 7: items that are variants of one template there share its name, have prices of their own, and come to rest', async () => {
    const gtins = ['42', '43'].map((prefix) => gtinOf(`${prefix}${String(Date.now()).slice(-10)}`));
    const [attribute = 0] = await admin.create(
      'product.attribute',
      [{ name: unique('Size'), create_variant: 'always' }],
      context,
    );
    const values = await admin.create(
      'product.attribute.value',
      ['S', 'L'].map((size) => ({ name: unique(size), attribute_id: attribute })),
      context,
    );
    const shared = unique('Nitrile glove');
    const lines = [[0, 0, { attribute_id: attribute, value_ids: [[6, 0, values]] }]];
    const [template = 0] = await admin.create(
      'product.template',
      [{ name: shared, attribute_line_ids: lines }],
      context,
    );
    const variants = await admin.searchIds('product.product', [['product_tmpl_id', '=', template]], context);
    for (const [nth, variant] of variants.entries())
      await admin.write('product.product', [variant], { barcode: gtins[nth] ?? '' }, context);
    await at.settle();
    const supplier = { system: 'erp', scope: 'main', id: `GLOVES-${template}` };
    await at.hub.arrive('erp', 'supplier', { [supplier.id]: { name: unique('Aurora Gloves'), status: 'ACTIVE' } });
    await at.settle();
    const item = (name: string, gtin: string, amount: string) => ({
      name,
      packagings: [{ level: 'BASE', gtin }],
      supplierItems: [{ supplier, price: { amount, currency: 'USD' } }],
    });
    await at.hub.arrive('erp', 'item', {
      [`S-${template}`]: item('Nitrile glove small', gtins[0] ?? '', '2.5'),
      [`L-${template}`]: item('Nitrile glove large', gtins[1] ?? '', '3.5'),
    });
    await at.settle();
    for (const name of ['Nitrile glove small', 'Nitrile glove large'])
      expect((await links((await golden(name))?.id ?? '')).map(({ system }) => system)).toEqual(['erp', 'odoo']);
    const [there] = await admin.read('product.template', [template], ['name'], context);
    expect(there?.name).toBe(shared);
    const prices = await admin.searchRead(
      'product.supplierinfo',
      [['product_tmpl_id', '=', template]],
      ['product_id', 'price'],
      context,
    );
    expect(prices.map((row) => [idOf(row.product_id), row.price])).toEqual([
      [variants[0], 2.5],
      [variants[1], 3.5],
    ]);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
    await at.hub.expectLawful();
  }, 240_000);

  test('13: partners merged there: the source is gone, and what belonged to it is the target’s', async () => {
    const [one, two] = [unique('Merge Source'), unique('Merge Target')];
    const values = (name: string) => ({ name, is_company: true, supplier_rank: 1 });
    const [source = 0, target = 0] = await admin.create('res.partner', [values(one), values(two)], context);
    await admin.create('res.partner.bank', [{ acc_number: unique('MERGED'), partner_id: source }], context);
    await at.settle();
    const model = 'base.partner.merge.automatic.wizard';
    const wizard = { partner_ids: [[6, 0, [source, target]]], dst_partner_id: target, state: 'selection' };
    const [id = 0] = await admin.create(model, [wizard], context);
    await admin.call(model, 'action_merge', { ids: [id], context });
    await at.settle();
    await at.sweep();
    await at.settle();
    const [state] = await at.query<{ state: string }>(
      `select state from source_record where system = 'odoo' and external_id = $1 and entity_type = 'supplier'`,
      String(source),
    );
    expect(state).toEqual({ state: 'DELETED' });
    expect((await golden(two))?.attributes.bankAccounts).toMatchObject([
      { accountNumber: expect.stringContaining('MERGED') },
    ]);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
  }, 120_000);

  const questions = () =>
    at.query<{ list: string; direction: string; value: string }>(
      `select details->>'list' as list, details->>'direction' as direction, details->>'value' as value
         from steward_task where kind = 'UNKNOWN_CODE' and state = 'OPEN' order by 1, 2, 3`,
    );
  const answer = async (list: string, code: string, word: string) => {
    await setCode(at.hub.db, HUB_ACTOR, newId(), { system: 'odoo', list, code, word });
    expect((await healOnce(at.hub.db, at.sync)).healed).toBeGreaterThan(0);
    await at.settle();
  };
  const letters = () => at.query(`select 1 from delivery where state = 'DEAD'`);

  test('a category and a currency that Odoo has no word for are questions, and the answer heals what waited', async () => {
    const [word, name, seller] = [unique('Gloves / Nitrile'), unique('Nitrile glove'), unique('Goldsmith')];
    await at.hub.arrive('erp', 'item', { [`G-${made}`]: { name, category: word, tracking: 'NONE' } });
    await at.hub.arrive('erp', 'supplier', {
      [`G-${made}`]: { name: seller, currency: 'XAU', emails: ['gold@example.com'] },
    });
    await at.settle();
    const read = async () => {
      const [row] = await admin.searchRead('product.product', [['name', '=', name]], ['categ_id'], context);
      return (row?.categ_id as [number, string] | false | undefined) || undefined;
    };
    // Everything else went there.
    expect(await admin.count('product.product', [['name', '=', name]], context)).toBe(1);
    expect(
      await admin.count(
        'res.partner',
        [
          ['name', '=', seller],
          ['email', '=', 'gold@example.com'],
        ],
        context,
      ),
    ).toBe(1);
    expect(await questions()).toEqual([
      { list: 'categories', direction: 'OUTWARD', value: word },
      { list: 'currencies', direction: 'OUTWARD', value: 'XAU' },
    ]);
    expect(await letters()).toEqual([]);

    const [category = 0] = await admin.create('product.category', [{ name: unique('Handschuhe') }], context);
    await answer('categories', String(category), word);
    await answer('currencies', 'USD', 'XAU');
    expect(await questions()).toEqual([]);
    expect((await read())?.[0]).toBe(category);
    // What Odoo calls otherwise is still the hub's word.
    expect((await golden(name))?.attributes).toMatchObject({ category: word });
    expect((await golden(seller))?.attributes).toMatchObject({ currency: 'XAU' });
    expect(await at.compareAll()).toMatchObject({ written: 0 });
    expect(await letters()).toEqual([]);
  }, 120_000);

  test('a category that is made there after it was asked about is found by the next sweep, and the question goes', async () => {
    const [word, name] = [unique('Drapes'), unique('Sterile drape')];
    await at.hub.arrive('erp', 'item', { [`D-${made}`]: { name, category: word, tracking: 'NONE' } });
    await at.settle();
    const asked = { list: 'categories', direction: 'OUTWARD', value: word };
    expect(await questions()).toContainEqual(asked);
    const [category = 0] = await admin.create('product.category', [{ name: word }], context);
    await at.settle();
    await at.sweep();
    await at.settle();
    expect(await questions()).not.toContainEqual(asked);
    const [row] = await admin.searchRead('product.product', [['name', '=', name]], ['categ_id'], context);
    expect(idOf(row?.categ_id)).toBe(category);
  }, 120_000);

  test('with `categories: CODES` a category that comes in is a question too', async () => {
    const strict = await createOdooHub(odoo, { connector: { categories: 'CODES' } });
    const [name, theirs] = [unique('Swab'), unique('Tupfer')];
    const [category = 0] = await admin.create('product.category', [{ name: theirs }], context);
    const [id = 0] = await admin.create('product.product', [{ name, categ_id: category }], context);
    await strict.settle();
    const known = async () => {
      const [found] = await strict.query<{ category: string | null }>(
        `select g.attributes->>'category' as category from golden_record g join source_record s on s.golden_record_id = g.id
           where s.system = 'odoo' and s.entity_type = 'item' and s.external_id = $1`,
        String(id),
      );
      return found?.category;
    };
    expect(await known()).toBeNull();
    const [asked] = await strict.query<{ label: string }>(
      `select details->>'label' as label from steward_task where kind = 'UNKNOWN_CODE' and details->>'direction' = 'INWARD'
         and details->>'list' = 'categories' and details->>'value' = $1`,
      String(category),
    );
    expect(asked?.label).toBe(theirs);
    const code = { system: 'odoo', list: 'categories', code: String(category), word: 'Swabs' };
    await setCode(strict.hub.db, HUB_ACTOR, newId(), code);
    expect((await healOnce(strict.hub.db, strict.sync)).healed).toBe(1);
    expect(await known()).toBe('Swabs');
    await strict.close();
  }, 120_000);

  test('what Odoo fills in by itself is nobody’s word: the source’s stays', async () => {
    const free = await createOdooHub(odoo, { rules: {} });
    const name = unique('Glove in boxes');
    const item = { name, kind: 'CONSUMABLE', baseUnit: 'BX' };
    await free.settle();
    const sourceTime = new Date(free.hub.db.now().getTime() - 60_000).toISOString();
    await free.hub.arrive('erp', 'item', { [`U-${made}`]: item }, { sourceTime });
    await free.settle();
    const unit = async () => {
      const [found] = await free.query<{ unit: string }>(
        `select attributes->>'baseUnit' as unit from golden_record where attributes->>'name' = $1`,
        name,
      );
      return found?.unit;
    };
    expect(await admin.count('product.product', [['name', '=', name]], context)).toBe(1);
    expect(await unit()).toBe(item.baseUnit);
    await free.close();
  }, 120_000);

  test('what the hub creates outside of what it reads is created once, and somebody is told', async () => {
    const narrow = await createOdooHub(odoo, { connector: { items: [['default_code', '!=', false]] } });
    const name = unique('Glove out of sight');
    const number = `O-${made}`;
    const dead = () => narrow.query(`select error->>'code' as code from delivery where state = 'DEAD'`);
    await narrow.settle();
    for (const description of ['one', 'two', 'three']) {
      await narrow.hub.arrive('erp', 'item', { [number]: { name, kind: 'GOODS', description } });
      await narrow.settle();
      expect(await dead()).toEqual([{ code: 'OUT_OF_SIGHT' }]);
    }
    const found = await admin.searchRead('product.product', [['name', '=', name]], ['id'], context);
    expect(found).toHaveLength(1);
    const [{ id } = { id: 0 }] = found;
    await admin.write('product.product', [id], { default_code: unique('O') }, context);
    await narrow.settle();
    expect(await dead()).toEqual([]);
    expect(
      await narrow.query(
        `select 1 from source_record o join source_record e using (golden_record_id) where o.external_id = $1 and e.external_id = $2`,
        String(id),
        number,
      ),
    ).toHaveLength(1);
    const [now] = await admin.read('product.product', [id], ['description'], context);
    expect(String(now?.description)).toContain('three');
    await narrow.close();
  }, 120_000);

  test('of two payment terms that mean the same, the one that is there stays', async () => {
    const own = { owner: ['erp'], onConflict: 'correct' as const };
    const mine = await createOdooHub(odoo, { rules: { supplier: { attributes: { paymentTerms: own, phones: own } } } });
    const [there = 0, other = 0] = await admin.searchIds('account.payment.term', [], context, 2);
    const [name, field] = [unique('Two Terms'), 'property_supplier_payment_term_id'];
    const [id = 0] = await admin.create(
      'res.partner',
      [{ name, is_company: true, supplier_rank: 1, [field]: there }],
      context,
    );
    for (const [code, preferred] of [
      [there, false],
      [other, true],
    ] as const)
      await setCode(mine.hub.db, HUB_ACTOR, newId(), {
        system: 'odoo',
        list: 'paymentTerms',
        code: String(code),
        word: 'NET30',
        preferred,
      });
    await mine.settle();
    const goldenOf = async (entityType: string, system: string, externalId: string) => {
      const [found] = await mine.query<{ id: string }>(
        `select golden_record_id::text as id from source_record where entity_type = $1 and system = $2 and external_id = $3`,
        entityType,
        system,
        externalId,
      );
      return found?.id ?? '';
    };
    const meet = async (entityType: string, theirs: number, erps: string) => {
      const [survivorId, merged] = [
        await goldenOf(entityType, 'odoo', String(theirs)),
        await goldenOf(entityType, 'erp', erps),
      ];
      if (survivorId !== merged) await mine.hub.decide('MERGE', { entityType, survivorId, mergedIds: [merged] });
    };
    const [{ name: company } = { name: '' }] = await admin.read('res.company', [1], ['name'], context);
    await mine.hub.arrive('erp', 'business_unit', { OWN: { code: 'OWN', name: String(company), status: 'ACTIVE' } });
    await meet('business_unit', 1, 'OWN');
    const paymentTerms = [{ businessUnit: 'OWN', value: { code: 'NET30' } }];
    await mine.hub.arrive('erp', 'supplier', { V1: { name, phones: ['+47 55 123 456'], paymentTerms } });
    await meet('supplier', id, 'V1');
    await mine.settle();
    const now = await partner(id, ['phone', field]);
    expect(now?.phone).toBeTruthy();
    expect(idOf(now?.[field])).toBe(there);
    await mine.close();
  }, 120_000);

  test('a category that is renamed moves no date of its products, and is noticed', async () => {
    const [above = 0] = await admin.create('product.category', [{ name: unique('Wound care') }], context);
    const [below = 0] = await admin.create('product.category', [{ name: 'Gauze', parent_id: above }], context);
    const name = unique('Sponge');
    await admin.create('product.product', [{ name, categ_id: below }], context);
    await at.settle();
    await odoo.nextSecond();
    const renamed = unique('Dressings');
    await admin.write('product.category', [above], { name: renamed }, context);
    await at.settle();
    expect((await golden(name))?.attributes.category).toBe(`${renamed} / Gauze`);
  }, 120_000);

  test('12: a parent company that is deleted leaves its children without one, which the sweep notices', async () => {
    const [group = 0] = await admin.create(
      'res.partner',
      [{ name: unique('Group'), is_company: true, supplier_rank: 1 }],
      context,
    );
    const name = unique('Daughter');
    const [child = 0] = await admin.create(
      'res.partner',
      [{ name, is_company: true, supplier_rank: 1, parent_id: group }],
      context,
    );
    await at.settle();
    expect((await golden(name))?.attributes.parent).toBeTruthy();
    await admin.unlink('res.partner', [group], context);
    expect(await partner(child, ['parent_id'])).toMatchObject({ parent_id: false });
    await at.settle();
    await at.sweep();
    await at.settle();
    expect((await golden(name))?.attributes.parent ?? null).toBeNull();
  }, 120_000);

  test('companies of one family keep the addresses that their owner gives them, whoever of them is written last', async () => {
    const street = (line1: string): Json => ({
      kind: 'MAIN',
      line1,
      city: 'Chicago',
      region: 'IL',
      postcode: '60601',
      country: 'US',
    });
    const names = [unique('Family'), unique('Eldest'), unique('Youngest')] as const;
    const [family, eldest, youngest] = ['family', 'eldest', 'youngest'].map((who) => `${who}-${made}`) as [
      string,
      string,
      string,
    ];
    const supplier = (name: string, line1: string, parent?: string) => ({
      name,
      addresses: [street(line1)],
      ...(parent === undefined ? {} : { parent: { system: 'erp', type: 'supplier', id: parent } }),
    });
    const streets = async () => {
      const rows = await admin.searchRead(
        'res.partner',
        [['name', 'in', [...names]]],
        ['name', 'street', 'parent_id'],
        context,
      );
      return Object.fromEntries(rows.map(({ name, street, parent_id }) => [name, [street, parent_id !== false]]));
    };
    await at.hub.arrive('erp', 'supplier', {
      [family]: supplier(names[0], '1 Family St'),
      [eldest]: supplier(names[1], '2 Elder St', family),
      [youngest]: supplier(names[2], '3 Young St'),
    });
    await at.settle();
    expect(await streets()).toEqual({
      [names[0]]: ['1 Family St', false],
      [names[1]]: ['2 Elder St', true],
      [names[2]]: ['3 Young St', false],
    });

    // Who comes under the family later takes its address, there, and gets its own again.
    await at.hub.arrive('erp', 'supplier', {
      [youngest]: supplier(names[2], '3 Young St', family),
      [family]: supplier(names[0], '4 Family St'),
    });
    await at.settle();
    expect(await streets()).toEqual({
      [names[0]]: ['4 Family St', false],
      [names[1]]: ['2 Elder St', true],
      [names[2]]: ['3 Young St', true],
    });
    expect(await at.compareAll()).toMatchObject({ written: 0 });
    await at.hub.expectLawful();
  }, 120_000);

  /** An item of which the ERP owns the prices, and who sells it. */
  const offering = async (prices: OdooHub, id: string, name: string, offers: Readonly<Record<string, string>>) => {
    const supplierItems = Object.entries(offers).map(([supplier, amount]) => ({
      supplier: { system: 'erp', type: 'supplier', id: supplier },
      number: `N-${supplier}`,
      price: { amount, currency: 'USD' },
    }));
    await prices.hub.arrive('erp', 'item', { [id]: { name, kind: 'GOODS', supplierItems } });
    await prices.settle();
  };
  const pricesOf = async (name: string) => {
    const products = await admin.searchRead('product.product', [['name', '=', name]], ['product_tmpl_id'], context);
    const templates = products.map(({ product_tmpl_id }) => idOf(product_tmpl_id));
    return admin.searchRead(
      'product.supplierinfo',
      [['product_tmpl_id', 'in', templates]],
      ['product_code', 'price'],
      context,
    );
  };
  const ITS_PRICES = { item: { attributes: { supplierItems: { owner: ['erp'], onConflict: 'correct' as const } } } };

  test('a price whose vendor comes into being there later is written then', async () => {
    const prices = await createOdooHub(odoo, { rules: ITS_PRICES, connector: { creates: { suppliers: false } } });
    try {
      const [vendor, item] = [unique('Later Vendor'), unique('Later Item')];
      await prices.hub.arrive('erp', 'supplier', {
        L: { name: vendor, taxIds: [{ scheme: 'VAT', value: 'NO935603110' }] },
      });
      await prices.settle();
      await offering(prices, 'I', item, { L: '1.5' });
      expect(await pricesOf(item)).toEqual([]);
      await admin.create(
        'res.partner',
        [{ name: vendor, is_company: true, supplier_rank: 1, vat: 'NO935603110' }],
        context,
      );
      await prices.settle();
      expect(await pricesOf(item)).toMatchObject([{ product_code: 'N-L', price: 1.5 }]);
    } finally {
      await prices.close();
    }
  }, 180_000);

  test('12: a price of a vendor that was deleted there costs no other record anything', async () => {
    const prices = await createOdooHub(odoo, { rules: ITS_PRICES });
    try {
      const [stays, goes, item] = [unique('Stays'), unique('Goes'), unique('Sold by two')];
      await prices.hub.arrive('erp', 'supplier', { S: { name: stays }, G: { name: goes } });
      await prices.settle();
      await offering(prices, 'I', item, { S: '1', G: '9' });
      expect(await pricesOf(item)).toHaveLength(2);
      const [gone] = await admin.searchRead('res.partner', [['name', '=', goes]], ['id'], context);
      const [price] = (await pricesOf(item)).filter(({ product_code }) => product_code === 'N-G');
      await admin.unlink('product.supplierinfo', [price?.id ?? 0], context);
      await admin.unlink('res.partner', [gone?.id ?? 0], context);
      await prices.sweep();
      await prices.settle();
      await offering(prices, 'I', `${item} of today`, { S: '2', G: '9' });
      expect(await prices.query(`select error->>'message' as error from delivery where state = 'DEAD'`)).toEqual([]);
      expect(await pricesOf(`${item} of today`)).toMatchObject([{ product_code: 'N-S', price: 2 }]);
    } finally {
      await prices.close();
    }
  }, 180_000);

  test('terms of a unit that is no company there are left out, and those of the others written', async () => {
    const own = { owner: ['erp'], onConflict: 'correct' as const };
    const mine = await createOdooHub(odoo, { rules: { supplier: { attributes: { paymentTerms: own } } } });
    try {
      const [term = 0] = await admin.searchIds('account.payment.term', [], context, 1);
      const [{ name: company } = { name: '' }] = await admin.read('res.company', [1], ['name'], context);
      await mine.settle();
      await mine.hub.arrive('erp', 'business_unit', {
        OWN: { code: 'OWN', name: String(company), status: 'ACTIVE' },
        FAR: { code: 'FAR', name: 'Quokka Far Away', status: 'ACTIVE' },
      });
      const goldens = await mine.query<{ id: string; system: string; externalId: string }>(
        `select golden_record_id::text as id, system, external_id as "externalId" from source_record where entity_type = 'business_unit'`,
      );
      const golden = (system: string, id: string) =>
        goldens.find((row) => row.system === system && row.externalId === id)?.id ?? '';
      const [survivorId, merged] = [golden('odoo', '1'), golden('erp', 'OWN')];
      if (survivorId !== merged)
        await mine.hub.decide('MERGE', { entityType: 'business_unit', survivorId, mergedIds: [merged] });
      const code = { system: 'odoo', list: 'paymentTerms', code: String(term), word: 'NET30' };
      await setCode(mine.hub.db, HUB_ACTOR, newId(), code);
      const paymentTerms = ['FAR', 'OWN'].map((businessUnit) => ({ businessUnit, value: { code: 'NET30' } }));
      const name = unique('Far and near');
      await mine.hub.arrive('erp', 'supplier', { F: { name, paymentTerms } });
      await mine.settle();
      const field = 'property_supplier_payment_term_id';
      const [found] = await admin.searchRead('res.partner', [['name', '=', name]], [field], context);
      expect(idOf(found?.[field])).toBe(term);
      expect(await mine.compareAll()).toMatchObject({ written: 0 });
    } finally {
      await mine.close();
    }
  }, 180_000);

  test('what refers to the second of two partners that are one stays with it', async () => {
    const prices = await createOdooHub(odoo, { rules: ITS_PRICES });
    try {
      const [name, item] = [unique('Twin'), unique('Sold by the second')];
      const twin = { name, is_company: true, supplier_rank: 1, vat: 'NO974760673' };
      await admin.create('res.partner', [twin], context);
      const [second = 0] = await admin.create('res.partner', [twin], context);
      const barcode = gtinOf(`0${String(Date.now()).slice(-11)}`.slice(0, 12));
      const [product = 0] = await admin.create('product.product', [{ name: item, barcode }], context);
      const [row] = await admin.read('product.product', [product], ['product_tmpl_id'], context);
      const vendor = await vendorField(admin);
      const offer = {
        [vendor]: second,
        product_tmpl_id: idOf(row?.product_tmpl_id) ?? 0,
        price: 1.5,
        product_code: 'N-T',
      };
      const [price = 0] = await admin.create('product.supplierinfo', [{ ...offer, company_id: false }], context);
      await prices.settle();
      await prices.hub.arrive('erp', 'supplier', { T: { name, taxIds: [{ scheme: 'VAT', value: 'NO974760673' }] } });
      await prices.hub.arrive('erp', 'item', {
        I: {
          name: item,
          packagings: [{ level: 'BASE', gtin: barcode }],
          supplierItems: [
            {
              supplier: { system: 'erp', type: 'supplier', id: 'T' },
              number: 'N-T',
              price: { amount: '1.5', currency: 'USD' },
            },
          ],
        },
      });
      await prices.settle();
      const [left] = await admin.read('product.supplierinfo', [price], [vendor], context);
      expect(idOf(left?.[vendor])).toBe(second);
    } finally {
      await prices.close();
    }
  }, 180_000);
  const taxId = () => vatOf(`2${String(++made).padStart(2, '0')}${String(Date.now() % 100_000).padStart(5, '0')}`);
  const taxed = (value: string) => ({ taxIds: [{ scheme: 'VAT', value }] });
  const linked = (id: number) =>
    at.query<{ state: string }>(
      `select state from source_record where system = 'odoo' and entity_type = 'supplier' and external_id = $1 and state = 'ACTIVE'`,
      String(id),
    );

  test('a person under a vendor is its contact, whatever its rank; alone it is a supplier, and under the vendor no more', async () => {
    const [name, person] = [unique('Ranked Group'), unique('Jane')];
    const values = { name, is_company: true, supplier_rank: 1, vat: taxId() };
    const [vendor = 0] = await admin.create('res.partner', [values], context);
    const jane = { name: person, email: 'jane@ranked.example.com', supplier_rank: 1, parent_id: vendor };
    const [id = 0] = await admin.create('res.partner', [jane], context);
    const names = (value: Json | undefined) =>
      Array.isArray(value) ? value.map((one) => (one as { name: Json }).name) : [];
    const contacts = async () => names((await golden(name))?.attributes.contacts);
    await at.settle();
    await at.hub.arrive('erp', 'supplier', {
      [`R-${id}`]: { name, emails: ['info@ranked.example.com'], ...taxed(values.vat) },
    });
    await at.settle();
    expect(await partner(id, ['name', 'email'])).toMatchObject({ name: person, email: 'jane@ranked.example.com' });
    expect([await linked(id), await contacts()]).toEqual([[], [person]]);

    await odoo.nextSecond();
    await admin.write('res.partner', [id], { parent_id: false, vat: false }, context);
    await at.settle();
    await at.sweep();
    await at.settle();
    expect([(await linked(id)).length, await contacts()]).toEqual([1, []]);

    await odoo.nextSecond();
    await admin.write('res.partner', [id], { parent_id: vendor }, context);
    await at.settle();
    await at.sweep();
    await at.settle();
    expect([await linked(id), await contacts()]).toEqual([[], [person]]);
    expect(await partner(id, ['name', 'active'])).toMatchObject({ name: person, active: true });
    await at.hub.expectLawful();
  }, 120_000);

  test('where a person under a vendor is a supplier too, neither is written over by the other', async () => {
    const owner = { owner: ['erp'], onConflict: 'correct' as const };
    const rules = { supplier: { attributes: { contacts: owner, status: owner, name: owner, taxIds: owner } } };
    const narrow = await createOdooHub(odoo, { connector: { suppliers: [['supplier_rank', '>', 0]] }, rules });
    try {
      const [name, person] = [unique('Quokka Group'), unique('Jane')];
      const values = { name, is_company: true, supplier_rank: 1, email: `${made}@group.example.com` };
      const [vendor = 0] = await admin.create('res.partner', [values], context);
      const jane = { name: person, email: `${made}@jane.example.com`, supplier_rank: 1, parent_id: vendor };
      const [id = 0] = await admin.create('res.partner', [jane], context);
      await narrow.settle();
      const say = async (more: { vendor?: object; person?: object }) => {
        await narrow.hub.arrive('erp', 'supplier', {
          [`C-${id}`]: { name, emails: [values.email], status: 'ACTIVE', ...more.vendor },
          [`X-${id}`]: { name: person, emails: [jane.email], status: 'ACTIVE', ...more.person },
        });
      };
      await say({});
      for (const [there, erp] of [
        [vendor, `C-${id}`],
        [id, `X-${id}`],
      ] as const) {
        const goldens = await narrow.query<{ id: string }>(
          `select distinct on (system) golden_record_id::text as id from source_record
             where entity_type = 'supplier' and (system, external_id) in (('odoo', $1), ('erp', $2)) order by system desc`,
          String(there),
          erp,
        );
        const [survivor, other] = goldens;
        if (survivor && other && survivor.id !== other.id)
          await narrow.hub.decide('MERGE', { entityType: 'supplier', survivorId: survivor.id, mergedIds: [other.id] });
      }
      await narrow.settle();
      const contacts = [{ name: 'Carl Clerk', email: 'carl@group.example.com' }];
      const vat = taxId();
      await say({ vendor: { contacts, ...taxed(vat) }, person: taxed(taxId()) });
      await narrow.settle();
      expect(await partner(id, ['name', 'active'])).toMatchObject({ name: person, active: true });
      expect(await partner(vendor, ['vat'])).toMatchObject({ vat });
      const people = [['parent_id', '=', vendor]];
      expect(await admin.count('res.partner', people, context)).toBe(2);
      expect(await narrow.compareAll()).toMatchObject({ written: 0 });
    } finally {
      await narrow.close();
    }
  }, 120_000);

  test('a record that is refused in the middle of 500 is the only dead letter, by name and with the reason', async () => {
    const gtin = '5012345678900';
    const taken = { name: unique('Taken'), barcode: gtin, default_code: 'HIDDEN' };
    const narrow = await createOdooHub(odoo, { connector: { items: [['default_code', '!=', 'HIDDEN']] } });
    try {
      await narrow.settle();
      await admin.create('product.product', [taken], context);
      const word = lettersOf(unique('Refused'));
      const items = Array.from({ length: 500 }, (_, nth): [string, Json] => [
        `${word}-${nth}`,
        { name: `${word} ${lettersOf(`${nth}`)}`, ...(nth === 250 ? { packagings: [{ level: 'BASE', gtin }] } : {}) },
      ]);
      // The owner of that bar code is a product that the hub doesn't look after, so that they can't be linked.
      await narrow.hub.arrive('erp', 'item', Object.fromEntries(items));
      await narrow.settle();
      const letters = await narrow.query<{ code: string; message: string; place: string; name: string }>(
        `select error->>'code' as code, error->>'message' as message, place, g.attributes->>'name' as name
           from delivery d join golden_record g on g.id = d.golden_id where d.state <> 'DONE'`,
      );
      expect(letters).toMatchObject([{ code: 'VALUE_REFUSED', place: 'TARGET', name: `${word} ${lettersOf('250')}` }]);
      expect(letters[0]?.message).toMatch(/[Bb]arcode/);
      expect(await admin.count('product.product', [['name', 'ilike', word]], context)).toBe(499);
      const tasks = await narrow.query(`select 1 from steward_task where kind = 'DEAD_LETTER' and state = 'OPEN'`);
      expect(tasks).toHaveLength(1);
    } finally {
      await narrow.close();
    }
  }, 300_000);

  /** Two sizes of a product in the place of the one that it was. */
  async function replaceVariants(template: number): Promise<void> {
    const [attribute = 0] = await admin.create(
      'product.attribute',
      [{ name: unique('Size'), create_variant: 'always' }],
      context,
    );
    const sizes = await admin.create(
      'product.attribute.value',
      [
        { name: 'S', attribute_id: attribute },
        { name: 'L', attribute_id: attribute },
      ],
      context,
    );
    const line = { attribute_id: attribute, value_ids: [[6, 0, sizes]] };
    await admin.write('product.template', [template], { attribute_line_ids: [[0, 0, line]] }, context);
  }

  test('14: of a replaced variant the record is gone, its successors are there, and nothing is doubled in Odoo', async () => {
    const name = unique('Gauze');
    await at.hub.arrive('erp', 'item', {
      [`I-${made}`]: { name, tracking: 'NONE', packagings: [{ level: 'BASE', gtin: '4006381333931' }] },
    });
    await at.settle();
    const [variant] = await admin.searchRead(
      'product.product',
      [['name', '=', name]],
      ['product_tmpl_id', 'barcode'],
      context,
    );
    expect(variant?.barcode).toBe('4006381333931');
    const template = idOf(variant?.product_tmpl_id) ?? 0;
    await replaceVariants(template);
    await at.settle();
    await at.sweep();
    await at.settle();
    const states = await at.query<{ id: string; state: string }>(
      `select external_id as id, state from source_record where system = 'odoo' and entity_type = 'item' and payload->>'name' = $1 or external_id = $2 and entity_type = 'item' order by external_id::int`,
      name,
      String(variant?.id),
    );
    expect(states[0]).toEqual({ id: String(variant?.id), state: 'DELETED' });
    expect(states.slice(1).map(({ state }) => state)).toEqual(['ACTIVE', 'ACTIVE']);
    // Which of them is the old one is asked, one question for each; the answer puts it in its place.
    const successors = states.slice(1).map(({ id }) => id);
    const asked = await at.query<{ id: string; kind: string; details: Json; goldenIds: string[] }>(
      `select id::text, kind, details, golden_ids::text[] as "goldenIds" from steward_task
         where state = 'OPEN' and details->>'replaced' = $1 order by details->>'by'`,
      String(variant?.id),
    );
    const question = { system: 'odoo', scope: 'main', replaced: String(variant?.id), successors };
    expect(asked.map(({ kind, details }) => ({ kind, details }))).toEqual(
      successors.map((by) => ({ kind: 'REPLACED_RECORD', details: { ...question, by } })),
    );
    const [first] = asked;
    const request = { correlationId: newId() };
    const input = { taskId: first?.id ?? '', resolution: 'MERGE' as const, survivorId: first?.goldenIds[0] ?? '' };
    await resolveTask(at.hub.db, HUB_ACTOR, request, input);
    await at.hub.settleAll();
    const linked = await links(first?.goldenIds[0] ?? '');
    expect(
      linked.filter(({ state }) => state === 'ACTIVE').map(({ system, externalId }) => [system, externalId]),
    ).toEqual([
      ['erp', expect.stringMatching(/^I-/)],
      ['odoo', successors[0]],
    ]);
    await at.settle();
    expect(await at.compareAll()).toMatchObject({ written: 0 });
    expect(await admin.count('product.template', [['name', '=', name]], context)).toBe(1);
    expect(await admin.count('product.product', [['product_tmpl_id', '=', template]], context)).toBe(2);
  }, 120_000);

  test.each([
    ['before the hub sees it', false],
    ['after the hub has asked', true],
  ])(
    '14: a replaced variant is answered by its bar code, typed in again %s',
    async (_when, isAsked) => {
      const name = unique('Lint');
      const gtin = isAsked ? '5901234123457' : '4012345678901';
      const own = { name, tracking: 'NONE', packagings: [{ level: 'BASE', gtin }] };
      await at.hub.arrive('erp', 'item', { [`B-${made}`]: own });
      await at.settle();
      const found = await golden(name);
      const [old] = await admin.searchRead('product.product', [['barcode', '=', gtin]], ['product_tmpl_id'], context);
      const template = idOf(old?.product_tmpl_id) ?? 0;
      await replaceVariants(template);
      const look = async () => {
        await at.settle();
        await at.sweep();
        await at.settle();
      };
      const questions = () =>
        at.query(
          `select 1 from steward_task where kind = 'REPLACED_RECORD' and state = 'OPEN' and details->>'replaced' = $1`,
          String(old?.id),
        );
      if (isAsked) {
        await look();
        expect(await questions()).toHaveLength(2);
      }
      const variants = await admin.searchIds('product.product', [['product_tmpl_id', '=', template]], context);
      const [successor = 0, other = 0] = variants;
      await admin.write('product.product', [successor], { barcode: gtin }, context);
      await look();
      const linked = (await links(found?.id ?? '')).filter(({ state }) => state === 'ACTIVE');
      expect(linked.map(({ system, externalId }) => [system, externalId])).toEqual([
        ['erp', expect.stringMatching(/^B-/)],
        ['odoo', String(successor)],
      ]);
      expect(await questions()).toEqual([]);
      expect(await at.compareAll()).toMatchObject({ written: 0 });
      expect(await admin.searchIds('product.product', [['product_tmpl_id', '=', template]], context)).toEqual([
        successor,
        other,
      ]);
    },
    120_000,
  );
});

describeReal(({ start }) => {
  test('31: with tombstones a deletion is noticed at once, that of an account too, and strangers are let be', async () => {
    const odoo = await start();
    const admin = odoo.client('admin');
    await setupOdoo(admin, context, undefined);
    const at = await createOdooHub(odoo);
    const values = (name: string) => ({ name, is_company: true, supplier_rank: 1 });
    const [gone = 0, kept = 0] = await admin.create('res.partner', [values('Gone Ltd'), values('Kept Ltd')], context);
    const [stranger = 0] = await admin.create('res.partner', [{ name: 'A Person' }], context);
    await at.settle();
    await odoo.nextSecond();
    const [account = 0] = await admin.create('res.partner.bank', [{ acc_number: 'LAST-1', partner_id: kept }], context);
    await at.settle();
    await odoo.nextSecond();
    await admin.unlink('res.partner', [gone, stranger], context);
    await admin.unlink('res.partner.bank', [account], context);
    await at.settle();
    const states = await at.query<{ id: string; state: string }>(
      `select external_id as id, state from source_record where system = 'odoo' and entity_type = 'supplier' and external_id in ($1, $2, $3)`,
      String(gone),
      String(kept),
      String(stranger),
    );
    expect(new Map(states.map(({ id, state }) => [id, state]))).toEqual(
      new Map([
        [String(gone), 'DELETED'],
        [String(kept), 'ACTIVE'],
      ]),
    );
    const [golden] = await at.query<{ accounts: unknown }>(
      `select attributes->'bankAccounts' as accounts from golden_record where attributes->>'name' = 'Kept Ltd'`,
    );
    expect(golden?.accounts ?? null).toBeNull();
    expect(await at.query(`select 1 from steward_task where kind = 'REJECTED_RECORD'`)).toEqual([]);
    await at.close();
    await odoo.stop();
  }, 240_000);
});

/** Words that don't resemble each other: items whose names differ in digits alone are asked about. */
const lettersOf = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('base64')
    .replace(/[^a-z]/g, '');
