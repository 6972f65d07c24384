import {
  contentHash,
  type Db,
  type EntityTypeDefinition,
  type InboundRecord,
  inTransaction,
  type Json,
  type JsonObject,
  newId,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { Lane, WriteBatch } from '../connector.js';
import { Permanent, Retryable } from '../errors.js';
import { type CodeLists, loadCodes, waitForCodes } from './codes.js';
import type { FieldBase } from './decide.js';
import { asSourceError, isAnswer, isOfSystem } from './failure.js';
import { takeIn } from './intake.js';
import { keepLease, LEASE_MS } from './lease.js';
import {
  askAboutDeadLetters,
  type Claim,
  claim,
  type Finished,
  finish,
  type Home,
  type LinkCase,
  letGo,
  loadCases,
  loadParents,
  noteCreated,
  noteSent,
  type Questions,
  questionsAbout,
  renew,
  type SentAttempt,
  stillClaimed,
} from './outbox-store.js';
import { FIRST_LOAD, Outcomes, SWEEP, type Work, type Written } from './outcomes.js';
import { ownAttributes } from './own-words.js';
import { askedOf, type LinkPlan, type OutwardStream, type PlanContext, parentsOf, planLink } from './plan-link.js';
import { isFirstLoadDone } from './pull.js';
import { groupRows, type RowOutcome, send } from './send.js';
import { sweepSoon } from './stream-store.js';
import { outwardStream, type Synchronised, streamName } from './synchronised.js';
import { enter, leave, noteSuccess, type Wait } from './system-state.js';
import { callOf } from './turns.js';
import { Unquotable } from './unquotable.js';

export interface DeliverOptions {
  readonly lane?: Lane;
  /** Records in one step; default: what the connector takes in one call, at most 200. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** 0 to 1; default Math.random. */
  readonly random?: () => number;
  readonly wait?: Wait;
  /** How long the records of a worker that died stay its own. Default 20,000. */
  readonly leaseMs?: number;
  /** Failures of one record after which it is a dead letter; default 10. */
  readonly mostAttempts?: number;
}

export interface DeliverStep {
  readonly entityType: string;
  readonly claimed: number;
  readonly created: number;
  readonly updated: number;
  /** Looked at, and nothing was to be written. */
  readonly unchanged: number;
  /** Wait for a parent. */
  readonly waiting: number;
  readonly failed: number;
  readonly dead: number;
}

const LIMIT = 200;
const CALL_MS = 60_000;
/**
 * Deliver one batch: claim it, read what the target has now, take that in where it is news, compare three ways, write what is
 * ours to write, read it back. Null: nothing is due, the circuit is open, or somebody paused it. Killed at any instant it
 * loses nothing and doubles nothing: what was sent is on record before it is sent, and is looked for before it is sent again.
 */
export async function deliverOnce(
  db: Db,
  sync: Synchronised,
  options: DeliverOptions = {},
): Promise<DeliverStep | null> {
  const claimed = await claimOnce(db, sync, options);
  const written = await claimed?.send();
  return written ? written.settle() : null;
}

/** Records that are held for their delivery. Either they are sent, or let go. */
export interface ClaimedBatch {
  /** As many as there may be at once: there are likely more. */
  readonly isFull: boolean;
  /** While the batch before is on its way: what needs nothing that may change until it is this one's turn. */
  prepare(): Promise<void>;
  /**
   * Null: they were let go, as somebody paused the system meanwhile, or its circuit opened. What wasn't prepared waits for `before`, as it may
   * refer to what was created by then.
   */
  send(before?: Promise<unknown>): Promise<WrittenBatch | null>;
  letGo(): Promise<void>;
}

/** A batch that was sent; its records are held until it is settled. */
export interface WrittenBatch {
  /** What was created is on record: others may refer to it. Never fails: `settle` tells. */
  readonly noted: Promise<unknown>;
  /** Read it back, and tell what came of each record. */
  settle(): Promise<DeliverStep>;
}

/** The first part of `deliverOnce`. */
export async function claimOnce(
  db: Db,
  sync: Synchronised,
  options: DeliverOptions = {},
): Promise<ClaimedBatch | null> {
  const { connector, system } = sync;
  const streams = connector.streams
    .filter(({ outward, capabilities }) => outward && capabilities.push)
    .map((stream) => ({ scope: stream.scope, entityType: stream.entityType, name: streamName(system, stream) }));
  if (!sync.open.push || streams.length === 0) return null;
  const gate = await enter(db, system);
  if (gate.isPaused || gate.passage === 'SHUT') return null;
  const isTrial = gate.passage === 'TRIAL';
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const limit = isTrial ? 1 : (options.limit ?? limitOf(sync));
  const claimed = await claim(db, { system, lane: options.lane ?? 'LIVE', limit, leaseMs, streams });
  if (!claimed) {
    if (isTrial) await leave(db, system);
    return null;
  }
  return new Delivery(db, sync, claimed, { ...options, leaseMs }, limit, isTrial);
}

const limitOf = ({ connector }: Synchronised) =>
  Math.min(LIMIT, ...connector.streams.map(({ capabilities }) => capabilities.push?.batch ?? LIMIT));

/** What is to be done, and what the target has of it now. */
interface Prepared {
  readonly codes: CodeLists;
  readonly waiting: readonly Finished[];
  readonly work: readonly Work[];
  readonly theirs: ReadonlyMap<string, JsonObject>;
}

/** What `settle` needs to know of what was sent. */
interface Sent extends Pick<Prepared, 'codes' | 'waiting' | 'work'> {
  readonly written: readonly Written[];
  readonly noting: Promise<void>;
  /** What the target has of it afterwards; null: it could not be read. */
  readonly reading: Promise<readonly InboundRecord[] | null>;
}

/** One claimed batch on its way. */
class Delivery implements ClaimedBatch {
  private readonly stream: OutwardStream;
  private readonly definition: EntityTypeDefinition;
  private readonly home: Home;
  private readonly push;
  private readonly capabilities;
  private readonly unquotable: Unquotable;
  private readonly told: Outcomes;
  private readonly unkeep: () => void;
  /** It was claimed while another one was on its way. */
  private isAhead = false;
  private prepared: Prepared | undefined;

  constructor(
    private readonly db: Db,
    private readonly sync: Synchronised,
    private claimed: Claim,
    private readonly options: DeliverOptions & { readonly leaseMs: number },
    private readonly limit: number,
    private readonly isTrial: boolean,
  ) {
    const { scope, entityType } = claimed;
    const stream = outwardStream(sync, scope, entityType);
    const definition = db.model.entityTypes.get(entityType);
    const { push } = sync.open;
    const capabilities = stream?.capabilities.push;
    if (!stream || !definition || !push || !capabilities)
      throw new Error(`nothing writes ${entityType} to ${sync.system}`);
    this.stream = stream;
    this.definition = definition;
    this.push = push;
    this.capabilities = capabilities;
    this.home = { system: sync.system, scope, entityType };
    this.unquotable = new Unquotable(definition, stream);
    this.told = new Outcomes(db, this.home, this.unquotable, options);
    const { leaseMs } = options;
    this.unkeep = keepLease(db, leaseMs, () => renew(db, this.claimed, leaseMs));
  }

  get isFull(): boolean {
    return !this.isTrial && this.claimed.links.length === this.limit;
  }

  /**
   * Records that are new there and wait for nobody: for them nothing is read there. The others are compared with what the target has,
   * right before they are written.
   */
  async prepare(): Promise<void> {
    this.isAhead = true;
    const links = await this.load();
    if (links.some(({ linkState, source }) => linkState !== 'PLANNED' || source !== null)) return;
    const codes = await this.loadCodes();
    const theirs = new Map<string, JsonObject>();
    const work = await this.plan(links, theirs, codes);
    const waits = work.some(({ planned: { plan } }) => plan.kind === 'WAIT');
    if (!waits) this.prepared = { codes, waiting: [], work, theirs };
  }

  async send(before?: Promise<unknown>): Promise<WrittenBatch | null> {
    const given = await this.sendAll(before).catch((cause: unknown) => ({ cause }));
    if (given === null) return null;
    return {
      noted: Promise.allSettled('cause' in given ? [] : [given.noting]),
      settle: () => {
        const settled =
          'cause' in given ? this.giveUp(given.cause) : this.settle(given).catch((cause) => this.giveUp(cause));
        return settled.finally(this.unkeep);
      },
    };
  }

  async letGo(): Promise<void> {
    this.unkeep();
    await letGo(this.db, this.claimed);
    if (this.isTrial) await leave(this.db, this.sync.system);
  }

  private async sendAll(before: Promise<unknown> | undefined): Promise<Sent | null> {
    if (this.isAhead && !(await this.isHeld())) return null;
    // What is prepared refers to nothing that was under way; the others may.
    if (!this.prepared) await before;
    const { codes, waiting, work, theirs } = this.prepared ?? (await this.prepareNow());
    const written = await this.write(work, theirs);
    return { codes, waiting, work, written, noting: this.noteResults(written), reading: this.readBack(written) };
  }

  /** Is it still to be sent? Where anything changed since it was prepared, be it only who belongs to whom, it is prepared anew. */
  private async isHeld(): Promise<boolean> {
    const { claimed, stream, sync, prepared } = this;
    const held = await stillClaimed(this.db, claimed, streamName(sync.system, stream));
    if (held.size === 0) {
      await this.letGo();
      return false;
    }
    this.claimed = { ...claimed, links: claimed.links.filter((link) => held.has(link)) };
    if (prepared?.work.some(({ link }) => held.get(link.linkId) !== link.stamp)) this.prepared = undefined;
    return true;
  }

  private async prepareNow(): Promise<Prepared> {
    const codes = await this.loadCodes();
    const found = await this.findCreated(await this.load());
    const { links, theirs, hashes } = await this.lookAt(found, codes);
    const unseen = links.filter((link) => isUnseen(link) && !theirs.has(link.linkId));
    const { ready, waiting } = this.unknownOutcomes(links, await this.leftOut(unseen.map(({ linkId }) => linkId)));
    return { codes, waiting, work: await this.plan(ready, theirs, codes, hashes), theirs };
  }

  private async loadCodes(): Promise<CodeLists> {
    const { codes: ask } = this.sync.open;
    const plain = ask ? await this.call((signal) => ask(signal), true) : [];
    return loadCodes(this.db, this.sync.system, plain);
  }

  private async settle({ codes, waiting, work, written, noting, reading }: Sent): Promise<DeliverStep> {
    await noting;
    const after = await this.takeBack(written, (await reading) ?? [], codes);
    const finished = [...waiting, ...(await this.told.of(work, written, after))];
    return this.end(finished, written);
  }

  /** Reading failed, or the hub itself did. */
  private async giveUp(cause: unknown): Promise<DeliverStep> {
    const error = asSourceError(cause);
    const links = await this.load();
    if (!(error instanceof Retryable) || error.code === 'CONNECTOR_FAILED') {
      const err = this.unquotable.withoutIn(cause);
      this.db.log.error(
        { err, system: this.sync.system },
        'a delivery failed in the hub, or before anything was written',
      );
    }
    return this.end(await Promise.all(links.map((link) => this.told.failed(link, error, null))));
  }

  private async load(): Promise<LinkCase[]> {
    const links = await loadCases(this.db, this.claimed.entityType, this.claimed.links);
    for (const { golden, bases } of links) {
      if (golden) this.unquotable.ofRecord(golden.attributes);
      this.unquotable.ofFields(bases as unknown as JsonObject);
    }
    return links;
  }

  /** A create whose outcome nobody knows: is it there? */
  private async findCreated(links: readonly LinkCase[]): Promise<LinkCase[]> {
    const unsure = links.filter(({ linkState, externalId }) => linkState === 'CREATING' && externalId === null);
    if (unsure.length === 0 || this.capabilities.idempotency === 'NONE') return [...links];
    const keys = unsure.map(({ linkId }) => linkId);
    const found = await this.call((signal) => this.push.find(this.stream, keys, signal));
    await noteCreated(
      this.db,
      this.home,
      [...found].map(([linkId, externalId]) => ({ linkId, externalId })),
    );
    return found.size > 0 ? this.load() : [...links];
  }

  /** Read what the target has now; what the hub didn't know of it is taken in first, so that owners and stewards have their say. */
  private async lookAt(links: readonly LinkCase[], codes: CodeLists) {
    const ids = links.flatMap(({ externalId, source }) =>
      externalId === null || (source && source.state !== 'ACTIVE') ? [] : [externalId],
    );
    const records =
      ids.length === 0 ? [] : await this.call((signal) => this.sync.open.pull.read(this.stream, ids, signal));
    const byId = new Map(records.map((record) => [record.externalId, record]));
    const theirs = new Map<string, JsonObject>();
    const hashes = new Map<string, string>();
    const news: InboundRecord[] = [];
    const echo = new Map<string, ReadonlySet<string>>();
    for (const link of links) {
      const record = link.externalId === null ? undefined : byId.get(link.externalId);
      if (!record || record.deleted || record.externalId === null) continue;
      const present = this.stream.outward.present(record.payload);
      theirs.set(link.linkId, present);
      this.unquotable.ofFields(present);
      const own = ownAttributes(this.stream.outward, present, link.bases, isUnseen(link) ? link.golden : null);
      const isUnsure = Object.values(link.bases).some(({ seen }) => seen === 0) && own.size > 0;
      const hash = contentHash(record.payload);
      hashes.set(link.linkId, hash);
      if (link.source?.contentHash === hash && !isUnsure) continue;
      news.push(record);
      if (own.size > 0) echo.set(record.externalId, own);
    }
    if (news.length === 0) return { links, theirs, hashes };
    await takeIn(this.db, this.sync, this.stream, news, {
      codes,
      reason: 'read before writing',
      current: hashesOf(links),
      lane: this.options.lane ?? 'LIVE',
      ...(echo.size > 0 ? { echo } : {}),
    });
    return { links: await this.load(), theirs, hashes };
  }

  /**
   * Of records that were created and don't show: those that are there all the same. The others were deleted since; where nobody can
   * tell, none is.
   */
  private async leftOut(keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0 || this.capabilities.idempotency === 'NONE') return new Set(keys);
    return new Set((await this.call((signal) => this.push.find(this.stream, keys, signal))).keys());
  }

  /** Creates that must not be repeated yet: they may still take effect, or nobody can say whether they did; or they did, out of sight. */
  private unknownOutcomes(
    links: readonly LinkCase[],
    leftOut: ReadonlySet<string>,
  ): { ready: LinkCase[]; waiting: Finished[] } {
    const { idempotency, settlesWithinMs = 30_000 } = this.capabilities;
    const ready: LinkCase[] = [];
    const waiting: Finished[] = [];
    for (const link of links) {
      if (link.externalId !== null && leftOut.has(link.linkId)) {
        waiting.push(this.told.dead(link, outOfSight(link.externalId), null));
        continue;
      }
      const isUnsure = link.linkState === 'CREATING' && link.externalId === null;
      const settlesAt = Date.parse(link.creatingSince ?? '') + settlesWithinMs;
      if (!isUnsure || idempotency === 'UPSERT') ready.push(link);
      else if (idempotency === 'NONE') {
        const message =
          'a create was sent, and the system cannot be asked whether it worked: look there before sending it again';
        waiting.push(this.told.dead(link, new Permanent('OUTCOME_UNKNOWN', message, { place: 'BEYOND' }), null));
      } else if (settlesAt > this.db.now().getTime()) {
        waiting.push({ ...this.told.base(link), state: 'PENDING', dueAt: new Date(settlesAt).toISOString() });
      } else ready.push(link);
    }
    return { ready, waiting };
  }

  private async plan(
    links: readonly LinkCase[],
    theirs: ReadonlyMap<string, JsonObject>,
    codes: CodeLists,
    hashes: ReadonlyMap<string, string> = new Map(),
  ): Promise<Work[]> {
    const { db, definition, stream } = this;
    const { system, scope } = this.home;
    const wanted = links.flatMap(({ golden }) => (golden ? parentsOf({ stream, definition }, golden.attributes) : []));
    const parents = await loadParents(db, system, scope, wanted);
    const context: PlanContext = { model: db.model, definition, system, stream, parents, codes };
    const isTaken = ({ linkId, source }: LinkCase) => source?.contentHash === hashes.get(linkId);
    const planned = (link: LinkCase, questions?: Questions): Work => {
      const stated = isTaken(link) ? link.source?.attributes : undefined;
      const given = questions ? { ...context, questions } : context;
      return { link, planned: planLink(given, link, theirs.get(link.linkId), stated) };
    };
    const works = links.map((link) => planned(link));
    const asked = works.flatMap((work) => askedOf(definition, work.planned, isTaken(work.link)));
    const questions = await questionsAbout(withoutTransaction(db), definition.code, asked);
    const decided = works.map((work) => (work.planned.conflicts.length === 0 ? work : planned(work.link, questions)));
    const waiting = decided.flatMap(({ link, planned }) =>
      planned.unknownCodes.map((code) => ({ ...code, entityType: definition.code, recordId: link.linkId })),
    );
    if (waiting.length > 0) await inTransaction(db, (tx) => waitForCodes(tx, system, waiting));
    const isLoaded = await this.isLoaded(decided);
    return decided.map((work) =>
      isLoaded ? this.goneOrNot(work, theirs) : withoutCreate(this.goneOrNot(work, theirs)),
    );
  }

  private async isLoaded(works: readonly Work[]): Promise<boolean> {
    if (!works.some(({ planned }) => planned.plan.kind === 'CREATE')) return true;
    return isFirstLoadDone(this.db, streamName(this.sync.system, this.stream));
  }

  /** Linked, but the target doesn't have it: deleted there, which the sweep takes in, under its guard. */
  private goneOrNot(work: Work, theirs: ReadonlyMap<string, JsonObject>): Work {
    const { link, planned } = work;
    const isMissing = link.source?.state === 'ACTIVE' && !theirs.has(link.linkId);
    if (!isMissing || planned.plan.kind === 'FAIL') return work;
    const message = `record ${link.externalId} is not there any more`;
    if (this.stream.sweepEveryMs !== undefined)
      return { link, planned: { ...planned, plan: { kind: 'WAIT', waitsFor: SWEEP } } };
    const error = new Permanent('RECORD_GONE', message);
    return { link, planned: { ...planned, plan: { kind: 'FAIL', error } } };
  }

  private async write(works: readonly Work[], theirs: ReadonlyMap<string, JsonObject>): Promise<Written[]> {
    const pending = works.flatMap(({ link, planned: { plan } }) => {
      if (plan.kind !== 'CREATE' && plan.kind !== 'UPDATE') return [];
      this.unquotable.ofFields(plan.fields);
      return [{ link, plan, attempt: this.attemptOf(link, plan) }];
    });
    await noteSent(
      this.db,
      this.home,
      pending.map(({ attempt }) => attempt),
    );
    const byKey = new Map(pending.map((entry) => [entry.link.linkId, entry]));
    const rows = pending.map(({ link, plan }) => ({
      action: plan.kind,
      key: link.linkId,
      externalId: link.externalId,
      fields: plan.fields,
      before: plan.kind === 'CREATE' ? null : pick(theirs.get(link.linkId) ?? {}, Object.keys(plan.fields)),
    }));
    const written: Written[] = [];
    for (const batch of this.batchesOf(rows, byKey)) {
      const outcomes = await this.sendBatch(batch, byKey);
      for (const [key, outcome] of outcomes) {
        const entry = byKey.get(key);
        if (entry) written.push({ link: entry.link, attempt: entry.attempt, fields: entry.plan.fields, outcome });
      }
    }
    return written;
  }

  /** Smaller with each try that failed, down to one: what brings the system down each time does so alone in the end. */
  private batchesOf(
    rows: Parameters<typeof groupRows>[0],
    byKey: ReadonlyMap<string, { readonly link: LinkCase }>,
  ): WriteBatch[] {
    const sizeOf = ({ key }: { readonly key: string }) => {
      const again = Math.max(0, (byKey.get(key)?.link.attempts ?? 0) - 1);
      return Math.max(1, Math.floor(this.capabilities.batch / 8 ** again));
    };
    const sizes = [...new Set(rows.map(sizeOf))].sort((a, b) => b - a);
    return sizes.flatMap((size) =>
      groupRows(
        rows.filter((row) => sizeOf(row) === size),
        size,
      ),
    );
  }

  private async sendBatch(
    batch: WriteBatch,
    byKey: ReadonlyMap<string, { readonly link: LinkCase }>,
  ): Promise<Map<string, RowOutcome>> {
    const isSuspicious = batch.rows.some(({ key }) => (byKey.get(key)?.link.attempts ?? 0) >= 2);
    return send(
      async (part) => {
        // Not sent at all, so that its outcome is known.
        if (this.told.down) throw new Retryable(this.told.down.code, this.told.down.message);
        try {
          return await this.call((signal) => this.push.write(this.stream, part, signal));
        } catch (cause) {
          const error = asSourceError(cause);
          if (isOfSystem(error)) this.told.down = error;
          throw error;
        }
      },
      batch,
      isSuspicious,
    );
  }

  private attemptOf(link: LinkCase, plan: Extract<LinkPlan, { kind: 'CREATE' | 'UPDATE' }>): SentAttempt {
    const bases = Object.entries(plan.fields).map(([field, wrote]): [string, FieldBase] => {
      const before = link.bases[field];
      const isRepeat = before !== undefined && JSON.stringify(before.wrote) === JSON.stringify(wrote);
      return [
        field,
        isRepeat ? { ...before, written: true } : { wrote, shown: shownIn(plan, field), seen: 0, written: true },
      ];
    });
    return {
      id: newId(),
      linkId: link.linkId,
      goldenId: link.golden?.id ?? '',
      externalId: link.externalId,
      number: link.attempts + 1,
      action: plan.kind,
      changes: plan.changes,
      operationId: link.operationId,
      correlationId: link.correlationId,
      bases: Object.fromEntries(bases),
    };
  }

  private noteResults(written: readonly Written[]): Promise<void> {
    return noteCreated(
      this.db,
      this.home,
      written.flatMap(({ attempt, outcome }) =>
        outcome.externalId !== undefined && attempt.action === 'CREATE'
          ? [{ linkId: attempt.linkId, externalId: outcome.externalId }]
          : [],
      ),
    );
  }

  /** Look at what was written. Where the target can't be read just now the pull brings it. */
  private async readBack(written: readonly Written[]): Promise<readonly InboundRecord[] | null> {
    const byId = byExternalId(written);
    if (byId.size === 0) return null;
    try {
      const records = await this.call((signal) => this.sync.open.pull.read(this.stream, [...byId.keys()], signal));
      const shown = new Set(records.map(({ externalId }) => externalId));
      const unseen = [...byId].filter(([id, { attempt }]) => attempt.action === 'CREATE' && !shown.has(id));
      const leftOut = await this.leftOut(unseen.map(([, { link }]) => link.linkId));
      for (const [externalId, entry] of unseen)
        if (leftOut.has(entry.link.linkId))
          entry.outcome = { kind: 'FAILED', error: outOfSight(externalId), externalId };
      return records;
    } catch (cause) {
      const err = this.unquotable.withoutIn(cause);
      this.db.log.warn({ err, system: this.sync.system }, 'what was written could not be read back');
      return null;
    }
  }

  /** Take in what was written, as the hub's own word: when it comes back by a pull it is known already (law 7). */
  private async takeBack(
    written: readonly Written[],
    records: readonly InboundRecord[],
    codes: CodeLists,
  ): Promise<Map<string, JsonObject>> {
    const after = new Map<string, JsonObject>();
    if (records.length === 0) return after;
    const byId = byExternalId(written);
    const echo = new Map<string, ReadonlySet<string>>();
    for (const { externalId, payload } of records) {
      const entry = byId.get(externalId ?? '');
      if (!entry || externalId === null) continue;
      const present = this.stream.outward.present(payload);
      after.set(entry.link.linkId, present);
      const { link, attempt } = entry;
      const bases = { ...link.bases, ...attempt.bases };
      const createdFor = attempt.action === 'CREATE' ? link.golden : null;
      echo.set(externalId, ownAttributes(this.stream.outward, present, bases, createdFor));
    }
    const reason = 'read back after writing';
    const current = hashesOf(written.map(({ link }) => link));
    await takeIn(this.db, this.sync, this.stream, records, { codes, echo, reason, current });
    return after;
  }

  private async end(outcomes: readonly Finished[], written: readonly Written[] = []): Promise<DeliverStep> {
    const revived = await finish(this.db, this.claimed, this.told.withoutWaitFor(outcomes));
    await this.noteReached();
    const count = (state: Finished['state']) => outcomes.filter((entry) => entry.state === state).length;
    if (outcomes.some(({ waitsFor }) => waitsFor === SWEEP))
      await sweepSoon(this.db, streamName(this.sync.system, this.stream));
    const dead = count('DEAD');
    if (dead + revived > 0) await askAboutDeadLetters(this.db, this.sync.system);
    const wrote = written.filter(({ outcome }) => outcome.kind === 'WRITTEN');
    const created = wrote.filter(({ attempt }) => attempt.action === 'CREATE').length;
    const waiting = outcomes.filter(({ state, waitsFor }) => state === 'PENDING' && waitsFor !== null).length;
    return {
      entityType: this.claimed.entityType,
      claimed: this.claimed.links.length,
      created,
      updated: wrote.length - created,
      unchanged: count('DONE') - wrote.length,
      waiting,
      failed: count('PENDING') - waiting,
      dead,
    };
  }

  private async noteReached(): Promise<void> {
    if (this.told.concernsSystem) return;
    if (this.told.hasAnswered) await noteSuccess(this.db, this.sync.system);
    else if (this.isTrial) await leave(this.db, this.sync.system);
  }

  /** One call to the system: in its turn, with a time-out. */
  private async call<T>(work: (signal: AbortSignal) => Promise<T>, mayCall = false): Promise<T> {
    const { signal, wait } = this.options;
    try {
      const answer = await callOf(this.db, this.sync, { signal, wait, callMs: CALL_MS, mayCall })(work);
      if (!mayCall) this.told.hasAnswered = true;
      return answer;
    } catch (cause) {
      if (isAnswer(asSourceError(cause))) this.told.hasAnswered = true;
      throw cause;
    }
  }
}

/** What the hub knew of each before the system was asked. */
const hashesOf = (links: readonly LinkCase[]): ReadonlyMap<string, string> =>
  new Map(links.flatMap(({ externalId, source }) => (externalId && source ? [[externalId, source.contentHash]] : [])));

const byExternalId = (written: readonly Written[]): ReadonlyMap<string, Written> =>
  new Map(
    written.flatMap((entry) => (entry.outcome.kind === 'WRITTEN' ? [[entry.outcome.externalId, entry] as const] : [])),
  );

/** The hub created it, and has never read it. */
const isUnseen = ({ source, creatingSince, externalId }: LinkCase) =>
  source === null && creatingSince !== null && externalId !== null;

const outOfSight = (externalId: string) =>
  new Permanent(
    'OUT_OF_SIGHT',
    `created as record ${externalId}, but what the connector is set to read there leaves it out: widen that, then redrive, or create no such records there`,
    { place: 'HUB' },
  );

const withoutCreate = ({ link, planned }: Work): Work =>
  planned.plan.kind === 'CREATE'
    ? { link, planned: { ...planned, plan: { kind: 'WAIT', waitsFor: FIRST_LOAD } } }
    : { link, planned };

const pick = (fields: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));

function shownIn(plan: Extract<LinkPlan, { kind: 'CREATE' | 'UPDATE' }>, field: string): Json {
  return plan.changes.find(({ before }) => before && field in before)?.before?.[field] ?? null;
}
