import { describe, expect, test } from '@jest/globals';
import { HUB_ACTOR, type Json, newId, resolveTask } from '../../golden-records/index.js';
import { setupOdoo } from '../../sources/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { idOf } from '../../sources/odoo/values.js';
import { describeReal, setScene } from '../support/odoo/each.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { nthMade, unique, uniqueVat } from '../support/odoo/words.js';

/** What is deleted, archived, merged or replaced over there. */
const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let at: OdooHub;

  const { golden, links, partner } = setScene({ start }, (scene) => {
    ({ odoo, admin, at } = scene);
  });

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
  });

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
  });

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
  });

  test('13: partners merged there: the source is gone, and what belonged to it is the target’s', async () => {
    const [one, two] = [unique('Quokka Gauze'), unique('Bergen Medical')];
    const [vat, other] = [uniqueVat(), uniqueVat()];
    const values = (name: string, vat: string) => ({ name, vat, is_company: true, supplier_rank: 1 });
    const [source = 0, target = 0] = await admin.create('res.partner', [values(one, vat), values(two, other)], context);
    await admin.create('res.partner.bank', [{ acc_number: unique('MERGED'), partner_id: source }], context);
    await at.hub.arrive('erp', 'supplier', {
      [`MS-${source}`]: { name: one, taxIds: [{ scheme: 'VAT', value: vat }] },
      [`MT-${source}`]: { name: two, taxIds: [{ scheme: 'VAT', value: other }] },
    });
    await at.settle();
    const [gone = 0, third = 0] = await admin.create(
      'res.partner',
      [values(unique('Gone'), uniqueVat()), values(unique('Third'), uniqueVat())],
      context,
    );
    await at.settle();
    const model = 'base.partner.merge.automatic.wizard';
    const wizard = { partner_ids: [[6, 0, [source, target]]], dst_partner_id: target, state: 'selection' };
    const [id = 0] = await admin.create(model, [wizard], context);
    await admin.call(model, 'action_merge', { ids: [id], context });
    // What people write of them is no merge.
    const note = { model: 'res.partner', res_id: third, message_type: 'comment' };
    await admin.create(
      'mail.message',
      [source, gone].map((which) => ({ ...note, body: `<p>See Merged (ID ${which})</p>` })),
      context,
    );
    await admin.unlink('res.partner', [gone], context);
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

    // Odoo knows that the two are one; whether the hub's two are is asked, and the answer joins all.
    const questions = () =>
      at.query<{ id: string; details: Json; goldenIds: string[] }>(
        `select id::text, details, golden_ids::text[] as "goldenIds" from steward_task
           where kind = 'REPLACED_RECORD' and state = 'OPEN' and details->>'replaced' in ($1, $2)`,
        String(source),
        String(gone),
      );
    const [asked, ...others] = await questions();
    expect(others).toEqual([]);
    const by = String(target);
    expect(asked?.details).toEqual({
      ...{ system: 'odoo', scope: 'main', replaced: String(source), by, successors: [by], isMerged: true },
    });
    const survivorId = (await golden(two))?.id ?? '';
    expect(asked?.goldenIds).toContain(survivorId);
    const input = { taskId: asked?.id ?? '', resolution: 'MERGE' as const, survivorId };
    await resolveTask(at.hub.db, HUB_ACTOR, { correlationId: newId() }, input);
    await at.settle();
    expect(
      (await links(survivorId))
        .filter(({ state }) => state === 'ACTIVE')
        .map(({ externalId }) => externalId)
        .sort(),
    ).toEqual([by, `MS-${source}`, `MT-${source}`].sort());
    expect(await questions()).toEqual([]);
    expect(await admin.count('res.partner', [['name', 'in', [one, two]]], context)).toBe(1);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
  });

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
  });

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
      [`I-${nthMade()}`]: { name, tracking: 'NONE', packagings: [{ level: 'BASE', gtin: '4006381333931' }] },
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
    const question = { system: 'odoo', scope: 'main', replaced: String(variant?.id), successors, isMerged: false };
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
  });

  test.each([
    ['before the hub sees it', false],
    ['after the hub has asked', true],
  ])('14: a replaced variant is answered by its bar code, typed in again %s', async (_when, isAsked) => {
    const name = unique('Lint');
    const gtin = isAsked ? '5901234123457' : '4012345678901';
    const own = { name, tracking: 'NONE', packagings: [{ level: 'BASE', gtin }] };
    await at.hub.arrive('erp', 'item', { [`B-${nthMade()}`]: own });
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
  });
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
