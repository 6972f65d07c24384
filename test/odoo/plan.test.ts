import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../golden-records/index.js';
import { type PlannedRecord, plan } from '../../sources/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { setScene } from '../support/odoo/each.js';
import type { OdooHub } from '../support/odoo/hub.js';
import { odooChoices } from '../support/odoo/targets.js';

/** What `concord sync odoo --plan` shows, and what the run then does. */
const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start }) => {
  let admin: OdooClient;
  let at: OdooHub;
  setScene({ start }, (scene) => {
    ({ admin, at } = scene);
  });

  const planned = async () => {
    const records: PlannedRecord[] = [];
    const plans = await plan(at.hub.db, at.sync, {
      signal: new AbortController().signal,
      onRecord: (record) => records.push(record),
    });
    const toBeWritten = records.flatMap(({ direction, outcome, changes }) =>
      direction === 'OUT' ? [toldOf(outcome, changes)] : [],
    );
    return { plans, toBeWritten: toBeWritten.sort() };
  };
  /** A reference to what is created too has no id yet. */
  const toldOf = (action: string, changes: readonly { readonly attribute: string; readonly after: Json }[]) =>
    `${action} ${changes
      .map(({ attribute, after }) =>
        ['parent', 'supplierItems'].includes(attribute) ? attribute : `${attribute} ${JSON.stringify(after)}`,
      )
      .sort()
      .join(', ')}`;

  test('the plan of a first load is what the run then writes, to the value', async () => {
    const vat = (nth: number) => [
      { scheme: 'VAT', value: ['NO923609016MVA', 'NO914778271MVA', 'NO916300484MVA'][nth] ?? '' },
    ];
    const ours = { system: 'erp', type: 'supplier' };
    const [there] = await admin.create(
      'res.partner',
      [
        {
          name: 'Fjord Medisin',
          is_company: true,
          supplier_rank: 1,
          vat: vat(0)[0]?.value ?? '',
          phone: '+47 22 33 44 55',
          email: 'post@fjord.example.com',
        },
        { name: 'Kun i Odoo', is_company: true, supplier_rank: 1 },
        {
          name: 'Nordlys AS',
          is_company: true,
          supplier_rank: 1,
          vat: vat(1)[0]?.value ?? '',
          phone: '+47 22 11 11 11',
        },
      ],
      context,
    );
    await admin.create('product.product', [{ name: 'Nitrile gloves, size M', barcode: '4006381333931' }], context);
    await at.hub.arrive('erp', 'supplier', {
      F: {
        name: 'Fjord Medisin AS',
        taxIds: vat(0),
        phones: ['+47 99 88 77 66'],
        emails: ['orders@fjord.example.com'],
        website: 'https://fjord.example.com',
        status: 'ACTIVE',
      },
      N: { name: 'Nordlys AS', taxIds: vat(1), phones: ['+47 22 11 11 11'] },
      D: { name: 'Fjord Datter', taxIds: vat(2), parent: { ...ours, id: 'F' } },
      E: { name: 'Fjord Enkel', parent: { ...ours, id: 'D' } },
    });
    await at.hub.arrive('erp', 'item', {
      G: {
        name: 'Nitrile gloves',
        packagings: [{ level: 'BASE', gtin: '4006381333931' }],
        supplierItems: [{ supplier: { ...ours, id: 'F' }, number: 'FM-1' }],
      },
      H: { name: 'Gauze swab', supplierItems: [{ supplier: { ...ours, id: 'D' }, number: 'FD-1' }] },
    });
    await at.hub.settleAll();

    const { plans, toBeWritten } = await planned();
    expect(await at.query(`select 1 from delivery_attempt`)).toEqual([]);

    await at.settle();
    const done = await at.query<{ action: string; changes: { attribute: string; after: Json }[] }>(
      `select action, changes from delivery_attempt order by id`,
    );
    expect(toBeWritten).toEqual(done.map(({ action, changes }) => toldOf(action, changes)).sort());

    const of = (name: string) => plans.find(({ stream }) => stream === `odoo/main/${name}`);
    expect(of('supplier')).toMatchObject({ outward: { create: 2, update: 1 } });
    expect(of('supplier')?.inward).toMatchObject({ LINKED: 2 });
    // Their contacts and accounts bring the same partners once more.
    expect(of('supplier-contacts')?.inward).toEqual({});
    expect(of('item')).toMatchObject({ inward: { LINKED: 1 }, outward: { create: 1, update: 1 } });
    // Odoo's own telephone number, and the address that a steward is asked about.
    const [fjord] = await admin.read('res.partner', [there ?? 0], ['name', 'phone', 'email'], context);
    expect(fjord).toMatchObject({
      name: 'Fjord Medisin AS',
      phone: '+47 22 33 44 55',
      email: 'post@fjord.example.com',
    });
    // Done once, there is nothing left to plan.
    expect((await planned()).toBeWritten).toEqual([]);
  }, 180_000);
});
