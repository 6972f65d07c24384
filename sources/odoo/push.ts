import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../golden-records/index.js';
import type { PushPart, SyncStream, WriteBatch, WriteResult, WriteRow } from '../connector.js';
import { Changed, Retryable, SourceError } from '../errors.js';
import type { CallContext, Domain, LoadMessage, OdooRow } from './client.js';
import { UnknownCode } from './code-lists.js';
import { refused, sourceErrorOf, told } from './errors.js';
import { isSerialisation } from './failure.js';
import { addressKey, MAIN_FIELDS, priceKey } from './mapping.js';
import type { Session } from './session.js';
import { meantBy, type OdooStream } from './streams.js';
import { alphanumeric, hasSiblings, htmlOfText, idOf, lower, objects, rounded, textOf, VARIANT } from './values.js';
import { itemLayout, priceLayout } from './versions.js';

/** Before the dot of every external id that the hub gives. */
export const MODULE = 'concord';
export const externalIdOf = (key: string): string => `${MODULE}.${key.replace(/[^A-Za-z0-9_-]/g, '_')}`;

/** A column of `load`, and the cell of one row in it. Undefined: nothing is said of it in this row's batch. */
interface Column {
  readonly name: string;
  readonly cell: (row: WriteRow) => Json;
}

/** A row that can't be written as it is: it leaves the batch with its reason. */
class RowRefused extends Error {}

export class OdooPush implements PushPart {
  constructor(
    private readonly session: Session,
    private readonly system: string,
    private readonly options: { readonly tracking: boolean },
  ) {}

  /**
   * Records by the external ids that they were created under. Where the key may not read external ids, `load` tells: with
   * no column but the id it changes nothing in a record that is there, and is refused for one that isn't.
   */
  find(stream: SyncStream, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { model } = (stream as OdooStream).watch;
    return told(this.system, false, async () => {
      const context = await this.session.context();
      const { client } = this.session;
      if (await client.mayAccess('ir.model.data', 'read', context)) {
        const names = new Map(keys.map((key) => [externalIdOf(key).slice(MODULE.length + 1), key]));
        const domain = [
          ['module', '=', MODULE],
          ['model', '=', model],
          ['name', 'in', [...names.keys()]],
        ];
        const rows = await client.searchRead('ir.model.data', domain, ['name', 'res_id'], context);
        const found = rows.map(({ name, res_id }) => [names.get(String(name)) ?? '', String(res_id)] as const);
        return new Map(found.filter(([key]) => key !== ''));
      }
      return this.findByLoad(model, keys, context);
    });
  }

  private async findByLoad(model: string, keys: readonly string[], context: CallContext): Promise<Map<string, string>> {
    let left = [...keys];
    while (left.length > 0) {
      const asked = left;
      const rows = asked.map((key) => [externalIdOf(key)]);
      const { ids, messages } = await this.session.client.load(model, ['id'], rows, this.quiet(context));
      if (ids) return new Map(asked.map((key, at) => [key, String(ids[at])]));
      const missing = new Set(messages.map(({ row }) => row).filter((row) => row !== null));
      // It names no row: nothing can be said of any of them, so they are asked for one by one.
      if (missing.size === 0 && asked.length === 1) return new Map();
      if (missing.size === 0) {
        const found = new Map<string, string>();
        for (const key of asked)
          for (const [one, id] of await this.findByLoad(model, [key], context)) found.set(one, id);
        return found;
      }
      left = asked.filter((_key, at) => !missing.has(at));
    }
    return new Map();
  }

  write(stream: SyncStream, batch: WriteBatch): Promise<readonly WriteResult[]> {
    return told(this.system, true, async () => {
      const results = new Map<string, WriteResult>();
      for (const group of byFields(batch)) {
        try {
          await this.writeGroup(stream as OdooStream, group, results);
        } catch (error) {
          // What was written before it is there and must be told. The rest is untried: it goes again by itself, and fails for all to see.
          if (results.size === 0) throw error;
          break;
        }
      }
      return batch.rows.map((row) => results.get(row.key) ?? { kind: 'UNTRIED' });
    });
  }

  private async writeGroup(stream: OdooStream, batch: WriteBatch, results: Map<string, WriteResult>): Promise<void> {
    const { model } = stream.watch;
    const [first] = await this.session.companyIds();
    const context = this.quiet(await this.session.context(first));
    let columns = await this.columnsOf(model, batch, context);
    let rows = this.prepared(batch.rows, columns, results);
    if (rows.length < batch.rows.length) {
      // What the lists don't have may have been added there since they were read.
      this.session.forgetLists();
      for (const { key } of batch.rows) results.delete(key);
      columns = await this.columnsOf(model, batch, context);
      rows = this.prepared(batch.rows, columns, results);
    }
    const written = await this.load(model, batch.action, columns, rows, context, results);
    for (const [row, id] of written) results.set(row.key, await this.writeParts(stream, batch, row, id));
  }

  /** Changes are told in the hub; without this every write would also be a message in Odoo's own log of the record. */
  private quiet(context: CallContext): CallContext {
    const extra = this.options.tracking ? {} : { tracking_disable: true, mail_create_nosubscribe: true };
    return { ...context, extra: { ...context.extra, ...extra } };
  }

  // ---- Columns ------------------------------------------------------------------------------------------------------

  private async columnsOf(model: string, batch: WriteBatch, context: CallContext): Promise<Column[]> {
    const lists = await this.session.codeLists();
    const present = await this.session.fieldsOf(model);
    const { stocked, description, purchaseUnit } = itemLayout(present);
    const writesAddress = batch.fields.some((field) => MAIN_FIELDS.includes(field));
    const places = writesAddress ? await this.placesOf(model, batch, context) : new Map<string, OdooRow>();
    const placeOf = (row: WriteRow) => places.get(row.externalId ?? '');
    /** A state is looked for within its country: the one that is written, or the one that the record has. */
    const countryOf = (row: WriteRow) =>
      'country_id' in row.fields
        ? lists.countryId(textOf(row.fields.country_id) ?? '')
        : (idOf(placeOf(row)?.country_id) ?? undefined);
    const byId = (name: string, idFor: (text: string, row: WriteRow) => number | undefined, what: string): Column => ({
      name: `${name}/.id`,
      cell: (row) => {
        const text = textOf(row.fields[name]);
        if (text === null) return '';
        const id = idFor(text, row);
        if (id === undefined) throw new RowRefused(`${what} "${text}" isn't one of Odoo's`);
        return String(id);
      },
    });
    const plain = (name: string): Column => ({ name, cell: (row) => cellOf(row.fields[name]) });
    const key: Column =
      batch.action === 'CREATE'
        ? { name: 'id', cell: (row) => externalIdOf(row.key) }
        : { name: '.id', cell: (row) => row.externalId ?? '' };
    const columns = batch.fields.flatMap((name): Column[] => {
      switch (name) {
        case 'country_id':
          return [byId(name, (code) => lists.countryId(code), 'the country')];
        case 'state_id':
          return [
            {
              name: 'state_id/.id',
              // A region that Odoo has no state for stays empty there: the rest of the address is worth more.
              cell: (row) => String(lists.stateId(countryOf(row), textOf(row.fields.state_id) ?? '') ?? ''),
            },
          ];
        case 'categ_id':
          return [byId(name, (text) => lists.categoryId(text), 'the category')];
        case 'uom_id': {
          const unit = byId(name, (text) => lists.unitId(text), 'the unit');
          return purchaseUnit === null ? [unit] : [unit, { name: `${purchaseUnit}/.id`, cell: unit.cell }];
        }
        case 'parent_id':
        case 'company_id':
          return [byId(name, (text) => Number(text), 'the record')];
        case '<kind>':
          return [
            { name: 'type', cell: (row) => typeOf(textOf(row.fields[name]), stocked.type) },
            ...(stocked.flag === null
              ? []
              : [{ name: stocked.flag, cell: (row: WriteRow) => (row.fields[name] === 'GOODS' ? '1' : '0') }]),
          ];
        case 'description':
          return description === 'html' ? [{ name, cell: (row) => htmlCell(row.fields[name]) }] : [plain(name)];
        case 'property_purchase_currency_id':
          return present.has(name) ? [byId(name, (code) => lists.currencyId(code), 'the currency')] : [];
        case 'tracking':
          return present.has(name) ? [plain(name)] : [];
        default:
          if (name.startsWith('<')) return [];
          if (!present.has(name)) throw refused(`${model} has no field "${name}" in this Odoo`);
          return [plain(name)];
      }
    });
    return writesAddress && model === 'res.partner' ? [key, ...columns, typeColumn(placeOf)] : [key, ...columns];
  }

  /** Where those of a batch are by now, and partners under whom. */
  private async placesOf(model: string, batch: WriteBatch, context: CallContext): Promise<Map<string, OdooRow>> {
    const ids = batch.rows.map(({ externalId }) => Number(externalId)).filter((id) => id > 0);
    if (ids.length === 0) return new Map();
    const fields = ['country_id', ...(model === 'res.partner' ? FAMILY : [])];
    const rows = await this.session.client.read(model, ids, fields, context);
    return new Map(rows.map((row) => [String(row.id), row]));
  }

  private prepared(rows: readonly WriteRow[], columns: readonly Column[], results: Map<string, WriteResult>) {
    return rows.flatMap((row) => {
      try {
        return [{ row, cells: columns.map(({ cell }) => cell(row)) }];
      } catch (error) {
        if (!(error instanceof RowRefused || error instanceof UnknownCode)) throw error;
        const error_ = refused(`odoo "${this.system}": ${error.message}`);
        results.set(row.key, { kind: 'FAILED', error: error_ });
        return [];
      }
    });
  }

  // ---- Loading ------------------------------------------------------------------------------------------------------

  /** All rows or none: the ones that Odoo names are told apart, the others go again without them. */
  private async load(
    model: string,
    action: WriteBatch['action'],
    columns: readonly Column[],
    rows: readonly { readonly row: WriteRow; readonly cells: readonly Json[] }[],
    context: CallContext,
    results: Map<string, WriteResult>,
  ): Promise<Map<WriteRow, number>> {
    const isEmpty = columns.length === 1;
    if (isEmpty && action === 'UPDATE') return new Map(rows.map(({ row }) => [row, Number(row.externalId)]));
    let left = rows;
    while (left.length > 0) {
      const names = columns.map(({ name }) => name);
      const cells = left.map((one) => one.cells);
      const { ids, messages } = await this.session.client.load(model, names, cells, context);
      const trying = left;
      if (ids) return new Map(trying.map(({ row }, at) => [row, ids[at] ?? 0]));
      if (messages.some(({ message }) => isSerialisation(message))) {
        throw new Retryable('SYSTEM_LOCKED', `odoo "${this.system}": ${model}.load: ${messages[0]?.message}`, {
          place: 'TARGET',
        });
      }
      const named = messages.filter((message) => message.row !== null && message.row < trying.length);
      if (named.length === 0)
        throw refused(`odoo "${this.system}": ${model}.load: ${messages[0]?.message ?? 'nothing was written'}`);
      const bad = new Map<number, LoadMessage>();
      for (const message of named) if (!bad.has(message.row ?? 0)) bad.set(message.row ?? 0, message);
      for (const [at, message] of bad) {
        const row = trying[at]?.row;
        if (row) results.set(row.key, { kind: 'FAILED', error: this.rowError(model, row, message) });
      }
      left = trying.filter((_one, at) => !bad.has(at));
    }
    return new Map();
  }

  private rowError(model: string, row: WriteRow, { message, field }: LoadMessage): SourceError {
    const where = row.externalId === null ? `the new ${model}` : `${model} ${row.externalId}`;
    const text = `odoo "${this.system}": ${where}${field ? `, field ${field}` : ''}: ${message.replace(/\s+/g, ' ').trim()}`;
    if (field === '.id') return new Changed('RECORD_GONE', text, { place: 'TARGET' });
    return refused(text, field ?? undefined);
  }

  // ---- Records of their own: contacts, addresses, accounts, prices, terms by company --------------------------------

  private async writeParts(stream: OdooStream, batch: WriteBatch, row: WriteRow, id: number): Promise<WriteResult> {
    const meant = meantBy(stream.watch);
    try {
      for (const name of batch.fields.filter((field) => field.startsWith('<')))
        await this.writePart(name, row, id, meant);
      const other = batch.fields.includes('property_purchase_currency_id');
      if (other) await this.currencyElsewhere(row, id);
      return { kind: 'WRITTEN', externalId: String(id) };
    } catch (error) {
      // A state or a currency that was added since the lists were read: with fresh ones it goes.
      if (error instanceof UnknownCode) this.session.forgetLists();
      const known =
        error instanceof UnknownCode
          ? new Retryable('RECORD_CHANGED', `odoo "${this.system}": ${error.message}`, { place: 'TARGET' })
          : sourceErrorOf(this.system, error, true);
      if (known instanceof SourceError) return { kind: 'FAILED', error: known, externalId: String(id) };
      throw new Error(`${stream.name} ${id}: a part could not be written`, { cause: error });
    }
  }

  private async writePart(name: string, row: WriteRow, id: number, meant: Domain): Promise<void> {
    const wanted = row.fields[name];
    switch (name) {
      case '<contacts>':
        return this.reconcile(row, id, objects(wanted), this.contactPart(id, meant));
      case '<addresses>':
        return this.reconcile(row, id, await this.knownStates(objects(wanted)), await this.addressPart(id, meant));
      case '<banks>':
        return this.reconcile(row, id, objects(wanted), await this.bankPart(id));
      case '<prices>':
        return this.reconcile(row, id, objects(wanted), await this.pricePart(id));
      case '<terms>':
        return this.writeTerms(id, isJsonObject(wanted) ? wanted : {});
      default:
        return undefined;
    }
  }

  /** Change what is there into what is wanted. */
  private async reconcile(row: WriteRow, id: number, wanted: readonly JsonObject[], part: Part): Promise<void> {
    const given = new Set((part.given ?? []).map((one) => part.key(part.read(one))));
    const own = wanted.filter((one) => !given.has(part.key(one)));
    const present = await part.present();
    const pairs = paired(own, present, part);
    const known = new Set(present.map((there) => there.id));
    const keyOf = this.unusedKeys(row, part, known);
    const context = this.quiet(await this.session.context());
    for (const one of own) {
      const there = pairs.get(one);
      if (there && isActive(there) && part.key(part.read(there)) === part.key(one)) continue;
      const columns = part.columns(one, id);
      const place = there ? ['.id', String(there.id)] : ['id', externalIdOf(await keyOf(one))];
      const names = [place[0] ?? '', ...Object.keys(columns)];
      const cells = [place[1] ?? '', ...Object.values(columns).map(cellOf)];
      const { ids, messages } = await this.session.client.load(part.model, names, [cells], context);
      const [written] = ids ?? [];
      if (written !== undefined) {
        if (!there && known.has(written))
          throw refused(`odoo "${this.system}": two parts of ${id} became one, ${part.model} ${written}`, part.field);
        known.add(written);
        continue;
      }
      const [told_] = messages;
      if (told_ && isSerialisation(told_.message))
        throw new Retryable('SYSTEM_LOCKED', told_.message, { place: 'TARGET' });
      const said = told_?.message ?? 'nothing was written';
      throw refused(`odoo "${this.system}": ${part.model} of ${id}: ${said}`, part.field);
    }
    const kept = new Set([...pairs.values()].map((there) => there.id));
    const gone = present.filter((there) => isActive(there) && !kept.has(there.id)).map((there) => there.id);
    if (gone.length === 0) return;
    if (part.archives) await this.session.client.write(part.model, gone, { active: false }, context);
    else await this.session.client.unlink(part.model, gone, context);
  }

  /**
   * Keys for new rows. A row keeps the external id that it was made under when it is changed, moved or merged there: what is made under
   * that one again would be written over it. Asked for once more after a crash, they are the same.
   */
  private unusedKeys(row: WriteRow, part: Part, known: ReadonlySet<number>): (one: JsonObject) => Promise<string> {
    const isNew = row.externalId === null && known.size === 0;
    const used = new Set<string>();
    return async (one) => {
      const context = await this.session.context();
      for (let n = 0; ; n++) {
        const key = `${row.key}_${part.name}_${shortHash([...part.identity(one), n].join('\n'))}`;
        if (used.has(key)) continue;
        used.add(key);
        const holder = isNew ? undefined : (await this.findByLoad(part.model, [key], context)).get(key);
        if (holder === undefined) return key;
        const isLate = !known.has(Number(holder)) && (await part.present()).some(({ id }) => String(id) === holder);
        if (isLate)
          throw new Changed('RECORD_CHANGED', `odoo "${this.system}": ${part.model} ${holder} was made meanwhile`, {
            place: 'TARGET',
          });
      }
    };
  }

  /** Without those that are suppliers of their own, whom their parent's lists don't name. */
  private async children(id: number, types: readonly string[], meant: Domain): Promise<OdooRow[]> {
    const { client } = this.session;
    const context = await this.session.context();
    const domain = [
      ['parent_id', '=', id],
      ['is_company', '=', false],
      ['type', 'in', [...types]],
    ];
    const rows = await client.searchRead('res.partner', domain, CHILD_FIELDS, context);
    if (rows.length === 0) return [];
    const vendors = await client.searchIds('res.partner', [...domain, ...meant], context);
    return rows.filter((row) => !vendors.includes(row.id));
  }

  private contactPart(id: number, meant: Domain): Part {
    return {
      name: 'contact',
      field: '<contacts>',
      model: 'res.partner',
      present: async () => (await this.children(id, ['contact'], meant)).filter(({ name }) => textOf(name) !== null),
      archives: true,
      read: ({ name, function: role, email, phone }) => ({
        name: textOf(name),
        function: textOf(role),
        email: textOf(email),
        phone: textOf(phone),
      }),
      identity: ({ email, name }) => [lower(textOf(email) ?? name), lower(name)],
      key: ({ name, function: role, email, phone }) => JSON.stringify([name, role, email, phone].map(textOf)),
      columns: ({ name, function: role, email, phone }, parent) => ({
        name: name ?? '',
        function: role ?? '',
        email: email ?? '',
        phone: phone ?? '',
        type: 'contact',
        'parent_id/.id': String(parent),
        active: '1',
      }),
    };
  }

  /** Regions that Odoo has no state for stay empty there. */
  private async knownStates(rows: readonly JsonObject[]): Promise<JsonObject[]> {
    const lists = await this.session.codeLists();
    return rows.map((row) => {
      const country = lists.countryId(textOf(row.country_id) ?? '');
      const id = lists.stateId(country, textOf(row.state_id) ?? '');
      return { ...row, state_id: id === undefined ? null : lists.state(id) };
    });
  }

  private async addressPart(id: number, meant: Domain): Promise<Part> {
    const lists = await this.session.codeLists();
    return {
      name: 'address',
      field: '<addresses>',
      model: 'res.partner',
      present: () => this.children(id, ['invoice', 'delivery', 'other'], meant),
      archives: true,
      read: ({ type, street, street2, city, zip, state_id, country_id }) => ({
        type: textOf(type),
        street: textOf(street),
        street2: textOf(street2),
        city: textOf(city),
        zip: textOf(zip),
        state_id: lists.state(idOf(state_id)),
        country_id: lists.country(idOf(country_id)),
      }),
      identity: ({ type, street, zip, street2 }) => [[type, street, zip].map(lower).join('\n'), lower(street2)],
      key: addressKey,
      columns: ({ type, street, street2, city, zip, state_id, country_id }, parent) => {
        const country = lists.countryId(textOf(country_id) ?? '');
        return {
          type: type ?? 'other',
          street: street ?? '',
          street2: street2 ?? '',
          city: city ?? '',
          zip: zip ?? '',
          'state_id/.id': String(lists.stateId(country, textOf(state_id) ?? '') ?? ''),
          'country_id/.id': String(country ?? ''),
          'parent_id/.id': String(parent),
          active: '1',
        };
      },
    };
  }

  private async bankPart(id: number): Promise<Part> {
    const fields = ['acc_number', 'acc_holder_name', 'bank_name', 'bank_bic', 'currency_id', 'active'];
    const domain = [['partner_id', '=', id]];
    const context = await this.session.context();
    const lists = await this.session.codeLists();
    return {
      name: 'bank',
      field: '<banks>',
      model: 'res.partner.bank',
      present: () => this.session.client.searchRead('res.partner.bank', domain, fields, context),
      archives: true,
      read: ({ acc_number, acc_holder_name, currency_id }) => ({
        number: textOf(acc_number),
        holder: textOf(acc_holder_name),
        currency: lists.currency(idOf(currency_id)),
      }),
      identity: ({ number }) => [alphanumeric(number), ''],
      key: ({ number, holder, currency }) => JSON.stringify([alphanumeric(number), textOf(holder), textOf(currency)]),
      columns: ({ number, holder, currency }, partner) => ({
        acc_number: number ?? '',
        acc_holder_name: holder ?? '',
        'currency_id/.id': String(lists.currencyId(textOf(currency) ?? '') ?? ''),
        'partner_id/.id': String(partner),
        active: '1',
      }),
    };
  }

  private async pricePart(variant: number): Promise<Part> {
    const { client } = this.session;
    const context = await this.session.context();
    const { partner } = priceLayout(await this.session.fieldsOf('product.supplierinfo'));
    const lists = await this.session.codeLists();
    const [product] = await client.read('product.product', [variant], ['product_tmpl_id', 'active'], context);
    const template = idOf(product?.product_tmpl_id) ?? 0;
    const variants = await client.searchRead('product.product', [['product_tmpl_id', '=', template]], VARIANT, context);
    const isOne = product !== undefined && hasSiblings(product, variants);
    const fields = [
      partner,
      'product_id',
      'product_code',
      'price',
      'currency_id',
      'company_id',
      'min_qty',
      'date_start',
      'date_end',
    ];
    const prices = () =>
      client.searchRead('product.supplierinfo', [['product_tmpl_id', '=', template]], fields, context);
    const isOwn = (row: OdooRow) => idOf(row.product_id) === variant;
    const isShared = (row: OdooRow) => idOf(row.product_id) === null;
    return {
      // What was made for all variants keeps its name.
      name: isOne ? 'variant_price' : 'price',
      field: '<prices>',
      model: 'product.supplierinfo',
      present: async () => (await prices()).filter((row) => isOwn(row) || (!isOne && isShared(row))),
      // A price of all variants isn't one variant's to change.
      given: isOne ? (await prices()).filter(isShared) : [],
      archives: false,
      read: (row) => ({
        partner: String(idOf(row[partner]) ?? ''),
        number: textOf(row.product_code),
        price: textOf(row.price) ?? '0',
        currency: lists.currency(idOf(row.currency_id)),
        company: textOf(idOf(row.company_id)),
        minimum: rounded(row.min_qty, 2),
        from: textOf(row.date_start),
        to: textOf(row.date_end),
      }),
      identity: ({ partner, company, minimum, from, number }) => [
        [partner, company, rounded(minimum, 2) ?? '0', from].map(lower).join('\n'),
        lower(number),
      ],
      key: priceKey,
      columns: (row) => ({
        [`${partner}/.id`]: row.partner ?? '',
        'product_tmpl_id/.id': String(template),
        ...(isOne ? { 'product_id/.id': String(variant) } : {}),
        product_code: row.number ?? '',
        price: row.price ?? '0',
        'currency_id/.id': String(lists.currencyId(textOf(row.currency) ?? '') ?? ''),
        'company_id/.id': row.company ?? '',
        min_qty: row.minimum ?? '0',
        date_start: row.from ?? '',
        date_end: row.to ?? '',
      }),
    };
  }

  /** One write for each company that differs: a field by company belongs to the first company of the call. */
  private async writeTerms(id: number, wanted: JsonObject): Promise<void> {
    const field = 'property_supplier_payment_term_id';
    if ((await this.session.known('res.partner', [field])).length === 0) return;
    for (const company of await this.session.companyIds()) {
      const context = this.quiet(await this.session.context(company));
      const [present] = await this.session.client.read('res.partner', [id], [field], context);
      const code = textOf(wanted[String(company)]);
      if (String(idOf(present?.[field]) ?? '') === (code ?? '')) continue;
      await this.session.client.write('res.partner', [id], { [field]: code === null ? false : Number(code) }, context);
    }
  }

  private async currencyElsewhere(row: WriteRow, id: number): Promise<void> {
    const field = 'property_purchase_currency_id';
    const [, ...others] = await this.session.companyIds();
    if (others.length === 0 || (await this.session.known('res.partner', [field])).length === 0) return;
    const lists = await this.session.codeLists();
    const code = textOf(row.fields[field]);
    const value = code === null ? false : (lists.currencyId(code) ?? false);
    for (const company of others) {
      await this.session.client.write(
        'res.partner',
        [id],
        { [field]: value },
        this.quiet(await this.session.context(company)),
      );
    }
  }
}

/** New records rarely know the same things: an empty cell would take the place of Odoo's own default. */
function byFields(batch: WriteBatch): WriteBatch[] {
  const groups = new Map<string, { fields: string[]; rows: WriteRow[] }>();
  for (const row of batch.rows) {
    const fields = batch.fields.filter((field) => field in row.fields);
    const key = fields.join('\n');
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { fields, rows: [row] });
  }
  return [...groups.values()].map((group) => ({ ...batch, ...group }));
}

/** Records that belong to one, and how they are told apart, compared and written. */
interface Part {
  readonly name: string;
  /** What it is a part of. */
  readonly field: string;
  readonly model: string;
  /** Archived ones too: they count where Odoo wants them unique, and come back rather than be made again. */
  present(): Promise<OdooRow[]>;
  /** Rows that it shares with other records: what they say is there, and they are left as they are. */
  readonly given?: readonly OdooRow[];
  /** What goes is archived; else it is deleted. */
  readonly archives: boolean;
  read(row: OdooRow): JsonObject;
  /** Which of them it is, and what tells it apart from others that would be the same. */
  identity(one: JsonObject): readonly [string, string];
  /** What it says: equal, and there is nothing to write. */
  key(one: JsonObject): string;
  columns(one: JsonObject, owner: number): Record<string, Json>;
}

const isActive = ({ active }: OdooRow): boolean => active !== false;

/** Who of the wanted is there already: what says the same, else what is the same in all, else in the first word, unless it is archived. */
function paired(wanted: readonly JsonObject[], present: readonly OdooRow[], part: Part): Map<JsonObject, OdooRow> {
  const pairs = new Map<JsonObject, OdooRow>();
  const free = new Set(present);
  const pair = (rows: readonly OdooRow[], by: (one: JsonObject) => string) => {
    for (const one of wanted) {
      if (pairs.has(one)) continue;
      const there = rows.find((row) => free.has(row) && by(part.read(row)) === by(one));
      if (!there) continue;
      free.delete(there);
      pairs.set(one, there);
    }
  };
  const active = present.filter(isActive);
  const whole = (one: JsonObject) => part.identity(one).join('\n');
  pair(active, (one) => part.key(one));
  pair(active, whole);
  pair(present, whole);
  pair(active, (one) => part.identity(one)[0]);
  return pairs;
}

const FAMILY = ['parent_id', 'is_company', 'type'];

/**
 * Companies of one family share an address: while a child is a contact, what is written to it is written to its parent (19)
 * and the other way round. Who gets an address of its own becomes an "other address", which is nobody else's.
 */
const typeColumn = (placeOf: (row: WriteRow) => OdooRow | undefined): Column => ({
  name: 'type',
  cell: (row) => {
    const place = placeOf(row);
    const type = textOf(place?.type) ?? 'contact';
    const parent = 'parent_id' in row.fields ? textOf(row.fields.parent_id) : idOf(place?.parent_id);
    const isCompany = (row.fields.is_company ?? place?.is_company) === true;
    return isCompany && parent !== null && type === 'contact' ? 'other' : type;
  },
});

const CHILD_FIELDS = [
  'active',
  'type',
  'name',
  'function',
  'email',
  'phone',
  'street',
  'street2',
  'city',
  'zip',
  'state_id',
  'country_id',
];

/** `load` takes texts; an empty one empties the field. */
function cellOf(value: Json | undefined): Json {
  if (value === undefined || value === null || value === false) return value === false ? '0' : '';
  return value === true ? '1' : String(value);
}

const htmlCell = (value: Json | undefined): Json => {
  const text = textOf(value);
  return text === null ? '' : htmlOfText(text);
};

const typeOf = (kind: string | null, stocked: string): string =>
  kind === 'SERVICE' ? 'service' : kind === 'CONSUMABLE' ? 'consu' : stocked;

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
