import type { JsonObject, Mapping } from '../../golden-records/index.js';
import { HubError, isJsonObject, RejectedRecord } from '../../golden-records/index.js';
import type { InwardCodes, Outward, SyncStream } from '../connector.js';
import { withoutAbsent } from '../files/mapping.js';
import type { Domain } from './client.js';
import {
  businessUnitOf,
  businessUnitOutward,
  itemOf,
  itemOutward,
  supplierOf,
  supplierOutward,
  warehouseOf,
  warehouseOutward,
} from './mapping.js';
import type { CompanyPayload, PartnerPayload, ProductPayload, WarehousePayload } from './payloads.js';
import type { Session } from './session.js';

/** What a stream looks at over there. */
export interface Watch {
  readonly model: string;
  readonly domain: Domain;
  /** Children that don't move their parent: the field that leads to the record which is meant. */
  readonly owner?: (session: Session) => Promise<string>;
  /** What the records that are meant must fulfil, where they aren't those of `model`. */
  readonly ownerDomain?: Domain;
  /** The records that are meant hang under these, by this field. */
  readonly under?: string;
  /** The owner is a template, and its variants are meant. */
  readonly variants?: boolean;
  /** Few records, read whole each time. */
  readonly all?: boolean;
}

export interface OdooStream extends SyncStream {
  readonly connector: 'odoo';
  readonly watch: Watch;
}

type ByType = Readonly<Record<'suppliers' | 'items' | 'warehouses' | 'businessUnits', boolean>>;

export interface StreamOptions {
  readonly scope: string;
  readonly suppliers: Domain;
  readonly items: Domain;
  readonly categories: 'NAMES' | 'CODES';
  readonly creates: ByType;
  readonly writes: ByType;
  readonly pollMs: number;
  readonly overlapMs: number;
  readonly sweepMs: number;
  readonly webhooks: boolean;
}

/** Raised when a mapping gives something else for the same payload. */
const MAPPING_VERSION = 'odoo-4';
/** A page is one transaction at the hub, and some 100 ms at Odoo. */
const PAGE_SIZE = 500;
/** Most rows in one `load`: beyond some hundreds they only hold locks for longer. */
export const PUSH_BATCH = 200;
/** How long a call that was given up may still be at work over there. */
const SETTLES_WITHIN_MS = 120_000;

/**
 * The supplier side of a partner: whom we have bought from, and companies that aren't only customers. People and addresses of a
 * company are none, whatever their rank: Odoo ranks whom a bill is posted to, and whoever is made among the vendors.
 */
export const SUPPLIERS: Domain = [
  '|',
  '&',
  ['supplier_rank', '>', 0],
  ['parent_id', '=', false],
  '&',
  ['is_company', '=', true],
  '|',
  ['supplier_rank', '>', 0],
  ['customer_rank', '=', 0],
];

/** Whose records a stream gives. */
export const meantBy = ({ domain, ownerDomain = domain }: Watch): Domain => ownerDomain;

export function odooStreams(options: StreamOptions): OdooStream[] {
  const { creates, writes } = options;
  const supplierDomain = options.suppliers;
  const supplier = typed('supplier', (payload, codes) => supplierOf(payload as unknown as PartnerPayload, codes));
  const item = typed('item', (payload, codes) =>
    itemOf(payload as unknown as ProductPayload, codes, options.categories),
  );
  const live = { tier: 'EVENT_CRITICAL' as const, every: options.pollMs };
  return [
    stream(options, {
      ...supplier,
      ...live,
      watch: { model: 'res.partner', domain: supplierDomain },
      ...(writes.suppliers ? { outward: supplierOutward({ creates: creates.suppliers }) } : {}),
      sweeps: true,
    }),
    stream(options, {
      ...supplier,
      ...live,
      name: 'supplier-contacts',
      watch: {
        model: 'res.partner',
        domain: [
          ['parent_id', '!=', false],
          ['is_company', '=', false],
        ],
        owner: () => Promise.resolve('parent_id'),
        ownerDomain: supplierDomain,
      },
    }),
    stream(options, {
      ...supplier,
      ...live,
      name: 'supplier-banks',
      watch: {
        model: 'res.partner.bank',
        domain: [],
        owner: () => Promise.resolve('partner_id'),
        ownerDomain: supplierDomain,
      },
    }),
    stream(options, {
      ...item,
      ...live,
      watch: { model: 'product.product', domain: options.items },
      ...(writes.items ? { outward: itemOutward({ creates: creates.items }) } : {}),
      sweeps: true,
    }),
    stream(options, {
      ...item,
      ...live,
      name: 'item-templates',
      watch: {
        model: 'product.template',
        domain: [],
        owner: () => Promise.resolve('id'),
        ownerDomain: options.items,
        variants: true,
      },
    }),
    stream(options, {
      ...item,
      ...live,
      name: 'item-prices',
      watch: {
        model: 'product.supplierinfo',
        domain: [],
        owner: () => Promise.resolve('product_tmpl_id'),
        ownerDomain: options.items,
        variants: true,
      },
    }),
    stream(options, {
      ...item,
      name: 'item-categories',
      tier: 'OPERATIONAL',
      every: SELDOM_MS,
      watch: { model: 'product.category', domain: [], under: 'categ_id', ownerDomain: options.items },
    }),
    stream(options, {
      ...typed('warehouse', (payload, codes) => warehouseOf(payload as unknown as WarehousePayload, codes)),
      tier: 'OPERATIONAL',
      every: SELDOM_MS,
      watch: { model: 'stock.warehouse', domain: [], all: true },
      ...(writes.warehouses ? { outward: warehouseOutward({ creates: creates.warehouses }) } : {}),
      sweeps: true,
    }),
    stream(options, {
      ...typed('business_unit', (payload, codes) => businessUnitOf(payload as unknown as CompanyPayload, codes)),
      tier: 'OPERATIONAL',
      every: SELDOM_MS,
      watch: { model: 'res.company', domain: [], all: true },
      ...(writes.businessUnits ? { outward: businessUnitOutward({ creates: creates.businessUnits }) } : {}),
      sweeps: true,
    }),
  ];
}

const SELDOM_MS = 60_000;
const NO_CODES: InwardCodes = { inward: (_list, _code, _label, otherwise) => otherwise };

/** Without these a mapping is broken; fields that only some versions have are not among them. */
const READS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  supplier: {
    'res.partner': [
      'name',
      'active',
      'is_company',
      'parent_id',
      'vat',
      'street',
      'street2',
      'city',
      'zip',
      'state_id',
      'country_id',
      'phone',
      'email',
      'website',
      'type',
      'write_date',
    ],
    'res.partner.bank': [
      'acc_number',
      'acc_holder_name',
      'partner_id',
      'bank_id',
      'currency_id',
      'active',
      'write_date',
    ],
  },
  item: {
    'product.product': ['name', 'active', 'barcode', 'type', 'categ_id', 'uom_id', 'product_tmpl_id', 'write_date'],
    'product.template': ['write_date'],
    'product.supplierinfo': [
      'product_tmpl_id',
      'product_id',
      'product_code',
      'price',
      'currency_id',
      'min_qty',
      'write_date',
    ],
  },
  warehouse: { 'stock.warehouse': ['name', 'code', 'active', 'company_id', 'partner_id', 'write_date'] },
  business_unit: { 'res.company': ['name', 'parent_id', 'currency_id', 'partner_id', 'write_date'] },
};

/** Lists of a payload whose entries are records of their own there, and references that another's end empties: neither moves a date. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  supplier: ['children', 'banks', 'parent'],
  item: ['prices'],
};

interface Typed {
  readonly name: string;
  readonly entityType: string;
  readonly map: (payload: JsonObject, codes: InwardCodes) => object;
}

const typed = (entityType: string, map: Typed['map']): Typed => ({ name: entityType, entityType, map });

function stream(
  options: StreamOptions,
  own: Typed & {
    readonly tier: SyncStream['tier'];
    readonly every: number;
    readonly watch: Watch;
    readonly outward?: Outward;
    readonly sweeps?: boolean;
  },
): OdooStream {
  const mappingWith = (codes: InwardCodes): Mapping => ({
    version: MAPPING_VERSION,
    map: (payload) => guarded(() => own.map(isJsonObject(payload) ? payload : {}, codes)),
  });
  return {
    connector: 'odoo',
    name: own.name,
    entityType: own.entityType,
    scope: options.scope,
    tier: own.tier,
    every: own.every,
    resolutionMs: 1_000,
    overlapMs: options.overlapMs,
    pageSize: PAGE_SIZE,
    capabilities: {
      incremental: own.watch.all !== true,
      deletes: own.sweeps ? 'LISTED' : 'NONE',
      resumable: true,
      webhooks: options.webhooks,
      ...(own.outward
        ? { push: { batch: PUSH_BATCH, idempotency: 'UPSERT', settlesWithinMs: SETTLES_WITHIN_MS } }
        : {}),
    },
    ...(own.sweeps ? { sweepEveryMs: options.sweepMs } : {}),
    ...(own.sweeps && own.entityType in PARTS ? { parts: PARTS[own.entityType] } : {}),
    reads: READS[own.entityType] ?? {},
    ...(own.entityType === 'item' ? { family: 'template' } : {}),
    ...(own.outward ? { outward: own.outward } : {}),
    born: 'born',
    mapping: mappingWith(NO_CODES),
    mappingWith,
    watch: own.watch,
  };
}

/** A mapping that fails costs its own record. */
function guarded(map: () => object): Readonly<Record<string, unknown>> {
  try {
    return withoutAbsent(map()) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof HubError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new RejectedRecord('RECORD_REJECTED', `the mapping failed: ${message}`, { cause: error });
  }
}
