import { describe, expect, test } from '@jest/globals';
import type { OdooClient } from '../../sources/odoo/client.js';
import { idOf } from '../../sources/odoo/values.js';
import { setScene } from '../support/odoo/each.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { vendorField } from '../support/odoo/readings.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { gtinOf, unique } from '../support/odoo/words.js';

/** What an item costs, and with whom. */
const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;

  setScene({ start }, (scene) => {
    ({ odoo, admin } = scene);
  });

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
});
