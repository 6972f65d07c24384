import type { Json, JsonObject } from '../../../golden-records/index.js';
import type { RecordedField } from './recorded.js';
import { userError, validation } from './refusal.js';
import type { Call, OdooWorld } from './world.js';

/** What single models do beyond keeping values, as seen on the servers. */
export interface ModelRules {
  defaults(call: Call, model: string, values: JsonObject): JsonObject;
  /** A value that is worked out; undefined where it is kept. */
  compute(call: Call, model: string, id: number, name: string): Json | undefined;
  /** A value that goes elsewhere: true when it did. */
  assign(call: Call, model: string, id: number, name: string, value: Json): boolean;
  createInherited(call: Call, model: string, values: JsonObject): number;
  clean(model: string, name: string, field: RecordedField, value: Json): Json;
  commands(call: Call, model: string, id: number, field: RecordedField, value: Json): void;
  beforeWrite(call: Call, model: string, id: number, values: JsonObject): void;
  afterCreate(call: Call, model: string, id: number, values: JsonObject): void;
  afterWrite(call: Call, model: string, id: number, values: JsonObject): void;
  beforeUnlink(call: Call, model: string, id: number): void;
  check(call: Call, model: string, id: number, values: JsonObject): void;
}

const ADDRESS = ['street', 'street2', 'zip', 'city', 'state_id', 'country_id'];
/** Template fields that are those of its only variant. */
const OF_ONE_VARIANT = new Set(['default_code', 'barcode', 'standard_price', 'weight', 'volume']);

export function rulesOf(world: OdooWorld): ModelRules {
  const is19 = world.version >= 19;
  const get = (model: string, id: number, name: string): Json => world.table(model).rows.get(id)?.[name] ?? false;
  const children = (id: number) => world.table('res.partner').idsBy('parent_id', id);
  const variants = (template: number, withArchived = true) =>
    world
      .table('product.product')
      .idsBy('product_tmpl_id', template)
      .filter((id) => withArchived || get('product.product', id, 'active') !== false);

  function commercial(id: number): number {
    const parent = get('res.partner', id, 'parent_id');
    return typeof parent === 'number' && get('res.partner', id, 'is_company') !== true ? commercial(parent) : id;
  }

  function completeName(id: number): string {
    const parent = get('product.category', id, 'parent_id');
    const own = String(get('product.category', id, 'name'));
    return typeof parent === 'number' ? `${completeName(parent)} / ${own}` : own;
  }

  const addressOf = (id: number): JsonObject =>
    Object.fromEntries(ADDRESS.map((name) => [name, get('res.partner', id, name)]));
  const isSet = (value: Json) => value !== false && value !== '';

  /** A contact lives where its company does; the tax number is the company's. */
  function passOn(call: Call, id: number, values: JsonObject): void {
    const table = world.table('res.partner');
    const address = Object.fromEntries(
      ADDRESS.filter((name) => name in values).map((name) => [name, get('res.partner', id, name)]),
    );
    for (const child of children(id)) {
      const row = table.rows.get(child);
      if (!row) continue;
      const own: JsonObject = {
        ...(row.type === 'contact' ? address : {}),
        ...('vat' in values && row.is_company !== true ? { vat: get('res.partner', id, 'vat') } : {}),
      };
      if (Object.keys(own).length === 0) continue;
      for (const [name, value] of Object.entries(own)) table.set(child, name, value, call.undo);
      world.touch(call, 'res.partner', child);
      passOn(call, child, own);
    }
  }

  function afterPartner(call: Call, id: number, values: JsonObject): void {
    const table = world.table('res.partner');
    const parent = get('res.partner', id, 'parent_id');
    if (typeof parent === 'number' && 'parent_id' in values) {
      const theirs = addressOf(parent);
      if (get('res.partner', id, 'type') === 'contact' && Object.values(theirs).some(isSet)) {
        for (const [name, value] of Object.entries(theirs)) table.set(id, name, value, call.undo);
      }
      if (get('res.partner', id, 'is_company') !== true)
        table.set(id, 'vat', get('res.partner', commercial(id), 'vat'), call.undo);
    }
    if (is19 && 'vat' in values && commercial(id) !== id) {
      world.write(call, 'res.partner', [commercial(id)], { vat: get('res.partner', id, 'vat') });
    }
    if (is19 && typeof parent === 'number' && get('res.partner', id, 'type') === 'contact')
      climb(call, id, parent, values);
    passOn(call, id, values);
  }

  /** Who lives with its parent takes it along. */
  function climb(call: Call, id: number, parent: number, values: JsonObject): void {
    const own = addressOf(id);
    const moved = Object.entries(own).some(([name, value]) => get('res.partner', parent, name) !== value);
    const isMeant = 'parent_id' in values || ADDRESS.some((name) => name in values);
    if (isMeant && moved) world.write(call, 'res.partner', [parent], own);
  }

  /** A company without an address gets that of the first who comes under it. */
  function firstOf(call: Call, id: number): void {
    const parent = get('res.partner', id, 'parent_id');
    if (typeof parent !== 'number' || children(parent).length > 1) return;
    const isRoot = get('res.partner', parent, 'is_company') === true || !isSet(get('res.partner', parent, 'parent_id'));
    const own = addressOf(id);
    if (!isRoot || !Object.values(own).some(isSet) || Object.values(addressOf(parent)).some(isSet)) return;
    world.write(call, 'res.partner', [parent], own);
  }

  function replaceVariants(call: Call, template: number): void {
    const lines = world.table('product.template.attribute.line').idsBy('product_tmpl_id', template);
    const combinations = lines.reduce<number[][]>(
      (sofar, line) => {
        const values = get('product.template.attribute.line', line, 'value_ids');
        return Array.isArray(values) ? sofar.flatMap((one) => values.map((value) => [...one, Number(value)])) : sofar;
      },
      [[]],
    );
    const table = world.table('product.product');
    const key = (values: readonly number[]) => values.join(',');
    const kept = new Set<string>();
    for (const id of variants(template)) {
      const own = String(get('product.product', id, 'combination_indices') || '');
      if (combinations.some((one) => key(one) === own)) kept.add(own);
      else table.remove(id, call.undo);
    }
    for (const combination of combinations) {
      if (kept.has(key(combination))) continue;
      table.insert(
        table.drawId(),
        {
          active: true,
          product_tmpl_id: template,
          combination_indices: key(combination),
          create_date: call.startedAt,
          write_date: call.startedAt,
        },
        call.undo,
      );
    }
  }

  return {
    defaults(call, model, values) {
      switch (model) {
        case 'res.partner':
          return { active: true, type: 'contact', lang: 'en_US', supplier_rank: 0, customer_rank: 0 };
        case 'res.partner.bank':
        case 'res.bank':
        case 'account.payment.term':
        case 'uom.uom':
          return { active: true };
        case 'product.template':
          return {
            active: true,
            type: 'consu',
            tracking: 'none',
            sale_ok: true,
            purchase_ok: true,
            uom_id: 1,
            list_price: 1,
            ...(is19 ? {} : { categ_id: 1, uom_po_id: values.uom_id ?? 1 }),
          };
        case 'product.product':
          return { active: true };
        case 'product.supplierinfo':
          return {
            min_qty: 0,
            delay: 1,
            currency_id: get('res.company', call.companies[0] ?? 1, 'currency_id') || 1,
            company_id: call.companies[0] ?? false,
            ...(is19 ? { product_uom_id: 1 } : {}),
            ...(typeof values.product_id === 'number'
              ? { product_tmpl_id: get('product.product', values.product_id, 'product_tmpl_id') }
              : {}),
          };
        case 'stock.warehouse':
          return { active: true, company_id: call.companies[0] ?? 1, lot_stock_id: false };
        case 'res.company':
          return { currency_id: 1, ...(is19 ? { active: true } : {}) };
        case 'product.attribute':
          return { create_variant: 'always' };
        case 'product.template.attribute.line':
          return { active: true };
        default:
          return {};
      }
    },

    compute(call, model, id, name) {
      if (model === 'res.partner' && name === 'commercial_partner_id') return commercial(id);
      if (model === 'product.category' && name === 'complete_name') return completeName(id);
      if (model === 'product.product' && name === 'lst_price') {
        return world.value(call, 'product.template', Number(get(model, id, 'product_tmpl_id')), 'list_price');
      }
      if (model === 'product.product' && name === 'seller_ids') {
        return world.table('product.supplierinfo').idsBy('product_tmpl_id', get(model, id, 'product_tmpl_id'));
      }
      if (model === 'product.template' && OF_ONE_VARIANT.has(name)) {
        const [only, ...others] = variants(id, false).length > 0 ? variants(id, false) : variants(id);
        if (only === undefined || others.length > 0) return false;
        return world.value(call, 'product.product', only, name);
      }
      if (model === 'res.partner.bank' && (name === 'bank_name' || name === 'bank_bic')) {
        const bank = get(model, id, 'bank_id');
        return typeof bank === 'number' ? get('res.bank', bank, name === 'bank_name' ? 'name' : 'bic') : false;
      }
      if (model === 'product.supplierinfo' && name === 'product_uom' && !is19) {
        return get('product.template', Number(get(model, id, 'product_tmpl_id')), 'uom_po_id');
      }
      // Rows that others need and nobody asks about.
      if (model === 'stock.warehouse' && name === 'lot_stock_id') return get(model, id, name) || id;
      return undefined;
    },

    assign(call, model, id, name, value) {
      if (model === 'product.template' && OF_ONE_VARIANT.has(name)) {
        const [only, ...others] = variants(id);
        if (only !== undefined && others.length === 0) {
          world.store(call, 'product.product', only, { [name]: value });
          world.touch(call, 'product.product', only);
        }
        return true;
      }
      if (model === 'product.product' && name === 'lst_price') {
        world.write(call, 'product.template', [Number(get(model, id, 'product_tmpl_id'))], { list_price: value });
        return true;
      }
      return false;
    },

    createInherited(call, model, values) {
      if (model !== 'product.product') {
        return world.create(call, 'res.partner', { name: values.name ?? false, is_company: true });
      }
      const own = new Set(['default_code', 'barcode', 'standard_price', 'weight', 'volume', 'active', 'lst_price']);
      const shared = Object.fromEntries(Object.entries(values).filter(([name]) => !own.has(name)));
      const template = world.create(call, 'product.template', shared);
      // The variant that a template comes with is the one which is being made.
      for (const id of variants(template)) world.table('product.product').remove(id, call.undo);
      return template;
    },

    clean(model, name, field, value) {
      if (typeof value !== 'string') return value;
      if (field.type === 'html') return html(value);
      if (model === 'res.partner' && name === 'website' && value !== '') {
        return /^https?:\/\//.test(value) ? value : `http://${value}`;
      }
      return value;
    },

    commands(call, model, id, field, value) {
      if (!Array.isArray(value)) return;
      for (const command of value) {
        if (!Array.isArray(command) || field.relation === undefined) continue;
        const [kind, target, values] = command;
        const own = values !== null && typeof values === 'object' && !Array.isArray(values) ? values : {};
        if (kind === 0) world.create(call, field.relation, { ...own, [field.relation_field ?? '']: id });
        if (kind === 1) world.write(call, field.relation, [Number(target)], own);
        if (kind === 2) world.unlink(call, field.relation, [Number(target)]);
      }
      if (model === 'product.template' && field.relation === 'product.template.attribute.line')
        replaceVariants(call, id);
    },

    beforeWrite(_call, model, id, values) {
      if (model !== 'res.partner' || typeof values.parent_id !== 'number') return;
      for (let at: Json = values.parent_id; typeof at === 'number'; at = get(model, at, 'parent_id')) {
        if (at === id) throw validation('You cannot create recursive Partner hierarchies.');
      }
    },

    afterCreate(call, model, id, values) {
      if (model === 'res.partner') {
        afterPartner(call, id, values);
        if (!is19 || call.loads) firstOf(call, id);
      }
      if (model === 'product.template') {
        const table = world.table('product.product');
        const variant = table.drawId();
        const dates = { create_date: call.startedAt, write_date: call.startedAt };
        table.insert(variant, { active: values.active ?? true, product_tmpl_id: id, ...dates }, call.undo);
        const own = Object.entries(values).filter(([name]) => OF_ONE_VARIANT.has(name));
        world.store(call, 'product.product', variant, Object.fromEntries(own));
        if (values.barcode) this.check(call, 'product.product', variant, values);
        replaceVariants(call, id);
      }
    },

    afterWrite(call, model, id, values) {
      if (model === 'res.partner') afterPartner(call, id, values);
      if (model === 'product.template') {
        if ('active' in values) {
          for (const variant of variants(id)) {
            world.table('product.product').set(variant, 'active', values.active === true, call.undo);
            world.touch(call, 'product.product', variant);
          }
        }
        // The price of a variant is worked out from its template's: 19 keeps it, so its date moves.
        if (is19 && 'list_price' in values)
          for (const variant of variants(id)) world.touch(call, 'product.product', variant);
      }
      if (model === 'product.product' && 'active' in values) {
        const template = Number(get(model, id, 'product_tmpl_id'));
        const isActive = variants(template, false).length > 0;
        if ((get('product.template', template, 'active') !== false) !== isActive) {
          world.table('product.template').set(template, 'active', isActive, call.undo);
          world.touch(call, 'product.template', template);
        }
      }
    },

    beforeUnlink(call, model, id) {
      if (model === 'res.partner') {
        const isUsed =
          [...world.table('res.company').rows.values()].some(({ partner_id }) => partner_id === id) ||
          [...world.table('res.users').rows.values()].some(({ partner_id }) => partner_id === id);
        if (isUsed)
          throw userError(
            'The operation cannot be completed: Another model is using the record you are trying to delete.',
          );
        for (const child of children(id)) world.table(model).set(child, 'parent_id', false, call.undo);
        for (const bank of world.table('res.partner.bank').idsBy('partner_id', id)) {
          world.table('res.partner.bank').remove(bank, call.undo);
        }
      }
      if (model === 'product.template') {
        for (const variant of variants(id)) world.table('product.product').remove(variant, call.undo);
        for (const price of world.table('product.supplierinfo').idsBy('product_tmpl_id', id)) {
          world.table('product.supplierinfo').remove(price, call.undo);
        }
      }
      if (model === 'product.product') {
        const template = Number(get(model, id, 'product_tmpl_id'));
        if (variants(template).length === 1) {
          for (const price of world.table('product.supplierinfo').idsBy('product_tmpl_id', template)) {
            world.table('product.supplierinfo').remove(price, call.undo);
          }
          world.table('product.template').remove(template, call.undo);
        }
      }
    },

    check(_call, model, id, values) {
      if (model === 'res.partner') {
        const name = get(model, id, 'name');
        if (get(model, id, 'type') === 'contact' && (name === false || name === '')) {
          throw validation('The operation cannot be completed: Contacts require a name');
        }
      }
      if (model === 'res.partner.bank' && 'acc_number' in values) {
        const number = sanitized(get(model, id, 'acc_number'));
        for (const [other, row] of world.table(model).rows) {
          if (other === id || sanitized(row.acc_number ?? '') !== number) continue;
          if (is19 && row.partner_id !== get(model, id, 'partner_id')) continue;
          throw validation('Account Number must be unique');
        }
      }
      if (model === 'product.product' && 'barcode' in values) {
        const barcode = get(model, id, 'barcode');
        const [first, second] = barcode === false || barcode === '' ? [] : world.table(model).idsBy('barcode', barcode);
        if (first !== undefined && second !== undefined) {
          throw validation(`Barcode(s) already assigned:\n\n- Barcode "${barcode}" already assigned to product(s)`);
        }
      }
    },
  };
}

const sanitized = (number: Json): string => String(number).replace(/\W+/g, '').toUpperCase();

/** HTML fields lose their scripts, and text becomes a paragraph. */
function html(value: string): string {
  const safe = value.replace(/<script\b[^>]*>[\s\S]*?<\/script>/gi, '');
  if (safe === '') return safe;
  return /^\s*<(p|div|ul|ol|h\d|table|section)\b/i.test(safe) ? safe : `<p>${safe}</p>`;
}
