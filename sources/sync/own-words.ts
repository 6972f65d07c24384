import {
  contentHash,
  type Db,
  type InboundRecord,
  type JsonObject,
  type Provenance,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { Outward, SyncStream } from '../connector.js';
import { type Bases, equalJson, isEcho } from './decide.js';
import { outwardStream, type Synchronised } from './synchronised.js';

/** The golden record that another record was created for. */
export interface CreatedFor {
  readonly attributes: JsonObject;
  readonly provenance: Readonly<Record<string, Provenance>>;
}

/**
 * Attributes whose present value is the hub's own word, as it was written, or nobody's: what the system filled in by itself where the
 * record was just created (`createdFor`) and nothing was sent. Where somebody had said "none" it is a word like others: a system
 * that fills it in may refuse to have none.
 */
export function ownAttributes(
  outward: Outward,
  theirs: JsonObject,
  bases: Bases,
  createdFor: CreatedFor | null,
): Set<string> {
  const same = outward.same?.bind(outward) ?? equalJson;
  const isFilledIn = (attribute: string, fields: readonly string[]) =>
    createdFor !== null &&
    fields.every((field) => bases[field] === undefined) &&
    !(createdFor.provenance[attribute] && (createdFor.attributes[attribute] ?? null) === null);
  const own = Object.entries(outward.attributes).filter(
    ([attribute, { fields }]) => isEcho(fields, theirs, bases, same) || isFilledIn(attribute, fields),
  );
  return new Set(own.map(([attribute]) => attribute));
}

/** Written there, and nobody has looked since: on record before it is sent. */
const UNSEEN = `
select t.external_id as "externalId", t.fields as bases, s.content_hash as "contentHash",
    case when s.id is null and t.creating_since is not null then (
      select json_build_object('attributes', g.attributes, 'provenance', g.provenance) from golden_record o
        join golden_record g on g.entity_type = o.entity_type and g.id = coalesce(o.merged_into_id, o.id)
        where o.entity_type = t.entity_type and o.id = t.golden_id) end as "createdFor"
  from target_state t left join source_record s on s.entity_type = t.entity_type and s.id = t.link_id
  where t.system = $1 and t.scope = $2 and t.entity_type = $3 and t.external_id in (select jsonb_array_elements_text($4::jsonb))
    and t.fields @? '$.*.seen ? (@ == 0)'`;

interface Unseen {
  readonly externalId: string;
  readonly bases: Bases;
  readonly contentHash: string | null;
  readonly createdFor: CreatedFor | null;
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
  for (const { externalId, bases, contentHash: known, createdFor } of rows) {
    const record = present.get(externalId);
    if (!record || record.unreadable || contentHash(record.payload) === known) continue;
    const theirs = outward.present(record.payload);
    const own = [...ownAttributes(outward, theirs, bases, createdFor)].filter((attribute) =>
      outward.attributes[attribute]?.fields.some((field) => !bases[field]?.seen),
    );
    if (own.length > 0) words.set(externalId, new Set(own));
  }
  return words;
}
