import type { Json, JsonObject } from '../../../golden-records/index.js';
import type { RecordedField } from './recorded.js';
import { Refusal } from './refusal.js';
import type { Call, OdooWorld } from './world.js';

interface Message {
  readonly type: 'error';
  readonly message: string;
  readonly record: number;
  readonly rows: { readonly from: number; readonly to: number };
  readonly field: string | false;
}

class RowRefused extends Error {
  constructor(
    readonly field: string | false,
    message: string,
  ) {
    super(message);
  }
}

/**
 * `load`: an upsert by external id (`id`) or database id (`.id`). All rows or none; what is wrong comes as messages of an
 * ordinary answer, with the row's number and, where a conversion failed, the field.
 */
export function loadRows(
  world: OdooWorld,
  call: Call,
  model: string,
  fields: readonly string[],
  rows: readonly (readonly Json[])[],
): JsonObject {
  world.require(call, model, 'create');
  const undone: (() => void)[] = [];
  const own: Call = { ...call, undo: (step) => undone.push(step) };
  const messages: Message[] = [];
  const ids: number[] = [];
  for (const [at, row] of rows.entries()) {
    try {
      ids.push(loadRow(world, own, model, fields, row));
    } catch (error) {
      const told = refusalOf(error);
      if (!told) throw error;
      messages.push({ type: 'error', ...told, record: at, rows: { from: at, to: at } });
    }
  }
  if (messages.length > 0) {
    for (const step of undone.reverse()) step();
    return { ids: false, messages: messages.map((message) => ({ ...message })), nextrow: 0 };
  }
  for (const step of undone) call.undo(step);
  return { ids, messages: [], nextrow: 0 };
}

function refusalOf(error: unknown): { message: string; field: string | false } | undefined {
  if (error instanceof RowRefused) return { message: error.message, field: error.field };
  if (!(error instanceof Refusal)) return undefined;
  if (error.exception === 'odoo.exceptions.AccessError') return undefined;
  return { message: error.message, field: false };
}

function loadRow(world: OdooWorld, call: Call, model: string, fields: readonly string[], row: readonly Json[]): number {
  const values: JsonObject = {};
  let key: string | undefined;
  let id: number | undefined;
  for (const [at, column] of fields.entries()) {
    const cell = row[at] ?? '';
    if (column === 'id') key = String(cell) || undefined;
    else if (column === '.id') id = databaseId(world, model, cell, '.id');
    else {
      const [name = '', by] = column.split('/');
      const field = world.field(model, name);
      if (!field) throw new RowRefused(name, `No field "${name}" in model "${model}"`);
      values[name] = convert(world, call, name, field, by, cell);
    }
  }
  const known = id ?? (key === undefined ? undefined : byExternalId(world, model, key));
  if (known !== undefined) {
    world.write(call, model, [known], values);
    return known;
  }
  const made = world.create({ ...call, loads: true }, model, values);
  if (key !== undefined) rememberExternalId(world, call, model, key, made);
  return made;
}

function databaseId(world: OdooWorld, model: string, cell: Json, field: string): number | undefined {
  if (cell === '' || cell === false) return undefined;
  const id = Number(cell);
  if (world.table(model).rows.has(id)) return id;
  throw new RowRefused(field, `Unknown database identifier '${cell}'`);
}

function byExternalId(world: OdooWorld, model: string, key: string): number | undefined {
  const data = world.table('ir.model.data');
  for (const id of data.idsBy('complete', complete(key))) {
    const row = data.rows.get(id);
    if (row?.model !== model) continue;
    const target = Number(row.res_id);
    return world.table(model).rows.has(target) ? target : undefined;
  }
  return undefined;
}

const complete = (key: string): string => (key.includes('.') ? key : `__import__.${key}`);

function rememberExternalId(world: OdooWorld, call: Call, model: string, key: string, target: number): void {
  const full = complete(key);
  const at = full.indexOf('.');
  const data = world.table('ir.model.data');
  for (const old of data.idsBy('complete', full)) data.remove(old, call.undo);
  data.insert(
    data.drawId(),
    {
      module: full.slice(0, at),
      name: full.slice(at + 1),
      complete: full,
      model,
      res_id: target,
      noupdate: false,
      create_date: call.startedAt,
      write_date: call.startedAt,
    },
    call.undo,
  );
}

function convert(
  world: OdooWorld,
  call: Call,
  name: string,
  field: RecordedField,
  by: string | undefined,
  cell: Json,
): Json {
  if (cell === '' || cell === false || cell === null) return field.type === 'many2many' ? [] : false;
  const relation = field.relation ?? '';
  switch (field.type) {
    case 'many2one':
      return related(world, call, name, relation, by, String(cell));
    case 'many2many':
      return String(cell)
        .split(',')
        .map((one) => related(world, call, name, relation, by, one.trim()));
    case 'boolean':
      return ['1', 'true', 'yes'].includes(String(cell).toLowerCase());
    case 'integer':
    case 'float':
    case 'monetary': {
      const number = Number(cell);
      if (Number.isNaN(number))
        throw new RowRefused(name, `'${cell}' does not seem to be a number for field '${name}'`);
      return number;
    }
    case 'selection': {
      const choices = Array.isArray(field.selection) ? field.selection : [];
      for (const choice of choices) if (Array.isArray(choice) && choice.includes(cell)) return choice[0] ?? false;
      if (name === 'lang') return cell;
      throw new RowRefused(name, `Value '${cell}' not found in selection field '${name}'`);
    }
    default:
      return cell;
  }
}

function related(
  world: OdooWorld,
  call: Call,
  name: string,
  model: string,
  by: string | undefined,
  cell: string,
): number {
  if (by === '.id') {
    const id = Number(cell);
    if (world.table(model).rows.has(id)) return id;
    throw new RowRefused(name, `No matching record found for database id '${cell}' in field '${name}'`);
  }
  if (by === 'id') {
    const id = byExternalId(world, model, cell);
    if (id !== undefined) return id;
    throw new RowRefused(name, `No matching record found for external id '${cell}' in field '${name}'`);
  }
  const [found] = world.search(call, model, [['name', '=', cell]], { limit: 1 });
  if (found !== undefined) return found;
  throw new RowRefused(name, `No matching record found for name '${cell}' in field '${name}'`);
}
