import { type Json, type JsonObject } from '../../../golden-records/index.js';
import { domainTest } from './domain.js';
import { loadRows } from './load.js';
import { type ModelRules, rulesOf } from './model-rules.js';
import { type ImitatedVersion, RECORDED, type Recorded, type RecordedField } from './recorded.js';
import { badValue, missing, noAccess, Refusal, validation } from './refusal.js';
import { Table, type Undo, type Values } from './table.js';

export interface User {
  readonly login: string;
  readonly id: number;
  readonly key: string;
  readonly password: string;
}

/** One call: who asks, in which company and language, since when, and how to take back what it did. */
export interface Call {
  readonly user: User;
  readonly lang: string;
  /** The first is the one that fields by company are read and written for. */
  readonly companies: readonly number[];
  readonly activeOnly: boolean;
  /** Microseconds; what PostgreSQL's now() says all through a transaction. */
  readonly startedAt: number;
  readonly undo: Undo;
  /** New records come by `load`, which skips half of what `create` does beside them. */
  readonly loads?: boolean;
}

/** Model, id and the row as it is now; null where it is gone. */
export type ChangedRow = readonly [model: string, id: number, row: Values | null];

export interface WorldOptions {
  readonly version: number;
  /** What a server of that version would answer; default: what one did, which was recorded of 14 and 19. */
  readonly recorded?: Recorded;
  /** Milliseconds; a virtual clock for tests. Default: the machine's. */
  readonly now?: () => number;
}

const RIGHTS: Readonly<Record<string, string>> = {
  read: 'access',
  write: 'modify',
  create: 'create',
  unlink: 'delete',
};
/** Models that need no right of their own: their rows are part of others'. */
const OPEN_MODELS = new Set(['product.template.attribute.value', 'base.partner.merge.automatic.wizard']);
/** Fields that a model takes from the record which `through` names. */
const INHERITED: Readonly<
  Record<string, { readonly through: string; readonly model: string; readonly own: ReadonlySet<string> }>
> = {
  'product.product': {
    through: 'product_tmpl_id',
    model: 'product.template',
    own: new Set([
      'default_code',
      'barcode',
      'active',
      'standard_price',
      'weight',
      'volume',
      'combination_indices',
      'product_tmpl_id',
      'product_template_attribute_value_ids',
      'create_date',
      'write_date',
      'lst_price',
      'seller_ids',
    ]),
  },
  'res.company': {
    through: 'partner_id',
    model: 'res.partner',
    own: new Set(['name', 'active', 'partner_id', 'parent_id', 'currency_id', 'create_date', 'write_date']),
  },
};

/**
 * The part of Odoo that a connector sees: models, records, times of writing, rights and refusals, as they were seen on
 * running servers. What isn't here is refused, never guessed.
 */
export class OdooWorld {
  readonly recorded: Recorded;
  readonly version: number;
  readonly users: readonly User[];
  readonly now: () => number;
  private readonly tables = new Map<string, Table>();
  private lastStart = 0;
  readonly rules: ModelRules;
  /** Told what a transaction changed before its call is answered; what it throws takes the transaction back. */
  onCommit: ((rows: readonly ChangedRow[]) => void) | undefined;

  constructor({ version, recorded = RECORDED[version as ImitatedVersion], now = Date.now }: WorldOptions) {
    this.version = version;
    this.recorded = recorded;
    this.now = now;
    this.rules = rulesOf(this);
    for (const model of [...Object.keys(this.recorded.fields), ...OPEN_MODELS]) {
      this.tables.set(model, new Table(this.indexedFields(model)));
    }
    for (const [model, rows] of Object.entries(this.recorded.rows)) for (const row of rows) this.seed(model, row);
    this.users = (this.recorded.rows['res.users'] ?? [])
      .filter(({ login }) => ['admin', 'sync', 'reader'].includes(String(login)))
      .map(({ id, login }) => ({
        login: String(login),
        id: Number(id),
        key: `key-of-${login}`,
        password: String(login),
      }));
  }

  // --- Calls ------------------------------------------------------------------------------------------------------

  /**
   * Run one call as a transaction: all or nothing. `startedAt` (milliseconds) before now is a transaction that took
   * long: its records carry the time at which it began, and are seen only now.
   */
  transaction<T>(user: User, context: JsonObject, work: (call: Call) => T, startedAt = this.now()): T {
    const steps: (() => void)[] = [];
    this.lastStart = Math.max(this.lastStart + 1, Math.floor(startedAt * 1000));
    const allowed = Array.isArray(context.allowed_company_ids) ? context.allowed_company_ids.map(Number) : [];
    const call: Call = {
      user,
      lang: typeof context.lang === 'string' ? context.lang : 'en_US',
      companies: allowed.length > 0 ? allowed : this.companiesOf(user),
      activeOnly: context.active_test !== false,
      startedAt: startedAt < this.now() - 1 ? Math.floor(startedAt * 1000) : this.lastStart,
      undo: (step) => steps.push(step),
    };
    try {
      const result = work(call);
      this.commit();
      return result;
    } catch (error) {
      for (const step of steps.reverse()) step();
      throw error;
    }
  }

  private commit(): void {
    const rows: ChangedRow[] = [];
    for (const [model, table] of this.tables) {
      for (const id of table.touched) rows.push([model, id, table.rows.get(id) ?? null]);
      table.touched.clear();
    }
    if (rows.length > 0) this.onCommit?.(rows);
  }

  /** Put back what `onCommit` was told. */
  restore(rows: readonly ChangedRow[]): void {
    for (const [model, id, row] of rows) {
      const table = this.tables.get(model);
      table?.restore(id, row);
      table?.touched.delete(id);
    }
  }

  /** As the administrator, for whoever sets a scene. */
  as<T>(login: string, work: (call: Call) => T, startedAt?: number): T {
    const user = this.users.find((one) => one.login === login);
    if (!user) throw new Error(`expected one of ${this.users.map((one) => one.login).join(', ')}, found "${login}"`);
    return this.transaction(user, { active_test: false }, work, startedAt);
  }

  table(model: string): Table {
    const table = this.tables.get(model);
    if (table) return table;
    throw this.version >= 19
      ? new Refusal('werkzeug.exceptions.NotFound', 404, `the model '${model}' does not exist`)
      : new Refusal('odoo.exceptions.UserError', 422, `Object ${model} doesn't exist`);
  }

  /** As if the module that brings the model were not installed. */
  forget(model: string): void {
    this.tables.delete(model);
  }

  fields(model: string): Readonly<Record<string, RecordedField>> {
    this.table(model);
    return this.recorded.fields[model] ?? {};
  }

  field(model: string, name: string): RecordedField | undefined {
    return name === 'id' ? { type: 'integer', readonly: true } : this.fields(model)[name];
  }

  // --- Rights -----------------------------------------------------------------------------------------------------

  may(user: User, model: string, operation: string): boolean {
    if (OPEN_MODELS.has(model)) return true;
    return (this.recorded.rights[model]?.[user.login] ?? '').includes(operation.charAt(0));
  }

  require(call: Call, model: string, operation: 'read' | 'write' | 'create' | 'unlink'): void {
    this.table(model);
    if (this.may(call.user, model, operation)) return;
    throw noAccess(`You are not allowed to ${RIGHTS[operation]} '${model}' (${model}) records.`);
  }

  private isVisible(call: Call, model: string, row: Values): boolean {
    if (!('company_id' in this.fields(model)) || model === 'res.users') return true;
    const company = row.company_id ?? false;
    return company === false || call.companies.includes(Number(company));
  }

  private companiesOf(user: User): number[] {
    const row = this.tables.get('res.users')?.rows.get(user.id);
    return Array.isArray(row?.company_ids) ? row.company_ids.map(Number) : [1];
  }

  // --- Reading ----------------------------------------------------------------------------------------------------

  search(
    call: Call,
    model: string,
    domain: readonly Json[],
    options: { order?: string; limit?: number } = {},
  ): number[] {
    this.require(call, model, 'read');
    this.checkDomain(model, domain);
    const dates = this.version >= 19 ? 'wholeSeconds' : 'microseconds';
    const test = domainTest(domain, (id, path) => this.operand(call, model, id, path), { dates });
    const skipsArchived =
      call.activeOnly &&
      'active' in this.fields(model) &&
      !domain.some((term) => Array.isArray(term) && term[0] === 'active');
    const { rows } = this.table(model);
    const found: number[] = [];
    for (const id of this.candidates(model, domain)) {
      const row = rows.get(id);
      if (!row || (skipsArchived && row.active === false) || !this.isVisible(call, model, row)) continue;
      if (test(id)) found.push(id);
    }
    this.sort(call, model, found, options.order ?? 'id');
    return options.limit === undefined ? found : found.slice(0, options.limit);
  }

  /** Spares a walk through all rows where the domain as a whole names the ids, or the owner of the records. */
  private candidates(model: string, domain: readonly Json[]): Iterable<number> {
    const table = this.table(model);
    const isPlain = !domain.some((term) => term === '|' || term === '!');
    for (const term of isPlain ? domain : []) {
      if (!Array.isArray(term)) continue;
      const [field, operator, value] = term;
      const wanted = operator === 'in' && Array.isArray(value) ? value : operator === '=' ? [value as Json] : undefined;
      if (wanted && field === 'id') return wanted.map(Number);
      if (wanted && table.indexed.includes(String(field)))
        return wanted.flatMap((one) => table.idsBy(String(field), one));
    }
    return table.rows.keys();
  }

  read(call: Call, model: string, ids: readonly number[], fields: readonly string[] | undefined): JsonObject[] {
    this.require(call, model, 'read');
    const names = fields && fields.length > 0 ? fields : Object.keys(this.fields(model));
    for (const name of names) {
      if (!this.field(model, name) && name !== 'display_name') throw this.unknownField(model, name, 'read');
    }
    const { rows } = this.table(model);
    return ids.flatMap((id) => {
      const row = rows.get(id);
      if (!row) return [];
      if (!this.isVisible(call, model, row))
        throw noAccess(`Access to ${model} record ${id} is restricted by company.`);
      return [{ id, ...Object.fromEntries(names.map((name) => [name, this.present(call, model, id, name)])) }];
    });
  }

  /** A value as a caller gets it. */
  private present(call: Call, model: string, id: number, name: string): Json {
    if (name === 'id') return id;
    if (name === 'display_name') return this.displayName(call, model, id);
    const field = this.field(model, name);
    const value = this.value(call, model, id, name);
    if (name === 'write_date' || name === 'create_date') return odooTime(Number(value));
    if (field?.type === 'many2one' && field.relation !== undefined) {
      return typeof value === 'number' ? [value, this.displayName(call, field.relation, value)] : false;
    }
    if (value === false && (field?.type === 'integer' || field?.type === 'float' || field?.type === 'monetary'))
      return 0;
    return value;
  }

  /** A value as it is stored: many2one as a number, false for none. */
  value(call: Call, model: string, id: number, name: string): Json {
    const inherited = INHERITED[model];
    const row = this.table(model).rows.get(id);
    if (!row) return false;
    const worked = this.rules.compute(call, model, id, name);
    if (worked !== undefined) return worked;
    if (inherited && !inherited.own.has(name)) {
      const through = row[inherited.through];
      return typeof through === 'number' ? this.value(call, inherited.model, through, name) : false;
    }
    const field = this.field(model, name);
    if (field?.type === 'one2many' && field.relation !== undefined) {
      const back = field.relation_field ?? '';
      const ids = this.table(field.relation).idsBy(back, id);
      // Both servers narrow this list to active ones by its definition, whatever the context says.
      return call.activeOnly || (model === 'res.partner' && name === 'child_ids')
        ? ids.filter((one) => this.table(field.relation ?? '').rows.get(one)?.active !== false)
        : ids;
    }
    if (field?.company_dependent) return row[`${name}@${call.companies[0]}`] ?? false;
    if (field?.translate && call.lang !== 'en_US') return row[`${name}#${call.lang}`] ?? row[name] ?? false;
    if (field?.type === 'many2many') return row[name] ?? [];
    return row[name] ?? false;
  }

  private operand(call: Call, model: string, id: number, path: string): Json | undefined {
    const [name = '', ...rest] = path.split('.');
    if (name === 'id') return id;
    const value = this.value(call, model, id, name);
    if (rest.length === 0) return value;
    const relation = this.field(model, name)?.relation;
    if (relation === undefined || typeof value !== 'number') return false;
    return this.operand(call, relation, value, rest.join('.'));
  }

  private checkDomain(model: string, domain: readonly Json[]): void {
    for (const term of domain) {
      if (!Array.isArray(term)) continue;
      const [name = ''] = String(term[0]).split('.');
      if (!this.field(model, name)) throw this.unknownField(model, name, 'domain', term);
    }
  }

  private unknownField(model: string, name: string, where: 'read' | 'domain' | 'write', term?: Json): Refusal {
    if (where === 'domain') return badValue(`Invalid field ${model}.${name} in ${JSON.stringify(term)}`);
    return badValue(`Invalid field '${name}' ${where === 'read' ? 'on' : 'in'} '${model}'`);
  }

  private sort(call: Call, model: string, ids: number[], order: string): void {
    const parts = order.split(',').map((part) => part.trim().split(/\s+/));
    ids.sort((left, right) => {
      for (const [name = 'id', direction = 'asc'] of parts) {
        const [a, b] = [left, right].map((id) => (name === 'id' ? id : this.value(call, model, id, name)));
        const difference =
          typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : a === b ? 0 : 1;
        if (difference !== 0) return direction.toLowerCase() === 'desc' ? -difference : difference;
      }
      return left - right;
    });
  }

  displayName(call: Call, model: string, id: number): string {
    const name = this.value(call, model, id, 'name');
    if (model === 'product.product' || model === 'product.template') {
      const code = this.value(call, model, id, 'default_code');
      return code ? `[${code}] ${name}` : String(name);
    }
    if (model === 'product.category') return String(this.value(call, model, id, 'complete_name'));
    if (model === 'res.partner') {
      const parent = this.value(call, model, id, 'parent_id');
      const isCompany = this.value(call, model, id, 'is_company') === true;
      const own = String(name === false ? '' : name).trim();
      if (typeof parent === 'number' && !isCompany) return `${this.displayName(call, model, parent)}, ${own}`;
      return own;
    }
    return String(name === false ? '' : name);
  }

  // --- Writing ----------------------------------------------------------------------------------------------------

  create(call: Call, model: string, values: JsonObject): number {
    this.require(call, model, 'create');
    const inherited = INHERITED[model];
    const given = { ...this.rules.defaults(call, model, values), ...values };
    this.checkNames(model, given);
    const own: Values = {};
    const through: JsonObject = {};
    for (const [name, value] of Object.entries(given)) {
      if (inherited && !inherited.own.has(name)) through[name] = value;
      else own[name] = value;
    }
    if (inherited && own[inherited.through] === undefined) {
      own[inherited.through] = this.rules.createInherited(call, model, { ...through, ...own });
    } else if (inherited && Object.keys(through).length > 0) {
      this.write(call, inherited.model, [Number(own[inherited.through])], through);
    }
    const table = this.table(model);
    const id = table.drawId();
    const row: Values = { create_date: call.startedAt, write_date: call.startedAt };
    table.insert(id, row, call.undo);
    this.store(call, model, id, own);
    this.checkRequired(call, model, id);
    this.rules.afterCreate(call, model, id, given);
    this.rules.check(call, model, id, own);
    return id;
  }

  write(call: Call, model: string, ids: readonly number[], values: JsonObject): void {
    this.require(call, model, 'write');
    this.checkNames(model, values);
    const inherited = INHERITED[model];
    const { rows } = this.table(model);
    for (const id of ids) {
      const row = rows.get(id);
      if (!row) throw missing(model, id, call.user.id);
      if (!this.isVisible(call, model, row))
        throw noAccess(`Access to ${model} record ${id} is restricted by company.`);
      const own = Object.entries(values).filter(([name]) => !inherited || inherited.own.has(name));
      const through = Object.entries(values).filter(([name]) => inherited && !inherited.own.has(name));
      if (inherited && through.length > 0) {
        this.write(call, inherited.model, [Number(row[inherited.through])], Object.fromEntries(through));
      }
      this.rules.beforeWrite(call, model, id, values);
      this.store(call, model, id, Object.fromEntries(own));
      this.touch(call, model, id);
      this.checkRequired(call, model, id);
      this.rules.afterWrite(call, model, id, values);
      this.rules.check(call, model, id, values);
    }
  }

  unlink(call: Call, model: string, ids: readonly number[]): void {
    this.require(call, model, 'unlink');
    const table = this.table(model);
    for (const id of ids) {
      if (!table.rows.has(id)) throw missing(model, id, call.user.id);
      this.rules.beforeUnlink(call, model, id);
      table.remove(id, call.undo);
      const data = this.table('ir.model.data');
      for (const one of data.idsBy('res_id', id)) if (data.rows.get(one)?.model === model) data.remove(one, call.undo);
    }
  }

  load(call: Call, model: string, fields: readonly string[], rows: readonly (readonly Json[])[]): JsonObject {
    return loadRows(this, call, model, fields, rows);
  }

  /** A write moves the date also when it changes nothing. */
  touch(call: Call, model: string, id: number): void {
    this.table(model).set(id, 'write_date', call.startedAt, call.undo);
  }

  /** Put values into a row as the server keeps them, without rights, dates or consequences. */
  store(call: Call, model: string, id: number, values: JsonObject): void {
    const table = this.table(model);
    for (const [name, value] of Object.entries(values)) {
      const field = this.field(model, name);
      if (!field) continue;
      if (this.rules.assign(call, model, id, name, value)) continue;
      if (field.type === 'one2many') {
        this.rules.commands(call, model, id, field, value);
        continue;
      }
      const kept = this.keep(model, name, field, value, table.rows.get(id)?.[name]);
      const slot = field.company_dependent
        ? `${name}@${call.companies[0]}`
        : field.translate && call.lang !== 'en_US'
          ? `${name}#${call.lang}`
          : name;
      table.set(id, slot, kept, call.undo);
    }
  }

  private keep(model: string, name: string, field: RecordedField, value: Json, before: Json | undefined): Json {
    if (typeof value === 'string' && value.includes('\u0000')) {
      throw badValue('A string literal cannot contain NUL (0x00) characters.');
    }
    switch (field.type) {
      case 'many2many':
        return manyToMany(value, before);
      case 'many2one':
        if (value === false || value === null) return false;
        if (!this.table(field.relation ?? '').rows.has(Number(value))) {
          throw this.version >= 19
            ? new Refusal(
                'odoo.exceptions.MissingError',
                404,
                `Record does not exist or has been deleted. (${field.relation}(${value}))`,
              )
            : validation(`The operation cannot be completed: another model requires the record (${field.relation}).`);
        }
        return Number(value);
      case 'selection': {
        const known = Array.isArray(field.selection)
          ? field.selection.map((one) => (Array.isArray(one) ? one[0] : one))
          : [];
        if (value !== false && name !== 'lang' && !known.includes(value)) {
          throw badValue(`Wrong value for ${model}.${name}: '${value}'`);
        }
        return value;
      }
      case 'integer':
      case 'float':
      case 'monetary': {
        const number = Number(value);
        if (Number.isNaN(number)) throw badValue(`could not convert string to float: '${value}'`);
        const digits = Array.isArray(field.digits) ? Number(field.digits[1]) : undefined;
        return digits === undefined ? number : Number(number.toFixed(digits));
      }
      case 'boolean':
        return value === true || value === 1;
      default:
        return this.rules.clean(model, name, field, value === null ? false : value);
    }
  }

  private checkNames(model: string, values: JsonObject): void {
    for (const name of Object.keys(values)) {
      if (!this.field(model, name)) throw this.unknownField(model, name, 'write');
    }
  }

  private checkRequired(call: Call, model: string, id: number): void {
    for (const [name, field] of Object.entries(this.fields(model))) {
      if (!field.required || field.type === 'one2many') continue;
      const value = this.value(call, model, id, name);
      if (value === false || value === '') {
        if (field.type === 'float' || field.type === 'integer' || field.type === 'boolean') continue;
        throw validation(
          `The operation cannot be completed: Missing required value for the field '${name}' (${name}). Model: ${model}`,
        );
      }
    }
  }

  // --- Beginning --------------------------------------------------------------------------------------------------

  private indexedFields(model: string): string[] {
    const looked = Object.values(this.recorded.fields).flatMap((fields) =>
      Object.values(fields).flatMap(({ relation, relation_field }) =>
        relation === model && relation_field !== undefined ? [relation_field] : [],
      ),
    );
    const more: Readonly<Record<string, readonly string[]>> = {
      'ir.model.data': ['res_id', 'complete'],
      'mail.message': ['res_id'],
      'product.product': ['product_tmpl_id', 'barcode'],
      'product.supplierinfo': ['product_tmpl_id', 'product_id', this.version >= 16 ? 'partner_id' : 'name'],
      'product.template.attribute.value': ['attribute_line_id'],
    };
    return [...new Set([...looked, ...(more[model] ?? [])])];
  }

  private seed(model: string, row: JsonObject): void {
    const values: Values = { create_date: Math.floor(this.now() * 1000), write_date: Math.floor(this.now() * 1000) };
    for (const [name, value] of Object.entries(row)) {
      const field = this.field(model, name);
      if (!field || name === 'id' || field.type === 'one2many' || INHERITED[model]?.own.has(name) === false) continue;
      const slot = field.company_dependent ? `${name}@1` : name;
      values[slot] = field.type === 'many2one' && Array.isArray(value) ? Number(value[0]) : value;
    }
    this.table(model).insert(Number(row.id), values, () => undefined);
  }
}

/** Commands of a many2many: (6, 0, ids) replaces, (4, id) adds, (3, id) takes out, (5) empties. */
function manyToMany(value: Json, before: Json | undefined): Json {
  if (!Array.isArray(value)) return value === false ? [] : [Number(value)];
  if (value.every((one) => typeof one === 'number')) return value;
  let ids = Array.isArray(before) ? before.map(Number) : [];
  for (const command of value) {
    if (!Array.isArray(command)) continue;
    const [kind, id, list] = command;
    if (kind === 6 && Array.isArray(list)) ids = list.map(Number);
    else if (kind === 4) ids = [...new Set([...ids, Number(id)])];
    else if (kind === 3) ids = ids.filter((one) => one !== id);
    else if (kind === 5) ids = [];
  }
  return ids;
}

/** `2026-11-23 02:34:54`: UTC, whole seconds. */
export const odooTime = (microseconds: number): string =>
  new Date(Math.floor(microseconds / 1_000_000) * 1000).toISOString().slice(0, 19).replace('T', ' ');
