import type { Cell } from '../../golden-records/match/engine/index.js';
import { ENTITY_SCHEMAS, type MatchSchema } from '../../golden-records/match/engine/index.js';

/** Suppliers with known duplicates, the same for the same seed. */
export interface GeneratedSuppliers {
  readonly schema: MatchSchema;
  readonly ids: string[];
  readonly records: Cell[][];
  /** Number of the real supplier of each record. */
  readonly entity: number[];
}

export const supplierSchema = ENTITY_SCHEMAS.supplier as MatchSchema;

export interface SupplierValues {
  readonly name?: string | null;
  readonly street?: string | null;
  readonly city?: string | null;
  readonly postcode?: string | null;
  readonly phone?: string | null;
  readonly website?: string | null;
  readonly taxId?: string | null;
}
export const supplierCells = (values: SupplierValues): Cell[] =>
  supplierSchema.fields.map(({ name }) => values[name as keyof SupplierValues] ?? null);

export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SYLLABLES = 'ba ke lo mi nu ra se to vi wa zen tor mel dra fin gul har jon kas lip brom quil stav yor'.split(' ');
const ACTIVITIES = 'medical surgical dental pharma laboratory trading logistics textile cleaning catering'.split(' ');
const FORMS = ['GmbH', 'Ltd', 'Inc', 'LLC', 'SA'];

/** `blank`: the share of cells, of all records, that are left empty. */
export function generateSuppliers(entities: number, seed: number, blank = 0): GeneratedSuppliers {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]) => list[random(list.length)] as T;
  const word = (most = 3) => Array.from({ length: 2 + random(most - 1) }, () => pick(SYLLABLES)).join('');
  const digits = (count: number) => Array.from({ length: count }, () => random(10)).join('');
  const result: GeneratedSuppliers = { schema: supplierSchema, ids: [], records: [], entity: [] };
  const blanks = randomOf(seed + 1);
  const add = (values: SupplierValues, entity: number) => {
    const kept = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, blanks(1000) < blank * 1000 ? null : value]),
    );
    result.ids.push(`r${String(random(1_000_000_000)).padStart(9, '0')}${result.ids.length}`);
    result.records.push(supplierCells(kept));
    result.entity.push(entity);
  };
  for (let entity = 0; entity < entities; entity++) {
    const stem = word();
    const city = `${word(2)}ton`;
    const base = {
      name: `${stem} ${pick(ACTIVITIES)} ${pick(FORMS)}`,
      street: `${1 + random(200)} ${word()} street`,
      city,
      postcode: digits(5),
      phone: `49${digits(9)}`,
      website: `www.${stem}.com`,
      taxId: digits(11),
    };
    add(base, entity);
    if (random(3) === 0) {
      add(
        { ...base, name: base.name.toUpperCase().replace(/ \S+$/, ''), taxId: random(2) === 0 ? null : base.taxId },
        entity,
      );
    }
    if (random(6) === 0) {
      add({ ...base, name: swapped(base.name, 1 + random(4)), phone: `49${digits(9)}`, website: null }, entity);
    }
  }
  return result;
}

const swapped = (text: string, at: number) =>
  text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);

/** Clusters as sets of ids, in one order. */
export function clusterSets(ids: readonly string[], clusters: Int32Array): string[] {
  const sets = new Map<number, string[]>();
  for (const [at, id] of ids.entries()) {
    const cluster = clusters[at] as number;
    sets.set(cluster, [...(sets.get(cluster) ?? []), id]);
  }
  return [...sets.values()].map((set) => set.sort().join(' ')).sort();
}

export function pairQuality(entity: readonly number[], clusters: Int32Array): { precision: number; recall: number } {
  let right = 0;
  let accepted = 0;
  let all = 0;
  for (let a = 0; a < entity.length; a++) {
    for (let b = a + 1; b < entity.length; b++) {
      const isSame = entity[a] === entity[b];
      const isTogether = clusters[a] === clusters[b];
      if (isSame) all++;
      if (isTogether) accepted++;
      if (isSame && isTogether) right++;
    }
  }
  return { precision: right / accepted, recall: right / all };
}
