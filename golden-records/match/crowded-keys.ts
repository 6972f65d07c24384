import type { ParameterSet } from '../active-parameters.js';

/** Records that go may make room in a key: after so long it is looked at again. */
const HOLDS_MS = 10 * 60_000;
const MOST_KEYS = 500_000;

/**
 * Keys that were seen, within the last minutes, to be shared by more records than may share one. In a load many probes are of
 * these, each reading as many index entries as the cap allows, for nothing.
 */
export class CrowdedKeys {
  private readonly until = new Map<number, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  has(key: number): boolean {
    const until = this.until.get(key);
    return until !== undefined && until > this.now();
  }

  add(keys: readonly number[]): void {
    if (this.until.size + keys.length > MOST_KEYS) this.until.clear();
    const until = this.now() + HOLDS_MS;
    for (const key of keys) this.until.set(key, until);
  }
}

const crowded = new WeakMap<ParameterSet, CrowdedKeys>();

/** What is crowded depends on the cap, which is the set's; a set is of one database. */
export function crowdedKeysOf(set: ParameterSet): CrowdedKeys {
  const known = crowded.get(set) ?? new CrowdedKeys();
  crowded.set(set, known);
  return known;
}
