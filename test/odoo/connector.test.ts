import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isJsonObject, type JsonObject } from '../../golden-records/index.js';
import type { ListPage, SyncStream, WriteBatch } from '../../sources/connector.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { type OpenOdoo, odoo as odooConnector } from '../../sources/odoo/connector.js';
import { idOf } from '../../sources/odoo/values.js';
import { Refusal } from '../../src/demo/odoo/refusal.js';
import { silentLog } from '../support/log.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { unique } from '../support/odoo/words.js';

/** The parts of the connector against the imitation and the real servers: what is pulled, what is pushed. */
const context = { lang: 'en_US' };

/** For a link: a part of an external id. */
const uniqueKey = () => unique('link').replace(' ', '-');

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let open: OpenOdoo;
  let streams: ReadonlyMap<string, SyncStream>;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    odoo = await start();
    admin = odoo.client('admin');
    const { url, database, keys } = odoo;
    const connector = odooConnector({ url, database, login: 'admin', keyEnv: 'ODOO_KEY' });
    streams = new Map(connector.streams.map((one) => [one.name, one]));
    open = connector.open({ system: 'odoo', log: silentLog, env: { ODOO_KEY: keys.admin } });
  }, 240_000);
  afterAll(() => odoo.stop());

  const stream = (name: string): SyncStream => {
    const found = streams.get(name);
    if (!found) throw new Error(`no stream ${name}`);
    return found;
  };
  const push = () => {
    if (!open.push) throw new Error('the connector has no way out');
    return open.push;
  };
  const read = async (name: string, id: string): Promise<JsonObject> => {
    const [record] = await open.pull.read(stream(name), [id], signal);
    if (!isJsonObject(record?.payload)) throw new Error(`${name} ${id} isn't there`);
    return record.payload;
  };
  const attributes = async (name: string, id: string) =>
    stream(name).mapping.map(await read(name, id)) as Record<string, unknown>;
  const create = (name: string, fields: JsonObject, key = uniqueKey()) => ({
    key,
    written: write(name, 'CREATE', [{ key, externalId: null, fields, before: null }]),
  });
  const write = async (name: string, action: WriteBatch['action'], rows: WriteBatch['rows']) =>
    push().write(stream(name), { action, fields: Object.keys(rows[0]?.fields ?? {}), rows }, signal);
  const created = async (name: string, fields: JsonObject, key?: string): Promise<string> => {
    const [result] = await create(name, fields, key).written;
    if (result?.kind !== 'WRITTEN')
      throw new Error(
        `expected WRITTEN, found ${JSON.stringify(result)} ${result?.kind === 'FAILED' ? result.error.message : ''}`,
      );
    return result.externalId;
  };
  const changed = async (name: string, externalId: string, fields: JsonObject) => {
    const [result] = await write(name, 'UPDATE', [{ key: `k-${externalId}`, externalId, fields, before: null }]);
    return result;
  };
  /** Ids that a look at the last minutes brings. */
  const window = async (name: string): Promise<string[]> => {
    const to = await open.pull.now(signal);
    const from = new Date(Date.parse(odoo.imitation ? '2026-11-23T00:00:00Z' : to) - 600_000).toISOString();
    const end = odoo.imitation ? '2027-01-01T00:00:00.000Z' : to;
    const found: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await open.pull.page(stream(name), { from, to: end }, after, 3, signal);
      found.push(...page.records.map(({ externalId }) => externalId ?? ''));
      if (page.next === null) return found;
      after = page.next;
    }
  };

  const supplier: JsonObject = {
    name: 'Nordic Gloves',
    is_company: true,
    supplier_rank: 1,
    vat: 'DE123456789',
    street: 'Hafenstr. 1',
    street2: null,
    city: 'Hamburg',
    zip: '20457',
    state_id: 'HH',
    country_id: 'DE',
    phone: '+49 40 1234567',
    email: 'info@example.com',
    website: 'gloves.example.com',
    active: true,
    '<contacts>': [{ name: 'Ada Lang', function: 'Sales', email: 'ada@example.com', phone: null }],
    '<addresses>': [
      {
        type: 'invoice',
        street: 'PO Box 7',
        street2: null,
        city: 'Bremen',
        zip: '28195',
        state_id: 'HB',
        country_id: 'DE',
      },
    ],
    '<banks>': [{ number: 'DE89370400440532013000', holder: 'Nordic Gloves', bank: null, bic: null, currency: null }],
  };

  test('a supplier of the hub becomes a partner with contact, address and account, and reads back as it was written', async () => {
    const id = await created('supplier', supplier);
    const payload = await read('supplier', id);
    const { outward } = stream('supplier');
    const present = outward?.present(payload) ?? {};
    for (const [field, ours] of Object.entries(supplier)) {
      if (field === 'is_company' || field === 'supplier_rank') continue;
      expect({ field, theirs: present[field], same: outward?.same?.(field, ours, present[field] ?? null) }).toEqual({
        field,
        theirs: present[field],
        same: true,
      });
    }
    expect(await attributes('supplier', id)).toMatchObject({
      name: 'Nordic Gloves',
      taxIds: [{ scheme: 'VAT', value: 'DE123456789' }],
      phones: ['+49 40 1234567'],
      emails: ['info@example.com'],
      contacts: [{ name: 'Ada Lang', role: 'Sales', email: 'ada@example.com' }],
      bankAccounts: [{ iban: 'DE89370400440532013000', holder: 'Nordic Gloves', country: 'DE' }],
      addresses: [
        { kind: 'MAIN', line1: 'Hafenstr. 1', city: 'Hamburg', postcode: '20457', country: 'DE' },
        { kind: 'BILLING', line1: 'PO Box 7', city: 'Bremen', country: 'DE' },
      ],
      status: 'ACTIVE',
    });
  });

  test('16 and 17: the same create again is an update, and is found by its key', async () => {
    const key = `again-${Date.now()}`;
    const name = unique('Twice Ltd');
    const first = await created('supplier', { name, is_company: true, supplier_rank: 1 }, key);
    const second = await created('supplier', { name, is_company: true, supplier_rank: 1, email: 'b@example.com' }, key);
    expect(second).toBe(first);
    expect(await admin.count('res.partner', [['name', '=', name]], context)).toBe(1);
    const found = await push().find(stream('supplier'), [key, 'never-used'], signal);
    expect([...found]).toEqual([[key, first]]);
  });

  test('18: without a right to external ids the key is found too, and nothing changes by looking', async () => {
    const { url, database, keys } = odoo;
    const connector = odooConnector({ url, database, login: 'sync', keyEnv: 'ODOO_KEY' });
    const sync = connector.open({ system: 'odoo', log: silentLog, env: { ODOO_KEY: keys.sync } });
    const key = `found-${Date.now()}`;
    const rows = [{ key, externalId: null, fields: { name: unique('Found'), is_company: true }, before: null }];
    const [result] =
      (await sync.push?.write(
        stream('supplier'),
        { action: 'CREATE', fields: ['name', 'is_company'], rows },
        signal,
      )) ?? [];
    expect(result?.kind).toBe('WRITTEN');
    const before = await admin.count('res.partner', [], context);
    const found = await sync.push?.find(stream('supplier'), ['not-there-1', key, 'not-there-2'], signal);
    expect([...(found ?? [])]).toEqual([[key, result?.kind === 'WRITTEN' ? result.externalId : '']]);
    expect(await admin.count('res.partner', [], context)).toBe(before);
  });

  test('only what is named changes; what a user changed meanwhile stays', async () => {
    const id = await created('supplier', { ...supplier, name: unique('Partial'), '<banks>': [] });
    await admin.write('res.partner', [Number(id)], { ref: 'by hand', street2: 'Floor 2' }, context);
    expect(await changed('supplier', id, { phone: '+49 40 999', email: null })).toMatchObject({ kind: 'WRITTEN' });
    const [row] = await admin.read('res.partner', [Number(id)], ['ref', 'street2', 'phone', 'email'], context);
    expect(row).toMatchObject({ ref: 'by hand', street2: 'Floor 2', phone: '+49 40 999', email: false });
  });

  test('contacts, addresses and accounts follow: changed, added, archived', async () => {
    const account = { number: unique('ACCT'), holder: null, bank: null, bic: null, currency: null };
    const id = await created('supplier', { ...supplier, name: unique('Children'), '<banks>': [account] });
    const contacts = [
      { name: 'Ada Lang', function: 'Head of sales', email: 'ada@example.com', phone: null },
      { name: 'Bo Berg', function: null, email: 'bo@example.com', phone: '+49 40 77' },
    ];
    await changed('supplier', id, { '<contacts>': contacts, '<banks>': [], '<addresses>': [] });
    const present = stream('supplier').outward?.present(await read('supplier', id)) ?? {};
    expect(stream('supplier').outward?.same?.('<contacts>', contacts, present['<contacts>'] ?? null)).toBe(true);
    expect(present['<banks>']).toEqual([]);
    expect(present['<addresses>']).toEqual([]);
    // Again: nothing to write, so no date moves.
    const dates = () => admin.searchRead('res.partner', [['parent_id', '=', Number(id)]], ['write_date'], context);
    const before = await dates();
    await odoo.nextSecond();
    await changed('supplier', id, { '<contacts>': contacts });
    expect(await dates()).toEqual(before);
  });

  test('a state that was added since the lists were read is no reason to fail: with fresh ones the address is written', async () => {
    const id = await created('supplier', { ...supplier, name: unique('New state'), '<banks>': [] });
    const [child] = await admin.searchIds(
      'res.partner',
      [
        ['parent_id', '=', Number(id)],
        ['type', '=', 'invoice'],
      ],
      context,
    );
    const [row] = await admin.read('res.partner', [child ?? 0], ['country_id', 'state_id'], context);
    const country_id = idOf(row?.country_id) ?? 0;
    const [state_id = 0] = await admin.create(
      'res.country.state',
      [{ name: unique('State'), code: `N${Date.now() % 100_000}`, country_id }],
      context,
    );
    await admin.write('res.partner', [child ?? 0], { state_id }, context);
    const back = { '<addresses>': supplier['<addresses>'] ?? [] };
    expect(await changed('supplier', id, back)).toMatchObject({
      kind: 'FAILED',
      error: { code: 'RECORD_CHANGED' },
      externalId: id,
    });
    expect(await changed('supplier', id, back)).toMatchObject({ kind: 'WRITTEN' });
    const [now] = await admin.read('res.partner', [child ?? 0], ['state_id'], context);
    expect(idOf(now?.state_id)).toBe(idOf(row?.state_id));
  });

  test('a contact, an address, an account that was archived comes back as itself when it is wanted again', async () => {
    const id = await created('supplier', { ...supplier, name: unique('Revived'), '<banks>': [] });
    const number = unique('ACCT');
    await admin.create('res.partner.bank', [{ acc_number: number, partner_id: Number(id) }], context);
    const parts = async () => ({
      people: await admin.searchRead('res.partner', [['parent_id', '=', Number(id)]], ['active'], context),
      banks: await admin.searchRead('res.partner.bank', [['partner_id', '=', Number(id)]], ['active'], context),
    });
    const before = await parts();
    expect([before.people, before.banks].map((rows) => rows.length)).toEqual([2, 1]);
    const { '<contacts>': contacts = null, '<addresses>': addresses = null } = supplier;
    const banks = [{ number: number.replace(' ', ''), holder: null, bank: null, bic: null, currency: 'USD' }];
    await changed('supplier', id, { '<contacts>': [], '<addresses>': [], '<banks>': [] });
    expect(Object.values(await parts()).flat()).toEqual(
      Object.values(before).flatMap((rows) => rows.map((row) => ({ ...row, active: false }))),
    );
    // In the place of an archived one nobody else is put.
    const cid = { name: 'Cid Moe', function: null, email: 'ada@example.com', phone: null };
    const wanted = { '<contacts>': contacts, '<addresses>': addresses, '<banks>': banks };
    expect(await changed('supplier', id, { '<contacts>': [cid] })).toMatchObject({ kind: 'WRITTEN' });
    expect(await changed('supplier', id, wanted)).toMatchObject({ kind: 'WRITTEN' });
    const { people, banks: accounts } = await parts();
    expect(people.filter(({ active }) => active)).toEqual(before.people);
    expect(accounts).toEqual(before.banks);
  });

  test('parts that share what they are found by are all there, and none takes the place of another', async () => {
    const key = uniqueKey();
    const person = (name: string, email: string) => ({ name, email, function: null, phone: null });
    const dock = (street2: string) => ({
      ...{ type: 'delivery', street: '1 Main St', street2, city: 'Chicago', zip: '60601' },
      ...{ state_id: 'IL', country_id: 'US' },
    });
    const said = {
      '<contacts>': [person('Ann Lee', 'orders@x.example.com'), person('Bob Roe', 'orders@x.example.com')],
    };
    const docks = { '<addresses>': [dock('Dock 1'), dock('Dock 2')] };
    const id = await created(
      'supplier',
      { ...supplier, name: unique('Sharing'), '<banks>': [], ...said, ...docks },
      key,
    );
    const say = async (fields: JsonObject) => {
      const [result] = await write('supplier', 'UPDATE', [{ key, externalId: id, fields, before: null }]);
      expect(result).toMatchObject({ kind: 'WRITTEN' });
    };
    const children = async () => {
      const domain = [
        ['parent_id', '=', Number(id)],
        ['active', '=', true],
      ];
      return admin.searchRead('res.partner', domain, ['name', 'email', 'street2'], context);
    };
    const before = await children();
    expect(before.map(({ name, street2 }) => name || street2)).toEqual(['Ann Lee', 'Bob Roe', 'Dock 1', 'Dock 2']);
    const [ann, bob] = before;

    // Each stays itself, in whatever order they come.
    await admin.write('res.partner', [ann?.id ?? 0], { email: 'ann@x.example.com' }, context);
    await say({ '<contacts>': [person('Bob Roe', 'orders@x.example.com'), person('Ann Lee', 'ann@x.example.com')] });
    expect(await children()).toMatchObject([
      { id: ann?.id, name: 'Ann Lee' },
      { id: bob?.id, name: 'Bob Roe' },
      {},
      {},
    ]);

    // What Ann was found by is Cid's by now, and Bob has gone to another company.
    const elsewhere = await created('supplier', { name: unique('Elsewhere'), is_company: true, supplier_rank: 1 });
    await admin.write('res.partner', [bob?.id ?? 0], { parent_id: Number(elsewhere) }, context);
    const three = [
      person('Ann Lee', 'ann@x.example.com'),
      person('Bob Roe', 'orders@x.example.com'),
      person('Cid Moe', 'orders@x.example.com'),
    ];
    await say({ '<contacts>': three });
    const names = (await children()).map(({ name }) => name).filter(Boolean);
    expect(names.sort()).toEqual(['Ann Lee', 'Bob Roe', 'Cid Moe']);
    const [moved] = await admin.read('res.partner', [bob?.id ?? 0], ['name', 'parent_id'], context);
    expect([moved?.name, idOf(moved?.parent_id)]).toEqual(['Bob Roe', Number(elsewhere)]);

    // Who has been given up is still at work when it is said again.
    const again: WriteBatch['rows'] = [
      {
        key,
        externalId: id,
        fields: { '<contacts>': [...three, person('Dag Vik', 'dag@x.example.com')] },
        before: null,
      },
    ];
    await Promise.all([write('supplier', 'UPDATE', again), write('supplier', 'UPDATE', again)]);
    expect(await write('supplier', 'UPDATE', again)).toMatchObject([{ kind: 'WRITTEN' }]);
    expect((await children()).filter(({ name }) => name)).toHaveLength(4);

    const [product, vendor] = [await created('item', { name: unique('Twice priced') }), Number(id)];
    const price = (number: string, amount: string) => ({
      ...{ partner: id, number, price: amount, currency: 'USD', company: null, minimum: null, from: null, to: null },
    });
    await changed('item', product, { '<prices>': [price('N-1', '1.5'), price('N-2', '2.5')] });
    expect((await attributes('item', product)).supplierItems).toMatchObject([
      { supplier: String(vendor), number: 'N-1', price: { amount: '1.5' } },
      { supplier: String(vendor), number: 'N-2', price: { amount: '2.5' } },
    ]);
  });

  test('a contact that arrives while its key is looked for is not made twice', async () => {
    const { imitation } = odoo;
    if (!imitation) return;
    const fields = { name: unique('Late'), is_company: true, '<contacts>': supplier['<contacts>'] ?? null };
    const key = uniqueKey();
    const id = await created('supplier', fields, key);
    const elsewhere = await created('supplier', { name: unique('Elsewhere'), is_company: true });
    const [child] = await admin.searchIds('res.partner', [['parent_id', '=', Number(id)]], context);
    const moveTo = (parent: string) =>
      imitation.world.as('admin', (call) =>
        imitation.world.write(call, 'res.partner', [child ?? 0], { parent_id: Number(parent) }),
      );
    moveTo(elsewhere);
    imitation.trouble = (_model, method) => {
      if (method === 'load') moveTo(id);
      return undefined;
    };
    const say = () =>
      write('supplier', 'UPDATE', [
        { key, externalId: id, fields: { '<contacts>': fields['<contacts>'] }, before: null },
      ]).finally(() => {
        imitation.trouble = undefined;
      });
    expect(await say()).toMatchObject([{ kind: 'FAILED', error: { code: 'RECORD_CHANGED' } }]);
    expect(await say()).toMatchObject([{ kind: 'WRITTEN' }]);
    expect(await admin.searchIds('res.partner', [['parent_id', '=', Number(id)]], context)).toEqual([child]);
  });

  test('a row that is refused in the middle of a batch is named, and the others are written', async () => {
    const rows = [1, 2, 3, 4, 5].map((n) => ({
      key: `batch-${Date.now()}-${n}`,
      externalId: null,
      fields: { name: n === 3 ? null : unique('Batch'), is_company: true, country_id: n === 4 ? 'ZZ' : 'US' },
      before: null,
    }));
    const results = await write('supplier', 'CREATE', rows);
    expect(results.map(({ kind }) => kind)).toEqual(['WRITTEN', 'WRITTEN', 'FAILED', 'FAILED', 'WRITTEN']);
    const [, , nameless, nowhere] = results;
    expect(nameless).toMatchObject({ error: { code: 'VALUE_REFUSED' } });
    expect(nowhere?.kind === 'FAILED' ? nowhere.error.message : '').toContain('"ZZ"');
    const gone = await changed('supplier', '999999', { name: 'Nobody' });
    expect(gone).toMatchObject({ kind: 'FAILED', error: { code: 'RECORD_GONE' } });
  });

  test('8: a bank account, a contact and a price bring the record that they belong to', async () => {
    const id = await created('supplier', { ...supplier, name: unique('Moved'), '<contacts>': [], '<banks>': [] });
    await admin.create('res.partner.bank', [{ acc_number: unique('ACC'), partner_id: Number(id) }], context);
    await admin.create('res.partner', [{ name: 'New Person', parent_id: Number(id), type: 'contact' }], context);
    expect(await window('supplier-banks')).toContain(id);
    expect(await window('supplier-contacts')).toContain(id);
    expect(await window('supplier')).toContain(id);
    const item = await created('item', { name: unique('Priced') });
    const [product] = await admin.read('product.product', [Number(item)], ['product_tmpl_id'], context);
    const template = idOf(product?.product_tmpl_id) ?? 0;
    const partnerField = odoo.major >= 16 ? 'partner_id' : 'name';
    await admin.create(
      'product.supplierinfo',
      [{ [partnerField]: Number(id), product_tmpl_id: template, price: 1.5 }],
      context,
    );
    expect(await window('item-prices')).toContain(item);
    expect(await window('item-templates')).toContain(item);
    expect((await attributes('item', item)).supplierItems).toMatchObject([
      { supplier: id, price: { amount: '1.5', currency: 'USD' } },
    ]);
  });

  test('our own companies, plain contacts and the people of a vendor are no suppliers', async () => {
    const company = await admin.searchRead('res.company', [], ['partner_id'], context);
    const own = company.map(({ partner_id }) => String((partner_id as [number, string])[0]));
    const [person = 0] = await admin.create('res.partner', [{ name: unique('Person') }], context);
    const [customer = 0] = await admin.create(
      'res.partner',
      [{ name: unique('Customer'), is_company: true, customer_rank: 1 }],
      context,
    );
    const vendor = await created('supplier', { name: unique('Vendor'), is_company: true, supplier_rank: 1 });
    const ranked = { name: unique('Ranked'), supplier_rank: 1 };
    const [trader = 0] = await admin.create('res.partner', [ranked], context);
    const [clerk = 0] = await admin.create('res.partner', [{ ...ranked, parent_id: Number(vendor) }], context);
    const found = await window('supplier');
    for (const id of [...own, String(person), String(customer), String(clerk)]) expect(found).not.toContain(id);
    expect(found).toContain(String(trader));
    expect((await attributes('supplier', vendor)).contacts).toMatchObject([{ name: ranked.name }]);
    expect(await open.pull.read(stream('supplier'), [String(person)], signal)).toEqual([]);
  });

  test('11: an archived partner is blocked, and comes back', async () => {
    const id = await created('supplier', { name: unique('Sleeper'), is_company: true, active: true });
    await changed('supplier', id, { active: false });
    expect((await attributes('supplier', id)).status).toBe('BLOCKED');
    expect(await window('supplier')).toContain(id);
    await changed('supplier', id, { active: true });
    expect((await attributes('supplier', id)).status).toBe('ACTIVE');
  });

  test('what was written before a call failed is told, and the rest is left to go again by itself', async () => {
    if (!odoo.imitation) return;
    let loads = 0;
    odoo.imitation.trouble = (_model, method) =>
      method === 'load' && ++loads === 2
        ? { refuse: new Refusal('odoo.exceptions.ValidationError', 422, 'no row is named') }
        : undefined;
    // New records that don't know the same things go in calls of their own.
    const row = (word: string, fields: JsonObject) => ({ key: unique(word), externalId: null, fields, before: null });
    const rows = [row('one', { name: unique('One'), email: 'one@example.com' }), row('two', { name: unique('Two') })];
    const results = await write('supplier', 'CREATE', rows).finally(() => {
      if (odoo.imitation) odoo.imitation.trouble = undefined;
    });
    expect(results.map(({ kind }) => kind)).toEqual(['WRITTEN', 'UNTRIED']);
  });

  test('an item goes out and reads back: template and variant, unit, category, bar code, prices', async () => {
    const seller = await created('supplier', { name: unique('Seller'), is_company: true });
    const barcode = `40${String(Date.now()).slice(-10)}`;
    const [category] = await admin.searchRead('product.category', [], ['complete_name'], context, { limit: 1 });
    const fields: JsonObject = {
      name: unique('Syringe 10 mL'),
      description: 'Sterile & single-use\nLuer lock',
      '<kind>': 'GOODS',
      categ_id: category?.complete_name ?? null,
      uom_id: 'Units',
      barcode,
      tracking: 'lot',
      active: true,
      '<prices>': [
        {
          partner: seller,
          number: 'SY-10',
          price: '0.35',
          currency: 'USD',
          company: null,
          minimum: '100',
          from: '2026-01-01',
          to: '2026-12-31',
        },
      ],
    };
    const id = await created('item', fields);
    const { outward } = stream('item');
    const present = outward?.present(await read('item', id)) ?? {};
    for (const [field, ours] of Object.entries(fields)) {
      expect({ field, theirs: present[field], same: outward?.same?.(field, ours, present[field] ?? null) }).toEqual({
        field,
        theirs: present[field],
        same: true,
      });
    }
    expect(await attributes('item', id)).toMatchObject({
      name: fields.name,
      description: 'Sterile & single-use\nLuer lock',
      kind: 'GOODS',
      baseUnit: 'C62',
      tracking: 'LOT',
      packagings: [{ level: 'BASE', gtin: barcode }],
      supplierItems: [
        { supplier: seller, number: 'SY-10', minimumQuantity: { value: '100', unit: 'C62' }, validFrom: '2026-01-01' },
      ],
      preferredSupplier: seller,
    });
    const [gone] = [await changed('item', id, { '<prices>': [] })];
    expect(gone).toMatchObject({ kind: 'WRITTEN' });
    expect((await attributes('item', id)).supplierItems).toBeNull();
  });

  test('14: of a replaced variant nothing is left, and its successors come by their template', async () => {
    const item = await created('item', { name: unique('Replaced'), barcode: `41${String(Date.now()).slice(-10)}` });
    const [product] = await admin.read('product.product', [Number(item)], ['product_tmpl_id'], context);
    const template = idOf(product?.product_tmpl_id) ?? 0;
    const [attribute = 0] = await admin.create(
      'product.attribute',
      [{ name: unique('Size'), create_variant: 'always' }],
      context,
    );
    const values = await admin.create(
      'product.attribute.value',
      [
        { name: unique('S'), attribute_id: attribute },
        { name: unique('L'), attribute_id: attribute },
      ],
      context,
    );
    await admin.write(
      'product.template',
      [template],
      { attribute_line_ids: [[0, 0, { attribute_id: attribute, value_ids: [[6, 0, values]] }]] },
      context,
    );
    expect(await open.pull.read(stream('item'), [item], signal)).toEqual([]);
    const list = await open.pull.list?.(stream('item'), null, 500, signal);
    expect(list?.entries.map(({ externalId }) => externalId)).not.toContain(item);
    const successors = (await admin.searchIds('product.product', [['product_tmpl_id', '=', template]], context)).map(
      String,
    );
    expect(await window('item-templates')).toEqual(expect.arrayContaining(successors));
    expect((await attributes('item', successors[0] ?? '')).packagings).toBeNull();
  });

  test('a first load is told how many records it will bring, and a stream of parts is not', async () => {
    const to = odoo.imitation ? '2027-01-01T00:00:00.000Z' : await open.pull.now(signal);
    for (const name of ['supplier', 'item']) {
      const { records } = await open.pull.page(stream(name), { from: null, to }, null, 5_000, signal);
      expect(records.length).toBeGreaterThan(0);
      expect(await open.pull.count?.(stream(name), { from: null, to }, signal)).toBe(records.length);
    }
    for (const name of ['supplier-banks', 'item-prices', 'warehouse'])
      expect(await open.pull.count?.(stream(name), { from: null, to }, signal)).toBeNull();
  });

  test('an archived contact is counted by a listing as it is by a read, of a few and of many', async () => {
    const id = await created('supplier', { ...supplier, name: unique('Archived Contact'), vat: null, '<banks>': [] });
    const [contact = 0] = await admin.searchIds(
      'res.partner',
      [
        ['parent_id', '=', Number(id)],
        ['name', '=', 'Ada Lang'],
      ],
      context,
    );
    await admin.write('res.partner', [contact], { active: false }, context);
    const before = String(Number(id) - 1);
    const listed = await open.pull.list?.(stream('supplier'), before, 1, signal);
    const [few] = await open.pull.read(stream('supplier'), [id], signal);
    const lump = await open.pull.page(
      stream('supplier'),
      { from: null, to: '2027-12-01T00:00:00.000Z' },
      before,
      1_000,
      signal,
    );
    const many = lump.records.find(({ externalId }) => externalId === id);
    expect(few?.payload).toMatchObject({
      children: [{ active: expect.any(Boolean) }, { active: expect.any(Boolean) }],
    });
    expect(many).toEqual(few);
    expect(listed?.entries).toEqual([{ externalId: id, parts: 2, sourceTime: few?.sourceTime }]);
  });

  test('24: payment terms by company, once somebody has said what they mean', async () => {
    const [term] = await admin.searchRead('account.payment.term', [['name', '=', '30 Days']], ['name'], context);
    const id = await created('supplier', { name: unique('Terms'), is_company: true });
    await changed('supplier', id, { '<terms>': { '1': String(term?.id) } });
    const payload = await read('supplier', id);
    expect(stream('supplier').mapping.map(payload).paymentTerms).toBeUndefined();
    const asked: (readonly [string, string, string | undefined])[] = [];
    const inward = (list: string, code: string, label?: string) => {
      asked.push([list, code, label]);
      return list === 'paymentTerms' ? 'NET30' : undefined;
    };
    const mapped = stream('supplier').mappingWith?.({ inward }).map(payload) ?? {};
    expect(mapped.paymentTerms).toEqual([
      { businessUnit: '1', value: expect.objectContaining({ code: 'NET30', netDays: 30 }) },
    ]);
    expect(asked).toContainEqual(['paymentTerms', String(term?.id), '30 Days']);
  });

  test('warehouses and companies come whole, with the address that another record holds', async () => {
    const to = await open.pull.now(signal);
    const warehouses = await open.pull.page(stream('warehouse'), { from: null, to }, null, 500, signal);
    expect(stream('warehouse').mapping.map(warehouses.records[0]?.payload ?? null)).toMatchObject({
      code: 'WH',
      businessUnit: '1',
      status: 'ACTIVE',
    });
    await admin.write('res.partner', [1], { street: '5 Main St' }, context);
    const units = await open.pull.page(stream('business_unit'), { from: null, to }, null, 500, signal);
    expect(stream('business_unit').mapping.map(units.records[0]?.payload ?? null)).toMatchObject({
      currency: 'USD',
      country: 'US',
      address: { line1: '5 Main St' },
    });
  });

  test('deleted records are missing from the list, which is in the order of ids', async () => {
    const id = await created('supplier', { name: unique('Short-lived'), is_company: true });
    const ids = async () => {
      const found: string[] = [];
      for (let after: string | null = null; ; ) {
        const page: ListPage | undefined = await open.pull.list?.(stream('supplier'), after, 2, signal);
        found.push(...(page?.entries.map(({ externalId }) => externalId) ?? []));
        if (!page?.next) return found;
        after = page.next;
      }
    };
    const before = await ids();
    expect(before).toContain(id);
    expect(before).toEqual([...before].sort((a, b) => Number(a) - Number(b)));
    await admin.unlink('res.partner', [Number(id)], context);
    expect(await ids()).not.toContain(id);
  });

  test('the fields that it stands on are told, with their types', async () => {
    const schema = await open.schema?.(signal);
    expect(schema?.['res.partner']).toMatchObject({ name: 'char', country_id: 'many2one→res.country' });
    for (const one of streams.values()) {
      for (const [model, fields] of Object.entries(one.reads ?? {})) {
        for (const field of fields) expect(`${model}.${field} ${schema?.[model]?.[field]}`).not.toContain('undefined');
      }
    }
  });
});
