import type { Json, JsonObject } from '../../golden-records/index.js';
import { Permanent } from '../errors.js';
import type { CallContext, OdooClient } from './client.js';
import { fieldFacts, fieldsIn, rulesHaveActions } from './versions.js';

/**
 * What the hub puts into an Odoo on request, and takes out again: a model that keeps tombstones, the rules that write
 * them, and (19) rules that post to the hub. A deleted record leaves nothing else there. It needs an administrator's key.
 */
export const TOMBSTONES = 'x_concord_tombstone';
/** Everything that is set up carries it in its name, so that it can be found and taken out. */
const MARK = 'Concord:';

const DELETED = [
  'res.partner',
  'res.partner.bank',
  'product.product',
  'product.supplierinfo',
  'stock.warehouse',
] as const;
/** The record whose part it was: its page is read again. */
const OWNERS: Readonly<Record<string, (client: OdooClient) => Promise<string>>> = {
  'res.partner': () => Promise.resolve('parent_id'),
  'res.partner.bank': () => Promise.resolve('partner_id'),
  'product.supplierinfo': () => Promise.resolve('product_tmpl_id'),
};
/** With named fields a create posts once, without them up to 13 times. */
const POSTED: Readonly<Record<string, readonly string[]>> = {
  'res.partner': ['name', 'active', 'vat', 'email', 'phone', 'street', 'city', 'zip', 'country_id', 'parent_id'],
  'res.partner.bank': ['acc_number', 'partner_id', 'active'],
  'product.template': ['name', 'active', 'categ_id', 'uom_id', 'type'],
  'product.product': ['active', 'barcode', 'default_code'],
  'product.supplierinfo': ['price', 'min_qty', 'product_code'],
};

export interface SetUp {
  readonly done: readonly string[];
}

/** Idempotent: what is there already stays. `hook`: the hub's address for posts, in 19 only. */
export async function setupOdoo(client: OdooClient, context: CallContext, hook: string | undefined): Promise<SetUp> {
  const { dialect } = await client.version();
  const done: string[] = [];
  await requireAutomation(client, context);
  if (await createTombstones(client, context)) done.push(`model ${TOMBSTONES}`);
  for (const model of DELETED) {
    const name = `${MARK} tombstone of ${model}`;
    if (await hasRule(client, context, name)) continue;
    const owner = await OWNERS[model]?.(client);
    await createRule(client, context, {
      name,
      model,
      trigger: 'on_unlink',
      code: tombstoneCode(model, owner),
    });
    done.push(name);
  }
  if (hook === undefined || !dialect.webhooks) return { done };
  for (const [model, fields] of Object.entries(POSTED)) {
    const name = `${MARK} hint of ${model}`;
    if (await hasRule(client, context, name)) continue;
    await createHint(client, context, { name, model, fields, hook });
    done.push(name);
  }
  return { done };
}

/** Take out everything that carries the mark; the tombstones go with it. */
export async function teardownOdoo(client: OdooClient, context: CallContext): Promise<SetUp> {
  const done: string[] = [];
  await requireAutomation(client, context);
  const rules = await client.searchRead('base.automation', [['name', '=like', `${MARK} %`]], ['name'], context);
  if (rules.length > 0) {
    await client.unlink(
      'base.automation',
      rules.map(({ id }) => id),
      context,
    );
    done.push(...rules.map(({ name }) => String(name)));
  }
  const actions = await client.searchIds('ir.actions.server', [['name', '=like', `${MARK} %`]], context);
  if (actions.length > 0) await client.unlink('ir.actions.server', actions, context);
  const models = await client.searchIds('ir.model', [['model', '=', TOMBSTONES]], context);
  if (models.length > 0) {
    const rights = await client.searchIds('ir.model.access', [['model_id', 'in', models]], context);
    if (rights.length > 0) await client.unlink('ir.model.access', rights, context);
    await client.unlink('ir.model', models, context);
    done.push(`model ${TOMBSTONES}`);
  }
  return { done };
}

async function requireAutomation(client: OdooClient, context: CallContext): Promise<void> {
  try {
    if (await client.mayAccess('base.automation', 'create', context)) return;
  } catch (error) {
    throw new Permanent(
      'SCHEMA_DRIFTED',
      'the module "base_automation" is not installed: install "Automation Rules" first',
      {
        cause: error,
        place: 'TARGET',
      },
    );
  }
  throw new Permanent('ACCESS_DENIED', 'setting up takes the key of an administrator (group Settings)', {
    place: 'TARGET',
  });
}

async function createTombstones(client: OdooClient, context: CallContext): Promise<boolean> {
  if ((await client.count('ir.model', [['model', '=', TOMBSTONES]], context)) > 0) return false;
  const field = (name: string, ttype: string, label: string): Json => [0, 0, { name, ttype, field_description: label }];
  const [model = 0] = await client.create(
    'ir.model',
    [
      {
        name: 'Concord tombstone',
        model: TOMBSTONES,
        field_id: [
          field('x_model', 'char', 'Model'),
          field('x_res_id', 'integer', 'Record'),
          field('x_owner_id', 'integer', 'Part of'),
        ],
      },
    ],
    context,
  );
  const users = await client.searchRead(
    'ir.model.data',
    [
      ['module', '=', 'base'],
      ['name', '=', 'group_user'],
    ],
    ['res_id'],
    context,
  );
  await client.create(
    'ir.model.access',
    [
      {
        name: 'Concord tombstone',
        model_id: model,
        group_id: users[0]?.res_id ?? false,
        perm_read: true,
        perm_write: false,
        perm_create: false,
        perm_unlink: false,
      },
    ],
    context,
  );
  return true;
}

/** As little as can be: an error in it would make the user's own deletion fail. */
function tombstoneCode(model: string, owner: string | undefined): string {
  const ownerOf = owner === undefined ? 'False' : `r['${owner}'].id`;
  return `env['${TOMBSTONES}'].sudo().create([{'x_model': '${model}', 'x_res_id': r.id, 'x_owner_id': ${ownerOf}} for r in records])`;
}

async function hasRule(client: OdooClient, context: CallContext, name: string): Promise<boolean> {
  return (await client.count('base.automation', [['name', '=', name]], context)) > 0;
}

async function modelId(client: OdooClient, context: CallContext, model: string): Promise<number> {
  const [id] = await client.searchIds('ir.model', [['model', '=', model]], context);
  if (id !== undefined) return id;
  throw new Permanent('SCHEMA_DRIFTED', `the model ${model} isn't there: its module is not installed`, {
    place: 'TARGET',
  });
}

async function createRule(
  client: OdooClient,
  context: CallContext,
  {
    name,
    model,
    trigger,
    code,
  }: { readonly name: string; readonly model: string; readonly trigger: string; readonly code: string },
): Promise<void> {
  const model_id = await modelId(client, context, model);
  const rule = fieldsIn(await client.fieldsGet('base.automation', fieldFacts('base.automation'), context));
  const action: JsonObject = { name, model_id, state: 'code', code, usage: 'base_automation' };
  const values = rulesHaveActions(rule)
    ? { name, model_id, trigger, action_server_ids: [[0, 0, action]] }
    : { ...action, trigger };
  await client.create('base.automation', [values as JsonObject], context);
}

async function createHint(
  client: OdooClient,
  context: CallContext,
  {
    name,
    model,
    fields,
    hook,
  }: { readonly name: string; readonly model: string; readonly fields: readonly string[]; readonly hook: string },
): Promise<void> {
  const model_id = await modelId(client, context, model);
  const ids = await client.searchIds(
    'ir.model.fields',
    [
      ['model_id', '=', model_id],
      ['name', 'in', [...fields]],
    ],
    context,
  );
  // The post is a hint and never believed: the id says all that is wanted.
  const idField = await client.searchIds(
    'ir.model.fields',
    [
      ['model_id', '=', model_id],
      ['name', '=', 'id'],
    ],
    context,
  );
  const action: JsonObject = {
    name,
    model_id,
    state: 'webhook',
    webhook_url: hook,
    webhook_field_ids: [[6, 0, idField]],
    usage: 'base_automation',
  };
  await client.create(
    'base.automation',
    [
      {
        name,
        model_id,
        trigger: 'on_create_or_write',
        trigger_field_ids: [[6, 0, ids]],
        action_server_ids: [[0, 0, action]],
      },
    ],
    context,
  );
}
