import type { JsonObject } from '../../golden-records/index.js';

/**
 * What differs between the versions of Odoo that the connector speaks with; nothing else in this folder asks for a version,
 * or for a field in its place. What can't be asked of a server stands in a table, each line of it seen on running servers
 * (14.0 and 19.0). All else is decided by the fields that the database has (`fields_get`): versions between, and what a
 * module brings, need no line.
 */
export interface Dialect {
  /** JSON-2 has real HTTP statuses and named arguments; JSON-RPC is the only one before 19, and goes away after it. */
  readonly protocol: 'json2' | 'jsonrpc';
  /** How a right is asked for: `has_access` answers, `check_access_rights` (18 still has it) raises unless told not to. */
  readonly rights: { readonly method: string; readonly raises: boolean };
  /** Rules can post to an address after the commit; such actions of 17 and 18 are untried. */
  readonly webhooks: boolean;
}

const UNTIL_18: Dialect = {
  protocol: 'jsonrpc',
  rights: { method: 'check_access_rights', raises: true },
  webhooks: false,
};

const FROM_19: Dialect = {
  protocol: 'json2',
  rights: { method: 'has_access', raises: false },
  webhooks: true,
};

export const OLDEST_VERSION = 14;

/** The dialect of a server's major version. Undefined: older than any that was tried. */
export function dialectOf(major: number): Dialect | undefined {
  if (major < OLDEST_VERSION) return undefined;
  return major >= 19 ? FROM_19 : UNTIL_18;
}

// ---- Asked of the database ------------------------------------------------------------------------------------------

/** The fields of a model by name; none where the model isn't there. */
export type Fields = ReadonlyMap<string, Field>;

interface Field {
  readonly type: string;
  /** The values of a selection, where they were asked for. */
  readonly choices: readonly string[];
}

export const NO_FIELDS: Fields = new Map();
/** What `fields_get` is asked for: the values of selections only where one decides, as those of companies take 19 a third of a second. */
export const fieldFacts = (model: string): string[] => (model === 'product.product' ? ['type', 'selection'] : ['type']);

export const fieldsIn = (answer: Readonly<Record<string, JsonObject>>): Fields =>
  new Map(
    Object.entries(answer).map(([name, { type, selection }]) => [
      name,
      {
        type: String(type),
        choices: Array.isArray(selection) ? selection.map((one) => String(Array.isArray(one) ? one[0] : one)) : [],
      },
    ]),
  );

/** How goods that are kept in stock are told from consumables. */
export interface Stocked {
  /** The type of goods. */
  readonly type: 'product' | 'consu';
  /** Says of one of that type whether it is kept in stock. */
  readonly flag: 'is_storable' | null;
}

export interface ItemLayout {
  readonly stocked: Stocked;
  /** HTML (cleaned by the server), or plain text as until 14. */
  readonly description: 'html' | 'text';
  /** The unit of purchase that a product needs beside its own, until 18. */
  readonly purchaseUnit: 'uom_po_id' | null;
}

export const itemLayout = (product: Fields): ItemLayout => ({
  stocked: stockedIn(product),
  description: product.get('description')?.type === 'html' ? 'html' : 'text',
  purchaseUnit: product.has('uom_po_id') ? 'uom_po_id' : null,
});

/** A type of its own until 17, a mark since 18. Without the module Inventory there is neither: all goods are one. */
function stockedIn(product: Fields): Stocked {
  if (product.has('is_storable')) return { type: 'consu', flag: 'is_storable' };
  return { type: product.get('type')?.choices.includes('product') ? 'product' : 'consu', flag: null };
}

/** Fields of `product.supplierinfo`: the partner is its `name` until 15, its unit has another name since 19. */
export interface PriceLayout {
  readonly partner: 'partner_id' | 'name';
  readonly unit: 'product_uom_id' | 'product_uom';
}

export const priceLayout = (supplierinfo: Fields): PriceLayout => ({
  partner: supplierinfo.has('partner_id') ? 'partner_id' : 'name',
  unit: supplierinfo.has('product_uom_id') ? 'product_uom_id' : 'product_uom',
});

/** Payment terms: which fields of the term and of its lines are read, and what they say. */
export interface TermLayout {
  readonly term: readonly string[];
  readonly line: readonly string[];
  /** Days after the date of the invoice; null: the line counts in another way. */
  netDays(line: JsonObject): number | null;
  /** The record that tells a discount for early payment: the term, or a line of it. Undefined: there is none. */
  discount(term: JsonObject, only: JsonObject | undefined): JsonObject | undefined;
}

const DISCOUNT = ['discount_days', 'discount_percentage'];

export function termLayout(term: Fields, line: Fields): TermLayout {
  const isOfTerm = term.has('early_discount');
  const isOfLine = !isOfTerm && line.has('discount_days');
  return {
    term: isOfTerm ? ['early_discount', ...DISCOUNT] : [],
    line: [...DUE.filter((name) => line.has(name)), ...(isOfLine ? DISCOUNT : [])],
    netDays,
    discount: (one, only) => {
      if (isOfTerm) return one.early_discount === true ? one : undefined;
      return isOfLine && Number(only?.discount_percentage) > 0 ? only : undefined;
    },
  };
}

/** Since 17; in 14 and 15; in 16. */
const DUE = ['delay_type', 'nb_days', 'option', 'days', 'months', 'end_month'];

function netDays(line: JsonObject): number | null {
  if ('delay_type' in line) return line.delay_type === 'days_after' ? Number(line.nb_days) : null;
  if ('option' in line) return line.option === 'day_after_invoice_date' ? Number(line.days) : null;
  return Number(line.months) === 0 && line.end_month !== true ? Number(line.days) : null;
}

/** Do keys tell when they expire? Since 18. */
export const keysExpire = (apikeys: Fields): boolean => apikeys.has('expiration_date');

/** A rule was an action of its own until 16; since 17 it has actions. */
export const rulesHaveActions = (automation: Fields): boolean => automation.has('action_server_ids');
