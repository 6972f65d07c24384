import {
  type Db,
  type InboundRecord,
  isJsonObject,
  type JsonObject,
  type Outcome,
  type Tx,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import { type CodeLists, loadCodes } from './codes.js';
import { takeIn } from './intake.js';
import {
  type AttributeChange,
  type LinkCase,
  loadParents,
  type Parent,
  type Questions,
  questionsAbout,
} from './outbox-store.js';
import { askedOf, type OutwardStream, type PlanContext, parentsOf, planLink } from './plan-link.js';
import { outwardStream, type Synchronised, streamName } from './synchronised.js';
import { inTurn } from './turns.js';
import { tickOf } from './windows.js';

/** What would become of one record, before anything is written. */
export interface PlannedRecord {
  readonly stream: string;
  /** IN: a record of the system, here. OUT: a golden record, there. */
  readonly direction: 'IN' | 'OUT';
  readonly externalId: string | null;
  readonly goldenId: string | null;
  /** IN: what ingest would say of it. OUT: CREATE or UPDATE. */
  readonly outcome: Outcome | 'CREATE' | 'UPDATE';
  readonly changes: readonly AttributeChange[];
}

export interface StreamPlan {
  readonly stream: string;
  /** Records there: how many would link, be created here, be in doubt, … */
  readonly inward: Readonly<Record<Outcome, number>>;
  readonly outward: { readonly create: number; readonly update: number; readonly unchanged: number };
}

export interface PlanOptions {
  readonly signal: AbortSignal;
  /** Told of each record that would change; nothing is kept of it here. */
  readonly onRecord?: (record: PlannedRecord) => void;
  readonly onProgress?: (stream: string, records: number) => void;
}

const GOLDEN_PAGE = 200;

/**
 * What a first load and the deliveries after it would do, stream by stream: the pipeline runs and is rolled back, nothing is
 * written here or there. Records of the system that belong together only through each other are told apart here, as each page is
 * rolled back before the next.
 */
export async function plan(db: Db, sync: Synchronised, options: PlanOptions): Promise<StreamPlan[]> {
  const meetings: Meetings = new Map();
  const inward = new Map<SyncStream, StreamPlan['inward']>();
  for (const stream of sync.connector.streams) {
    const { entityType, scope } = stream;
    const place = meetings.get(placeOf(stream)) ?? {
      entityType,
      scope,
      met: new Map(),
      merged: new Set(),
      read: new Set(),
    };
    meetings.set(placeOf(stream), place);
    inward.set(stream, await planInward(db, sync, stream, place, options));
  }
  const plans: StreamPlan[] = [];
  for (const stream of sync.connector.streams) {
    const target = outwardStream(sync, stream.scope, stream.entityType);
    const writes = target === stream && sync.open.push !== undefined;
    const outward = writes
      ? await planOutward(db, sync, target, meetings, options)
      : { create: 0, update: 0, unchanged: 0 };
    plans.push({ stream: streamName(sync.system, stream), inward: inward.get(stream) ?? {}, outward } as StreamPlan);
  }
  return plans;
}

/** A record of the system beside the golden record that it would belong to, as that one would be then. */
interface Meeting {
  readonly link: LinkCase;
  readonly fields: JsonObject;
  readonly questions: Questions;
}

/** Of one entity type and scope. */
interface Place {
  readonly entityType: string;
  readonly scope: string;
  /** By golden record. */
  readonly met: Map<string, Meeting[]>;
  /** Golden records that would go, as a record of the system shows that they are another. */
  readonly merged: Set<string>;
  /** External ids: what a stream brings once more is no news. */
  readonly read: Set<string>;
}
type Meetings = Map<string, Place>;
const placeOf = ({ entityType, scope }: { readonly entityType: string; readonly scope: string }) =>
  `${entityType}\n${scope}`;

async function planInward(db: Db, sync: Synchronised, stream: SyncStream, place: Place, options: PlanOptions) {
  const { signal, onRecord, onProgress } = options;
  const name = streamName(sync.system, stream);
  const inward: Record<string, number> = {};
  const call = <T>(work: () => Promise<T>) => inTurn(db, sync, { signal }, work);
  const to = tickOf(await call(() => sync.open.pull.now(signal)), stream.resolutionMs);
  const codes = await codesOf(db, sync, signal);
  let after: string | null = null;
  let seen = 0;
  do {
    const page = await call(() => sync.open.pull.page(stream, { from: null, to }, after, stream.pageSize, signal));
    const given = page.records.filter(({ externalId }) => externalId === null || !place.read.has(externalId));
    for (const { externalId } of given) if (externalId !== null) place.read.add(externalId);
    const again = page.records.length - given.length;
    if (again > 0) inward.UNCHANGED = (inward.UNCHANGED ?? 0) + again;
    let links: LinkCase[] | undefined;
    const look = async (tx: Tx) => {
      links = await meet(tx, sync, stream, given, place, codes);
    };
    const { records, changed } = await takeIn(db, sync, stream, given, { dryRun: true, look, codes });
    links ??= await meet(withoutTransaction(db), sync, stream, given, place, codes);
    const diffs = new Map(changed.map((change) => [change.id, change.diff]));
    const goldens = new Map(links.map(({ externalId, golden }) => [externalId, golden?.id ?? null]));
    for (const { externalId, outcome, goldenId } of records) {
      inward[outcome] = (inward[outcome] ?? 0) + 1;
      if (outcome === 'UNCHANGED') continue;
      const golden = goldenId ?? goldens.get(externalId) ?? null;
      const changes = (diffs.get(golden ?? '') ?? []).map(
        ({ attribute, before, after: value }): AttributeChange => ({
          attribute,
          before: { value: before },
          after: { value },
          why: 'FIRST',
        }),
      );
      onRecord?.({ stream: name, direction: 'IN', externalId, goldenId: golden, outcome, changes });
    }
    seen += page.records.length;
    onProgress?.(name, seen);
    after = page.next;
  } while (after !== null);
  return inward as StreamPlan['inward'];
}

/** Put the records of a page beside their golden records, as these stand in the transaction, with what a steward would be asked about them. */
async function meet(
  tx: Tx,
  sync: Synchronised,
  stream: SyncStream,
  records: readonly InboundRecord[],
  place: Place,
  codes: CodeLists,
): Promise<LinkCase[]> {
  const definition = tx.model.entityTypes.get(stream.entityType);
  const ids = records.flatMap(({ externalId, deleted }) => (externalId === null || deleted ? [] : [externalId]));
  const rows = await tx.query<{ row: LinkCase; merged: string[] }>(
    LINKED,
    stream.entityType,
    sync.system,
    stream.scope,
    ids,
  );
  const links = rows.map(({ row }) => row);
  const target = outwardStream(sync, stream.scope, stream.entityType);
  if (!target || !definition) return links;
  for (const { merged } of rows) for (const id of merged) place.merged.add(id);
  const fields = new Map(
    records.flatMap(({ externalId, payload }) =>
      externalId === null ? [] : [[externalId, target.outward.present(payload)]],
    ),
  );
  const context: PlanContext = {
    model: tx.model,
    definition,
    system: sync.system,
    stream: target,
    parents: new Map(),
    codes,
  };
  const asked = links.flatMap((link) =>
    askedOf(definition, planLink(context, link, fields.get(link.externalId ?? ''), link.source?.attributes), true),
  );
  const questions = await questionsAbout(tx, stream.entityType, asked);
  for (const link of links) {
    const golden = link.golden?.id ?? '';
    const theirs = fields.get(link.externalId ?? '') ?? {};
    place.met.set(golden, [...(place.met.get(golden) ?? []), { link, fields: theirs, questions }]);
  }
  return links;
}

async function planOutward(
  db: Db,
  sync: Synchronised,
  stream: OutwardStream,
  meetings: Meetings,
  { onRecord, signal }: PlanOptions,
): Promise<StreamPlan['outward']> {
  const definition = db.model.entityTypes.get(stream.entityType);
  const place = meetings.get(placeOf(stream));
  const counts = { create: 0, update: 0, unchanged: 0 };
  if (!definition || !place) return counts;
  const codes = await codesOf(db, sync, signal);
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    signal.throwIfAborted();
    const cases = await goldenCases(db, stream.entityType, after);
    const last = cases.at(-1)?.golden;
    if (!last) return counts;
    after = last.id;
    const pairs = cases
      .filter(({ golden }) => !place.merged.has(golden?.id ?? ''))
      .flatMap((link): Partial<Meeting>[] => place.met.get(link.golden?.id ?? '') ?? [{ link }]);
    const wanted = pairs.flatMap(({ link }) =>
      link?.golden ? parentsOf({ stream, definition }, link.golden.attributes) : [],
    );
    const parents = parentsThen(sync, stream.scope, meetings, await loadParents(db, sync.system, stream.scope, wanted));
    const context: PlanContext = { model: db.model, definition, system: sync.system, stream, parents, codes };
    for (const { link, fields, questions } of pairs) {
      if (!link) continue;
      const { plan: planned } = planLink(
        { ...context, ...(questions ? { questions } : {}) },
        link,
        fields,
        link.source?.attributes,
      );
      if (planned.kind !== 'CREATE' && planned.kind !== 'UPDATE') {
        counts.unchanged++;
        continue;
      }
      counts[planned.kind === 'CREATE' ? 'create' : 'update']++;
      onRecord?.({
        stream: streamName(sync.system, stream),
        direction: 'OUT',
        externalId: link.externalId,
        goldenId: link.golden?.id ?? null,
        outcome: planned.kind,
        changes: planned.changes,
      });
    }
  }
}

/** Stands for the id of what is to be created there first. */
const NEW = '(new)';

/** Where those that are referred to would stand by then: who is there, and who is created before. */
function parentsThen(
  sync: Synchronised,
  scope: string,
  meetings: Meetings,
  parents: ReadonlyMap<string, Parent>,
): Map<string, Parent> {
  return new Map(
    [...parents].map(([key, parent]) => {
      const { entityType, goldenId } = parent;
      const met = meetings.get(placeOf({ entityType, scope }))?.met.get(goldenId) ?? [];
      const there = met.flatMap(({ link }) => (link.externalId === null ? [] : [link.externalId]));
      const isCreated = outwardStream(sync, scope, entityType)?.outward.creates === true;
      const found = [parent.externalIds, there, isCreated ? [NEW] : []].find(({ length }) => length > 0) ?? [];
      return [key, { ...parent, externalIds: found }];
    }),
  );
}

async function codesOf(db: Db, sync: Synchronised, signal: AbortSignal): Promise<CodeLists> {
  const plain = await inTurn(db, sync, { signal, mayCall: true }, async () => sync.open.codes?.(signal));
  return loadCodes(db, sync.system, plain);
}

const GOLDEN = `json_build_object('id', g.id, 'state', g.state, 'version', g.version, 'attributes', g.attributes, 'provenance', g.provenance,
  'members', (select coalesce(json_agg(json_build_object('id', m.id, 'system', m.system, 'scope', m.scope, 'state', m.state,
    'externalId', m.external_id)), '[]') from source_record m where m.entity_type = $1 and m.golden_record_id = g.id))`;
const CASE = `'stamp', '', 'generation', '0', 'attempts', 0, 'operationId', g.operation_id, 'correlationId', '', 'isDouble', false, 'creatingSince', null,
  'golden', ${GOLDEN}`;
const GOLDENS = `
select json_build_object('linkId', g.id, 'linkState', 'PLANNED', 'externalId', null, 'bases', '{}'::jsonb, 'source', null, ${CASE}) as row
  from golden_record g where g.entity_type = $1 and g.id > $2::uuid and g.state in ('ACTIVE', 'PROVISIONAL', 'RETIRED')
  order by g.id limit ${GOLDEN_PAGE}`;
const LINKED = `
select json_build_object('linkId', s.id, 'linkState', 'LINKED', 'externalId', s.external_id, 'bases', coalesce(t.fields, '{}'),
    'source', json_build_object('state', s.state, 'contentHash', s.content_hash, 'attributes', s.attributes), ${CASE}) as row,
    array(select o.id::text from golden_record o where o.entity_type = $1 and o.merged_into_id = g.id) as merged
  from source_record s join golden_record g on g.entity_type = $1 and g.id = s.golden_record_id left join target_state t on t.link_id = s.id
  where s.entity_type = $1 and s.system = $2 and s.scope = $3 and s.external_id in (select jsonb_array_elements_text($4::jsonb))`;

async function goldenCases(db: Db, entityType: string, after: string): Promise<LinkCase[]> {
  const rows = await withoutTransaction(db).query<{ row: LinkCase }>(GOLDENS, entityType, after);
  return rows.map(({ row }) => row).filter(({ golden }) => isJsonObject(golden?.attributes ?? null));
}
