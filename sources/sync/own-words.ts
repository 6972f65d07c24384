import { contentHash, type Db, type InboundRecord, withoutTransaction } from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import { type Bases, equalJson, isEcho } from './decide.js';
import { outwardStream, type Synchronised } from './synchronised.js';

/** Written there, and nobody has looked since: on record before it is sent. */
const UNSEEN = `
select t.external_id as "externalId", t.fields as bases, s.content_hash as "contentHash" from target_state t
  left join source_record s on s.entity_type = t.entity_type and s.id = t.link_id
  where t.system = $1 and t.scope = $2 and t.entity_type = $3 and t.external_id in (select jsonb_array_elements_text($4::jsonb))
    and t.fields @? '$.*.seen ? (@ == 0)'`;

interface Unseen {
  readonly externalId: string;
  readonly bases: Bases;
  readonly contentHash: string | null;
}

/**
 * Attributes of arriving records that are the hub's own word, which its delivery hasn't read back: the answer is still on its way,
 * never came, or couldn't be looked at. They are no testimony (law 7).
 */
export async function ownWords(
  db: Db,
  sync: Synchronised,
  { scope, entityType }: SyncStream,
  records: readonly InboundRecord[],
): Promise<Map<string, ReadonlySet<string>>> {
  const words = new Map<string, ReadonlySet<string>>();
  const outward = outwardStream(sync, scope, entityType)?.outward;
  const present = new Map(records.flatMap((record) => (record.deleted ? [] : [[record.externalId, record] as const])));
  if (!outward || present.size === 0) return words;
  const rows = await withoutTransaction(db).query<Unseen>(UNSEEN, sync.system, scope, entityType, [...present.keys()]);
  for (const { externalId, bases, contentHash: known } of rows) {
    const record = present.get(externalId);
    if (!record || record.unreadable || contentHash(record.payload) === known) continue;
    const theirs = outward.present(record.payload);
    const own = Object.entries(outward.attributes).filter(
      ([, { fields }]) =>
        fields.some((field) => bases[field]?.seen === 0) &&
        isEcho(fields, theirs, bases, outward.same?.bind(outward) ?? equalJson),
    );
    if (own.length > 0) words.set(externalId, new Set(own.map(([attribute]) => attribute)));
  }
  return words;
}
