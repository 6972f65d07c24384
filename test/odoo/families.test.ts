import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../golden-records/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { setScene } from '../support/odoo/each.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { nthMade, unique, uniqueVat } from '../support/odoo/words.js';

/** Partners under partners: companies of one family, and people. */
const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let at: OdooHub;

  const { golden, partner } = setScene({ start }, (scene) => {
    ({ odoo, admin, at } = scene);
  });

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
    const [family, eldest, youngest] = ['family', 'eldest', 'youngest'].map((who) => `${who}-${nthMade()}`) as [
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
  });

  const taxed = (value: string) => ({ taxIds: [{ scheme: 'VAT', value }] });
  const linked = (id: number) =>
    at.query<{ state: string }>(
      `select state from source_record where system = 'odoo' and entity_type = 'supplier' and external_id = $1 and state = 'ACTIVE'`,
      String(id),
    );

  test('a person under a vendor is its contact, whatever its rank; alone it is a supplier, and under the vendor no more', async () => {
    const [name, person] = [unique('Ranked Group'), unique('Jane')];
    const values = { name, is_company: true, supplier_rank: 1, vat: uniqueVat() };
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
  });

  test('where a person under a vendor is a supplier too, neither is written over by the other', async () => {
    const owner = { owner: ['erp'], onConflict: 'correct' as const };
    const rules = { supplier: { attributes: { contacts: owner, status: owner, name: owner, taxIds: owner } } };
    const narrow = await createOdooHub(odoo, { connector: { suppliers: [['supplier_rank', '>', 0]] }, rules });
    try {
      const [name, person] = [unique('Quokka Group'), unique('Jane')];
      const values = { name, is_company: true, supplier_rank: 1, email: `${nthMade()}@group.example.com` };
      const [vendor = 0] = await admin.create('res.partner', [values], context);
      const jane = { name: person, email: `${nthMade()}@jane.example.com`, supplier_rank: 1, parent_id: vendor };
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
      const vat = uniqueVat();
      await say({ vendor: { contacts, ...taxed(vat) }, person: taxed(uniqueVat()) });
      await narrow.settle();
      expect(await partner(id, ['name', 'active'])).toMatchObject({ name: person, active: true });
      expect(await partner(vendor, ['vat'])).toMatchObject({ vat });
      const people = [['parent_id', '=', vendor]];
      expect(await admin.count('res.partner', people, context)).toBe(2);
      expect(await narrow.compareAll()).toMatchObject({ written: 0 });
    } finally {
      await narrow.close();
    }
  });
});
