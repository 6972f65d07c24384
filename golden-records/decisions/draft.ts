import type { JsonObject } from '../json.js';
import type { DecisionKind } from '../store/rows.js';

export interface DecisionDraft {
  readonly kind: DecisionKind;
  readonly goldenId: string | null;
  readonly payload: JsonObject;
  /** What is known now and won't be news later: "scheme:value" shared, schemes that clash. */
  readonly known?: readonly string[];
  /** The source records that it was said about, where it isn't about pairs of them. */
  readonly about?: readonly string[];
  readonly left?: readonly string[];
  readonly right?: readonly string[];
  readonly apart?: readonly string[];
  readonly expiresAt?: string;
  readonly withdrawsId?: string;
}

/** What a command wants to be written before everything is settled anew. */
export interface Draft {
  readonly decisions: readonly DecisionDraft[];
  /** Canonical ids that go on with another source record than before. */
  readonly anchors?: readonly { readonly goldenId: string; readonly anchorId: string }[];
  /** Standing of earlier decisions that a withdrawal changes. */
  readonly standing?: readonly { readonly decisionId: string; readonly standing: boolean }[];
  /** Source records from which the component is explored. */
  readonly seeds: readonly string[];
}
