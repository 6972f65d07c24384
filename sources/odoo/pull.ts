import { type InboundRecord, isJsonObject, type Json } from '../../golden-records/index.js';
import type { ListPage, Page, PullPart, SyncStream, Window } from '../connector.js';
import type { CallContext, Domain, OdooRow } from './client.js';
import type { CodeLists } from './code-lists.js';
import { told } from './errors.js';
import { Lumps } from './lumps.js';
import type {
  AddressFields,
  BankPayload,
  ChildPayload,
  CompanyPayload,
  PartnerPayload,
  PricePayload,
  ProductPayload,
  WarehousePayload,
} from './payloads.js';
import type { Session } from './session.js';
import { TOMBSTONES } from './setup.js';
import { meantBy, type OdooStream, type Watch } from './streams.js';
import { hasSiblings, idOf, idsOf, instantOf, odooTime, plain, textOf, VARIANT } from './values.js';
import { itemLayout, priceLayout, type Stocked } from './versions.js';

/** Ids in one call of a listing: more are no faster. */
const LIST_PAGE = 2_000;
/** Partners of which it costs less to read their lists of parts than to ask for the parts of each, where most have none. */
const FEW = 500;
const MESSAGES = 'mail.message';
/** How a message of a merge names each partner that went: `Acme <info@acme.example> (ID 57)`. */
const MERGED_NUMBER = '(ID ';
/** Messages of merges, but not what people write. */
const MERGES: Domain = [
  ['model', '=', 'res.partner'],
  ['message_type', '=', 'notification'],
  ['body', 'ilike', MERGED_NUMBER],
];
/** Partners whose merge is asked for in one call. */
const MERGES_ASKED = 200;
/** Children of records that were there before a stream began come with their parents. */
const FIRST_LOOK_BACK_MS = 60 * 60_000;

/** What a listing asks for beside the date. */
const LISTED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'product.product': ['product_tmpl_id'],
  'res.partner': ['parent_id'],
};

type Make = (row: OdooRow, lists: CodeLists) => InboundRecord;
/** The rows of a domain, ascending by id; what belongs to them is still on its way. */
interface Assembly {
  readonly rows: readonly OdooRow[];
  /** Makes their records, once everything is there. */
  readonly ready: Promise<Make>;
}
/** `meant`: whose records the stream gives, of whom `domain` names some. */
type Assemble = (session: Session, domain: Domain, limit: number | undefined, meant: Domain) => Promise<Assembly>;

export class OdooPull implements PullPart {
  private readonly lumps = new Lumps<Assembly>();

  constructor(
    private readonly session: Session,
    private readonly system: string,
  ) {}

  /**
   * The end of the second that the server's clock shows. A window takes in the present second too: what is still written
   * within it comes with the next window, which reaches back.
   */
  now(): Promise<string> {
    return told(this.system, false, async () => {
      const at = await this.session.client.serverTime();
      return new Date(Math.floor(at.getTime() / 1000) * 1000 + 1000).toISOString();
    });
  }

  page(stream: SyncStream, window: Window, after: string | null, limit: number): Promise<Page> {
    const { watch } = stream as OdooStream;
    return told(this.system, false, async () => {
      const domain = await this.domainOf(watch);
      if (watch.all) return { records: await assemble(stream, this.session, domain), next: null };
      const inWindow = [...domain, ...windowOf(window, isOfOthers(watch))];
      if (watch.under !== undefined) {
        const above = await this.session.client.searchIds(watch.model, inWindow, await this.session.context());
        if (above.length === 0) return { records: [], next: null };
        this.session.forgetLists();
        const below = [[watch.under, 'child_of', above], ...(await this.ownerDomainOf(watch)), ...afterId(after)];
        return pageOfRecords(await assemble(stream, this.session, below, limit), limit);
      }
      const pageDomain = [...inWindow, ...afterId(after)];
      if (watch.owner === undefined && window.from === null) {
        const read = (from: number, size: number) =>
          assembly(stream, this.session, [...inWindow, ['id', '>', from]], size);
        const { taken, last } = await this.lumps.page(stream.name, window.to, Number(after ?? 0), limit, read);
        return { records: await recordsOf(taken, this.session), next: last === null ? null : String(last) };
      }
      if (watch.owner === undefined) {
        const { records, next } = pageOfRecords(await assemble(stream, this.session, pageDomain, limit), limit);
        // Last: what took the place of a record that is gone has arrived before.
        const stones = next === null ? await this.tombstones(watch.model, window) : [];
        return { records: [...records, ...stones.map(deletedRecord)], next };
      }
      const stones = after === null ? await this.tombstones(watch.model, window) : [];
      const field = await watch.owner(this.session);
      const context = await this.session.context();
      const rows = await this.session.client.searchRead(watch.model, pageDomain, [field], context, { limit });
      const bereaved = new Map(stones.map(({ owner, at }) => [String(owner), at]));
      const owners = new Set(
        [...rows.map((row) => idOf(row[field])), ...stones.map(({ owner }) => owner)].filter(isId),
      );
      const key = watch.variants ? 'product_tmpl_id' : 'id';
      const own = [[key, 'in', [...owners].sort((left, right) => left - right)], ...(await this.ownerDomainOf(watch))];
      return {
        records: owners.size === 0 ? [] : dated(await assemble(stream, this.session, own), bereaved),
        next: nextOf(
          rows.map(({ id }) => id),
          limit,
        ),
      };
    });
  }

  read(stream: SyncStream, externalIds: readonly string[]): Promise<readonly InboundRecord[]> {
    const { watch } = stream as OdooStream;
    return told(this.system, false, async () => {
      if (externalIds.length === 0) return [];
      const domain = isOfOthers(watch) ? await this.ownerDomainOf(watch) : await this.domainOf(watch);
      return assemble(stream, this.session, [
        ['id', 'in', externalIds.map(Number).filter(Number.isInteger)],
        ...domain,
      ]);
    });
  }

  readonly list = (stream: SyncStream, after: string | null, limit: number): Promise<ListPage> => {
    const { watch } = stream as OdooStream;
    return told(this.system, false, async () => {
      const domain = [...(await this.domainOf(watch)), ...afterId(after)];
      const context = await this.session.context();
      const { client } = this.session;
      const fields = ['write_date', ...(LISTED_FIELDS[watch.model] ?? [])];
      const rows = await client.searchRead(watch.model, domain, fields, context, { limit: Math.min(limit, LIST_PAGE) });
      const { latest, parts } = await latestOf(watch, rows, this.session, context);
      const entries = rows.map(({ id }) => {
        const sourceTime = instantOf(latest.get(id));
        return {
          externalId: String(id),
          parts: parts.get(id) ?? 0,
          ...(sourceTime === undefined ? {} : { sourceTime }),
        };
      });
      return {
        entries,
        next: nextOf(
          rows.map(({ id }) => id),
          Math.min(limit, LIST_PAGE),
        ),
      };
    });
  };

  count(stream: SyncStream, window: Window): Promise<number | null> {
    const { watch } = stream as OdooStream;
    return told(this.system, false, async () => {
      if (watch.all || isOfOthers(watch)) return null;
      const domain = [...(await this.domainOf(watch)), ...windowOf(window, false)];
      return this.session.client.count(watch.model, domain, await this.session.context());
    });
  }

  /** A merge leaves a message on the partner that stays, in the user's language; the numbers of those that went are in every one. */
  mergedInto(stream: SyncStream, externalIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { watch } = stream as OdooStream;
    return told(this.system, false, async () => {
      const merged = new Map<string, string>();
      if (watch.model !== 'res.partner') return merged;
      if ((await this.session.readableFieldsOf(MESSAGES)).size === 0) return merged;
      const gone = new Set(externalIds);
      const context = await this.session.context();
      for (let at = 0; at < externalIds.length; at += MERGES_ASKED) {
        const said = externalIds.slice(at, at + MERGES_ASKED).map((id) => ['body', 'ilike', `${MERGED_NUMBER}${id})`]);
        const domain = [...MERGES, ...said.slice(1).map(() => '|'), ...said];
        const rows = await this.session.client.searchRead(MESSAGES, domain, ['res_id', 'body'], context, {
          order: 'id',
        });
        for (const { res_id, body } of rows) {
          for (const [, id = ''] of String(body).matchAll(/\(ID (\d+)\)/g)) {
            if (gone.has(id) && !merged.has(id) && Number(id) !== Number(res_id)) merged.set(id, String(res_id));
          }
        }
      }
      return merged;
    });
  }

  /** What was deleted in a window, where `concord odoo setup` has rules keep it. */
  private async tombstones(model: string, { from, to }: Window): Promise<Tombstone[]> {
    if (from === null || (await this.session.fieldsOf(TOMBSTONES)).size === 0) return [];
    const domain = [
      ['x_model', '=', model],
      ['create_date', '>=', odooTime(from)],
      ['create_date', '<', odooTime(to)],
    ];
    const fields = ['x_res_id', 'x_owner_id', 'create_date'];
    const rows = await this.session.client.searchRead(TOMBSTONES, domain, fields, await this.session.context());
    return rows.map(({ x_res_id, x_owner_id, create_date }) => ({
      id: Number(x_res_id),
      owner: Number(x_owner_id) || null,
      at: instantOf(create_date) ?? to,
    }));
  }

  private async domainOf({ model, domain, owner }: Watch): Promise<Domain> {
    return model === 'res.partner' && owner === undefined ? [...domain, ...(await this.notOurselves())] : domain;
  }

  private async ownerDomainOf({ ownerDomain = [], variants, under }: Watch): Promise<Domain> {
    return variants || under ? ownerDomain : [...ownerDomain, ...(await this.notOurselves())];
  }

  /** Our own companies are partners there too, and no suppliers. */
  private async notOurselves(): Promise<Json[]> {
    return [['id', 'not in', await this.session.ownPartners()]];
  }
}

/** Other records are meant than those that are looked at. */
const isOfOthers = ({ owner, under }: Watch) => owner !== undefined || under !== undefined;

interface Tombstone {
  readonly id: number;
  /** The record whose part it was. */
  readonly owner: number | null;
  readonly at: string;
}

const deletedRecord = ({ id, at }: Tombstone): InboundRecord => ({
  externalId: String(id),
  payload: { id: String(id) },
  deleted: true,
  sourceTime: at,
});

/** A part that goes takes its date along: without it the record would look older than it was. Variants go by their template. */
function dated(records: readonly InboundRecord[], bereaved: ReadonlyMap<string, string>): InboundRecord[] {
  return records.map((one) => {
    const template = isJsonObject(one.payload) ? textOf(one.payload.template) : null;
    const at = bereaved.get(template ?? one.externalId ?? '');
    return at !== undefined && at > (one.sourceTime ?? '') ? { ...one, sourceTime: at } : one;
  });
}

const isId = (id: number | null): id is number => id !== null && id > 0;

function windowOf({ from, to }: Window, isChild: boolean): Json[] {
  const start = from ?? (isChild ? new Date(Date.parse(to) - FIRST_LOOK_BACK_MS).toISOString() : null);
  return [...(start === null ? [] : [['write_date', '>=', odooTime(start)]]), ['write_date', '<', odooTime(to)]];
}

const pageOf = (limit: number | undefined) => (limit === undefined ? {} : { limit });
const afterId = (after: string | null): Json[] => (after === null ? [] : [['id', '>', Number(after)]]);
const pageOfRecords = (records: readonly InboundRecord[], limit: number): Page => ({
  records,
  next: nextOf(
    records.map(({ externalId }) => Number(externalId)),
    limit,
  ),
});
const nextOf = (ids: readonly number[], limit: number): string | null =>
  ids.length < limit ? null : String(ids.at(-1));

// ---- Records with their children ------------------------------------------------------------------------------------

const ASSEMBLE: Readonly<Record<string, Assemble>> = {
  supplier: suppliers,
  item: items,
  warehouse: warehouses,
  business_unit: companies,
};

function assembly(stream: SyncStream, session: Session, domain: Domain, limit?: number): Promise<Assembly> {
  const make = ASSEMBLE[stream.entityType];
  if (!make) throw new Error(`no assembly for ${stream.entityType}`);
  return make(session, domain, limit, meantBy((stream as OdooStream).watch));
}

async function assemble(
  stream: SyncStream,
  session: Session,
  domain: Domain,
  limit?: number,
): Promise<InboundRecord[]> {
  return recordsOf(await assembly(stream, session, domain, limit), session);
}

async function recordsOf({ rows, ready }: Assembly, session: Session): Promise<InboundRecord[]> {
  const make = await ready;
  return session.withLists((lists) => rows.map((row) => make(row, lists)));
}

/** `parts` reads what belongs to the rows. */
function withParts(rows: readonly OdooRow[], parts: () => Promise<Make>): Assembly {
  const ready = parts();
  // Who has come for the rows only is told when it comes for the rest.
  ready.catch(() => undefined);
  return { rows, ready };
}

const DATES = ['create_date', 'write_date'];
const ADDRESS = ['street', 'street2', 'city', 'zip', 'state_id', 'country_id'];
const PARTNER = [
  'name',
  'active',
  'is_company',
  'parent_id',
  'ref',
  'vat',
  'phone',
  'email',
  'website',
  'comment',
  ...ADDRESS,
];
const PARTNER_MAYBE = [
  'mobile',
  'global_location_number',
  'property_supplier_payment_term_id',
  'property_purchase_currency_id',
];
const BY_COMPANY = ['property_supplier_payment_term_id', 'property_purchase_currency_id'];
const CHILD = ['type', 'name', 'function', 'email', 'phone', 'active', 'parent_id', ...ADDRESS];
/** Contacts and addresses; by the domain that is configured some of them may be suppliers of their own. */
const PEOPLE: Domain = [['is_company', '=', false]];
const BANK = ['acc_number', 'acc_holder_name', 'bank_name', 'bank_bic', 'currency_id', 'active', 'partner_id'];

async function suppliers(
  session: Session,
  domain: Domain,
  limit: number | undefined,
  meant: Domain,
): Promise<Assembly> {
  const { client } = session;
  const [first, ...others] = await session.companyIds();
  const context = await session.context(first);
  const maybe = await session.known('res.partner', PARTNER_MAYBE);
  // Most partners have no accounts. Of a few, their own lists say so and spare a call; of many, a call costs less than the lists.
  const areMany = limit !== undefined && limit > FEW;
  const fields = [...PARTNER, ...maybe, ...(areMany ? [] : ['bank_ids']), ...DATES];
  const partners = await client.searchRead('res.partner', domain, fields, context, pageOf(limit));
  const ids = partners.map(({ id }) => id);
  const accountsOf = () => {
    const own = areMany ? ids : partners.flatMap(({ bank_ids }) => idsOf(bank_ids));
    const domain = [[areMany ? 'partner_id' : 'id', 'in', own]];
    return own.length === 0 ? [] : client.searchRead('res.partner.bank', domain, [...BANK, 'write_date'], context);
  };
  // `child_ids` has active ones only, and an archived one has a date to tell.
  const childrenOfAll = () =>
    ids.length === 0
      ? []
      : client.searchRead('res.partner', [['parent_id', 'in', ids], ...PEOPLE], [...CHILD, 'write_date'], context);
  return withParts(partners, async () => {
    const [children, banks] = await Promise.all([childrenOfAll(), accountsOf()]);
    const some = children.map(({ id }) => id);
    const vendors =
      some.length === 0 ? [] : await client.searchRead('res.partner', [['id', 'in', some], ...meant], [], context);
    const isVendor = new Set(vendors.map(({ id }) => id));
    const byCompany = new Map<number, Map<number, OdooRow>>();
    const own = await session.known('res.partner', BY_COMPANY);
    for (const company of own.length > 0 ? others : []) {
      const rows = await client.read('res.partner', ids, own, await session.context(company));
      byCompany.set(company, new Map(rows.map((row) => [row.id, row])));
    }
    const childrenOf = groupBy(children, 'parent_id');
    const banksOf = groupBy(banks, 'partner_id');
    return (row, lists) => {
      const mine = childrenOf.get(row.id) ?? [];
      const accounts = banksOf.get(row.id) ?? [];
      const term = (one: OdooRow | undefined) => lists.term(idOf(one?.property_supplier_payment_term_id));
      const terms = Object.fromEntries([
        ...(first === undefined || own.length === 0 ? [] : [[String(first), term(row)]]),
        ...[...byCompany].map(([company, rows]) => [String(company), term(rows.get(row.id))]),
      ]);
      const payload: PartnerPayload = {
        id: String(row.id),
        born: textOf(row.create_date),
        name: textOf(row.name),
        active: row.active !== false,
        isCompany: row.is_company === true,
        parent: asText(idOf(row.parent_id)),
        ref: textOf(row.ref),
        vat: textOf(row.vat),
        gln: textOf(row.global_location_number),
        ...addressOf(row, lists),
        phone: textOf(row.phone),
        mobile: textOf(row.mobile),
        email: textOf(row.email),
        website: textOf(row.website),
        comment: textOf(row.comment),
        currency: lists.currency(idOf(row.property_purchase_currency_id)),
        terms,
        children: mine.filter(({ id }) => !isVendor.has(id)).map((child) => childOf(child, lists)),
        banks: accounts.map((account) => bankOf(account, lists)),
      };
      return record(payload, [row, ...mine, ...accounts]);
    };
  });
}

const childOf = (row: OdooRow, lists: CodeLists): ChildPayload => ({
  id: String(row.id),
  type: textOf(row.type) ?? 'contact',
  name: textOf(row.name),
  function: textOf(row.function),
  email: textOf(row.email),
  phone: textOf(row.phone),
  active: row.active !== false,
  ...addressOf(row, lists),
});

const bankOf = (row: OdooRow, lists: CodeLists): BankPayload => ({
  id: String(row.id),
  number: textOf(row.acc_number),
  holder: textOf(row.acc_holder_name),
  bank: textOf(row.bank_name),
  bic: textOf(row.bank_bic),
  currency: lists.currency(idOf(row.currency_id)),
  active: row.active !== false,
});

const addressOf = (row: OdooRow, lists: CodeLists): AddressFields => ({
  street: textOf(row.street),
  street2: textOf(row.street2),
  city: textOf(row.city),
  zip: textOf(row.zip),
  state: lists.state(idOf(row.state_id)),
  country: lists.country(idOf(row.country_id)),
  stateless: !lists.hasStates(idOf(row.country_id)),
});

const PRODUCT = [
  'name',
  'active',
  'default_code',
  'barcode',
  'type',
  'tracking',
  'description',
  'categ_id',
  'uom_id',
  'product_tmpl_id',
];
const PRICE = [
  'product_id',
  'product_tmpl_id',
  'product_code',
  'price',
  'currency_id',
  'company_id',
  'min_qty',
  'date_start',
  'date_end',
  'sequence',
];

async function items(session: Session, domain: Domain, limit?: number): Promise<Assembly> {
  const { client } = session;
  const context = await session.context();
  const { stocked } = itemLayout(await session.fieldsOf('product.product'));
  const flag = stocked.flag === null ? [] : [stocked.flag];
  const fields = [...(await session.known('product.product', PRODUCT)), ...flag, ...DATES];
  const products = await client.searchRead('product.product', domain, fields, context, pageOf(limit));
  const templates = [...new Set(products.map((row) => idOf(row.product_tmpl_id)).filter((id) => id !== null))];
  const layout = priceLayout(await session.fieldsOf('product.supplierinfo'));
  const { partner: supplierinfoPartner, unit: supplierinfoUnit } = layout;
  const priceFields = [...PRICE, supplierinfoPartner, supplierinfoUnit, 'write_date'];
  return withParts(products, async () => {
    const [prices, templateRows, variants] = await Promise.all([
      client.searchRead('product.supplierinfo', [['product_tmpl_id', 'in', templates]], priceFields, context, {
        order: 'sequence, min_qty, id',
      }),
      client.read('product.template', templates, ['write_date'], context),
      client.searchRead('product.product', [['product_tmpl_id', 'in', templates]], VARIANT, context),
    ]);
    const variantsOf = groupBy(variants, 'product_tmpl_id');
    const pricesOf = groupBy(prices, 'product_tmpl_id');
    const templateOf = new Map(templateRows.map((row) => [row.id, row]));
    return (row, lists) => {
      const template = idOf(row.product_tmpl_id) ?? 0;
      const offers = offersOf(row.id, pricesOf.get(template) ?? [], supplierinfoPartner);
      const payload: ProductPayload = {
        id: String(row.id),
        born: textOf(row.create_date),
        template: String(template),
        name: textOf(row.name),
        active: row.active !== false,
        code: textOf(row.default_code),
        barcode: textOf(row.barcode),
        kind: kindOf(row, stocked),
        tracking: textOf(row.tracking),
        description: textOf(row.description),
        category: lists.category(idOf(row.categ_id)),
        unit: lists.unit(idOf(row.uom_id)),
        prices: offers.map((price) => priceOf(price, supplierinfoPartner, supplierinfoUnit, lists)),
        hasSiblings: hasSiblings(row, variantsOf.get(template) ?? []),
      };
      const dated = templateOf.get(template);
      return record(payload, [row, ...(dated ? [dated] : []), ...offers]);
    };
  });
}

/** The prices of a variant: its own, and those of all variants where it has none from that supplier for as much. */
function offersOf(variant: number, prices: readonly OdooRow[], partner: string): OdooRow[] {
  const termsOf = (price: OdooRow) =>
    [idOf(price[partner]), idOf(price.company_id), price.min_qty, price.date_start].join();
  const own = prices.filter((price) => idOf(price.product_id) === variant);
  const stated = new Set(own.map(termsOf));
  return prices.filter(
    (price) => own.includes(price) || (idOf(price.product_id) === null && !stated.has(termsOf(price))),
  );
}

function kindOf(row: OdooRow, { type, flag }: Stocked): string | null {
  const stated = textOf(row.type);
  if (stated === 'service') return 'SERVICE';
  // Whether they are stocked isn't said there.
  if (type === 'consu' && flag === null) return null;
  if (stated === type && (flag === null || row[flag] === true)) return 'GOODS';
  return stated === 'consu' ? 'CONSUMABLE' : null;
}

const priceOf = (row: OdooRow, partner: string, unit: string, lists: CodeLists): PricePayload => ({
  id: String(row.id),
  partner: asText(idOf(row[partner])) ?? '',
  number: textOf(row.product_code),
  price: decimal(row.price),
  currency: lists.currency(idOf(row.currency_id)),
  company: asText(idOf(row.company_id)),
  minimum: decimal(row.min_qty),
  unit: lists.unit(idOf(row[unit])),
  from: textOf(row.date_start),
  to: textOf(row.date_end),
  shared: idOf(row.product_id) === null,
});

async function warehouses(session: Session, domain: Domain, limit?: number): Promise<Assembly> {
  const { client } = session;
  const context = await session.context();
  const fields = ['name', 'code', 'active', 'company_id', 'partner_id', ...DATES];
  const rows = await client.searchRead('stock.warehouse', domain, fields, context, pageOf(limit));
  return withParts(rows, async () => {
    const places = rows.map((row) => idOf(row.partner_id)).filter((id) => id !== null);
    const partners = await client.read('res.partner', places, [...ADDRESS, 'write_date'], context);
    const partnerOf = new Map(partners.map((row) => [row.id, row]));
    return (row, lists) => {
      const place = partnerOf.get(idOf(row.partner_id) ?? 0);
      const payload: WarehousePayload = {
        id: String(row.id),
        born: textOf(row.create_date),
        name: textOf(row.name),
        code: textOf(row.code),
        active: row.active !== false,
        company: asText(idOf(row.company_id)),
        address: place ? addressOf(place, lists) : null,
      };
      return record(payload, [row, ...(place ? [place] : [])]);
    };
  });
}

async function companies(session: Session, domain: Domain, limit?: number): Promise<Assembly> {
  const { client } = session;
  const context = await session.context();
  const wanted = await session.companyIds();
  const maybe = await session.known('res.company', ['active', 'street2', 'state_id']);
  const fields = [
    'name',
    'parent_id',
    'currency_id',
    'partner_id',
    'vat',
    'street',
    'city',
    'zip',
    'country_id',
    ...maybe,
    ...DATES,
  ];
  const rows = await client.searchRead(
    'res.company',
    [['id', 'in', [...wanted]], ...domain],
    fields,
    context,
    pageOf(limit),
  );
  return withParts(rows, async () => {
    const partners = await client.read(
      'res.partner',
      rows.map((row) => idOf(row.partner_id) ?? 0),
      ['write_date'],
      context,
    );
    const partnerOf = new Map(partners.map((row) => [row.id, row]));
    return (row, lists) => {
      const payload: CompanyPayload = {
        id: String(row.id),
        born: textOf(row.create_date),
        name: textOf(row.name),
        active: row.active !== false,
        parent: asText(idOf(row.parent_id)),
        vat: textOf(row.vat),
        currency: lists.currency(idOf(row.currency_id)),
        ...addressOf(row, lists),
      };
      const partner = partnerOf.get(idOf(row.partner_id) ?? 0);
      return record(payload, [row, ...(partner ? [partner] : [])]);
    };
  });
}

/** The last change of each record with all that belongs to it, and how many parts that is, in the way of `record`. */
async function latestOf(
  watch: Watch,
  rows: readonly OdooRow[],
  session: Session,
  context: CallContext,
): Promise<{ latest: Map<number, string>; parts: Map<number, number> }> {
  const { client } = session;
  const { model } = watch;
  const latest = new Map<number, string>();
  const parts = new Map<number, number>();
  const raise = (id: number | null, time: Json | undefined) => {
    if (id !== null && typeof time === 'string' && time > (latest.get(id) ?? '')) latest.set(id, time);
  };
  const add = (id: number | null, time: Json | undefined) => {
    raise(id, time);
    if (id !== null) parts.set(id, (parts.get(id) ?? 0) + 1);
  };
  for (const { id, write_date, parent_id } of rows) {
    raise(id, write_date);
    if (idOf(parent_id) !== null) parts.set(id, 1);
  }
  const ids = rows.map(({ id }) => id);
  if (model === 'res.partner') {
    const domain = [['parent_id', 'in', ids], ...PEOPLE];
    const people = await client.searchRead('res.partner', domain, ['parent_id', 'write_date'], context);
    const meant = [...domain, ...meantBy(watch)];
    const vendors = new Set(people.length === 0 ? [] : await client.searchIds('res.partner', meant, context));
    for (const { id, parent_id, write_date } of people) {
      if (vendors.has(id)) raise(idOf(parent_id), write_date);
      else add(idOf(parent_id), write_date);
    }
    const banks = [['partner_id', 'in', ids]];
    for (const row of await client.searchRead('res.partner.bank', banks, ['partner_id', 'write_date'], context)) {
      add(idOf(row.partner_id), row.write_date);
    }
  }
  if (model === 'product.product') {
    const variants = groupBy(rows, 'product_tmpl_id');
    const templates = [...variants.keys()];
    for (const row of await client.read('product.template', templates, ['write_date'], context)) {
      for (const { id } of variants.get(row.id) ?? []) raise(id, row.write_date);
    }
    const { partner } = priceLayout(await session.fieldsOf('product.supplierinfo'));
    const fields = [...PRICE, partner, 'write_date'];
    const domain = [['product_tmpl_id', 'in', templates]];
    const prices = groupBy(await client.searchRead('product.supplierinfo', domain, fields, context), 'product_tmpl_id');
    for (const [template, all] of prices) {
      for (const { id } of variants.get(template) ?? []) {
        for (const { write_date } of offersOf(id, all, partner)) add(id, write_date);
      }
    }
  }
  return { latest, parts };
}

/** When anything of it last changed there: a bank account moves its own date only. */
function record(payload: { readonly id: string }, rows: readonly OdooRow[]): InboundRecord {
  const times = rows.map(({ write_date }) => instantOf(write_date)).filter((time) => time !== undefined);
  const sourceTime = times.sort().at(-1);
  return {
    externalId: payload.id,
    payload: payload as unknown as Json,
    ...(sourceTime === undefined ? {} : { sourceTime }),
  };
}

function groupBy(rows: readonly OdooRow[], field: string): Map<number, OdooRow[]> {
  const groups = new Map<number, OdooRow[]>();
  for (const row of rows) {
    const key = idOf(row[field]);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

const asText = (id: number | null): string | null => (id === null ? null : String(id));
const decimal = (value: Json | undefined): string => String(plain(value) ?? 0);
