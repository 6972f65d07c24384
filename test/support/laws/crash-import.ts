import {
  type Db,
  defineModel,
  ENTITY_TYPES,
  type InboundRecord,
  ingest,
  type Model,
} from '../../../golden-records/index.js';
import { INTEGRATOR, identityMapping, SYSTEMS } from '../parties.js';

/** An import that can be cut anywhere: two systems that know the same vendors, and corrections of the first. */
export const CRASH_MODEL: Model = defineModel({ entityTypes: ENTITY_TYPES, systems: SYSTEMS });
const CURSOR = 'crash-import';
const VENDORS = 180;
const SIZE = 4;
// A restart reads a little again, as a pull does; far less than lies between a record and its correction.
const OVERLAP = 3;

interface Batch {
  readonly system: string;
  readonly records: readonly InboundRecord[];
}

const vendor = (nth: number, version: number): InboundRecord => ({
  externalId: `V${nth}`,
  payload: {
    name: `Vendor ${nth % 150}`,
    ...(nth % 5 === 0 ? {} : { taxIds: [{ scheme: 'EIN', value: `20-${1_000_000 + nth}`, country: 'US' }] }),
    ...(version > 1 ? { website: `https://v${nth}.example` } : {}),
  },
  sourceTime: new Date(Date.UTC(2026, 0, version)).toISOString(),
});
const pages = (system: string, version: number): Batch[] =>
  Array.from({ length: VENDORS / SIZE }, (_, page) => ({
    system,
    records: Array.from({ length: SIZE }, (_, at) => vendor(page * SIZE + at, version)),
  }));
export const BATCHES: readonly Batch[] = [
  ...pages('erp', 1).flatMap((batch, at) => [batch, pages('portal', 1)[at] as Batch]),
  ...pages('erp', 2),
];

/** Where the import stands, as the database has it. */
export async function importedSoFar(db: Db): Promise<number> {
  const row = await db.prisma.cursor.findUnique({ where: { name: CURSOR } });
  return row ? (row.value as { next: number }).next : 0;
}

/** Go on with the import to its end. `acknowledge` hears of each batch that is done. */
export async function goOn(db: Db, acknowledge: (done: number) => void): Promise<void> {
  const reached = await importedSoFar(db);
  for (let at = Math.max(0, reached - OVERLAP); at < BATCHES.length; at++) {
    const { system, records } = BATCHES[at] as Batch;
    await ingest(db, INTEGRATOR, {
      system,
      scope: 'main',
      entityType: 'supplier',
      records,
      mapping: identityMapping,
      correlationId: 'crash',
      ...(at < reached ? {} : { cursor: { name: CURSOR, value: { next: at + 1 } } }),
    });
    acknowledge(at + 1);
  }
}
