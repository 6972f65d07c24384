import { type Db, type Json, withoutTransaction } from '../../golden-records/index.js';
import { ATTEMPT_COLUMNS, type AttemptRow, DELIVERY_COLUMNS, DELIVERY_JOINS, type DeliveryRow } from './deliveries.js';

/** What was written of one attribute, and what came of it. `before` and `after` are the system's fields. */
export interface AttributeWrite extends Omit<AttemptRow, 'changes'> {
  readonly before: Json;
  readonly after: Json;
  readonly why: string;
}

/** Where a golden attribute goes out to. */
export interface WayOut {
  readonly delivery: DeliveryRow;
  /** The newest first, at most 20. */
  readonly writes: readonly AttributeWrite[];
}

const MOST_WRITES = 20;

// Where the counterpart is a source record by now, that one's link counts. A link that was planned and never used, because the
// system turned out to have the record, tells nothing.
const DELIVERIES = `
select ${DELIVERY_COLUMNS} from ${DELIVERY_JOINS} where d.link_id in (
    select link_id from delivery where entity_type = $1 and golden_id = $2::uuid
    union select b.link_id from source_record m join delivery b on b.link_id = m.id where m.entity_type = $1 and m.golden_record_id = $2::uuid)
  and coalesce(s.golden_record_id, d.golden_id) = $2::uuid
  and (d.state <> 'DONE' or coalesce(t.external_id, s.external_id) is not null
    or exists (select from delivery_attempt a where a.link_id = d.link_id))
  order by d.system, d.scope, d.link_id`;
const WRITES = `
select a.* from jsonb_array_elements_text($1::jsonb) as link cross join lateral (select ${ATTEMPT_COLUMNS} from delivery_attempt
  where link_id = link::uuid and changes @> jsonb_build_array(jsonb_build_object('attribute', $2::text)) order by id desc limit ${MOST_WRITES}) a`;

/** The links of a golden record with the systems that it goes out to. One statement. */
export const deliveriesOf = (db: Db, entityType: string, goldenId: string): Promise<DeliveryRow[]> =>
  withoutTransaction(db).query<DeliveryRow>(DELIVERIES, entityType, goldenId);

/** Where one attribute goes out to, or went. Two statements. */
export async function waysOut(db: Db, entityType: string, goldenId: string, attribute: string): Promise<WayOut[]> {
  const deliveries = await deliveriesOf(db, entityType, goldenId);
  if (deliveries.length === 0) return [];
  const ids = deliveries.map(({ id }) => id);
  const attempts = await withoutTransaction(db).query<AttemptRow>(WRITES, ids, attribute);
  const targets = db.model.targetsFor(entityType).filter(({ attributes }) => attributes.includes(attribute));
  return deliveries.flatMap((delivery): WayOut[] => {
    const writes = attempts.filter(({ deliveryId }) => deliveryId === delivery.id).map(asWrite(attribute));
    const goesThere = targets.some(({ system, scope }) => system === delivery.system && scope === delivery.scope);
    return goesThere || writes.length > 0 ? [{ delivery, writes }] : [];
  });
}

const asWrite =
  (attribute: string) =>
  ({ changes, ...attempt }: AttemptRow): AttributeWrite => {
    const { before = null, after = null, why = '' } = changes.find((change) => change.attribute === attribute) ?? {};
    return { ...attempt, before, after, why };
  };

const MASK = '•••';

/** A change of a sensitive attribute as it may be shown: that there was one, and nothing of it. */
export const maskedChange = <C extends { readonly before: Json; readonly after: Json }>(change: C): C => ({
  ...change,
  before: change.before === null ? null : MASK,
  after: MASK,
});

/** The same for a write of one, whose error may quote the value that was refused. */
export const maskedWrite = (write: AttributeWrite): AttributeWrite => ({
  ...maskedChange(write),
  error: write.error && { ...write.error, message: MASK },
});
