import type { Json } from '../json.js';
import type { ChangedRecord } from '../store/rows.js';
import type { TransactionOptions, Tx } from '../transaction.js';
import type { PreparedBatch } from './prepare.js';

/** One record as it arrived. */
export interface InboundRecord {
  /** Null only when the record can't be read at all. */
  readonly externalId: string | null;
  readonly payload: Json;
  readonly deleted?: boolean;
  /** ISO time at which the source made this version; default: now. An older version than the applied one is not applied. */
  readonly sourceTime?: string;
  /** Why the record can't be read; it is kept, held back and reported. */
  readonly unreadable?: { readonly code: string; readonly message: string };
}

export interface Mapping {
  /** Changes with the mapping: records that it mapped before are then mapped again although their content is the same. */
  readonly version: string;
  /** Pure. A missing key is ABSENT, a null is NULL. May throw RejectedRecord. */
  map(payload: Json): Readonly<Record<string, unknown>>;
}

/** Up to some hundreds of records of one stream. */
export interface IngestBatch {
  readonly system: string;
  readonly scope: string;
  readonly entityType: string;
  readonly records: readonly InboundRecord[];
  readonly mapping: Mapping;
  readonly correlationId: string;
  readonly reason?: string;
  /** Saved in the same transaction as what it brought. */
  readonly cursor?: { readonly name: string; readonly value: Json };
  /** Attributes, by external id, whose present value the hub itself wrote there a moment ago: no testimony (law 7). */
  readonly echo?: ReadonlyMap<string, ReadonlySet<string>>;
  /**
   * What was known of each before it was read, a moment ago: its content hash by external id. Unless more is known by now, what was
   * read takes its place, whatever its date says; what it says otherwise is as old as that date.
   */
  readonly current?: ReadonlyMap<string, string>;
  /** Map and settle the records again although their content is the same: the mapping knows more than before. */
  readonly again?: boolean;
  /** Where deliveries that follow are queued. Default: LIVE. */
  readonly lane?: 'LIVE' | 'BACKFILL';
}

export const OUTCOMES = [
  'CREATED',
  'LINKED',
  'PROVISIONAL',
  'UPDATED',
  'UNCHANGED',
  'STALE',
  'DELETED',
  'REJECTED',
] as const;
/**
 * CREATED: a golden record of its own. LINKED: to one that exists. PROVISIONAL: in doubt, with a golden record of its own and
 * a steward task. STALE: older than the applied version, kept and not applied.
 */
export type Outcome = (typeof OUTCOMES)[number];

export interface RecordOutcome {
  externalId: string | null;
  outcome: Outcome;
  goldenId?: string;
  reason?: { code: string; message: string };
}

export interface IngestResult {
  /** Null when nothing changed. */
  operationId: string | null;
  records: RecordOutcome[];
  counts: Record<Outcome, number>;
  changed: ChangedRecord[];
  /** Blocking keys that too many records share; they brought no candidates. */
  crowdedKeys: number;
  /** Whether this answers an earlier call with the same idempotency key. */
  repeated: boolean;
}

export interface IngestOptions extends TransactionOptions {
  /** For one record from one caller: a repeat answers with the first result. */
  readonly idempotencyKey?: string;
  /** What the key stands for, where that isn't the record itself; default: its content. */
  readonly inputHash?: string;
  /** Versions of golden records that the caller has seen, by canonical UUID. */
  readonly expectedVersions?: Readonly<Record<string, number>>;
  /** For a payload that was made from the stored one: its content hash, by external id. */
  readonly basedOn?: Readonly<Record<string, string>>;
  /** What `prepareAhead` made of this very batch. */
  readonly ahead?: Promise<PreparedBatch> | undefined;
  /** Done in the transaction of what changed: ids of source records by their external ids. */
  readonly within?: (tx: Tx, changed: ReadonlyMap<string, string>) => Promise<void>;
}
