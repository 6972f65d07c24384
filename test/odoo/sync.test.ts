import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../golden-records/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { idOf } from '../../sources/odoo/values.js';
import { setScene } from '../support/odoo/each.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { gtinOf, lettersOf, nthMade, unique } from '../support/odoo/words.js';

/** The engine with the connector: records of both sides, end to end. */
const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let at: OdooHub;

  const { golden, links, partner } = setScene({ start }, (scene) => {
    ({ odoo, admin, at } = scene);
  });

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
  });

  test('what the hub creates there is one partner, and comes back as its own', async () => {
    const name = unique('Only Once Ltd');
    await at.hub.arrive('erp', 'supplier', {
      [`C-${nthMade()}`]: { name, emails: ['a@once.example.com'], status: 'ACTIVE' },
    });
    await at.settle();
    expect(await admin.count('res.partner', [['name', '=', name]], context)).toBe(1);
    const found = await golden(name);
    expect((await links(found?.id ?? '')).map(({ system }) => system)).toEqual(['erp', 'odoo']);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
  });

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
  });

  test('2 to 4: what is written later in a second that was read is found', async () => {
    const names = [unique('First'), unique('Second'), unique('Third')];
    await odoo.nextSecond();
    for (const name of names) {
      await admin.create('res.partner', [{ name, is_company: true, supplier_rank: 1 }], context);
      await at.pullNow();
    }
    await at.settle();
    for (const name of names) expect(await golden(name)).toBeDefined();
  });

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

  test('what the hub creates outside of what it reads is created once, and somebody is told', async () => {
    const narrow = await createOdooHub(odoo, { connector: { items: [['default_code', '!=', false]] } });
    const name = unique('Glove out of sight');
    const number = `O-${nthMade()}`;
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
  });

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
});
