import {
  type Actor,
  type Db,
  type InboundRecord,
  inTransaction,
  InvalidInput,
  iso,
  type Json,
  recordOperation,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import { takeIn } from './intake.js';
import { type Synchronised, streamName } from './synchronised.js';

export interface ReplayInput {
  /** ISO times of arrival, from (inclusive) to (exclusive). */
  readonly from: string;
  readonly to: string;
  readonly reason?: string;
  readonly correlationId: string;
  onProgress?(replayed: number): void;
}

export interface ReplayResult {
  readonly replayed: number;
  readonly changed: number;
}

// The latest version of each record, where it came in during that time: earlier ones were superseded then and would be now.
const EVENTS = `
select s.external_id as "externalId", s.content_hash as "contentHash", i.payload, i.deleted, ${iso('i.source_time')} as "sourceTime"
  from source_record s cross join lateral (select * from inbox_event e where e.entity_type = s.entity_type and e.system = s.system
    and e.scope = s.scope and e.external_id = s.external_id and e.outcome <> 'STALE' order by e.received_at desc, e.id desc limit 1) i
  where s.entity_type = $1 and s.system = $2 and s.scope = $3 and s.external_id > $4
    and i.received_at >= $5::timestamptz and i.received_at < $6::timestamptz
  order by s.external_id limit $7::int`;

interface Event {
  readonly externalId: string;
  /** Of what is applied now. */
  readonly contentHash: string;
  readonly payload: Json;
  readonly deleted: boolean;
  readonly sourceTime: string | null;
}

const PAGE = 100;

/**
 * Run the pipeline again on what arrived in that time, with today's mapping, rules and code lists. Where nothing comes out
 * otherwise no golden record changes. Throws InvalidInput.
 */
export async function replay(
  db: Db,
  actor: Actor,
  sync: Synchronised,
  stream: SyncStream,
  input: ReplayInput,
): Promise<ReplayResult> {
  const [from, to] = [Date.parse(input.from), Date.parse(input.to)];
  if (Number.isNaN(from) || Number.isNaN(to) || from >= to) {
    throw new InvalidInput(
      'INVALID_INPUT',
      `expected two times, the earlier first, found ${input.from} and ${input.to}`,
    );
  }
  const { correlationId, reason = 'replay' } = input;
  const subject = { stream: streamName(sync.system, stream), from: input.from, to: input.to };
  await inTransaction(db, (tx) => recordOperation(tx, { kind: 'REPLAY', actor, correlationId, reason, subject }));
  let [replayed, changed] = [0, 0];
  for (let after = ''; ; ) {
    const events = await withoutTransaction(db).query<Event>(
      EVENTS,
      stream.entityType,
      sync.system,
      stream.scope,
      after,
      new Date(from).toISOString(),
      new Date(to).toISOString(),
      PAGE,
    );
    const last = events.at(-1);
    if (!last) return { replayed, changed };
    const result = await takeIn(db, sync, stream, events.map(asRecord), {
      again: true,
      current: new Map(events.map(({ externalId, contentHash }) => [externalId, contentHash])),
      correlationId,
      reason,
      lane: 'BACKFILL',
    });
    replayed += events.length;
    changed += result.changed.length;
    after = last.externalId;
    input.onProgress?.(replayed);
  }
}

const asRecord = ({ externalId, payload, deleted, sourceTime }: Event): InboundRecord => ({
  externalId,
  payload,
  ...(deleted ? { deleted } : {}),
  ...(sourceTime === null ? {} : { sourceTime }),
});
