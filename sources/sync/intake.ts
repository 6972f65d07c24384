import {
  type Db,
  type InboundRecord,
  type IngestBatch,
  type IngestResult,
  ingest,
  newId,
  type Tx,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import { type CodeLists, loadCodes, mappingOver, type WaitingRecord, waitForCodes } from './codes.js';
import { lookAgain } from './dead-letters.js';
import { ownWords } from './own-words.js';
import { askAboutReplaced, closeAnswered } from './replaced.js';
import { setAsideReused } from './reused.js';
import type { Synchronised } from './synchronised.js';

export interface IntakeOptions extends Pick<IngestBatch, 'cursor' | 'echo' | 'current' | 'again' | 'lane' | 'reason'> {
  readonly correlationId?: string;
  readonly codes?: CodeLists;
  readonly dryRun?: boolean;
  /** Called before a dry run is rolled back, where anything changed. */
  readonly look?: (tx: Tx) => Promise<void>;
}

/** Take records of a stream through the pipeline, its code lists at hand. Who misses a code waits for it. */
export async function takeIn(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  given: readonly InboundRecord[],
  options: IntakeOptions = {},
): Promise<IngestResult> {
  const { codes: known, correlationId, dryRun = false, look, ...batch } = options;
  const codes = known ?? (stream.mappingWith ? await loadCodes(db, sync.system) : NO_CODES);
  const { mapping, missed } = mappingOver(stream, codes);
  const { system } = sync;
  const { scope, entityType } = stream;
  const operation = correlationId ?? newId();
  const records = await withoutStrangers(db, sync, stream, given);
  const aside = dryRun ? [] : await setAsideReused(db, sync, stream, records);
  if (aside.length > 0)
    await ingest(db, sync.actor, { system, scope, entityType, records: aside, mapping, correlationId: operation });
  const echo = batch.echo ?? (await ownWords(db, sync, stream, records));
  const all: IngestBatch = {
    ...batch,
    ...(echo.size > 0 ? { echo } : {}),
    system,
    scope,
    entityType,
    records,
    mapping,
    correlationId: operation,
  };
  if (!dryRun) await askAboutReplaced(db, sync, stream, records);
  // With what it was missed for: killed in between, nobody would ask.
  const within = async (tx: Tx, changed: ReadonlyMap<string, string>) => {
    await waitForCodes(tx, system, waitingOf(all, missed, changed));
    await look?.(tx);
  };
  const result = await ingest(db, sync.actor, all, { dryRun, within });
  if (dryRun) return result;
  if (stream.family !== undefined) await closeAnswered(db, sync, stream);
  if (result.operationId !== null) await lookAgain(db, all);
  return result;
}

/** A system may tell of a deletion what the hub never knew, or was never meant to: that is nothing to keep. */
async function withoutStrangers(
  db: Db,
  { system }: Synchronised,
  { scope, entityType }: SyncStream,
  records: readonly InboundRecord[],
): Promise<readonly InboundRecord[]> {
  const deleted = records.flatMap((record) =>
    record.deleted && record.externalId !== null ? [record.externalId] : [],
  );
  if (deleted.length === 0) return records;
  const rows = await withoutTransaction(db).query<{ externalId: string }>(
    `select external_id as "externalId" from source_record where entity_type = $1 and system = $2 and scope = $3
       and external_id in (select jsonb_array_elements_text($4::jsonb))`,
    entityType,
    system,
    scope,
    deleted,
  );
  const known = new Set(rows.map(({ externalId }) => externalId));
  return records.filter(({ deleted: isDeleted, externalId }) => !isDeleted || known.has(externalId ?? ''));
}

const NO_CODES: CodeLists = { inward: () => undefined, outward: () => undefined };

/** Who of what changed missed which codes. */
function waitingOf(
  { entityType, records }: IngestBatch,
  missed: ReturnType<typeof mappingOver>['missed'],
  changed: ReadonlyMap<string, string>,
): WaitingRecord[] {
  return records.flatMap(({ externalId, payload }) => {
    const recordId = changed.get(externalId ?? '');
    return recordId === undefined ? [] : (missed.get(payload) ?? []).map((code) => ({ ...code, entityType, recordId }));
  });
}
