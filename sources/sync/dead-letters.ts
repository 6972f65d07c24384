import {
  type Actor,
  type Db,
  DELIVERY_CHANNEL,
  InvalidInput,
  inTransaction,
  NotFound,
  recordOperation,
  type Tx,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { Place } from '../errors.js';
import { askAboutDeadLetters, type Home, renewDeadLetterTasks } from './outbox-store.js';

/** Which dead letters; all that is given holds. */
export interface DeadLetterFilter {
  readonly system?: string | undefined;
  readonly scope?: string | undefined;
  readonly entityType?: string | undefined;
  /** Error code, e.g. VALUE_REFUSED. */
  readonly code?: string | undefined;
  readonly place?: Place | undefined;
  /** Links. */
  readonly ids?: readonly string[] | undefined;
}

/** The condition over `delivery d`, its parameters appended to `params`. */
export function deadLetterCondition(filter: DeadLetterFilter, params: unknown[]): string {
  const parts = [`d.state = 'DEAD'`];
  const equal = (column: string, value: string | undefined) => {
    if (value === undefined) return;
    params.push(value);
    parts.push(`${column} = $${params.length}`);
  };
  equal('d.system', filter.system);
  equal('d.scope', filter.scope);
  equal('d.entity_type', filter.entityType);
  equal(`d.error->>'code'`, filter.code);
  equal('d.place', filter.place);
  if (filter.ids !== undefined) {
    params.push(filter.ids);
    parts.push(`d.link_id in (select value::uuid from jsonb_array_elements_text($${params.length}::jsonb))`);
  }
  return parts.join(' and ');
}

export interface DeadLetterAction {
  readonly correlationId: string;
  readonly reason: string;
  readonly filter: DeadLetterFilter;
  readonly dryRun?: boolean;
}

/** Send them again, from the golden record of now. Answers how many. Throws NotFound where one was named and isn't dead. */
export function redrive(db: Db, actor: Actor, action: DeadLetterAction): Promise<{ count: number }> {
  return act(db, actor, 'REDRIVE', action, async (tx, where, params) => {
    params.push(tx.now.toISOString());
    const now = `$${params.length}::timestamptz`;
    // Whoever redrives a create of unknown outcome has looked there: it may be created again.
    const rows = await tx.query<{ system: string }>(
      `with again as (
         update delivery d set state = 'PENDING', attempts = 0, place = null, due_at = ${now}, queued_at = ${now}, finished_at = null,
           generation = d.generation + 1 where ${where} returning d.link_id, d.system, d.error->>'code' as code
       ), cleared as (
         update target_state t set state = 'PLANNED', creating_since = null from again where t.link_id = again.link_id
           and again.code = 'OUTCOME_UNKNOWN' and t.external_id is null
       ), told as (select pg_notify('${DELIVERY_CHANNEL}', ''))
       select again.system, (select count(*) from told)::int as told from again`,
      ...params,
    );
    return rows;
  });
}

// What it was to create is there by now: it was refused because of that, a person said so, or it has come into sight. And what was referred to
// has a counterpart by now.
const FOUND_THERE = `
with found as (
  update delivery d set state = 'PENDING', attempts = 0, place = null, error = null, due_at = $4::timestamptz, finished_at = null
    from target_state t join golden_record g on g.entity_type = t.entity_type and g.id = t.golden_id
    where d.state = 'DEAD' and d.system = $1 and d.scope = $2 and d.entity_type = $3 and t.link_id = d.link_id
      and (t.external_id is null and exists (select from source_record s where s.entity_type = $3
          and s.golden_record_id = coalesce(g.merged_into_id, g.id) and s.system = $1 and s.scope = $2 and s.state = 'ACTIVE' and s.id <> t.link_id)
        or d.error->>'code' = 'OUT_OF_SIGHT' and exists (select from source_record s where s.entity_type = $3 and s.id = t.link_id))
    returning d.link_id
), planned as (
  -- Whether it ever took effect doesn't matter any more.
  update target_state t set state = 'PLANNED', creating_since = null from found where t.link_id = found.link_id and t.external_id is null
), lacked as materialized (
  select distinct waits_for from delivery where waits_for is not null and waits_for like 'golden:%' and state = 'DONE'
    and system = $1 and scope = $2
), woken as (
  update delivery d set state = 'PENDING', waits_for = null, due_at = $4::timestamptz, finished_at = null
    from lacked join golden_record o on o.entity_type = split_part(lacked.waits_for, ':', 2) and o.id = split_part(lacked.waits_for, ':', 3)::uuid
      join golden_record g on g.entity_type = o.entity_type and g.id = coalesce(o.merged_into_id, o.id)
    where d.waits_for = lacked.waits_for and d.state = 'DONE' and d.system = $1 and d.scope = $2
      and exists (select from source_record s where s.entity_type = g.entity_type and s.golden_record_id = g.id
        and s.system = $1 and s.scope = $2 and s.state = 'ACTIVE')
    returning d.link_id
), told as (select pg_notify('${DELIVERY_CHANNEL}', '') from (select link_id from found union all select link_id from woken) due limit 1)
select (select count(*) from found)::int as revived, (select count(*) from woken)::int as woken, (select count(*) from told)::int as told`;

/**
 * Look again at what a counterpart settles that came into being meanwhile: creates that died of it have nothing left to create, and what
 * refers to it can be written.
 */
export async function lookAgain(db: Db, { system, scope, entityType }: Home): Promise<{ woken: number }> {
  const tx = withoutTransaction(db);
  const [found] = await tx.query<{ revived: number; woken: number }>(
    FOUND_THERE,
    system,
    scope,
    entityType,
    tx.now.toISOString(),
  );
  if (found && found.revived > 0) await askAboutDeadLetters(db, system);
  return { woken: (found?.revived ?? 0) + (found?.woken ?? 0) };
}

/** Give them up, with a reason. The next change of the record is delivered all the same. */
export function discard(db: Db, actor: Actor, action: DeadLetterAction): Promise<{ count: number }> {
  return act(db, actor, 'DISCARD', action, (tx, where, params) => {
    params.push(action.reason, tx.now.toISOString());
    return tx.query<{ system: string }>(
      `update delivery d set state = 'DISCARDED', reason = $${params.length - 1}, finished_at = $${params.length}::timestamptz
         where ${where} returning d.system`,
      ...params,
    );
  });
}

async function act(
  db: Db,
  actor: Actor,
  kind: string,
  { correlationId, reason, filter, dryRun = false }: DeadLetterAction,
  work: (tx: Tx, where: string, params: unknown[]) => Promise<{ system: string }[]>,
): Promise<{ count: number }> {
  if (reason.trim() === '') throw new InvalidInput('INVALID_INPUT', 'say why', { field: 'reason' });
  return inTransaction(
    db,
    async (tx) => {
      const params: unknown[] = [];
      const rows = await work(tx, deadLetterCondition(filter, params), params);
      if (filter.ids !== undefined && rows.length < filter.ids.length)
        throw new NotFound('NOT_FOUND', 'one of these is no dead letter (any more): look again', { field: 'ids' });
      const subject = JSON.parse(JSON.stringify({ filter, count: rows.length }));
      await recordOperation(tx, { kind, actor, correlationId, reason, subject });
      for (const system of new Set(rows.map((row) => row.system))) await renewDeadLetterTasks(tx, system);
      return { count: rows.length };
    },
    { dryRun },
  );
}
