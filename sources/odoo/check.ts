import type { SystemReport } from '../connector.js';
import type { CallContext } from './client.js';
import { type KeyReport, keysOf } from './keys.js';
import { createsOf, type OdooOptions, writesOf } from './options.js';
import type { Session } from './session.js';
import { TOMBSTONES } from './setup.js';
import type { OdooStream } from './streams.js';

/** What `concord odoo check` tells: of the server, the key, and what the hub would do there. */
export interface OdooReport {
  readonly server: {
    readonly host: string;
    readonly database: string;
    readonly version: string;
    readonly protocol: string;
  };
  readonly user: { readonly login: string; readonly id: number };
  /** Keys of the user; which of them is used, Odoo doesn't tell. Undefined: it doesn't show them. */
  readonly keys: readonly KeyReport[] | undefined;
  /** The server's clock minus ours, to a second. */
  readonly clockSkewMs: number;
  readonly companies: readonly { readonly id: number; readonly name: string; readonly included: boolean }[];
  readonly models: readonly ModelReport[];
  readonly streams: readonly StreamReport[];
  readonly tombstones: boolean;
  readonly problems: readonly Problem[];
}

export interface ModelReport {
  readonly model: string;
  readonly needs: readonly Right[];
  readonly missingRights: readonly Right[];
  readonly missingFields: readonly string[];
  /** The module that brings it, where the model isn't there. */
  readonly missingModule: string | null;
}

export interface StreamReport {
  readonly name: string;
  readonly model: string;
  readonly records: number | null;
  /** Golden attribute → fields that are written. */
  readonly writes: Readonly<Record<string, readonly string[]>>;
  readonly creates: boolean;
}

export interface Problem {
  readonly severity: 'ERROR' | 'WARNING';
  readonly message: string;
}

type Right = 'read' | 'write' | 'create' | 'unlink';

interface Need {
  readonly model: string;
  readonly module: string;
  readonly fields: readonly string[];
  readonly rights: readonly Right[];
}

/** What was configured. */
interface Checked {
  readonly options: OdooOptions;
  readonly streams: readonly OdooStream[];
}

/** The same in a line, for those who look at all systems. */
export const summaryOf = ({ server, user, problems }: OdooReport): SystemReport => ({
  found: `Odoo ${server.version} by ${server.protocol} at ${server.host}, database ${server.database}, as ${user.login}`,
  problems: problems.map(({ message }) => message),
});

const KEY_WARNING_DAYS = 14;
const CLOCK_WARNING_MS = 5_000;
const DAY_MS = 24 * 60 * 60_000;

/** Everything is asked that can be; one thing that can't be is a problem of its own. Throws where nobody answers. */
export async function checkOdoo(connector: Checked, session: Session, now: () => Date): Promise<OdooReport> {
  const { client } = session;
  const { text, dialect } = await client.version();
  const id = await client.userId();
  const skew = (await client.serverTime()).getTime() - now().getTime();
  const { there, included, missing } = await session.companies();
  const companies = there.map(({ id, name }) => ({ id, name, included: included.includes(id) }));
  // Of the companies that are there, where the session refuses because one isn't.
  const context = { lang: 'en_US', companies: included };
  const models: ModelReport[] = [];
  for (const need of needsOf(connector)) models.push(await modelReport(need, session, context));
  const keys = await keysOf(session, now());
  const streams: StreamReport[] = [];
  for (const stream of connector.streams) {
    const { model, domain } = stream.watch;
    const isReadable =
      missing.length === 0 &&
      models.every((one) => one.model !== model || (!one.missingModule && !one.missingRights.includes('read')));
    streams.push({
      name: stream.name,
      model,
      records: isReadable ? await client.count(model, domain, context) : null,
      writes: Object.fromEntries(
        Object.entries(stream.outward?.attributes ?? {}).map(([name, { fields }]) => [name, fields]),
      ),
      creates: Boolean(stream.outward?.creates),
    });
  }
  const tombstones = (await session.fieldsOf(TOMBSTONES)).size > 0;
  return {
    server: {
      host: client.host,
      database: client.database,
      version: text,
      protocol: dialect.protocol === 'json2' ? 'JSON-2' : 'JSON-RPC',
    },
    user: { login: connector.options.login, id },
    keys,
    clockSkewMs: Math.abs(skew) < 1_000 ? 0 : skew,
    companies,
    models,
    streams,
    tombstones,
    problems: problemsOf({ models, keys, skew, companies, missing, now: now() }),
  };
}

function needsOf({ options }: Checked): Need[] {
  const creates = createsOf(options);
  const writes = writesOf(options);
  const may = (type: keyof typeof writes): Right[] => [
    'read',
    ...(writes[type] ? (['write'] as const) : []),
    ...(writes[type] && creates[type] ? (['create'] as const) : []),
  ];
  // Contacts, addresses, accounts and prices are records of their own there, created also where their owners aren't.
  const parts = (type: keyof typeof writes): Right[] => (writes[type] ? ['read', 'write', 'create'] : ['read']);
  return [
    {
      model: 'res.partner',
      module: 'contacts',
      fields: [
        'name',
        'is_company',
        'parent_id',
        'vat',
        'street',
        'country_id',
        'state_id',
        'email',
        'phone',
        'type',
        'write_date',
      ],
      rights: parts('suppliers'),
    },
    {
      model: 'res.partner',
      module: 'account',
      fields: ['supplier_rank', 'customer_rank', 'property_supplier_payment_term_id'],
      rights: [],
    },
    { model: 'res.partner', module: 'purchase', fields: ['property_purchase_currency_id'], rights: [] },
    {
      model: 'res.partner.bank',
      module: 'base',
      fields: ['acc_number', 'acc_holder_name', 'partner_id'],
      rights: parts('suppliers'),
    },
    {
      model: 'product.product',
      module: 'product',
      fields: ['name', 'barcode', 'type', 'uom_id', 'categ_id'],
      rights: may('items'),
    },
    { model: 'product.product', module: 'stock', fields: ['tracking'], rights: [] },
    { model: 'product.template', module: 'product', fields: ['write_date'], rights: may('items') },
    {
      model: 'product.supplierinfo',
      module: 'product',
      fields: ['product_code', 'price', 'min_qty'],
      rights: [...parts('items'), ...(writes.items ? (['unlink'] as const) : [])],
    },
    { model: 'product.category', module: 'product', fields: ['complete_name'], rights: ['read'] },
    { model: 'uom.uom', module: 'uom', fields: ['name'], rights: ['read'] },
    {
      model: 'stock.warehouse',
      module: 'stock',
      fields: ['name', 'code'],
      rights: may('warehouses'),
    },
    {
      model: 'res.company',
      module: 'base',
      fields: ['name', 'partner_id', 'currency_id'],
      rights: may('businessUnits'),
    },
    { model: 'account.payment.term', module: 'account', fields: ['name'], rights: ['read'] },
    { model: 'res.country', module: 'base', fields: ['code'], rights: ['read'] },
    { model: 'res.currency', module: 'base', fields: ['name'], rights: ['read'] },
  ];
}

async function modelReport(need: Need, session: Session, context: CallContext): Promise<ModelReport> {
  const { model, module, fields, rights } = need;
  const present = await session.fieldsOf(model);
  if (present.size === 0) {
    return { model, needs: rights, missingRights: [], missingFields: [], missingModule: module };
  }
  const missingRights: Right[] = [];
  for (const right of rights) {
    if (!(await session.client.mayAccess(model, right, context))) missingRights.push(right);
  }
  const missingFields = fields.filter((field) => !present.has(field));
  const isWhole = missingFields.length === fields.length;
  return {
    model,
    needs: rights,
    missingRights,
    missingFields,
    missingModule: isWhole && rights.length === 0 ? module : null,
  };
}

interface Findings {
  readonly models: readonly ModelReport[];
  readonly keys: readonly KeyReport[] | undefined;
  readonly skew: number;
  readonly companies: OdooReport['companies'];
  /** Companies that the configuration names and that aren't there. */
  readonly missing: readonly (string | number)[];
  readonly now: Date;
}

function problemsOf({ models, keys, skew, companies, missing, now }: Findings): Problem[] {
  const problems: Problem[] = [];
  const add = (severity: Problem['severity'], message: string) => problems.push({ severity, message });
  for (const { model, missingRights, missingFields, missingModule } of models) {
    if (missingModule)
      add(
        missingFields.length > 0 ? 'WARNING' : 'ERROR',
        `${model}: the module "${missingModule}" is not installed: ${missingFields.join(', ') || 'the model'} can't be synchronised`,
      );
    else if (missingFields.length > 0)
      add('ERROR', `${model}: expected the fields ${missingFields.join(', ')}, found none of that name`);
    if (missingRights.length > 0)
      add(
        'ERROR',
        `${model}: the user may not ${missingRights.join(', ')}; give it a group that may, or switch off what needs it`,
      );
  }
  for (const { name, expiresAt } of keys ?? []) {
    if (!expiresAt) continue;
    const days = Math.floor((Date.parse(expiresAt) - now.getTime()) / DAY_MS);
    if (days < 0) add('WARNING', `the key "${name}" expired on ${expiresAt.slice(0, 10)}`);
    else if (days < KEY_WARNING_DAYS)
      add('WARNING', `the key "${name}" expires on ${expiresAt.slice(0, 10)}, in ${days} days: make a new one`);
  }
  if (Math.abs(skew) > CLOCK_WARNING_MS) {
    add(
      'WARNING',
      `the clocks differ by ${Math.round(skew / 1_000)} s: windows follow the server's, the times shown don't`,
    );
  }
  const names = companies.map(({ name }) => `"${name}"`).join(', ') || 'those that the user may read (there are none)';
  for (const one of missing) {
    add('ERROR', `companies: expected one of ${names}, found ${JSON.stringify(one)}: nothing is read or written there`);
  }
  return problems;
}
