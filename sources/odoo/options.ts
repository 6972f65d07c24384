import type { Domain } from './client.js';

/** An Odoo, as it stands in `hub.config.ts`. */
export interface OdooOptions {
  /** `https://odoo.example.com`. */
  readonly url: string;
  readonly database: string;
  /** Login name of the key's user. */
  readonly login: string;
  /** Environment variable that holds the API key; or one that ends in `_FILE` and names a file that does. */
  readonly keyEnv: string;
  /** Names or ids of the companies that the hub looks after. Default: all that the user sees. */
  readonly companies?: readonly (string | number)[];
  /** Language of names that are translated. Default `en_US`. */
  readonly language?: string;
  /** The system's scope. Default `main`. */
  readonly scope?: string;
  /** Which partners are suppliers, as a domain of `res.partner`. Default: vendors, and companies that aren't only customers; people under a partner are none. */
  readonly suppliers?: Domain;
  /** Which products are items, as a domain of `product.product`. Default: all. */
  readonly items?: Domain;
  /**
   * `NAMES` (default): a category's full name is the hub's word for it, where no steward said another. `CODES`: each category
   * goes through the code list `categories`, and one that isn't in it is a question, coming in too.
   */
  readonly categories?: 'NAMES' | 'CODES';
  /** What the hub may create there. Default: suppliers and items. */
  readonly creates?: Partial<Readonly<Record<'suppliers' | 'items' | 'warehouses' | 'businessUnits', boolean>>>;
  /** What the hub may change there. Default: suppliers and items; companies and warehouses take rights of an administrator. */
  readonly writes?: Partial<Readonly<Record<'suppliers' | 'items' | 'warehouses' | 'businessUnits', boolean>>>;
  /** Milliseconds between two looks for changes. Default 1,000. */
  readonly pollMs?: number;
  /** How far a look reaches back: Odoo's longest transaction. Default 130,000, as Odoo ends a request after 120 s. */
  readonly overlapMs?: number;
  /** Milliseconds between two comparisons of all ids. Default 15 minutes. */
  readonly sweepMs?: number;
  /** Longest call. Default 60,000. */
  readonly timeoutMs?: number;
  /** Calls per second that it bears; Odoo Online asks for 1. Default: no limit. */
  readonly callsPerSecond?: number;
  /** Hosts whose certificate is taken unverified, for a server with one of its own. */
  readonly unverifiedHosts?: readonly string[];
  /** Environment variable with the secret of the address that Odoo 19 posts to. Default: nothing is taken. */
  readonly hookSecretEnv?: string;
  /** Also write each change into the log that Odoo keeps with the record. Default: no. */
  readonly tracking?: boolean;
}

export const createsOf = ({ creates = {} }: OdooOptions) => ({
  suppliers: creates.suppliers ?? true,
  items: creates.items ?? true,
  warehouses: creates.warehouses ?? false,
  businessUnits: creates.businessUnits ?? false,
});

/** Who creates writes too. */
export const writesOf = (options: OdooOptions) => {
  const creates = createsOf(options);
  const { writes = {} } = options;
  return {
    suppliers: writes.suppliers ?? true,
    items: writes.items ?? true,
    warehouses: writes.warehouses ?? creates.warehouses,
    businessUnits: writes.businessUnits ?? creates.businessUnits,
  };
};
