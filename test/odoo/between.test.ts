import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isJsonObject, type JsonObject } from '../../golden-records/index.js';
import type { SyncStream } from '../../sources/connector.js';
import { OdooClient } from '../../sources/odoo/client.js';
import { type OpenOdoo, odoo as odooConnector } from '../../sources/odoo/connector.js';
import { type OdooImitation, startOdooImitation } from '../../src/demo/odoo/index.js';
import { silentLog } from '../support/log.js';
import { recordedBetween } from '../support/odoo/between.js';

/** Versions that no server was recorded of: what a database has is asked of it, so that none of them needs a word. */
const context = { lang: 'en_US' };
const signal = new AbortController().signal;

describe.each([
  { version: 15, partner: 'name', stocked: { type: 'product' } },
  { version: 16, partner: 'partner_id', stocked: { type: 'product' } },
  { version: 17, partner: 'partner_id', stocked: { type: 'product' } },
  { version: 18, partner: 'partner_id', stocked: { type: 'consu', is_storable: true } },
] as const)('imitation of Odoo $version', ({ version, partner, stocked }) => {
  let odoo: OdooImitation;
  let admin: OdooClient;
  let open: OpenOdoo;
  let streams: ReadonlyMap<string, SyncStream>;

  beforeAll(async () => {
    odoo = await startOdooImitation({ version, recorded: recordedBetween(version) });
    const { url, database } = odoo;
    const key = odoo.keys.admin ?? '';
    admin = new OdooClient({ url, database, login: 'admin', key });
    const connector = odooConnector({ url, database, login: 'admin', keyEnv: 'ODOO_KEY' });
    streams = new Map(connector.streams.map((one) => [one.name, one]));
    open = connector.open({ system: 'odoo', log: silentLog, env: { ODOO_KEY: key } });
  });
  afterAll(() => odoo.close());

  const stream = (name: string): SyncStream => {
    const found = streams.get(name);
    if (!found) throw new Error(`no stream ${name}`);
    return found;
  };
  const created = async (name: string, fields: JsonObject): Promise<string> => {
    const rows = [{ key: `${name}-${String(fields.name)}`, externalId: null, fields, before: null }];
    const batch = { action: 'CREATE' as const, fields: Object.keys(fields), rows };
    const [result] = (await open.push?.write(stream(name), batch, signal)) ?? [];
    if (result?.kind === 'WRITTEN') return result.externalId;
    throw result?.kind === 'FAILED' ? result.error : new Error('untried');
  };
  const payload = async (name: string, id: string): Promise<JsonObject> => {
    const [record] = await open.pull.read(stream(name), [id], signal);
    if (!isJsonObject(record?.payload)) throw new Error(`${name} ${id} isn't there`);
    return record.payload;
  };

  test('is spoken to by JSON-RPC, and nothing is missing that it has another name for', async () => {
    const { text, dialect } = await admin.version();
    expect([text, dialect.protocol]).toEqual([`${version}.0`, 'jsonrpc']);
    const found = await open.check?.(signal);
    expect(found?.problems).toEqual([]);
  });

  test('an item with its prices goes out and reads back', async () => {
    const seller = await created('supplier', { name: 'Seller', is_company: true, supplier_rank: 1 });
    const price = {
      partner: seller,
      number: 'SY-10',
      price: '0.35',
      currency: 'USD',
      company: null,
      minimum: '100',
      from: '2026-01-01',
      to: null,
    };
    const fields: JsonObject = {
      name: 'Syringe 10 mL',
      description: 'Sterile & single-use\nLuer lock',
      '<kind>': 'GOODS',
      categ_id: 'All',
      uom_id: 'Dozens',
      tracking: 'lot',
      active: true,
      '<prices>': [price],
    };
    const id = await created('item', fields);
    const theirs = await payload('item', id);
    const { outward } = stream('item');
    const present = outward?.present(theirs) ?? {};
    const differing = Object.entries(fields).filter(
      ([field, ours]) => !outward?.same?.(field, ours, present[field] ?? null),
    );
    expect(differing).toEqual([]);
    expect(stream('item').mapping.map(theirs)).toMatchObject({
      description: 'Sterile & single-use\nLuer lock',
      kind: 'GOODS',
      baseUnit: 'DZN',
      supplierItems: [{ supplier: seller, number: 'SY-10', priceUnit: 'DZN' }],
      preferredSupplier: seller,
    });
    const names = ['description', 'uom_po_id', ...Object.keys(stocked)];
    const [row] = await admin.read('product.product', [Number(id)], names, context);
    expect(row).toMatchObject({
      ...stocked,
      description: '<p>Sterile &amp; single-use</p><p>Luer lock</p>',
      uom_po_id: [2, 'Dozens'],
    });
    const [sold] = await admin.searchRead('product.supplierinfo', [], [partner, 'product_uom'], context);
    expect(sold).toMatchObject({ [partner]: [Number(seller), 'Seller'], product_uom: [2, 'Dozens'] });
  });

  test.each(['CONSUMABLE', 'SERVICE'])('an item that is not stocked stays one: %s', async (kind) => {
    const id = await created('item', { name: kind, '<kind>': kind });
    expect(await payload('item', id)).toMatchObject({ kind });
  });

  test('payment terms say their days, and a discount where they have one', async () => {
    const { companies: _none, ...lists } = await open.session.codeLists();
    const rows = await admin.searchRead('account.payment.term', [], ['name'], context);
    const terms = new Map(rows.map(({ id }) => [lists.term(id)?.name, lists.term(id)]));
    expect(terms.get('30 Days')).toMatchObject({ netDays: 30, discountDays: null, discountPercent: null });
    expect(terms.get('End of Following Month')).toMatchObject({ netDays: null });
    expect(terms.get('30% Now, Balance 60 Days')).toMatchObject({ netDays: null });
    const early = { discountDays: 7, discountPercent: '2' };
    if (version >= 17) expect(terms.get('2/7 Net 30')).toMatchObject({ netDays: 30, ...early });
    if (version === 16) expect(terms.get('45 Days')).toMatchObject({ netDays: 45, ...early });
  });
});
