import { describe, expect, test } from '@jest/globals';
import {
  dialectOf,
  type Fields,
  fieldsIn,
  itemLayout,
  keysExpire,
  priceLayout,
  rulesHaveActions,
  termLayout,
} from '../../../sources/odoo/versions.js';

/** Fields by name and type; a selection by its values. */
const fields = (types: Record<string, string | string[]>): Fields =>
  fieldsIn(
    Object.fromEntries(
      Object.entries(types).map(([name, type]) => [
        name,
        Array.isArray(type) ? { type: 'selection', selection: type.map((one) => [one, `The ${one}`]) } : { type },
      ]),
    ),
  );

describe('by version, what can not be asked', () => {
  test.each([
    [14, 'jsonrpc', 'check_access_rights', false],
    [17, 'jsonrpc', 'check_access_rights', false],
    [18, 'jsonrpc', 'check_access_rights', false],
    [19, 'json2', 'has_access', true],
    [20, 'json2', 'has_access', true],
  ])('%i', (major, protocol, method, webhooks) => {
    expect(dialectOf(major)).toMatchObject({ protocol, rights: { method }, webhooks });
  });
  test('older ones than were tried are refused', () => expect(dialectOf(13)).toBeUndefined());
});

describe('by fields, all else', () => {
  const kinds = ['consu', 'service'];
  test.each([
    ['14', { type: [...kinds, 'product'], description: 'text', uom_po_id: 'many2one' }, 'product', null, 'text', true],
    [
      '15 to 17',
      { type: [...kinds, 'product'], description: 'html', uom_po_id: 'many2one' },
      'product',
      null,
      'html',
      true,
    ],
    [
      '18',
      { type: [...kinds, 'combo'], is_storable: 'boolean', description: 'html', uom_po_id: 'many2one' },
      'consu',
      'is_storable',
      'html',
      true,
    ],
    [
      '19',
      { type: [...kinds, 'combo'], is_storable: 'boolean', description: 'html' },
      'consu',
      'is_storable',
      'html',
      false,
    ],
    ['14 without Inventory', { type: kinds, description: 'text', uom_po_id: 'many2one' }, 'consu', null, 'text', true],
  ])('products of %s', (_version, product, type, flag, description, hasPurchaseUnit) => {
    expect(itemLayout(fields(product))).toEqual({
      stocked: { type, flag },
      description,
      purchaseUnit: hasPurchaseUnit ? 'uom_po_id' : null,
    });
  });

  test.each([
    ['14 and 15', { name: 'many2one', product_uom: 'many2one' }, 'name', 'product_uom'],
    ['16 to 18', { partner_id: 'many2one', product_uom: 'many2one' }, 'partner_id', 'product_uom'],
    ['19', { partner_id: 'many2one', product_uom_id: 'many2one' }, 'partner_id', 'product_uom_id'],
  ])('prices of %s', (_version, supplierinfo, partner, unit) => {
    expect(priceLayout(fields(supplierinfo))).toEqual({ partner, unit });
  });

  const line14 = fields({ option: ['day_after_invoice_date'], days: 'integer' });
  const line16 = fields({
    days: 'integer',
    months: 'integer',
    end_month: 'boolean',
    discount_days: 'integer',
    discount_percentage: 'float',
  });
  const line17 = fields({ delay_type: ['days_after'], nb_days: 'integer' });
  const term17 = fields({ early_discount: 'boolean', discount_days: 'integer', discount_percentage: 'float' });
  test.each([
    ['14', fields({}), line14, { option: 'day_after_invoice_date', days: 30 }, 30],
    ['14, of the next month', fields({}), line14, { option: 'day_following_month', days: 30 }, null],
    ['16', fields({}), line16, { days: 30, months: 0, end_month: false }, 30],
    ['16, by months', fields({}), line16, { days: 0, months: 2, end_month: false }, null],
    ['16, end of month', fields({}), line16, { days: 30, months: 0, end_month: true }, null],
    ['17', term17, line17, { delay_type: 'days_after', nb_days: 45 }, 45],
    ['17, after the end of the month', term17, line17, { delay_type: 'days_after_end_of_month', nb_days: 45 }, null],
  ])('days of a payment term of %s', (_version, term, line, row, days) => {
    const layout = termLayout(term, line);
    expect(layout.line).toEqual(expect.arrayContaining(Object.keys(row)));
    expect(layout.netDays(row)).toBe(days);
  });

  test('a discount stands with the term, or with its line', () => {
    const early = { early_discount: true, discount_days: 7, discount_percentage: 2 };
    const none = { ...early, early_discount: false };
    expect(termLayout(term17, line17).discount(early, undefined)).toBe(early);
    expect(termLayout(term17, line17).discount(none, undefined)).toBeUndefined();
    const line = { discount_days: 7, discount_percentage: 2 };
    expect(termLayout(fields({}), line16).discount({}, line)).toBe(line);
    expect(termLayout(fields({}), line16).discount({}, { ...line, discount_percentage: 0 })).toBeUndefined();
    expect(termLayout(fields({}), line14).discount({}, line)).toBeUndefined();
  });

  test('keys expire, and rules have actions of their own, where there is a field for it', () => {
    expect([keysExpire(fields({ name: 'char' })), keysExpire(fields({ expiration_date: 'datetime' }))]).toEqual([
      false,
      true,
    ]);
    const rules = [fields({ action_server_id: 'many2one' }), fields({ action_server_ids: 'one2many' })];
    expect(rules.map(rulesHaveActions)).toEqual([false, true]);
  });
});
