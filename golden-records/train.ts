import { IllegalOperation } from './errors.js';
import { END_OF_JOB, type Job, queueJob, saveProgress } from './jobs.js';
import type { Json, JsonObject } from './json.js';
import { frozen, learnParameters, type RecordFeatures } from './match/engine/index.js';
import { draftParameters } from './match-parameters.js';
import { definitionOf } from './store/lookup.js';
import { type Actor, type Db, inTransaction, withoutTransaction } from './transaction.js';

export interface TrainingRequest {
  readonly entityType: string;
  readonly reason?: string | undefined;
  readonly correlationId: string;
}

/** Start learning parameters from the stored records of a type, without labels. What comes of it is a draft: nothing is matched by it. */
export const startTraining = (
  db: Db,
  actor: Actor,
  { entityType, reason, correlationId }: TrainingRequest,
): Promise<Job> => queueJob(db, actor, { kind: 'TRAIN', entityType, input: {}, step: 'learn', reason, correlationId });

/** The newest of more: as many tell what there is to tell. */
const MOST_RECORDS = 200_000;
const PAGE = 20_000;

const FEATURES = `
select s.id::text as id, s.match_features as features from source_record s
  where s.entity_type = $1 and s.state = 'ACTIVE' and s.id < $2::uuid order by s.id desc limit ${PAGE}`;

async function featuresOf(db: Db, entityType: string): Promise<RecordFeatures[]> {
  const tx = withoutTransaction(db);
  const records: RecordFeatures[] = [];
  let before = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  while (records.length < MOST_RECORDS) {
    const page = await tx.query<{ id: string; features: RecordFeatures | null }>(FEATURES, entityType, before);
    for (const { features } of page) if (features !== null) records.push(features);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    before = last.id;
  }
  return records;
}

/** The one step of training. Throws IllegalOperation TOO_LITTLE_DATA, with the reason, where nothing could be learnt. */
export async function learnFromStored(db: Db, job: Job): Promise<void> {
  const definition = definitionOf(db, job.entityType ?? '');
  const records = await featuresOf(db, definition.code);
  const { fields } = definition.matching.compared;
  const learnt = await learnParameters({ schema: { fields }, records });
  if (learnt.comparisons.every(({ origin }) => origin === 'shipped'))
    throw new IllegalOperation(
      'TOO_LITTLE_DATA',
      `${records.length} records of ${definition.code}: ${learnt.notes.join('; ')}`,
    );
  await inTransaction(db, async (tx) => {
    const { version: basedOn, thresholds } = tx.parameters.for(definition.code);
    const diagnostics: JsonObject = {
      records: records.length,
      prior: learnt.prior,
      notes: [...learnt.notes],
      comparisons: Object.fromEntries(learnt.comparisons.map(({ name, origin }) => [name, origin])),
    };
    const request = { correlationId: job.correlationId, ...(job.reason === null ? {} : { reason: job.reason }) };
    const { version } = await draftParameters(tx, job.actor, request, {
      entityType: definition.code,
      basedOn,
      parameters: frozen({ fields }, learnt) as unknown as JsonObject,
      thresholds,
      diagnostics,
    });
    const result = { ...job.result, version, ...diagnostics } as Record<string, Json>;
    await saveProgress(tx, job, { step: END_OF_JOB, place: {}, done: records.length, total: records.length, result });
  });
}
