import type { Json, JsonObject } from '../json.js';
import type { IdentifierValue } from '../match/identifiers.js';
import type { MatchOutcome, WaterfallStep } from '../match/matcher.js';
import type { Provenance } from '../survivorship/survive.js';

/** Rows as they travel between TypeScript and set-based SQL; times are ISO text in UTC. */
export interface SourceRow {
  readonly id: string;
  readonly system: string;
  readonly scope: string;
  readonly externalId: string;
  readonly state: 'ACTIVE' | 'DELETED' | 'HELD';
  readonly attributes: JsonObject;
  readonly attributeTimes: Readonly<Record<string, string>>;
  readonly sourceTime: string;
  readonly goldenId: string | null;
  readonly linkKind: 'AUTO' | 'MANUAL' | null;
  readonly matchWeight: number | null;
  readonly linkedAt: string | null;
  readonly identifiers: readonly IdentifierValue[];
}

export type GoldenState = 'ACTIVE' | 'PROVISIONAL' | 'RETIRED' | 'MERGED';

export interface GoldenRow {
  readonly id: string;
  readonly state: GoldenState;
  readonly version: number;
  readonly attributes: JsonObject;
  readonly provenance: Record<string, Provenance>;
  readonly members: readonly string[];
  readonly anchorId: string;
  readonly mergedIntoId: string | null;
  readonly createdAt: string;
  readonly validFrom: string;
}

export interface ScoreRow {
  readonly left: string;
  readonly right: string;
  readonly weight: number;
  readonly outcome: MatchOutcome;
  readonly waterfall: readonly WaterfallStep[];
}

export type DecisionKind =
  | 'MERGE'
  | 'SPLIT'
  | 'UNMERGE'
  | 'LINK'
  | 'UNLINK'
  | 'NOT_DUPLICATE'
  | 'OVERRIDE'
  | 'CLEAR_OVERRIDE'
  | 'RETIRE'
  | 'RESTORE'
  | 'WITHDRAWAL';

export interface DecisionRow {
  readonly id: string;
  readonly kind: DecisionKind;
  readonly goldenId: string | null;
  readonly payload: JsonObject;
  /** What was known when it was decided: "scheme:value" shared by the sides, schemes that clashed. */
  readonly known: readonly string[];
  readonly seq: bigint;
  readonly decidedAt: string;
  readonly members: readonly { readonly id: string; readonly side: 'LEFT' | 'RIGHT' | 'APART' }[];
}

export interface ChangedRecord {
  entityType: string;
  id: string;
  kind: 'CREATED' | 'UPDATED' | 'MERGED' | 'UNMERGED' | 'RETIRED' | 'RESTORED';
  version: number;
  diff: AttributeDiff[];
  mergedIntoId?: string;
}

export interface AttributeDiff {
  attribute: string;
  before: Json;
  after: Json;
}
