import type { Actor, Db, JsonObject, Mapping, Outcome } from '../golden-records/index.js';

/** What a system's connector can do. The engine does the rest the same way for all. */
export interface Capabilities {
  /** Can it be asked for what changed since a cursor? Otherwise each pull brings everything. */
  readonly incremental: boolean;
  /** FLAGGED: a record says that it was deleted. NONE: a deleted record is only missing. */
  readonly deletes: 'NONE' | 'FLAGGED';
  /** Does an interrupted pull go on where it stopped? */
  readonly resumable: boolean;
}

/** One entity type of one system and scope, inbound. Made by a connector's own function, e.g. `fileStream`. */
export interface Stream {
  /** Folder of the connector in sources/. */
  readonly connector: string;
  readonly entityType: string;
  readonly scope: string;
  readonly capabilities: Capabilities;
  readonly mapping: Mapping;
}

/** A payload as a mapping sees it: one row of a file, one record of an answer. */
export type Row = Readonly<JsonObject>;

/** A pull in progress: one bounded step at a time, so that whoever loops decides about pace and when to stop. */
export interface Pull {
  /** Take the next batch through the pipeline; its cursor moves in the same transaction. Null: nothing is left. */
  pullOnce(db: Db, actor: Actor): Promise<PullStep | null>;
}

export interface PullStep {
  readonly records: number;
  readonly counts: Readonly<Record<Outcome, number>>;
}
