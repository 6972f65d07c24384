/**
 * A record as the connector hands it to the mapping and keeps in the inbox: what Odoo gave, with `false` made null, ids of
 * code lists resolved to what they mean everywhere (ISO codes) or to how they are called there, and children beside their
 * parent. No times of changes: a write that changed nothing must not look like news.
 */
export type Text = string | null;

export interface AddressFields {
  readonly street: Text;
  readonly street2: Text;
  readonly city: Text;
  readonly zip: Text;
  /** As people write it: `IL`, not `US-IL`. */
  readonly state: Text;
  /** ISO 3166-1 alpha-2. */
  readonly country: Text;
  /** This Odoo has no states for the country, so that none can be written. */
  readonly stateless: boolean;
}

export interface PartnerPayload extends AddressFields {
  readonly id: string;
  /** When it was made there: ids are given again after a database was set back. */
  readonly born: Text;
  readonly name: Text;
  readonly active: boolean;
  readonly isCompany: boolean;
  readonly parent: Text;
  readonly ref: Text;
  readonly vat: Text;
  readonly gln: Text;
  readonly phone: Text;
  readonly mobile: Text;
  readonly email: Text;
  readonly website: Text;
  readonly comment: Text;
  /** ISO 4217; null: the company's own. */
  readonly currency: Text;
  /** Payment terms by company. */
  readonly terms: Readonly<Record<string, TermPayload | null>>;
  readonly children: readonly ChildPayload[];
  readonly banks: readonly BankPayload[];
}

export interface TermPayload {
  readonly id: string;
  readonly name: string;
  readonly netDays: number | null;
  readonly discountDays: number | null;
  readonly discountPercent: Text;
}

/** A contact or an address of a partner: a partner itself there. */
export interface ChildPayload extends AddressFields {
  readonly id: string;
  /** contact, invoice, delivery, other. */
  readonly type: string;
  readonly name: Text;
  readonly function: Text;
  readonly email: Text;
  readonly phone: Text;
  readonly active: boolean;
}

export interface BankPayload {
  readonly id: string;
  readonly number: Text;
  readonly holder: Text;
  readonly bank: Text;
  readonly bic: Text;
  readonly currency: Text;
  readonly active: boolean;
}

export interface ProductPayload {
  readonly id: string;
  readonly born: Text;
  readonly template: string;
  readonly name: Text;
  readonly active: boolean;
  readonly code: Text;
  readonly barcode: Text;
  /** GOODS (kept in stock), CONSUMABLE or SERVICE, whatever the version calls them. */
  readonly kind: Text;
  readonly tracking: Text;
  readonly description: Text;
  readonly category: { readonly id: string; readonly name: string } | null;
  readonly unit: UnitPayload | null;
  readonly prices: readonly PricePayload[];
  /** Its template has other variants: name, unit and the like are theirs as well. */
  readonly hasSiblings: boolean;
}

export interface UnitPayload {
  readonly id: string;
  readonly name: string;
  /** Its name in English, where that is another. */
  readonly english?: string;
}

export interface PricePayload {
  readonly id: string;
  readonly partner: string;
  readonly number: Text;
  readonly price: string;
  readonly currency: Text;
  readonly company: Text;
  readonly minimum: Text;
  readonly unit: UnitPayload | null;
  readonly from: Text;
  readonly to: Text;
  /** The price holds for all variants of the template. */
  readonly shared: boolean;
}

export interface WarehousePayload {
  readonly id: string;
  readonly born: Text;
  readonly name: Text;
  readonly code: Text;
  readonly active: boolean;
  readonly company: Text;
  readonly address: AddressFields | null;
}

export interface CompanyPayload extends AddressFields {
  readonly id: string;
  readonly born: Text;
  readonly name: Text;
  readonly active: boolean;
  readonly parent: Text;
  readonly vat: Text;
  readonly currency: Text;
}
