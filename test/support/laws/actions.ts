import fc from 'fast-check';
import { RECORDS, type Said, saidWithParent } from './universe.js';

/** One thing that happens. Numbers pick, modulo how many there are, from what exists when it happens. */
export type Action =
  | { do: 'arrive'; record: number; says: Said; late: boolean; tick: boolean }
  | { do: 'delete'; record: number }
  | { do: 'merge'; a: number; b: number }
  | { do: 'split'; golden: number; mask: number; keep?: 'PART' | 'REMAINDER' }
  | { do: 'unmerge'; golden: number }
  | { do: 'link'; record: number; golden: number }
  | { do: 'unlink'; record: number }
  | { do: 'notDuplicate'; a: number; b: number }
  | { do: 'answer'; task: number; same: boolean }
  | { do: 'override'; golden: number; value: number; forSeconds?: number }
  | { do: 'clearOverride'; golden: number; value: number }
  | { do: 'retire' | 'restore'; golden: number }
  | { do: 'undo'; operation: number }
  | { do: 'recompute' };

const record = fc.nat({ max: RECORDS.length - 1 });
const golden = fc.nat({ max: 11 });
const value = fc.nat({ max: 5 });
const is = <D extends Action['do']>(name: D) => fc.constant(name);

const arrive = fc.record({
  do: is('arrive'),
  record,
  says: saidWithParent,
  late: fc.constantFrom(false, false, false, false, true),
  tick: fc.boolean(),
});
const split = fc.record(
  {
    do: is('split'),
    golden,
    mask: fc.nat({ max: 255 }),
    keep: fc.constantFrom<'PART' | 'REMAINDER'>('PART', 'REMAINDER'),
  },
  { requiredKeys: ['do', 'golden', 'mask'] },
);

const override = fc.record(
  { do: is('override'), golden, value, forSeconds: fc.integer({ min: 1, max: 6 }) },
  { requiredKeys: ['do', 'golden', 'value'] },
);

export const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: arrive },
  { weight: 2, arbitrary: fc.record({ do: is('delete'), record }) },
  { weight: 4, arbitrary: fc.record({ do: is('merge'), a: golden, b: golden }) },
  { weight: 3, arbitrary: split as fc.Arbitrary<Action> },
  { weight: 2, arbitrary: fc.record({ do: is('unmerge'), golden }) },
  { weight: 3, arbitrary: fc.record({ do: is('link'), record, golden }) },
  { weight: 2, arbitrary: fc.record({ do: is('unlink'), record }) },
  { weight: 3, arbitrary: fc.record({ do: is('notDuplicate'), a: golden, b: golden }) },
  { weight: 3, arbitrary: fc.record({ do: is('answer'), task: fc.nat({ max: 5 }), same: fc.boolean() }) },
  { weight: 3, arbitrary: override as fc.Arbitrary<Action> },
  { weight: 1, arbitrary: fc.record({ do: is('clearOverride'), golden, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('retire' as const, 'restore' as const), golden }) },
  { weight: 5, arbitrary: fc.record({ do: is('undo'), operation: fc.nat({ max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: is('recompute') }) },
);
/** Something has to be there before anybody can decide about it. */
export const sequence: fc.Arbitrary<Action[]> = fc
  .tuple(fc.array(arrive, { maxLength: 8, size: 'max' }), fc.array(action, { maxLength: 20, size: 'max' }))
  .map(([first, then]) => [...first, ...then]);
