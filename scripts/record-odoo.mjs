// Records from a running Odoo what the imitation is made of: fields, code lists, first records, rights and refusals.
//   eval "$(ODOO_VERSION=19 /path/to/odoo-lab/start)"; npm run record:odoo
// The database must be pristine: what is recorded here is what the imitation starts with.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OdooClient } from '../sources/odoo/client.ts';

const env = process.env;
const context = { lang: 'en_US' };
const as = (login, key) => new OdooClient({ url: env.ODOO_URL, database: env.ODOO_DB, login, key });
const admin = as(env.ODOO_LOGIN, env.ODOO_API_KEY);
const sync = as(env.ODOO_SYNC_LOGIN, env.ODOO_SYNC_API_KEY);
const reader = as(env.ODOO_READER_LOGIN, env.ODOO_READER_API_KEY);
const { text } = await admin.version();

/** Field by field, those that the connector reads or writes, or that the tests touch. */
// biome-ignore format: one model, one line
const MODELS = {
  'res.partner': 'name display_name active is_company type parent_id child_ids commercial_partner_id company_id ref vat company_registry lang street street2 zip city state_id country_id email phone mobile website comment function category_id supplier_rank customer_rank property_supplier_payment_term_id property_purchase_currency_id bank_ids global_location_number create_date write_date',
  'res.partner.bank': 'acc_number acc_holder_name partner_id bank_id bank_name bank_bic currency_id active company_id create_date write_date',
  'res.bank': 'name bic country active create_date write_date',
  'res.company': 'name active partner_id parent_id currency_id country_id vat company_registry email phone street street2 city zip state_id create_date write_date',
  'res.country': 'name code create_date',
  'res.country.state': 'name code country_id',
  'res.currency': 'name active decimal_places rounding',
  'res.partner.category': 'name active',
  'res.lang': 'name code active',
  'res.users': 'name login active company_id company_ids',
  'product.template': 'name default_code barcode active type is_storable tracking categ_id uom_id uom_po_id list_price standard_price sale_ok purchase_ok seller_ids product_variant_ids attribute_line_ids weight volume description description_purchase company_id create_date write_date',
  'product.product': 'name default_code barcode active type is_storable tracking categ_id uom_id uom_po_id list_price lst_price standard_price sale_ok purchase_ok seller_ids weight volume description description_purchase company_id product_tmpl_id combination_indices product_template_attribute_value_ids create_date write_date',
  'product.supplierinfo': 'partner_id name product_id product_tmpl_id product_code product_name price min_qty delay date_start date_end currency_id company_id product_uom_id product_uom sequence create_date write_date',
  'product.category': 'name complete_name parent_id create_date write_date',
  'product.attribute': 'name create_variant value_ids',
  'product.attribute.value': 'name attribute_id',
  'product.template.attribute.line': 'product_tmpl_id attribute_id value_ids product_template_value_ids active',
  'uom.uom': 'name active category_id factor factor_inv uom_type relative_factor relative_uom_id rounding create_date write_date',
  'uom.category': 'name',
  'stock.warehouse': 'name code active company_id partner_id lot_stock_id create_date write_date',
  'account.payment.term': 'name active line_ids early_discount discount_percentage discount_days company_id create_date write_date',
  'account.payment.term.line': 'payment_id value value_amount days nb_days delay_type option create_date write_date',
  'ir.model': 'model name',
  'ir.model.data': 'module name model res_id noupdate create_date write_date',
  'ir.module.module': 'name state',
  'mail.message': 'model res_id message_type body',
};
const ATTRIBUTES = [
  'type',
  'relation',
  'relation_field',
  'required',
  'readonly',
  'store',
  'company_dependent',
  'translate',
  'selection',
  'digits',
];
const ROWS = {
  'res.country': [],
  'res.country.state': [['country_id.code', 'in', ['US', 'CA', 'DE', 'GB']]],
  'res.currency': [],
  'res.lang': [['active', '=', true]],
  'res.company': [],
  'res.partner': [],
  'res.users': [],
  'product.category': [],
  'uom.uom': [],
  'uom.category': [],
  'stock.warehouse': [],
  'account.payment.term': [],
  'account.payment.term.line': [],
  'ir.model': [['model', 'in', Object.keys(MODELS)]],
  'ir.module.module': [['state', '=', 'installed']],
};

const fields = {};
for (const [model, names] of Object.entries(MODELS)) {
  const known = await admin.fieldsGet(model, ATTRIBUTES, context).catch(() => undefined);
  if (!known) continue;
  fields[model] = {};
  for (const name of names.split(' ')) {
    if (!known[name]) continue;
    const kept = ATTRIBUTES.filter((key) => known[name][key] !== undefined && known[name][key] !== false);
    const { store, ...rest } = Object.fromEntries(kept.map((key) => [key, known[name][key]]));
    fields[model][name] = { ...rest, ...(store === true ? {} : { computed: true }) };
  }
}
const rows = {};
for (const [model, domain] of Object.entries(ROWS)) {
  if (!fields[model]) continue;
  const asked = Object.keys(fields[model]).filter((name) => !/^(create|write)_date$|^display_name$/.test(name));
  rows[model] = await admin.searchRead(model, domain, asked, context);
}
const rights = {};
for (const model of Object.keys(fields)) {
  const of = async (client) =>
    Object.fromEntries(
      await Promise.all(
        ['read', 'write', 'create', 'unlink'].map(async (right) => [
          right,
          await client.mayAccess(model, right, context),
        ]),
      ),
    );
  const told = (granted) =>
    Object.entries(granted)
      .filter(([, may]) => may)
      .map(([right]) => right[0])
      .join('');
  rights[model] = { admin: told(await of(admin)), sync: told(await of(sync)), reader: told(await of(reader)) };
}

/** What each kind of mistake is answered with, so that the imitation refuses in the same words. */
const REFUSALS = {
  noModel: () => admin.call('no.model', 'search_read', { context }),
  noMethod: () => admin.call('res.partner', 'no_method', { context }),
  missingRecord: () => admin.write('res.partner', [999_999], { name: 'x' }, context),
  unknownFieldRead: () => admin.searchRead('res.partner', [], ['no_field'], context),
  unknownFieldDomain: () => admin.searchRead('res.partner', [['no_field', '=', 1]], ['name'], context),
  unknownFieldWrite: () => admin.create('res.partner', [{ no_field: 1 }], context),
  noName: () => admin.create('res.partner', [{ email: 'a@example.com' }], context),
  noRequired: () => admin.create('product.template', [{ default_code: 'X' }], context),
  notInSelection: () => admin.create('res.partner', [{ name: 'x', type: 'nonsense' }], context),
  recursion: () => admin.write('res.partner', [1], { parent_id: 1 }, context),
  noRight: () => sync.create('res.currency', [{ name: 'XX1', symbol: 'x' }], context),
  noRightToCreate: () => reader.create('product.template', [{ name: 'x' }], context),
  nul: () => admin.create('res.partner', [{ name: 'a\u0000b' }], context),
  wrongKey: () => as(env.ODOO_LOGIN, 'wrong').call('res.partner', 'search_count', { named: { domain: [] }, context }),
};
const refusals = {};
for (const [name, call] of Object.entries(REFUSALS)) {
  refusals[name] = await call().then(
    (found) => {
      throw new Error(`${name} was not refused: ${JSON.stringify(found).slice(0, 200)}`);
    },
    (error) => ({ code: error.failure.code, kind: error.failure.kind, said: error.failure.said }),
  );
}

const target = fileURLToPath(new URL(`../src/demo/odoo/recorded/v${Number.parseInt(text, 10)}.ts`, import.meta.url));
const lines = (object) =>
  Object.entries(object).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
const tables = (object) =>
  Object.entries(object).flatMap(([model, entries]) => [
    `    ${JSON.stringify(model)}: [`,
    ...entries.map((entry) => `      ${JSON.stringify(entry)},`),
    '    ],',
  ]);
writeFileSync(
  target,
  [
    `// Recorded from Odoo ${text} by scripts/record-odoo.mjs; not to be edited.`,
    "import type { Recorded } from '../recorded.js';",
    '',
    'export const recorded: Recorded = {',
    `  version: ${JSON.stringify(text)},`,
    '  fields: {',
    ...Object.entries(fields).flatMap(([model, own]) => [
      `    ${JSON.stringify(model)}: {`,
      ...Object.entries(own).map(([name, field]) => `      ${name}: ${JSON.stringify(field)},`),
      '    },',
    ]),
    '  },',
    '  rows: {',
    ...tables(rows),
    '  },',
    '  rights: {',
    ...lines(rights),
    '  },',
    '  refusals: {',
    ...lines(refusals),
    '  },',
    '};',
    '',
  ].join('\n'),
);
process.stdout.write(`${target}\n`);
