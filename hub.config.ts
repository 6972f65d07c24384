/**
 * The hub of Lakeshore Health, the demo: five systems that know the same suppliers, items, warehouses and business
 * units, and disagree about them. Copy this file and make it yours; docs/configuration.md lists every option.
 *
 * `npm run concord -- check` reads it and tells all problems at once.
 */
import {
  businessUnit,
  cell,
  choice,
  commaDecimal,
  defineConfig,
  demoOdoo,
  each,
  fileStream,
  item,
  listOf,
  money,
  nested,
  objectOf,
  odoo,
  qualified,
  quantity,
  type Row,
  supplier,
  warehouse,
} from '@concord-mdm/hub';

/**
 * A mapping is a plain function from a row to attributes, checked against the entity type while you write it.
 * It keeps three things apart: a missing column is ABSENT (the system says nothing), an empty cell is NULL (it says:
 * empty), and anything else is a value. `cell` does that. Values needn't be clean: identifiers, phone numbers, units,
 * countries and the rest are checked and normalised afterwards, by the entity type.
 */

// ---- The ERP ------------------------------------------------------------------------------------------------------

const ERP_STATUS = { ok: 'ACTIVE', hold: 'ON_HOLD', blocked: 'BLOCKED' } as const;
const ERP_TYPES = {
  product: 'GOODS',
  consu: 'CONSUMABLE',
  service: 'SERVICE',
  drug: 'DRUG',
  device: 'DEVICE',
} as const;
const TRACKING = { none: 'NONE', lot: 'LOT', serial: 'SERIAL' } as const;

const erpAddress = (row: Row) =>
  objectOf(
    {
      line1: cell(row, 'street'),
      line2: cell(row, 'street2'),
      city: cell(row, 'city'),
      region: cell(row, 'state'),
      postcode: cell(row, 'zip'),
      country: cell(row, 'country'),
    },
    { kind: 'MAIN' },
  );

/** Times in the ERP's exports are Chicago time, and don't say so. */
const ERP_TIME = { field: 'write_date', timeZone: 'America/Chicago' };

const erpPartners = fileStream(supplier, {
  scope: 'main',
  pattern: 'erp-partners*.csv',
  format: 'csv',
  id: 'vendor_no',
  modifiedAt: ERP_TIME,
  deleted: (row) => cell(row, 'deleted') === 'yes',
  map: (row) => ({
    name: cell(row, 'name'),
    legalName: cell(row, 'legal_name'),
    legalForm: cell(row, 'legal_form'),
    taxIds: listOf(
      qualified(
        cell(row, 'tax_type') === 'EIN' ? 'EIN' : 'VAT',
        cell(row, 'tax_id', { nulls: ['N/A'] }),
        cell(row, 'country'),
      ),
    ),
    lei: cell(row, 'lei'),
    duns: cell(row, 'duns'),
    addresses: listOf(erpAddress(row)),
    phones: listOf(cell(row, 'phone')),
    emails: listOf(cell(row, 'email')),
    website: cell(row, 'website'),
    currency: cell(row, 'currency'),
    // A reference is the other record's id in the same system. It may arrive before the record that it names.
    parent: cell(row, 'parent_vendor_no'),
    status: choice(cell(row, 'status'), ERP_STATUS),
    statusReason: cell(row, 'status_note'),
  }),
});

const erpProducts = fileStream(item, {
  scope: 'main',
  pattern: 'erp-products*.csv',
  format: 'csv',
  id: 'product_no',
  modifiedAt: ERP_TIME,
  map: (row) => ({
    name: cell(row, 'name'),
    description: cell(row, 'description'),
    kind: choice(cell(row, 'type'), ERP_TYPES),
    manufacturer: cell(row, 'manufacturer'),
    manufacturerPartNumber: cell(row, 'part_no'),
    ndc: cell(row, 'ndc'),
    hcpcs: cell(row, 'hcpcs'),
    category: cell(row, 'category'),
    baseUnit: cell(row, 'uom'),
    // This export leaves the bar code empty where nobody has typed it yet: that says nothing about the item.
    packagings: listOf(objectOf({ gtin: cell(row, 'barcode', { empty: 'ABSENT' }) }, { level: 'BASE', unit: 'EA' })),
    tracking: choice(cell(row, 'tracking'), TRACKING),
    listPrice: money(cell(row, 'list_price'), cell(row, 'currency')),
    preferredSupplier: cell(row, 'vendor_no'),
    supplierItems: listOf(
      objectOf({
        supplier: cell(row, 'vendor_no'),
        number: cell(row, 'vendor_item_no'),
        price: money(cell(row, 'vendor_price'), cell(row, 'currency')),
      }),
    ),
    status: choice(cell(row, 'active'), { yes: 'ACTIVE', no: 'DISCONTINUED' }),
    replacedBy: cell(row, 'replaced_by'),
  }),
});

const erpWarehouses = fileStream(warehouse, {
  scope: 'main',
  pattern: 'erp-warehouses*.csv',
  format: 'csv',
  id: 'code',
  modifiedAt: ERP_TIME,
  map: (row) => ({
    code: cell(row, 'code'),
    name: cell(row, 'name'),
    gln: cell(row, 'gln'),
    address: erpAddress(row),
    businessUnit: cell(row, 'company'),
    parent: cell(row, 'parent'),
    status: 'ACTIVE',
  }),
});

const erpCompanies = fileStream(businessUnit, {
  scope: 'main',
  pattern: 'erp-companies*.csv',
  format: 'csv',
  id: 'code',
  modifiedAt: ERP_TIME,
  map: (row) => ({
    code: cell(row, 'code'),
    name: cell(row, 'name'),
    legalName: cell(row, 'legal_name'),
    kind: choice(cell(row, 'type'), {
      hospital: 'HOSPITAL',
      clinic: 'CLINIC',
      laboratory: 'LABORATORY',
      distributor: 'DISTRIBUTOR',
      'shared service': 'SHARED_SERVICE',
    }),
    parent: cell(row, 'parent'),
    taxId: qualified('EIN', cell(row, 'ein')),
    npi: cell(row, 'npi'),
    country: cell(row, 'country'),
    currency: cell(row, 'currency'),
    address: erpAddress(row),
    status: 'ACTIVE',
  }),
});

// ---- The procurement tool -----------------------------------------------------------------------------------------

/** Business units are the ERP's: a reference may name another system. */
const erpUnit = (code: string | null | undefined) => (code ? { system: 'erp', scope: 'main', id: code } : code);

const procurementSuppliers = fileStream(supplier, {
  scope: 'main',
  pattern: 'procurement-suppliers*.jsonl',
  format: 'jsonl',
  id: 'id',
  modifiedAt: { field: 'updated', timeZone: 'UTC' },
  map: (row) => {
    const tax = nested(row, 'tax') ?? {};
    const address = nested(row, 'address') ?? {};
    return {
      name: cell(row, 'name'),
      taxIds: listOf(
        qualified(cell(tax, 'type') === 'EIN' ? 'EIN' : 'VAT', cell(tax, 'number'), cell(address, 'country')),
      ),
      duns: cell(row, 'duns'),
      gln: cell(row, 'gln'),
      addresses: listOf(
        objectOf(
          {
            line1: cell(address, 'line1'),
            line2: cell(address, 'line2'),
            city: cell(address, 'city'),
            region: cell(address, 'region'),
            postcode: cell(address, 'postcode'),
            country: cell(address, 'country'),
          },
          { kind: 'MAIN' },
        ),
      ),
      currency: cell(row, 'currency'),
      categories: Array.isArray(row.categories) ? row.categories.map(String) : undefined,
      // Agreed with each business unit: one value for each.
      paymentTerms: each(row, 'terms', (terms) => ({
        businessUnit: erpUnit(cell(terms, 'unit')),
        value: {
          code: cell(terms, 'code'),
          netDays: cell(terms, 'netDays'),
          discountDays: cell(nested(terms, 'discount') ?? {}, 'days'),
          discountPercent: cell(nested(terms, 'discount') ?? {}, 'percent'),
        },
      })),
      parent: cell(row, 'parent'),
    };
  },
});

const PACK_LEVELS = { each: 'BASE', box: 'INNER', case: 'CASE', pallet: 'PALLET' } as const;

const procurementItems = fileStream(item, {
  scope: 'main',
  pattern: 'procurement-items*.jsonl',
  format: 'jsonl',
  id: 'id',
  modifiedAt: { field: 'updated', timeZone: 'UTC' },
  map: (row) => ({
    name: cell(row, 'title'),
    manufacturer: cell(row, 'brand'),
    manufacturerPartNumber: cell(row, 'mpn'),
    udiDi: cell(row, 'udi'),
    unspsc: cell(row, 'unspsc'),
    packagings: each(row, 'packs', (pack) => ({
      level: choice(cell(pack, 'level'), PACK_LEVELS),
      unit: cell(pack, 'unit'),
      contains: quantity(cell(pack, 'quantity'), 'each'),
      gtin: cell(pack, 'gtin'),
    })),
    sterile: cell(row, 'sterile'),
    containsLatex: cell(row, 'latex'),
    hazardous: cell(row, 'hazardous'),
    shelfLife: quantity(cell(row, 'shelfLifeMonths'), 'MON'),
    listPrice: money(cell(nested(row, 'listPrice') ?? {}, 'amount'), cell(nested(row, 'listPrice') ?? {}, 'currency')),
    supplierItems: each(row, 'offers', (offer) => ({
      supplier: cell(offer, 'supplier'),
      number: cell(offer, 'number'),
      price: money(cell(offer, 'price'), cell(offer, 'currency')),
      minimumQuantity: quantity(cell(offer, 'minimum'), 'each'),
      validFrom: cell(offer, 'from'),
      validTo: cell(offer, 'to'),
    })),
  }),
});

// ---- The inventory application ------------------------------------------------------------------------------------

/** Exports as Windows writes them. No column says when a row last changed, so the time of the file counts. */
const INVENTORY_FILE = { scope: 'main', format: 'csv', delimiter: ';', encoding: 'windows-1252' } as const;

const inventoryItems = fileStream(item, {
  ...INVENTORY_FILE,
  pattern: 'inventory-items*.csv',
  id: 'SKU',
  map: (row) => ({
    name: cell(row, 'NAME'),
    baseUnit: cell(row, 'UOM'),
    manufacturer: cell(row, 'MFR', { empty: 'ABSENT' }),
    manufacturerPartNumber: cell(row, 'MFR_PART', { empty: 'ABSENT' }),
    packagings: listOf(objectOf({ gtin: cell(row, 'BARCODE', { empty: 'ABSENT' }) }, { level: 'BASE', unit: 'EA' })),
    tracking: choice(cell(row, 'TRACK'), { N: 'NONE', L: 'LOT', S: 'SERIAL' }),
    storageTemperature: objectOf({
      minimum: quantity(commaDecimal(cell(row, 'TEMP_MIN')), 'CEL'),
      maximum: quantity(commaDecimal(cell(row, 'TEMP_MAX')), 'CEL'),
    }),
    preferredSupplier: cell(row, 'VENDOR') ? { system: 'erp', id: cell(row, 'VENDOR') ?? '' } : null,
  }),
});

const inventoryLocations = fileStream(warehouse, {
  ...INVENTORY_FILE,
  pattern: 'inventory-locations*.csv',
  id: 'LOC',
  map: (row) => ({
    code: cell(row, 'LOC'),
    name: cell(row, 'NAME'),
    kind: choice(cell(row, 'TYPE'), {
      CEN: 'CENTRAL',
      WAR: 'WARD',
      PHA: 'PHARMACY',
      THE: 'THEATRE',
      CON: 'CONSIGNMENT',
    }),
    gln: cell(row, 'GLN'),
    address: objectOf(
      {
        line1: cell(row, 'STREET'),
        city: cell(row, 'CITY'),
        region: cell(row, 'STATE'),
        postcode: cell(row, 'ZIP'),
      },
      { kind: 'SHIPPING', country: 'US' },
    ),
    businessUnit: cell(row, 'SITE'),
    parent: cell(row, 'PARENT'),
    timeZone: cell(row, 'TZ'),
  }),
});

const inventorySites = fileStream(businessUnit, {
  ...INVENTORY_FILE,
  pattern: 'inventory-sites*.csv',
  id: 'SITE',
  map: (row) => ({
    code: cell(row, 'SITE'),
    name: cell(row, 'NAME'),
    gln: cell(row, 'GLN'),
    npi: cell(row, 'NPI'),
    address: objectOf(
      {
        line1: cell(row, 'STREET'),
        city: cell(row, 'CITY'),
        region: cell(row, 'STATE'),
        postcode: cell(row, 'ZIP'),
      },
      { kind: 'MAIN', country: 'US' },
    ),
  }),
});

// ---- The supplier portal ------------------------------------------------------------------------------------------

const portalSuppliers = fileStream(supplier, {
  scope: 'main',
  pattern: 'portal-suppliers*.jsonl',
  format: 'jsonl',
  id: 'supplierId',
  modifiedAt: { field: 'changedAt', timeZone: 'UTC' },
  deleted: (row) => cell(row, 'closed') === 'true',
  map: (row) => {
    const company = nested(row, 'company') ?? {};
    const tax = nested(row, 'taxNumber') ?? {};
    const office = nested(row, 'headOffice') ?? {};
    return {
      name: cell(company, 'name'),
      legalName: cell(company, 'registeredName'),
      taxIds: listOf(
        qualified(cell(tax, 'type') === 'EIN' ? 'EIN' : 'VAT', cell(tax, 'value'), cell(office, 'country')),
      ),
      lei: cell(company, 'lei'),
      npi: cell(company, 'npi'),
      addresses: listOf(
        objectOf(
          {
            line1: cell(office, 'street'),
            line2: cell(office, 'suite'),
            city: cell(office, 'city'),
            region: cell(office, 'region'),
            postcode: cell(office, 'postcode'),
            country: cell(office, 'country'),
          },
          { kind: 'LEGAL' },
        ),
      ),
      phones: listOf(cell(row, 'phone')),
      emails: listOf(cell(row, 'email')),
      website: cell(row, 'site'),
      contacts: each(row, 'contacts', (person) => ({
        name: cell(person, 'name'),
        role: cell(person, 'role'),
        email: cell(person, 'email'),
        phone: cell(person, 'phone'),
      })),
      bankAccounts: each(row, 'bank', (account) => ({
        iban: cell(account, 'iban'),
        aba: cell(account, 'aba'),
        accountNumber: cell(account, 'account'),
        holder: cell(account, 'holder'),
        country: cell(account, 'country'),
        currency: cell(account, 'currency'),
      })),
    };
  },
});

// ---- Odoo ---------------------------------------------------------------------------------------------------------

/**
 * Kept in agreement, both ways. `npm start` runs an imitation with vendors and products of its own; a real Odoo takes its
 * place when ODOO_URL names one: `ODOO_URL=… ODOO_DB=… ODOO_LOGIN=… ODOO_API_KEY=… npm start`. What others know and Odoo
 * doesn't is not created there. docs/connectors/odoo.md says more.
 */
const { ODOO_URL, ODOO_DB = 'odoo', ODOO_LOGIN = 'admin' } = process.env;
const creates = { suppliers: false, items: false };
const odooConnector =
  ODOO_URL === undefined
    ? demoOdoo({ creates })
    : odoo({ url: ODOO_URL, database: ODOO_DB, login: ODOO_LOGIN, keyEnv: 'ODOO_API_KEY', creates });

export default defineConfig({
  /**
   * In order of trust: where no rule says more, the earlier wins a tie. A scope is a database or company within which
   * an external id is unique; it may speak for some business units only.
   */
  systems: {
    erp: {
      name: 'ERP',
      scopes: { main: { name: 'Production' } },
      streams: [erpPartners, erpProducts, erpWarehouses, erpCompanies],
    },
    procurement: {
      name: 'Procurement',
      scopes: { main: {} },
      streams: [procurementSuppliers, procurementItems],
    },
    inventory: {
      name: 'Inventory',
      scopes: { main: {} },
      // One location is one place: two of them never meet in one golden record without a person.
      uniqueRecords: ['warehouse', 'business_unit'],
      streams: [inventoryItems, inventoryLocations, inventorySites],
    },
    portal: {
      name: 'Supplier portal',
      scopes: { main: {} },
      uniqueRecords: ['supplier'],
      streams: [portalSuppliers],
    },
    odoo: {
      name: 'Odoo',
      scopes: { main: {} },
      connector: odooConnector,
    },
  },

  /**
   * Who wins, by entity type and attribute. An `owner` is the system of record: once it knows the supplier, only its
   * word counts. Everywhere else a strategy decides; without any rule the most recent value wins, by the time at the
   * source, and lists are united.
   */
  rules: {
    supplier: {
      attributes: {
        // Nobody owns how a company is called: the spelling that most systems use.
        name: { strategy: 'mostFrequent' },
        legalName: { strategy: 'sourcePriority', priority: ['portal', 'erp'] },
        // The ERP pays, so its tax numbers count; another one is shown to a steward.
        taxIds: { owner: ['erp'], onConflict: 'propose' },
        addresses: { strategy: 'mostRecent' },
        // Suppliers know their own accounts and people best; nobody overrides an account by hand.
        bankAccounts: { owner: ['portal'], override: false },
        contacts: { owner: ['portal'] },
        // Whom to call, the buyers know, and they write it into Odoo.
        phones: { owner: ['odoo'] },
        paymentTerms: { owner: ['procurement'] },
        currency: { owner: ['erp', 'procurement'] },
        status: { owner: ['erp'] },
        // The reason belongs to whoever set the status.
        statusReason: { follows: 'status' },
      },
      // Weights are log2 odds: 7 is about a hundred to one.
      thresholds: { match: 7, review: 0 },
    },
    item: {
      attributes: {
        name: { owner: ['erp'] },
        description: { strategy: 'longest' },
        manufacturer: { strategy: 'sourcePriority', priority: ['procurement', 'erp'] },
        // The part number goes with the manufacturer's name.
        manufacturerPartNumber: { follows: 'manufacturer' },
        packagings: { owner: ['procurement'] },
        supplierItems: { owner: ['procurement'] },
        // The ones who store it know how.
        storageTemperature: { owner: ['inventory'] },
        tracking: { owner: ['erp'], onConflict: 'propose' },
        listPrice: { strategy: 'mostRecent' },
        preferredSupplier: { owner: ['erp'] },
        status: { owner: ['erp'] },
      },
    },
    warehouse: {
      attributes: {
        code: { owner: ['erp'] },
        name: { strategy: 'sourcePriority' },
        kind: { owner: ['inventory'] },
        address: { strategy: 'sourcePriority' },
        parent: { strategy: 'sourcePriority' },
      },
    },
    business_unit: {
      default: { strategy: 'sourcePriority' },
    },
  },

  /** Files put into this folder are taken in by themselves, then moved to done/ or failed/, beside their rejects. */
  watch: { folder: '.concord/inbox' },

  /** Loaded at the first start of `npm start`; the same seed gives the same files for ever. */
  demo: { seed: 2026 },
});
