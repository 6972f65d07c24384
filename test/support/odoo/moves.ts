import type { Json, JsonObject } from '../../../golden-records/index.js';
import type { OdooClient } from '../../../sources/odoo/client.js';
import type { OdooHub } from './hub.js';

/** One thing that somebody may do, and how often beside the others. */
export interface Move {
  readonly weight: number;
  /** Answers what was done; undefined: there is nothing to do it to. */
  play(): Promise<string | undefined>;
}
export type Moves = Readonly<Record<string, Move>>;
export const move = (weight: number, play: Move['play']): Move => ({ weight, play });

/** What the moves of a script share. */
export interface Board {
  readonly admin: OdooClient;
  readonly at: OdooHub;
  readonly dice: Dice;
  readonly erp: Erp;
  /** What no pull can tell: see `untoldKey`. */
  readonly untold: Set<string>;
}

export const context = { lang: 'en_US' };

const WORDS = [
  ...['Aster', 'Birch', 'Cedar', 'Dahlia', 'Elder', 'Fern'],
  ...['Gorse', 'Hazel', 'Iris', 'Juniper', 'Kale', 'Laurel'],
];

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How often each seed was played in this process. */
const PLAYED = new Map<number, number>();

/** Every choice comes from the seed, so that a failure can be run again. Tried once more, it makes the same of other names. */
export class Dice {
  readonly label: string;
  readonly next: () => number;
  private readonly letters: () => number;
  private drawn: number;

  constructor(private readonly seed: number) {
    const again = PLAYED.get(seed) ?? 0;
    PLAYED.set(seed, again + 1);
    this.label = again === 0 ? `${seed}` : `${seed}r${again}`;
    this.next = randomOf(seed);
    this.letters = randomOf(seed + again * 0x5bd1_e995);
    this.drawn = again * 500;
  }

  below = (limit: number): number => Math.floor(this.next() * limit);
  pick = <T>(list: readonly T[]): T | undefined => list[this.below(list.length)];
  word = (): string => WORDS[this.below(WORDS.length)] ?? '';
  /** Grows with each use; of all scripts together. */
  serial = (): number => this.seed * 1_000 + ++this.drawn;
  /** Names far apart: whether two records are one is another matter than whether both sides agree. */
  name = (kinds: readonly string[]): string => `${this.gibberish()} ${this.seed}x${++this.drawn} ${this.pick(kinds)}`;

  private gibberish(): string {
    const one = (letters: string) => letters[Math.floor(this.letters() * letters.length)];
    const syllables = Array.from({ length: 4 }, () => `${one('bdfgklmnprstvz')}${one('aeiou')}`).join('');
    return `${syllables.charAt(0).toUpperCase()}${syllables.slice(1)}`;
  }
}

/** What another system says, which the hub takes in as it comes. */
export class Erp {
  private readonly said = new Map<string, Map<string, JsonObject>>();

  constructor(private readonly at: OdooHub) {}

  ids = (type: string, prefixes = ''): string[] =>
    [...this.of(type).keys()].filter((id) => prefixes === '' || prefixes.includes(id.charAt(0)));
  get = (type: string, id: string): JsonObject | undefined => this.of(type).get(id);

  async say(type: string, id: string, values: JsonObject): Promise<void> {
    this.of(type).set(id, values);
    await this.at.hub.arrive('erp', type, { [id]: values }, { sourceTime: this.now() });
  }
  /** As before, but for this. */
  change(type: string, id: string, change: JsonObject): Promise<void> {
    return this.say(type, id, { ...this.get(type, id), ...change });
  }

  async delete(type: string, id: string): Promise<void> {
    this.of(type).delete(id);
    await this.at.hub.arrive('erp', type, { [id]: {} }, { deleted: true, sourceTime: this.now() });
  }

  private now = () => this.at.hub.db.now().toISOString();
  private of(type: string): Map<string, JsonObject> {
    const found = this.said.get(type) ?? new Map<string, JsonObject>();
    this.said.set(type, found);
    return found;
  }
}

/** How the ERP refers to one of its own. */
export const erpReference = (id: string): Json => ({ system: 'erp', scope: 'main', id });

/** A record that both sides have a say about. */
export interface Shared {
  readonly odooId: number;
  readonly erpId: string;
}

/** One that both have, whose id in the ERP begins with one of these. */
export async function sharedOf(
  { at, dice }: Board,
  type: string,
  prefixes: string,
  isThere: (id: number) => Promise<boolean>,
): Promise<Shared | undefined> {
  const rows = await at.query<{ odooId: number; erpId: string }>(
    `select o.external_id::int as "odooId", e.external_id as "erpId"
       from source_record o join source_record e on e.golden_record_id = o.golden_record_id and e.entity_type = o.entity_type
       where o.system = 'odoo' and e.system = 'erp' and o.entity_type = $1 and o.state = 'ACTIVE' and e.state = 'ACTIVE'
         and position(left(e.external_id, 1) in $2) > 0 order by o.external_id::int, e.external_id`,
    type,
    prefixes,
  );
  const found = dice.pick(rows);
  return found && (await isThere(found.odooId)) ? found : undefined;
}
