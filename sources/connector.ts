import type {
  Actor,
  ConfigProblem,
  Db,
  InboundRecord,
  Json,
  JsonObject,
  Log,
  Mapping,
  Outcome,
} from '../golden-records/index.js';
import type { SourceError } from './errors.js';

/**
 * The contract between the engine (`sync/`) and a system's connector. A connector is four parts in one folder: a client
 * that speaks the protocol, a mapping of pure functions, `PullPart` and `PushPart`. It declares what the system can do
 * (`Capabilities`); the engine asks that, never which connector it is. docs/write-a-connector.md walks through it.
 */

/** What a system can do. The engine does the rest the same way for all. */
export interface Capabilities {
  /** Can it be asked for what changed since a cursor? Otherwise each pull brings everything. */
  readonly incremental: boolean;
  /**
   * FLAGGED: a record says that it was deleted. LISTED: all ids can be listed, so a sweep finds what is missing. NONE: a
   * deleted record is only missing, and nobody notices.
   */
  readonly deletes: 'NONE' | 'FLAGGED' | 'LISTED';
  /** Does an interrupted pull go on where it stopped? */
  readonly resumable: boolean;
  /** Can it tell that something changed? A hint starts a pull and is never believed (default: no). */
  readonly webhooks?: boolean;
  /** Missing: nothing is ever written there. */
  readonly push?: PushCapabilities;
}

export interface PushCapabilities {
  /** Most records in one call of `write`. */
  readonly batch: number;
  /**
   * What makes a repeated create harmless. UPSERT: the link's key is unique there, so a second create becomes an update.
   * FIND: the key can be stored and found, so the engine looks before it creates again. NONE: neither; after an unknown
   * outcome a person is asked (a dead letter) rather than a double risked.
   */
  readonly idempotency: 'UPSERT' | 'FIND' | 'NONE';
  /** A caller that gave up doesn't stop the system: how long a call may still take effect there. Default 30,000. */
  readonly settlesWithinMs?: number;
}

/**
 * How fresh a stream is kept. EVENT_CRITICAL: a poll each second or a webhook. OPERATIONAL: seconds to minutes.
 * PERIODIC: by a cron expression.
 */
export type Tier = 'EVENT_CRITICAL' | 'OPERATIONAL' | 'PERIODIC';

/** LIVE is what changes now. BACKFILL is bulk (first loads, re-sends): its own loop and budget, which never delays the other. */
export type Lane = 'LIVE' | 'BACKFILL';

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

// ---- Synchronised systems -------------------------------------------------------------------------------------------

/**
 * A stream that the engine plans: how fresh, how a payload becomes attributes (`mappingWith`), and how golden attributes
 * become fields of the system again (`outward`). Pure: nothing of it opens a connection.
 */
export interface SyncStream extends Stream {
  /**
   * Unique within system and scope; default: the entity type. Several streams of one entity type are fine: records whose
   * children change without moving them (bank accounts, prices) get a stream that watches the children and gives the
   * parents' records. One of them at most has `outward`.
   */
  readonly name: string;
  readonly tier: Tier;
  /** Milliseconds between two polls (EVENT_CRITICAL and OPERATIONAL), or a cron expression in UTC (PERIODIC). */
  readonly every: number | string;
  /** Of the system's clock: times there are whole multiples of it. Odoo: 1,000. */
  readonly resolutionMs: number;
  /** How far a window reaches back into the one before: at least the system's longest transaction. */
  readonly overlapMs: number;
  /** Records in one page. At most some hundreds: a page is one transaction here. */
  readonly pageSize: number;
  /** Milliseconds between two sweeps of all ids; undefined: none. Needs `list` and `deletes: 'LISTED'`. */
  readonly sweepEveryMs?: number;
  /**
   * Where a payload says when its record was made there: under a known id with another one stands another thing, as after a system was set
   * back to an older state.
   */
  readonly born?: string;
  /**
   * Lists in the payload whose entries are records of their own in the system, e.g. accounts, and references to records whose end
   * empties them there: a sweep notices by their number that one is gone.
   */
  readonly parts?: readonly string[];
  readonly guard?: SweepGuard;
  /** Names of the system's own fields, by model, that the mapping reads: what drift is judged by. */
  readonly reads?: Readonly<Record<string, readonly string[]>>;
  /**
   * The mapping, with the system's code lists at hand. The same as `mapping` where no code list is used. The version must
   * not depend on the codes: an answer heals the records that waited for it, and no others are mapped anew.
   */
  mappingWith?(codes: InwardCodes): Mapping;
  /**
   * The field of the payload that records share of which one may take another's place (Odoo: the template of a product's
   * variants). When one of them is deleted and newer ones are there, a steward is asked which is the old one (REPLACED_RECORD).
   */
  readonly family?: string;
  readonly outward?: Outward;
}

/** A sweep that would delete more than either is refused, and a steward asked (MASS_DELETE). */
export interface SweepGuard {
  /** Share of the known records; default 0.1. */
  readonly share?: number;
  /** Deletes up to this number are never refused; default 20. */
  readonly least?: number;
}

/** The hub's word for a system's code. */
export interface InwardCodes {
  /**
   * `inward('paymentTerms', '4')` is the hub's word for it, e.g. "NET30"; undefined when nobody knows it yet: leave the
   * attribute ABSENT then. What was asked for in vain becomes a steward task (UNKNOWN_CODE); once answered, the records
   * that waited are mapped again by themselves. `label` is how the system calls it, for the person who answers. With
   * `otherwise` nobody is asked: it is the word where no person has said another.
   */
  inward(list: string, code: string, label?: string, otherwise?: string): string | undefined;
}

/** What a system's code means by a plain rule, such as an ISO code that both sides use. A person's answer goes before it. */
export interface PlainCode {
  readonly list: string;
  readonly code: string;
  /** The hub's word; upper and lower case are the same. */
  readonly word: string;
}

/** How golden attributes are written to the system. Everything here is pure. */
export interface Outward {
  /** By golden attribute; only these are ever written. What the system itself owns or won is left alone. */
  readonly attributes: Readonly<Record<string, OutwardAttribute>>;
  /** Writes the record's state, e.g. `active: false` when it is retired. Missing: the state is never written. */
  readonly state?: {
    readonly fields: readonly string[];
    write(state: 'ACTIVE' | 'RETIRED'): JsonObject;
  };
  /** The present value of every field that `attributes` and `state` name, out of a payload as `page` and `read` give it. */
  present(payload: Json): JsonObject;
  /**
   * May the field be written on this record, as `present` shows it? No: it stands on something that the record shares with others, whose own
   * golden records may say otherwise. Default: yes.
   */
  writable?(field: string, theirs: JsonObject): boolean;
  /** Are these the same to the system (rounding, trimming, order)? Default: equal JSON. */
  same?(field: string, ours: Json, theirs: Json): boolean;
  /** May the hub create records there? Default: no; then only records that both have are kept in agreement. */
  readonly creates?: boolean | ((golden: OutwardRecord) => boolean);
  /** Fields of a new record beside those of its attributes, e.g. `is_company: true`. */
  readonly defaults?: JsonObject | ((golden: OutwardRecord) => JsonObject);
  /** Also records that are still in doubt (PROVISIONAL). Default: no. */
  readonly provisional?: boolean;
}

export interface OutwardAttribute {
  /** The system's fields that it is written to. Two attributes don't share a field. */
  readonly fields: readonly string[];
  /** Every one of `fields` for this golden value; null means: empty. May throw Permanent, which names the value. */
  write(value: Json, context: OutwardContext): JsonObject;
}

export interface OutwardRecord {
  readonly id: string;
  readonly entityType: string;
  readonly state: 'ACTIVE' | 'PROVISIONAL' | 'RETIRED';
  readonly attributes: JsonObject;
}

export interface OutwardContext {
  readonly system: string;
  readonly scope: string;
  readonly golden: OutwardRecord;
  /** What the record has there now, as `present` shows it; undefined: it is to be created. */
  readonly theirs: JsonObject | undefined;
  /**
   * The external id here of the golden record that a reference leads to; of several, one that the record has already. Undefined: it has
   * none; the attribute is left alone, and written once it has one. While it is on its way the delivery waits (parents before children).
   * `isPart`: the attribute is a list that is written without that entry, beside what `theirs` has of others.
   */
  reference(entityType: string, goldenId: string, isPart?: boolean): string | undefined;
  /**
   * The system's code for the hub's word. While nobody knows it the attribute is left alone, and a steward asked. Where several
   * codes mean the word it is `present`, the one that is there, if that is one of them.
   */
  code(list: string, word: string, present?: Json): string | undefined;
}

// ---- The connector --------------------------------------------------------------------------------------------------

/** A system's connector as it stands in `hub.config.ts`: `connector: odoo({ … })`. A value; nothing is open yet. */
export interface Connector {
  /** Folder in sources/. */
  readonly kind: string;
  readonly streams: readonly SyncStream[];
  /** Calls per second that the system bears, over all workers; undefined: as many as there are. */
  readonly callsPerSecond?: number;
  /** How the system tells that something changed (`capabilities.webhooks`). */
  readonly hook?: HookDeclaration;
  /** What is wrong with the configuration, each with its path. Secrets are named, never shown. */
  problems(path: string): ConfigProblem[];
  /** Cheap and without a call: the first call connects. */
  open(context: OpenContext): OpenSystem;
}

export interface HookDeclaration {
  /**
   * Environment variable with the secrets that the path of the endpoint is made of, separated by blanks: the first is given out, all
   * are taken, so that a secret is changed without losing a post.
   */
  readonly secretEnv: string;
  /** Names of the streams that a post is about; all of them when it says nothing that is understood. It is never believed. */
  streams(body: Json): readonly string[];
}

export interface OpenContext {
  readonly system: string;
  readonly log: Log;
  /** Where secrets come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Waits until one more call may be made (`callsPerSecond`, over all workers). Before each call of a part the engine has waited
   * already: who makes one needs nothing, who makes several awaits it before each. Missing: nobody limits.
   */
  readonly turn?: () => Promise<void>;
}

/** The parts that talk. Every method may throw SourceErrors: their class decides what happens next. */
export interface OpenSystem {
  readonly pull: PullPart;
  readonly push?: PushPart;
  /** The system's own schema, as far as the streams read and write it; looked at when it starts and daily. */
  schema?(signal: AbortSignal): Promise<SchemaSnapshot>;
  /** The dates of the key that the connector uses, for the metrics; null: the system doesn't tell. Asked hourly. */
  key?(signal: AbortSignal): Promise<KeyFacts | null>;
  /** For `concord check`: which system answers, and may the key do what the streams need? Changes nothing. Missing: `pull.now` is asked. */
  check?(signal: AbortSignal): Promise<SystemReport>;
  /**
   * Which installation answers, in words that stay the same when it is moved to another host, upgraded or restored; undefined:
   * it doesn't tell. Another one than the cursors and links came from is refused (OTHER_SYSTEM). Asked before each call: to be kept.
   */
  identity?(signal: AbortSignal): Promise<string | undefined>;
  /** The codes there that `OutwardContext.code` finds without anybody's answer. Asked before each batch: to be kept. */
  codes?(signal: AbortSignal): Promise<readonly PlainCode[]>;
  close(): Promise<void>;
}

/** ISO 8601 in UTC. Where it can't be told which of several keys it is: the age of the oldest, the expiry of the first to go. */
export interface KeyFacts {
  readonly createdAt: string | null;
  /** Null: never. */
  readonly expiresAt: string | null;
}

/** What answered, in one line, and what keeps it from working with the hub; each problem says what to do. */
export interface SystemReport {
  readonly found: string;
  readonly problems: readonly string[];
}

/** Fields by model: `{ 'res.partner': { name: 'char', country_id: 'many2one→res.country' } }`. Any text that changes when it matters. */
export type SchemaSnapshot = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Modified times from `from` (inclusive) to `to` (exclusive), both whole multiples of the stream's resolution. */
export interface Window {
  /** ISO 8601 in UTC; null: from the beginning. */
  readonly from: string | null;
  readonly to: string;
}

export interface PullPart {
  /** The system's clock, ISO 8601 in UTC: windows end there, whatever ours says. */
  now(signal: AbortSignal): Promise<string>;
  /**
   * Records modified in the window, in the order of an id that never changes, after `after` (null: the first page). Archived
   * ones too. Without `incremental` the window doesn't matter. Never an offset: rows that move would be skipped.
   */
  page(stream: SyncStream, window: Window, after: string | null, limit: number, signal: AbortSignal): Promise<Page>;
  /** These records as they are now, in the form of `page`. Who isn't there (any more) is missing from the answer. */
  read(stream: SyncStream, externalIds: readonly string[], signal: AbortSignal): Promise<readonly InboundRecord[]>;
  /** How many records the window has, cheaply: a first load tells how far it is. Null: `page` alone could tell. */
  count?(stream: SyncStream, window: Window, signal: AbortSignal): Promise<number | null>;
  /** All ids, archived ones too, in pages. Cheap: no contents. */
  list?(stream: SyncStream, after: string | null, limit: number, signal: AbortSignal): Promise<ListPage>;
  /**
   * Into which others the system merged these, as far as it tells: the id of each that is gone, and the id of who has its things. Each
   * sweep asks it about what went of late; a steward is asked whether the two are one (REPLACED_RECORD). Missing: it doesn't tell.
   */
  mergedInto?(
    stream: SyncStream,
    externalIds: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>;
}

export interface Page {
  readonly records: readonly InboundRecord[];
  /** What `after` must be for the next page; null: this was the last. */
  readonly next: string | null;
}

export interface ListPage {
  readonly entries: readonly {
    readonly externalId: string;
    /** When it changed there; where given, the sweep also finds records that the cursor missed. */
    readonly sourceTime?: string;
    /** How many entries the lists of the stream's `parts` have, and references that lead somewhere: one that is gone leaves no date. */
    readonly parts?: number;
  }[];
  readonly next: string | null;
}

export interface PushPart {
  /**
   * The external ids of records that were created under these keys (`WriteRow.key`); a key that led to nothing is missing.
   * Called before anything is created again after an unknown outcome, and where what was created isn't among what `read` gives. Not
   * called where `idempotency` is NONE.
   */
  find(stream: SyncStream, keys: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /**
   * Write rows, all of them creates or all of them updates, at most `capabilities.push.batch`. Of an existing record only
   * `fields` may change. Answers one result for each row, in order; throwing speaks for the whole batch, of which nothing
   * was written, unless the error says that the outcome is unknown.
   */
  write(stream: SyncStream, batch: WriteBatch, signal: AbortSignal): Promise<readonly WriteResult[]>;
}

export interface WriteBatch {
  readonly action: 'CREATE' | 'UPDATE';
  /** UPDATE: every row has exactly these. CREATE: those of all rows; what a row lacks is left to the system's default. */
  readonly fields: readonly string[];
  readonly rows: readonly WriteRow[];
}

export interface WriteRow {
  /** The link's key, for ever the same: what a create stores where `find` can find it (Odoo: an external id). */
  readonly key: string;
  /** Null when it is created. */
  readonly externalId: string | null;
  readonly fields: JsonObject;
  /** What the fields were when they were read, a moment ago; null when it is created. */
  readonly before: JsonObject | null;
}

export type WriteResult =
  /** It is there. */
  | { readonly kind: 'WRITTEN'; readonly externalId: string }
  /** This row alone is at fault. `externalId`: what was to be created is there all the same, and a part of it was refused. */
  | { readonly kind: 'FAILED'; readonly error: SourceError; readonly externalId?: string }
  /** Nothing is wrong with it, but it went down with the others: it is sent again at once. */
  | { readonly kind: 'UNTRIED' };
