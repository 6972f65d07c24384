import { type ParameterSet, parameterSet, rulesVersionFor } from './active-parameters.js';
import { Conflict, InvalidInput } from './errors.js';
import { newId } from './ids.js';
import { withMadeLinks } from './ingest/held-links.js';
import { scoreAll } from './ingest/score-batch.js';
import { END_OF_JOB, type Job, queueJob, saveProgress } from './jobs.js';
import type { Json, JsonObject } from './json.js';
import { matcherFor, type NormalisedRecord } from './match/matcher.js';
import type { EntityTypeDefinition } from './model.js';
import { planOf, settleComponent } from './plan.js';
import type { Settlement } from './settle.js';
import { loadComponent } from './store/component.js';
import { definitionOf, matchablesOf, newestRevision, tasksAbout, writtenSince } from './store/lookup.js';
import type { ScoreRow } from './store/rows.js';
import { type WritePlan, writePlan } from './store/write.js';
import { type Actor, type Db, inTransaction, lockEntityType, type Tx, withoutTransaction } from './transaction.js';

/**
 * Match what is stored anew, under the parameters and the program of today: first every record's keys, then the scores of
 * every pair that they bring together, then the components. Each page is one transaction that also says how far it came.
 * Until the links are settled nobody sees a half-way state: scores move no record by themselves.
 */
export const REMATCH_STEPS = ['keys', 'scores', 'links'] as const;
export type RematchStep = (typeof REMATCH_STEPS)[number];

/** Which records; all that is given holds. */
export interface RematchSlice {
  readonly system?: string;
  readonly scope?: string;
  /** Canonical UUIDs. */
  readonly goldenIds?: readonly string[];
}

export interface RematchRequest {
  readonly entityType: string;
  readonly slice?: RematchSlice;
  /** Count what would change, change nothing. */
  readonly dryRun?: boolean;
  /** Of a dry run: the parameter set to try. Default: the active one. */
  readonly parametersVersion?: number;
  readonly reason?: string | undefined;
  readonly correlationId: string;
}

/** Start a rematch. Throws InvalidInput, NotFound (no such parameter set). */
export async function startRematch(db: Db, actor: Actor, request: RematchRequest): Promise<Job> {
  const { entityType, slice = {}, dryRun = false, parametersVersion, reason, correlationId } = request;
  if (parametersVersion !== undefined) {
    if (!dryRun)
      throw new InvalidInput(
        'INVALID_INPUT',
        'only a dry run tries another parameter set: activate it, then match anew',
        { field: 'parametersVersion' },
      );
    await parameterSet(db, entityType, parametersVersion);
  }
  if (slice.system !== undefined && !db.model.systems.has(slice.system))
    throw new InvalidInput(
      'UNKNOWN_SYSTEM',
      `expected ${[...db.model.systems.keys()].join(', ')}, found "${slice.system}"`,
      { field: 'slice' },
    );
  const input: JsonObject = {
    slice: JSON.parse(JSON.stringify(slice)) as JsonObject,
    dryRun,
    ...(parametersVersion === undefined ? {} : { parametersVersion }),
  };
  // Keys depend on what a record says and on the program, not on parameters: a trial finds them as they are.
  return queueJob(db, actor, {
    kind: 'REMATCH',
    entityType,
    input,
    step: dryRun ? 'scores' : 'keys',
    reason,
    correlationId,
  });
}

/** Small enough that the lock is held for well under 100 ms. */
const PAGE = { keys: 200, scores: 200, links: 50 } as const;

interface Run {
  readonly job: Job;
  readonly definition: EntityTypeDefinition;
  readonly slice: RematchSlice;
  readonly dryRun: boolean;
  readonly after: string;
}

function runOf(db: Pick<Tx, 'model'>, job: Job): Run {
  const { slice, dryRun } = job.input as unknown as { slice: RematchSlice; dryRun: boolean };
  const after = typeof job.place.after === 'string' ? job.place.after : '00000000-0000-0000-0000-000000000000';
  return { job, definition: definitionOf(db, job.entityType ?? ''), slice, dryRun, after };
}

/** The set by which this job matches. Throws Conflict when another one became active since it began. */
async function setOf(tx: Tx, { job, definition }: Run): Promise<ParameterSet> {
  const { parametersVersion } = job.input;
  if (typeof parametersVersion === 'number') return parameterSet(tx, definition.code, parametersVersion);
  const active = tx.parameters.for(definition.code);
  const began = job.result.parametersVersion;
  if (typeof began === 'number' && began !== active.version)
    throw new Conflict(
      'STALE_VERSION',
      `parameter set ${active.version} became active after this job began under ${began}: start another`,
    );
  return active;
}

const IN_SLICE = `s.entity_type = $1 and s.id > $2::uuid and s.state <> 'HELD'
  and ($3::text is null or s.system = $3) and ($4::text is null or s.scope = $4)
  and ($5::jsonb is null or s.golden_record_id in (select value::uuid from jsonb_array_elements_text($5::jsonb)))`;
const sliceParameters = ({ definition, slice, after }: Run) => [
  definition.code,
  after,
  slice.system ?? null,
  slice.scope ?? null,
  slice.goldenIds ?? null,
];

async function idsOfPage(tx: Tx, run: Run, size: number): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select s.id::text as id from source_record s where ${IN_SLICE} order by s.id limit ${size}`,
    ...sliceParameters(run),
  );
  return rows.map(({ id }) => id);
}

/** Where the next page begins, or the first page of the next step. */
function onward(run: Run, step: RematchStep, ids: readonly string[], size: number) {
  const last = ids.at(-1);
  const over = last === undefined || ids.length < size;
  const next = REMATCH_STEPS[REMATCH_STEPS.indexOf(step) + 1];
  if (!over) return { step, place: { after: last }, done: run.job.done + ids.length };
  return next === undefined
    ? { step: END_OF_JOB, place: {}, done: run.job.done + ids.length }
    : { step: next, place: {}, done: 0 };
}

/** How many records the job is about, told once. */
async function totalOf(tx: Tx, run: Run): Promise<number | null> {
  if (run.job.total !== null) return run.job.total;
  const [row] = await tx.query<{ total: number }>(
    `select count(*)::int as total from source_record s where ${IN_SLICE}`,
    ...sliceParameters({ ...run, after: '00000000-0000-0000-0000-000000000000' }),
  );
  return row?.total ?? 0;
}

const NORMALISED = `
select s.id::text as id, s.attributes,
    (select coalesce(json_agg(json_build_object('scheme', i.scheme, 'value', i.value, 'strong', i.strong)), '[]')
      from identifier i where i.source_record_id = s.id) as identifiers
  from source_record s
  where s.entity_type = $1 and s.id in (select value::uuid from jsonb_array_elements_text($2::jsonb)) order by s.id`;

const REKEY = `
with wanted as materialized (
  select x.id, x.features, array(select value::bigint from jsonb_array_elements_text(x.keys)) as keys
    from jsonb_to_recordset($2::jsonb) as x(id uuid, features jsonb, keys jsonb)
), gone as (
  delete from match_key m using wanted w, source_record s where s.entity_type = $1 and s.id = w.id
    and m.key = any(s.match_keys) and m.source_record_id = w.id and m.key <> all(w.keys)
), described as (
  update source_record s set match_features = w.features, match_keys = w.keys from wanted w
    where s.entity_type = $1 and s.id = w.id
      and (s.match_keys <> w.keys or s.match_features is distinct from w.features)
)
insert into match_key (key, source_record_id)
  select unnest(w.keys), w.id from wanted w on conflict do nothing`;

/** One page of features and keys, read and written under the lock: what arrives meanwhile writes its own. */
export function rematchKeys(db: Db, job: Job): Promise<void> {
  return inTransaction(db, async (tx) => {
    const run = runOf(tx, job);
    await lockEntityType(tx, run.definition.code);
    const set = await setOf(tx, run);
    const total = await totalOf(tx, run);
    const ids = await idsOfPage(tx, run, PAGE.keys);
    const rows = await tx.query<NormalisedRecord & { id: string }>(NORMALISED, run.definition.code, ids);
    const described = matcherFor(run.definition, set).describe(rows);
    if (ids.length > 0)
      await tx.execute(
        REKEY,
        run.definition.code,
        rows.map(({ id }, at) => ({ id, ...described[at] })) as unknown as Json,
      );
    const result = { ...job.result, parametersVersion: set.version };
    await saveProgress(tx, job, { ...onward(run, 'keys', ids, PAGE.keys), total, result });
  });
}

const RESCORE = `
with page as (select value::uuid as id from jsonb_array_elements_text($2::jsonb)),
  news as (select value::uuid as id from jsonb_array_elements_text($3::jsonb)),
  mine as (
    select left_id, right_id from match_score where entity_type = $1 and left_id in (select id from page)
    union
    select left_id, right_id from match_score where entity_type = $1 and right_id in (select id from page)
  ), wanted as materialized (
    select * from jsonb_to_recordset($4::jsonb) as x(left_id uuid, right_id uuid, weight numeric, outcome text, waterfall jsonb)
    where left_id not in (select id from news) and right_id not in (select id from news)
  ), gone as (
    delete from match_score m using mine where m.entity_type = $1 and m.left_id = mine.left_id and m.right_id = mine.right_id
      and m.left_id not in (select id from news) and m.right_id not in (select id from news)
      and not exists (select from wanted w where w.left_id = m.left_id and w.right_id = m.right_id)
    returning 1)
insert into match_score (entity_type, left_id, right_id, weight, outcome, waterfall, rules_version)
  select $1, w.left_id, w.right_id, w.weight, w.outcome, w.waterfall, $5 from wanted w
  on conflict (entity_type, left_id, right_id) do update set weight = excluded.weight, outcome = excluded.outcome,
    waterfall = excluded.waterfall, rules_version = excluded.rules_version`;

const TRIAL = `
with page as (
  insert into trial_record (job_id, source_record_id)
    select $1::uuid, value::uuid from jsonb_array_elements_text($2::jsonb) on conflict do nothing)
insert into trial_score (job_id, left_id, right_id, weight, outcome)
  select $1::uuid, x.left_id, x.right_id, x.weight, x.outcome
    from jsonb_to_recordset($3::jsonb) as x(left_id uuid, right_id uuid, weight numeric, outcome text)
  on conflict (job_id, left_id, right_id) do nothing`;

/**
 * One page of scores, compared outside of the lock. Records that arrived in between were compared by their own arrival,
 * under the same parameters, and are left as they are.
 */
export async function rematchScores(db: Db, job: Job): Promise<void> {
  const reader = withoutTransaction(db);
  const run = runOf(reader, job);
  const { code } = run.definition;
  const set = await setOf(reader, run);
  const seen = await newestRevision(reader, code);
  const ids = await idsOfPage(reader, run, PAGE.scores);
  const arriving = await matchablesOf(reader, code, ids);
  const { scores: found, crowdedKeys } = await scoreAll(reader, run.definition, arriving, set);
  const scores = await withMadeLinks(reader, code, ids, found);
  await inTransaction(db, async (tx) => {
    const total = await totalOf(tx, run);
    if (run.dryRun) await tx.execute(TRIAL, job.id, ids, scores.map(scoreRow));
    else {
      await lockEntityType(tx, code);
      if ((await setOf(tx, run)).version !== set.version) return saveProgress(tx, job, {});
      const news = await writtenSince(tx, code, seen);
      await tx.execute(RESCORE, code, ids, [...news], scores.map(scoreRow), rulesVersionFor(tx, code));
    }
    const result = {
      ...job.result,
      parametersVersion: set.version,
      crowdedKeys: countOf(job.result.crowdedKeys) + crowdedKeys,
    };
    return saveProgress(tx, job, { ...onward(run, 'scores', ids, PAGE.scores), total, result });
  });
}

const scoreRow = ({ left, right, weight, outcome, waterfall }: ScoreRow): Json => ({
  left_id: left,
  right_id: right,
  weight,
  outcome,
  waterfall: waterfall as unknown as Json,
});
const countOf = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);

/** One page of links: the components around these records are settled by the scores that stand, or in a dry run would be. */
export function rematchLinks(db: Db, job: Job): Promise<void> {
  return inTransaction(db, async (tx) => {
    const run = runOf(tx, job);
    const { code } = run.definition;
    if (!run.dryRun) await lockEntityType(tx, code);
    const set = await setOf(tx, run);
    const ids = await idsOfPage(tx, run, PAGE.links);
    const component = await loadComponent(tx, code, ids, [], [], run.dryRun ? job.id : undefined);
    const unsettled = { definition: run.definition, component, arrivals: [], scores: [] };
    const settlement = await settleComponent(tx, unsettled, set.thresholds);
    if (!run.dryRun) {
      const head = {
        id: newId(),
        kind: 'REMATCH',
        actor: job.actor,
        reason: job.reason ?? undefined,
        correlationId: job.correlationId,
      };
      const homes = new Map(component.sources.map((row) => [row.id, row]));
      const subject = { job: job.id, records: ids.length };
      const plan = planOf(tx, run.definition, head, settlement, new Set(), homes, {}, subject);
      if (await hasNews(tx, plan)) await writePlan(tx, plan);
    }
    const result = { ...job.result, ...countsOf(job.result, ids, settlement), parametersVersion: set.version };
    await saveProgress(tx, job, { ...onward(run, 'links', ids, PAGE.links), result });
  });
}

/** Where links, golden records and questions are as they were, nothing is written. */
async function hasNews(tx: Tx, { goldens, links, tasks, touched }: WritePlan): Promise<boolean> {
  if (goldens.length + links.length > 0) return true;
  const open = await tx.query<{ key: string }>(
    `select open_key as key from (${tasksAbout('array(select value::uuid from jsonb_array_elements_text($1::jsonb))')}) t
       where kind <> 'REJECTED_RECORD' and state in ('OPEN', 'CLAIMED')`,
    touched,
  );
  const asked = new Set(tasks.map(({ key }) => key));
  return open.length !== asked.size || open.some(({ key }) => !asked.has(key));
}

/**
 * What became of the records of a page. A component may be met by several pages: a record is counted on its own page, a
 * golden record where its first member is.
 */
function countsOf(before: JsonObject, ids: readonly string[], settlement: Settlement): JsonObject {
  const mine = new Set(ids);
  const members = new Map<string, string[]>();
  for (const { id, goldenId } of settlement.links) members.set(goldenId, [...(members.get(goldenId) ?? []), id]);
  const inDoubt = new Set(
    settlement.questions
      .filter(({ provisional }) => provisional)
      .map(({ left, right }) => (left > right ? left : right)),
  );
  const count = { records: 0, linked: 0, alone: 0, inDoubt: 0, moved: 0, goldenRecords: 0, questions: 0 };
  for (const { id, goldenId } of settlement.links) {
    if (!mine.has(id)) continue;
    count.records++;
    if ((members.get(goldenId)?.length ?? 0) > 1) count.linked++;
    else if (inDoubt.has(id)) count.inDoubt++;
    else count.alone++;
  }
  for (const { id } of settlement.moved) if (mine.has(id)) count.moved++;
  for (const ofOne of members.values()) if (mine.has([...ofOne].sort()[0] ?? '')) count.goldenRecords++;
  for (const { left, right } of settlement.questions) if (mine.has(left < right ? left : right)) count.questions++;
  return Object.fromEntries(Object.entries(count).map(([name, found]) => [name, countOf(before[name]) + found]));
}

/** What a dry run kept for itself. */
export async function forgetTrial(tx: Pick<Tx, 'prisma'>, { id }: Job): Promise<void> {
  await tx.prisma.trialScore.deleteMany({ where: { jobId: id } });
  await tx.prisma.trialRecord.deleteMany({ where: { jobId: id } });
}
