import { type Json, type JsonObject, sameJson } from '../../golden-records/index.js';

/** What is known of one field in the target from the last time that we wrote or read it. */
export interface FieldBase {
  /** What we wrote, or found to agree with. */
  readonly wrote: Json;
  /** What the target showed then. */
  readonly shown: Json;
  /** How often it showed that after being written so; 0: it was sent, and nobody has looked since. */
  readonly seen: number;
  /** Did we write it, or did the two agree by themselves? */
  readonly written: boolean;
}
export type Bases = Readonly<Record<string, FieldBase>>;

export interface AttributeCase {
  /** The golden value in the target's fields; undefined: the golden record says nothing of it. */
  readonly ours: JsonObject | undefined;
  /** What the target has now. */
  readonly theirs: JsonObject;
  readonly bases: Bases;
  /** The golden value is the target's own word, in the hub's spelling: it is never written back to its author. */
  readonly isAuthor: boolean;
  /** What the rules say of a target that says something else; undefined like `correct`. */
  readonly onConflict: 'correct' | 'propose' | 'raise' | undefined;
  readonly question: Question;
}

/**
 * What is known of a steward task about exactly these values. OPEN: it stands, or was answered with "leave it so". KEPT: a person
 * said to keep ours. NONE: survivorship sees no other word in theirs, so that the owner decides alone. UNKNOWN: nobody has looked, or
 * survivorship couldn't see theirs.
 */
export type Question = 'UNKNOWN' | 'NONE' | 'OPEN' | 'KEPT';

/** FIRST: the two meet. OURS: the golden value moved. THEIRS: only the target moved, against its owner. BOTH. KEPT: a person said so. */
export type Why = 'FIRST' | 'OURS' | 'THEIRS' | 'BOTH' | 'KEPT';

export type Verdict =
  /** Nothing to do: they agree, as far as the target can express it. */
  | { readonly kind: 'EQUAL' }
  /** Not ours to write. */
  | { readonly kind: 'LEAVE' }
  /** A person decides, if there is a steward task. */
  | { readonly kind: 'ASK'; readonly why: Why }
  | { readonly kind: 'WRITE'; readonly fields: JsonObject; readonly why: Why };

export type Same = (field: string, ours: Json, theirs: Json) => boolean;
export const equalJson: Same = (_field, ours, theirs) => sameJson(ours, theirs);

/** Written once and shown otherwise may be somebody's edit in between; twice alike it is the target's own spelling. */
const SPELLING_AFTER = 2;

/**
 * Three-way: base is what we last wrote or read, ours the golden value, theirs what the target has. Only fields that differ
 * are written, as unchanged ones would revert an edit. Pure and total; deciding again after the write is EQUAL.
 */
export function decide({ ours, theirs, bases, isAuthor, onConflict, question }: AttributeCase, same: Same): Verdict {
  if (ours === undefined) return { kind: 'LEAVE' };
  const differing = Object.keys(ours).filter((field) => !agrees(field, ours, theirs, bases[field], same));
  if (differing.length === 0) return { kind: 'EQUAL' };
  if (isAuthor) return { kind: 'LEAVE' };
  const why = whyOf(differing, ours, theirs, bases, same);
  const fields = Object.fromEntries(differing.map((field) => [field, ours[field] ?? null]));
  const asks = onConflict === 'propose' || onConflict === 'raise';
  // Who has nothing proposes nothing.
  const isNothing = question === 'UNKNOWN' && Object.keys(ours).every((field) => isEmpty(theirs[field]));
  if (!asks || why === 'OURS' || question === 'NONE' || isNothing) return { kind: 'WRITE', fields, why };
  return question === 'KEPT' ? { kind: 'WRITE', fields, why: 'KEPT' } : { kind: 'ASK', why };
}

/** Do the two agree, be it that the target spells what we write in its own way? */
function agrees(field: string, ours: JsonObject, theirs: JsonObject, base: FieldBase | undefined, same: Same): boolean {
  const [our, their] = [ours[field] ?? null, theirs[field] ?? null];
  if (same(field, our, their)) return true;
  return base !== undefined && base.seen >= SPELLING_AFTER && sameJson(our, base.wrote) && sameJson(their, base.shown);
}

function whyOf(fields: readonly string[], ours: JsonObject, theirs: JsonObject, bases: Bases, same: Same): Why {
  const known = fields.filter((field) => bases[field] !== undefined);
  if (known.length === 0) return 'FIRST';
  const moved = (field: string, now: Json | undefined, then: Json | undefined) =>
    !same(field, now ?? null, then ?? null);
  const theirsMoved = known.some(
    (field) => moved(field, theirs[field], bases[field]?.shown) && moved(field, theirs[field], bases[field]?.wrote),
  );
  const oursMoved = known.some((field) => moved(field, ours[field], bases[field]?.wrote));
  if (!theirsMoved) return 'OURS';
  return oursMoved ? 'BOTH' : 'THEIRS';
}

const isEmpty = (value: Json | undefined) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** The base after `wrote` was written and the target looked at. */
export function afterWrite(before: FieldBase | undefined, wrote: Json, shown: Json): FieldBase {
  const isRepeat = before !== undefined && sameJson(before.wrote, wrote) && sameJson(before.shown, shown);
  return { wrote, shown, seen: isRepeat ? Math.min(before.seen + 1, SPELLING_AFTER) : 1, written: true };
}

/** The base after the two were found to agree; undefined when it says so already. */
export function afterAgreement(before: FieldBase | undefined, ours: Json, theirs: Json, same: Same, field: string) {
  if (before && before.seen > 0 && sameJson(before.wrote, ours) && sameJson(before.shown, theirs)) return undefined;
  const isOurs = before?.written === true && same(field, before.wrote, theirs);
  return { wrote: ours, shown: theirs, seen: 1, written: isOurs } satisfies FieldBase;
}

/** Is what the target shows in these fields the hub's own word, as it was written? */
export const isEcho = (fields: readonly string[], theirs: JsonObject, bases: Bases, same: Same): boolean =>
  fields.length > 0 &&
  fields.every((field) => {
    const base = bases[field];
    return base?.written === true && same(field, base.wrote, theirs[field] ?? null);
  });
