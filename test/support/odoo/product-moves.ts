import type { Json, JsonObject } from '../../../golden-records/index.js';
import { untoldKey } from './agreement.js';
import { type Board, context, erpReference, type Moves, move, sharedOf } from './moves.js';
import { vendorField } from './readings.js';
import { gtinOf } from './words.js';

const MODEL = 'product.product';
const KINDS = ['Gauze', 'Syringe', 'Suture', 'Catheter', 'Drape', 'Mask'];

/** Items: products of one variant in Odoo, their prices, and what the ERP says of them. */
export async function productMoves(board: Board): Promise<Moves> {
  const { admin, at, dice, erp } = board;
  const vendor = await vendorField(admin);
  const categories = await admin.searchRead('product.category', [], ['complete_name'], context);
  const fields = await admin.fieldsGet(MODEL, ['type'], context);
  // Kept in stock, so that lots can be told apart.
  const stocked = 'is_storable' in fields ? { type: 'consu', is_storable: true } : { type: 'product' };
  const products: number[] = [];
  const vendors: number[] = [];
  let told = 0;

  const name = () => dice.name(KINDS);
  const gtin = () => gtinOf(`40${String(dice.serial() % 10 ** 10).padStart(10, '0')}`);
  const price = () => Number(`${1 + dice.below(90)}.${10 + dice.below(90)}`);
  const prose = () => Array.from({ length: 1 + dice.below(2) }, () => `${dice.word()} ${dice.below(99)}`);
  const html = (lines: readonly string[]) =>
    fields.description?.type === 'html' ? lines.map((line) => `<p>${line}</p>`).join('') : lines.join('\n');

  const there = (ids: readonly number[]) => admin.searchIds(MODEL, [['id', 'in', [...ids]]], context);
  const alive = async () => dice.pick(await there(products));
  const shared = () => sharedOf(board, 'item', 'IL', async (id) => (await there([id])).length > 0);
  const either = async () => (dice.next() < 0.6 ? (await shared())?.odooId : undefined) ?? alive();
  const templateOf = async (id: number): Promise<number> => {
    const [row] = await admin.read(MODEL, [id], ['product_tmpl_id'], context);
    return Array.isArray(row?.product_tmpl_id) ? Number(row.product_tmpl_id[0]) : 0;
  };
  /** People open the product or its template, and mean the same. */
  const write = async (id: number, values: JsonObject) => {
    if (dice.next() < 0.5) await admin.write(MODEL, [id], values, context);
    else await admin.write('product.template', [await templateOf(id)], values, context);
    return `${id} ${JSON.stringify(values)}`;
  };
  const say = async (id: string, change: JsonObject) => {
    await erp.change('item', id, change);
    return `${id} ${JSON.stringify(change)}`;
  };
  /** Of whom prices come: nobody deletes or merges them. */
  const seller = async (): Promise<number> => {
    if (vendors.length < 2) {
      const values = { name: dice.name(['Wholesale']), is_company: true, supplier_rank: 1 };
      vendors.push(...(await admin.create('res.partner', [values], context)));
    }
    return dice.pick(vendors) ?? 0;
  };
  const category = () => dice.pick(categories);
  const packaging = (): Json => [{ level: 'BASE', gtin: gtin() }];
  const offers = async (): Promise<Json> => {
    const id = `V${dice.label}`;
    if (!erp.get('supplier', id)) await erp.say('supplier', id, { name: dice.name(['Factory']), status: 'ACTIVE' });
    const paid = { amount: String(price()), currency: 'USD' };
    return [{ supplier: erpReference(id), number: `N${dice.serial()}`, price: paid }];
  };

  const odoo: Moves = {
    odooCreatesProduct: move(2, async () => {
      const values = {
        name: name(),
        barcode: gtin(),
        categ_id: category()?.id ?? 1,
        description: html(prose()),
        ...stocked,
      };
      const [id = 0] = await admin.create(MODEL, [values], context);
      products.push(id);
      return `${id}`;
    }),
    odooChangesProduct: move(4, async () => {
      const id = await either();
      if (id === undefined) return undefined;
      const change = dice.pick<JsonObject>([
        { name: name() },
        { barcode: gtin() },
        { barcode: false },
        { description: html(prose()) },
        { description: false },
        { categ_id: category()?.id ?? 1 },
        { tracking: dice.pick(['none', 'lot', 'serial']) ?? 'none' },
        { list_price: price() },
      ]);
      return write(id, change as JsonObject);
    }),
    odooPrice: move(3, async () => {
      const id = await either();
      if (id === undefined) return undefined;
      const template = await templateOf(id);
      const domain = [['product_tmpl_id', '=', template]];
      const known = dice.pick(await admin.searchIds('product.supplierinfo', domain, context));
      if (known === undefined || dice.next() < 0.4) {
        const values = {
          [vendor]: await seller(),
          product_tmpl_id: template,
          product_code: `N${dice.serial()}`,
          price: price(),
        };
        const [made] = await admin.create('product.supplierinfo', [{ ...values, min_qty: dice.below(2) * 5 }], context);
        return `${made} of ${id}`;
      }
      if (dice.next() < 0.3) {
        // In the form of the product, or in the list of prices.
        if (dice.next() < 0.5)
          await admin.write('product.template', [template], { seller_ids: [[2, known, 0]] }, context);
        else {
          await admin.unlink('product.supplierinfo', [known], context);
          board.untold.add(untoldKey('item', id, 'supplierItems'));
        }
        return `${known} of ${id} goes`;
      }
      await admin.write('product.supplierinfo', [known], { price: price() }, context);
      return `${known} of ${id}`;
    }),
    odooArchivesProduct: move(1, async () => {
      const id = await either();
      return id === undefined ? undefined : write(id, { active: dice.next() < 0.5 });
    }),
    odooDeletesProduct: move(0.4, async () => {
      const id = await alive();
      if (id === undefined) return undefined;
      await admin.unlink(MODEL, [id], context);
      return `${id}`;
    }),
  };

  const other: Moves = {
    erpCreatesItem: move(2, async () => {
      const id = `I${dice.label}-${++told}`;
      await erp.say('item', id, {
        name: name(),
        kind: 'GOODS',
        packagings: packaging(),
        category: String(category()?.complete_name),
        description: prose().join('\n'),
        supplierItems: dice.next() < 0.5 ? await offers() : null,
      });
      return id;
    }),
    // Linked by name and bar code, which either side may change beyond recognition later.
    erpKnowsProduct: move(1.5, async () => {
      await at.pull();
      const id = await alive();
      if (id === undefined) return undefined;
      const [row] = await admin.read(MODEL, [id], ['name', 'barcode'], context);
      const packagings = row?.barcode ? [{ level: 'BASE', gtin: row.barcode }] : null;
      const known = { name: row?.name ?? null, packagings, description: prose().join('\n') };
      await erp.change('item', `L${dice.label}-${id}`, known);
      return `${id}`;
    }),
    erpChangesItem: move(4, async () => {
      const id = dice.pick(erp.ids('item'));
      if (id === undefined) return undefined;
      const change = dice.pick<JsonObject>([
        { name: name() },
        { packagings: packaging() },
        { packagings: null },
        { description: prose().join('\n') },
        { description: null },
        { category: String(category()?.complete_name) },
        { supplierItems: await offers() },
        { supplierItems: null },
      ]);
      return say(id, change as JsonObject);
    }),
    erpDeletesItem: move(0.4, async () => {
      const id = dice.pick(erp.ids('item'));
      if (id === undefined) return undefined;
      await erp.delete('item', id);
      return id;
    }),
    bothChangeItem: move(1.5, async () => {
      const found = await shared();
      if (!found || !erp.get('item', found.erpId)) return undefined;
      await write(found.odooId, { name: name(), barcode: gtin(), description: html(prose()) });
      await say(found.erpId, { name: name(), packagings: packaging(), description: prose().join('\n') });
      return `${found.odooId} ${found.erpId}`;
    }),
  };
  return { ...odoo, ...other };
}
