import { type CsvRow, csvFile, type DemoFile } from '../file.js';
import type { Random } from '../random.js';
import type { Company, OwnUnit, Store, Thing, World } from '../world.js';

/**
 * The inventory application: semicolons, Windows characters, decimal commas, capital letters and abbreviations, and no
 * dates at all: the time of the file is all that is known. It knows the shelves best.
 */
export function inventoryFiles(world: World, random: Random): DemoFile[] {
  const items = world.items.filter(({ no, family }) => family.kind !== 'SERVICE' && (no === 0 || no % 12 !== 11));
  const rows = items.map((item) => itemRow(random.fork(`item/${item.no}`), item));
  // Whoever counted them saw a lot number on some boxes where the ERP asks for none.
  const recounted = rows
    .filter((_row, at) => at % 5 === 0)
    .map((row, at) => (at % 4 === 0 ? { ...row, TRACK: 'L' } : row));
  const file = (name: string, entityType: string, writtenAt: string) => ({
    name,
    system: 'inventory',
    entityType,
    writtenAt,
  });
  const semicolons = { delimiter: ';' };
  return [
    csvFile(
      file('inventory-locations.csv', 'warehouse', '2026-05-04T05:00:00.000Z'),
      world.places.map(locationRow),
      semicolons,
    ),
    csvFile(file('inventory-items.csv', 'item', '2026-05-04T05:00:00.000Z'), [...rows, UNKNOWN_KIND], semicolons),
    csvFile(
      file('inventory-sites.csv', 'business_unit', '2026-05-04T05:00:00.000Z'),
      world.units.map(siteRow),
      semicolons,
    ),
    csvFile(file('inventory-items-2.csv', 'item', '2026-06-22T05:00:00.000Z'), recounted, semicolons),
  ];
}

const sku = ({ no }: Thing) => `INV-${50001 + no}`;
const UNKNOWN_KIND: CsvRow = { SKU: 'INV-99999', NAME: 'THING OF NO KNOWN KIND', TRACK: 'X' };

function itemRow(random: Random, item: Thing): CsvRow {
  const { family } = item;
  return {
    SKU: sku(item),
    NAME: `${family.short} ${item.variant} ${short(item.maker)}`.toUpperCase(),
    UOM: 'ea',
    BOX_QTY: family.perBox > 1 ? String(family.perBox) : '',
    BARCODE: item.no === 0 || random.chance(0.92) ? item.gtin : '',
    MFR: random.chance(0.9) || item.no === 0 ? item.maker.name.toUpperCase() : '',
    MFR_PART: random.chance(0.9) || item.no === 0 ? item.partNumber.replaceAll('-', ' ') : '',
    TRACK: { NONE: 'N', LOT: 'L', SERIAL: 'S' }[family.tracking],
    TEMP_MIN: family.cold ? '2,0' : '',
    TEMP_MAX: family.cold ? '8,0' : '',
    VENDOR: item.sellers[0] ? `V${1001 + item.sellers[0].company.no}` : '',
  };
}

/** "Northgate Surgical Supply" → "NORTHG SURG". */
const short = ({ name, no }: Company) =>
  `${name
    .split(' ')
    .map((word) => word.slice(0, 6))
    .join(' ')} ${no}`;

const locationRow = (store: Store): CsvRow => ({
  LOC: store.code.replaceAll('-', '/'),
  NAME:
    store.no % 5 === 4 ? store.name.replace('Operating Theatre', 'OR').replace('Intensive Care', 'ICU') : store.name,
  TYPE: store.kind.slice(0, 3),
  SITE: store.unit.code,
  STREET: store.unit.street.replace('Lane', 'Ln').replace('Street', 'St'),
  CITY: store.unit.place.city.toUpperCase(),
  STATE: store.unit.place.region,
  ZIP: store.unit.postcode,
  GLN: store.gln,
  PARENT: store.parent?.replaceAll('-', '/') ?? '',
  TZ:
    store.unit.place.city === 'Columbus' || store.unit.place.city === 'Indianapolis'
      ? 'America/New_York'
      : 'America/Chicago',
});

const siteRow = (unit: OwnUnit): CsvRow => ({
  SITE: unit.code,
  NAME: unit.name.toUpperCase(),
  GLN: unit.gln,
  NPI: unit.npi ?? '',
  STREET: unit.street.replace('Avenue', 'Ave').replace('Road', 'Rd'),
  CITY: unit.place.city.toUpperCase(),
  STATE: unit.place.region,
  ZIP: unit.postcode,
});
