import {
  type Db,
  type InboundRecord,
  isJsonObject,
  type JsonObject,
  type Outcome,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import { loadCodes } from './codes.js';
import { takeIn } from './intake.js';
import { type AttributeChange, type LinkCase, loadParents } from './outbox-store.js';
import { type OutwardStream, parentsOf, planLink } from './plan-link.js';
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
  const plans: StreamPlan[] = [];
  for (const stream of sync.connector.streams) {
    const name = streamName(sync.system, stream);
    const { inward, there } = await planInward(db, sync, stream, options);
    const target = outwardStream(sync, stream.scope, stream.entityType);
    const writes = target === stream && sync.open.push !== undefined;
    const outward = writes
      ? await planOutward(db, sync, target, there, options)
      : { create: 0, update: 0, unchanged: 0 };
    plans.push({ stream: name, inward, outward });
  }
  return plans;
}

/** The fields that the system has, by the golden record that each would belong to. */
type There = Map<string, { readonly externalId: string; readonly fields: JsonObject }[]>;

async function planInward(db: Db, sync: Synchronised, stream: SyncStream, options: PlanOptions) {
  const { signal, onRecord, onProgress } = options;
  const name = streamName(sync.system, stream);
  const inward: Record<string, number> = {};
  const there: There = new Map();
  const call = <T>(work: () => Promise<T>) => inTurn(db, sync, { signal }, work);
  const to = tickOf(await call(() => sync.open.pull.now(signal)), stream.resolutionMs);
  let after: string | null = null;
  let seen = 0;
  do {
    const page = await call(() => sync.open.pull.page(stream, { from: null, to }, after, stream.pageSize, signal));
    const { records, changed } = await takeIn(db, sync, stream, page.records, { dryRun: true });
    const diffs = new Map(changed.map((change) => [change.id, change.diff]));
    const known = await goldensOf(db, sync.system, stream, page.records);
    for (const [at, { externalId, outcome, goldenId }] of records.entries()) {
      inward[outcome] = (inward[outcome] ?? 0) + 1;
      const golden = goldenId ?? known.get(externalId ?? '') ?? null;
      const payload = page.records[at]?.payload ?? null;
      if (golden !== null && externalId !== null && stream.outward)
        there.set(golden, [...(there.get(golden) ?? []), { externalId, fields: stream.outward.present(payload) }]);
      if (outcome === 'UNCHANGED') continue;
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
  return { inward: inward as StreamPlan['inward'], there };
}

async function goldensOf(db: Db, system: string, stream: SyncStream, records: readonly InboundRecord[]) {
  const rows = await withoutTransaction(db).query<{ externalId: string; goldenId: string }>(
    `select external_id as "externalId", golden_record_id::text as "goldenId" from source_record where entity_type = $1 and system = $2
       and scope = $3 and golden_record_id is not null and external_id in (select jsonb_array_elements_text($4::jsonb))`,
    stream.entityType,
    system,
    stream.scope,
    records.map(({ externalId }) => externalId),
  );
  return new Map(rows.map(({ externalId, goldenId }) => [externalId, goldenId]));
}

async function planOutward(
  db: Db,
  sync: Synchronised,
  stream: OutwardStream,
  there: There,
  { onRecord, signal }: PlanOptions,
): Promise<StreamPlan['outward']> {
  const definition = db.model.entityTypes.get(stream.entityType);
  if (!definition) return { create: 0, update: 0, unchanged: 0 };
  const plain = await inTurn(db, sync, { signal, mayCall: true }, async () => sync.open.codes?.(signal));
  const codes = await loadCodes(db, sync.system, plain);
  const counts = { create: 0, update: 0, unchanged: 0 };
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    signal.throwIfAborted();
    const cases = await goldenCases(db, stream.entityType, after);
    const last = cases.at(-1)?.golden;
    if (!last) return counts;
    after = last.id;
    const wanted = cases.flatMap(({ golden }) => (golden ? parentsOf({ stream, definition }, golden.attributes) : []));
    const parents = await loadParents(db, sync.system, stream.scope, wanted);
    const context = { model: db.model, definition, system: sync.system, stream, parents, codes };
    for (const link of cases) {
      const counterparts = there.get(link.golden?.id ?? '') ?? [undefined];
      for (const counterpart of counterparts) {
        const linked: LinkCase = counterpart
          ? { ...link, externalId: counterpart.externalId, linkState: 'LINKED' }
          : link;
        const { plan: planned } = planLink(context, linked, counterpart?.fields);
        if (planned.kind !== 'CREATE' && planned.kind !== 'UPDATE') {
          counts.unchanged++;
          continue;
        }
        counts[planned.kind === 'CREATE' ? 'create' : 'update']++;
        onRecord?.({
          stream: streamName(sync.system, stream),
          direction: 'OUT',
          externalId: linked.externalId,
          goldenId: link.golden?.id ?? null,
          outcome: planned.kind,
          changes: planned.changes,
        });
      }
    }
  }
}

const GOLDENS = `
select json_build_object('linkId', g.id, 'stamp', '', 'generation', '0', 'attempts', 0, 'operationId', g.operation_id, 'correlationId', '', 'linkState',
    'PLANNED', 'isDouble', false, 'creatingSince', null, 'externalId', null, 'bases', '{}'::jsonb, 'source', null,
    'golden', json_build_object('id', g.id, 'state', g.state, 'version', g.version, 'attributes', g.attributes, 'provenance', g.provenance,
      'members', (select coalesce(json_agg(json_build_object('id', m.id, 'system', m.system, 'scope', m.scope, 'state', m.state,
        'externalId', m.external_id)), '[]') from source_record m where m.entity_type = $1 and m.golden_record_id = g.id))) as row
  from golden_record g where g.entity_type = $1 and g.id > $2::uuid and g.state in ('ACTIVE', 'PROVISIONAL', 'RETIRED')
  order by g.id limit ${GOLDEN_PAGE}`;

async function goldenCases(db: Db, entityType: string, after: string): Promise<LinkCase[]> {
  const rows = await withoutTransaction(db).query<{ row: LinkCase }>(GOLDENS, entityType, after);
  return rows.map(({ row }) => row).filter(({ golden }) => isJsonObject(golden?.attributes ?? null));
}
