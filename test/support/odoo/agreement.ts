import { type EntityTypeRules, isJsonObject, type Json, type JsonObject } from '../../../golden-records/index.js';
import type { OdooClient } from '../../../sources/odoo/client.js';
import type { OdooHub } from './hub.js';
import { type Compared, type ReadRecord, readEverything } from './readings.js';

/**
 * Do both sides agree? Odoo is asked by the test's own client and read by the test's own `readings.ts`, attribute by attribute:
 * what the connector misses, misreads or never writes shows here, and nothing that is done here heals it.
 */
export interface AgreementOptions {
  readonly rules: Readonly<Record<string, EntityTypeRules>>;
  /**
   * Only pulls have looked yet: what is deleted there may still be known; what they should have brought must be here, but for
   * these (`untoldKey`).
   */
  readonly beforeSweep?: ReadonlySet<string>;
}

/** A part that left moved no date of what it belonged to. */
export const untoldKey = (type: string, id: number, attribute: string): string => `${type} ${id} ${attribute}`;

/** A record of Odoo as the hub keeps it, and the golden record that its crosswalk leads to. */
interface Linked {
  readonly type: string;
  readonly id: string;
  readonly sourceId: string;
  readonly state: string;
  readonly attributes: JsonObject;
  readonly goldenId: string;
  readonly golden: JsonObject;
  readonly provenance: Readonly<
    Record<string, { readonly source: string | null; readonly sources?: readonly string[] }>
  >;
  /** All that are linked and active: the system and the source record's id. */
  readonly members: readonly { readonly system: string; readonly id: string }[];
  /** Attributes about which a steward is asked. */
  readonly asked: readonly string[];
  /** It is in doubt, and a steward is asked what it is. */
  readonly isInDoubt: boolean;
}

interface Goldens {
  of(type: string, odooId: string): string;
  readonly inOdoo: ReadonlySet<string>;
}

const LINKED = `
select s.entity_type as type, s.external_id as id, s.id::text as "sourceId", s.state, s.attributes, g.id::text as "goldenId",
    g.attributes as golden, g.provenance,
    (select jsonb_agg(jsonb_build_object('system', m.system, 'id', m.id)) from source_record m
      where m.entity_type = g.entity_type and m.golden_record_id = g.id and m.state = 'ACTIVE') as members,
    array(select t.details->>'attribute' from steward_task t
      where t.golden_ids @> array[g.id] and t.open_key is not null and t.details ? 'attribute') as asked,
    g.state = 'PROVISIONAL' and exists (select from steward_task t
      where t.golden_ids @> array[g.id] and t.open_key is not null) as "isInDoubt"
  from source_record s join golden_record g on g.entity_type = s.entity_type and g.id = s.golden_record_id
  where s.system = 'odoo' order by s.entity_type, s.external_id::int`;

/** What the ERP has and Odoo never had. Deleted there is another matter: who did it had the last word. */
const NEVER_CREATED = `
select distinct e.entity_type || ' ' || e.external_id || ' of the ERP was never created in Odoo' as told
  from source_record e join golden_record g on g.entity_type = e.entity_type and g.id = e.golden_record_id and g.state <> 'PROVISIONAL'
  where e.system = 'erp' and e.state = 'ACTIVE' and not exists (select from source_record o
    where o.entity_type = e.entity_type and o.golden_record_id = g.id and o.system = 'odoo') order by 1`;

/** Where the two differ, without a steward task that asks about it; a line each. Empty: they agree. */
export async function differences(admin: OdooClient, at: OdooHub, options: AgreementOptions): Promise<string[]> {
  const linked = await at.query<Linked>(LINKED);
  const there = await readEverything(admin);
  const found: string[] = [];
  const key = (type: string, id: string) => `${type} ${id}`;
  const active = new Map(linked.flatMap((link) => (link.state === 'ACTIVE' ? [[key(link.type, link.id), link]] : [])));
  const goldens: Goldens = {
    of: (type, id) => active.get(key(type, id))?.goldenId ?? `no ${type} ${id}`,
    inOdoo: new Set([...active.values()].map(({ goldenId }) => goldenId)),
  };
  for (const record of there) {
    const link = active.get(key(record.type, record.id));
    if (link) found.push(...differencesOf(record, link, goldens, options));
    else found.push(`${record.type} ${record.id} is in Odoo and not in the hub: ${record.raw.name}`);
  }
  if (options.beforeSweep) return found;
  const known = new Set(there.map(({ type, id }) => key(type, id)));
  for (const [at, { type }] of active)
    if (type !== 'business_unit' && !known.has(at)) found.push(`${at} is in the hub and not in Odoo`);
  const missing = await at.query<{ told: string }>(NEVER_CREATED);
  return [...found, ...missing.map(({ told }) => told)];
}

const NOT_THERE = 'not in Odoo:';

function differencesOf(
  record: ReadRecord,
  link: Linked,
  goldens: Goldens,
  { rules, beforeSweep }: AgreementOptions,
): string[] {
  const found: string[] = [];
  const raw = record.compared((_type, id) => id);
  const canonical = record.compared(goldens.of);
  const kept = record.comparedOf(link.attributes, (_type, reference) => externalIdOf(reference));
  const golden = record.comparedOf(link.golden, (_type, reference) =>
    goldens.inOdoo.has(String(reference)) ? String(reference) : `${NOT_THERE} ${reference}`,
  );
  for (const attribute of Object.keys(raw) as (keyof Compared)[]) {
    const owner = [rules[record.type]?.attributes?.[attribute] ?? []]
      .flat()
      .flatMap((rule) => rule.owner ?? [])
      .find((one) => link.members.some(({ system }) => system === one));
    const told = (what: string, ours: string | undefined, theirs: string | undefined) =>
      `${record.type} ${record.id}, ${attribute}: ${what} "${ours ?? ''}", Odoo has "${theirs ?? ''}" (${link.goldenId})`;
    const isUntold = beforeSweep?.has(untoldKey(record.type, Number(record.id), attribute));
    if (kept[attribute] !== raw[attribute] && !isUntold)
      found.push(told('the hub keeps that Odoo has', kept[attribute], raw[attribute]));
    if (beforeSweep || link.isInDoubt || link.asked.includes(attribute)) continue;
    // An owner who says nothing of it, or names somebody whom Odoo hasn't, leaves it as it is there.
    const isLeft =
      owner !== undefined &&
      owner !== 'odoo' &&
      (link.provenance[attribute] === undefined || golden[attribute]?.includes(NOT_THERE));
    if (!isLeft && !isOfAnother(link, attribute) && golden[attribute] !== canonical[attribute])
      found.push(told(`${owner ?? 'nobody'} owns it, the golden record has`, golden[attribute], canonical[attribute]));
  }
  return found;
}

/** Two records of Odoo are one golden record, and the other one says this: what Odoo says isn't written to Odoo. */
function isOfAnother({ provenance, members, sourceId }: Linked, attribute: string): boolean {
  const { source, sources = [source] } = provenance[attribute] ?? { source: null };
  const authors = members.filter(({ system, id }) => system === 'odoo' && sources.includes(id));
  return authors.length > 0 && !authors.some(({ id }) => id === sourceId);
}

const externalIdOf = (reference: Json): string => (isJsonObject(reference) ? String(reference.id) : '');
