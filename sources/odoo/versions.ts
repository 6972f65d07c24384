/**
 * What differs between the versions of Odoo that the connector speaks with, in one table: nothing else in this folder
 * asks for a version. Every line was seen on running servers (14.0 and 19.0); versions between them take the column
 * of the newest one that is not newer than they are, and what a database really has is asked of it (`fields_get`).
 */
export interface Dialect {
  readonly major: number;
  /** JSON-2 has real HTTP statuses and named arguments; JSON-RPC is the only one before 19, and goes away after it. */
  readonly protocol: 'json2' | 'jsonrpc';
  /** How a right is asked for: `has_access` answers, `check_access_rights` raises unless told not to. */
  readonly rights: { readonly method: string; readonly argument: 'operation'; readonly raises: boolean };
  /** A comparison of `write_date` in a domain: 19 by whole seconds, 14 by microseconds against the second's start. */
  readonly comparesWholeSeconds: boolean;
  /** `res.partner.comment` and product descriptions are HTML (cleaned by the server), or plain text. */
  readonly comment: 'html' | 'text';
  /** A second telephone number of its own. */
  readonly mobile: boolean;
  readonly supplierinfoPartner: 'partner_id' | 'name';
  readonly supplierinfoUnit: 'product_uom_id' | 'product_uom';
  /** How stocked goods are told from consumables. */
  readonly stocked: { readonly type: string; readonly flag: 'is_storable' | null };
  /** Units: 14 has a category of measure and a ratio; 19 a unit that it is relative to. */
  readonly units: 'category' | 'relative';
  /** The unit of purchase that a product needs beside its own. */
  readonly purchaseUnit: 'uom_po_id' | null;
  /** Does a company know whether it is archived? */
  readonly companyActive: boolean;
  readonly companyRegistry: boolean;
  readonly globalLocationNumber: boolean;
  /** Rules can post to an address after the commit. */
  readonly webhooks: boolean;
  /** Writing the tax number of a contact changes that of its company (19), or stays with it (14). */
  readonly contactVatClimbs: boolean;
}

const V14: Dialect = {
  major: 14,
  protocol: 'jsonrpc',
  rights: { method: 'check_access_rights', argument: 'operation', raises: true },
  comparesWholeSeconds: false,
  comment: 'text',
  mobile: true,
  supplierinfoPartner: 'name',
  supplierinfoUnit: 'product_uom',
  stocked: { type: 'product', flag: null },
  units: 'category',
  purchaseUnit: 'uom_po_id',
  companyActive: false,
  companyRegistry: false,
  globalLocationNumber: false,
  webhooks: false,
  contactVatClimbs: false,
};

const V19: Dialect = {
  major: 19,
  protocol: 'json2',
  rights: { method: 'has_access', argument: 'operation', raises: false },
  comparesWholeSeconds: true,
  comment: 'html',
  mobile: false,
  supplierinfoPartner: 'partner_id',
  supplierinfoUnit: 'product_uom_id',
  stocked: { type: 'consu', flag: 'is_storable' },
  units: 'relative',
  purchaseUnit: null,
  companyActive: true,
  companyRegistry: true,
  globalLocationNumber: true,
  webhooks: true,
  contactVatClimbs: true,
};

export const OLDEST_VERSION = 14;

/** The dialect of a server's major version. Undefined: older than any that was tried. */
export function dialectOf(major: number): Dialect | undefined {
  if (major < OLDEST_VERSION) return undefined;
  return { ...(major >= V19.major ? V19 : V14), major };
}
