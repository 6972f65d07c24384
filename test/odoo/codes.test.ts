import { describe, expect, test } from '@jest/globals';
import { HUB_ACTOR, newId } from '../../golden-records/index.js';
import { healOnce, setCode } from '../../sources/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { idOf } from '../../sources/odoo/values.js';
import { setScene } from '../support/odoo/each.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { nthMade, unique } from '../support/odoo/words.js';

/** Words of which each side has its own. */
const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let at: OdooHub;

  const { golden, partner } = setScene({ start }, (scene) => {
    ({ odoo, admin, at } = scene);
  });

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
    await at.hub.arrive('erp', 'item', { [`G-${nthMade()}`]: { name, category: word, tracking: 'NONE' } });
    await at.hub.arrive('erp', 'supplier', {
      [`G-${nthMade()}`]: { name: seller, currency: 'XAU', emails: ['gold@example.com'] },
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
  });

  test('a category that is made there after it was asked about is found by the next sweep, and the question goes', async () => {
    const [word, name] = [unique('Drapes'), unique('Sterile drape')];
    await at.hub.arrive('erp', 'item', { [`D-${nthMade()}`]: { name, category: word, tracking: 'NONE' } });
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
  });

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
  });

  test('what Odoo fills in by itself is nobody’s word: the source’s stays', async () => {
    const free = await createOdooHub(odoo, { rules: {} });
    const name = unique('Glove in boxes');
    const item = { name, kind: 'CONSUMABLE', baseUnit: 'BX' };
    await free.settle();
    const sourceTime = new Date(free.hub.db.now().getTime() - 60_000).toISOString();
    await free.hub.arrive('erp', 'item', { [`U-${nthMade()}`]: item }, { sourceTime });
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
  });

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
  });

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
  });
});
