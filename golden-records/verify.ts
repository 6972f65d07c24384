import { firstBrokenAuditEntry } from './feed.js';
import type { EntityTypeDefinition } from './model.js';
import { type Settlement, settle, statedTargets } from './settle.js';
import { type Component, loadComponent } from './store/component.js';
import { resolveTargets } from './store/lookup.js';
import { type Db, inTransaction, lockEntityType, type Tx, withoutTransaction } from './transaction.js';

export interface Finding {
  /** Number of the law that is broken. */
  law: number;
  entityType?: string;
  /** What the id names; a golden record's is its UUID. */
  subject?: 'golden record' | 'source record' | 'decision';
  id?: string;
  problem: string;
}

export interface Verification {
  findings: Finding[];
  checked: { goldenRecords: number; sourceRecords: number; changes: number; auditEntries: number };
}

/** A check of a law over the whole database in one statement: each row it answers is a finding. */
interface Check {
  readonly law: number;
  readonly subject: NonNullable<Finding['subject']> | 'feed';
  readonly problem: string;
  readonly sql: string;
}

const CHECKS: readonly Check[] = [
  {
    law: 1,
    subject: 'source record',
    problem: 'a source record is linked to a golden record that is not there or is merged away',
    sql: `select s.entity_type, s.id from source_record s left join golden_record g on g.entity_type = s.entity_type and g.id = s.golden_record_id
      where s.state <> 'HELD' and (g.id is null or g.state = 'MERGED')`,
  },
  {
    law: 1,
    subject: 'source record',
    problem: 'a source record is held back without an open or answered task that says why',
    sql: `select s.entity_type, s.id from source_record s where s.state = 'HELD' and not exists (
      select 1 from steward_task t where t.kind = 'REJECTED_RECORD' and t.source_ids @> array[s.id])`,
  },
  {
    law: 1,
    subject: 'golden record',
    problem: 'the members of a golden record are not the source records linked to it',
    sql: `select g.entity_type, g.id from golden_record g left join (
        select entity_type, golden_record_id, array_agg(id order by id) as members from source_record
        where golden_record_id is not null group by 1, 2) l on l.entity_type = g.entity_type and l.golden_record_id = g.id
      where g.members is distinct from coalesce(l.members, '{}')`,
  },
  {
    law: 3,
    subject: 'source record',
    problem: 'the blocking keys by which a record is found are not its own',
    sql: `select s.entity_type, s.id from source_record s
      where cardinality(s.match_keys) <> (select count(*) from match_key m where m.source_record_id = s.id and m.key = any(s.match_keys))`,
  },
  {
    law: 3,
    subject: 'source record',
    problem: 'a record is found by a blocking key that it has no more',
    sql: `select s.entity_type, m.source_record_id as id from match_key m left join source_record s on s.id = m.source_record_id
      where s.id is null or m.key <> all(s.match_keys)`,
  },
  {
    law: 2,
    subject: 'golden record',
    problem: 'a merged id leads to no living golden record',
    sql: `select g.entity_type, g.id from golden_record g left join golden_record s on s.entity_type = g.entity_type and s.id = g.merged_into_id
      where g.state = 'MERGED' and (s.id is null or s.state = 'MERGED')`,
  },
  {
    law: 2,
    subject: 'golden record',
    problem: 'an id is not where its anchor is',
    sql: `select g.entity_type, g.id from golden_record g left join source_record s on s.entity_type = g.entity_type and s.id = g.anchor_id
      where s.golden_record_id is distinct from coalesce(g.merged_into_id, g.id)`,
  },
  {
    law: 2,
    subject: 'golden record',
    problem: 'an id that was once given out answers no more',
    sql: `select x.entity_type, x.id from (select entity_type, golden_id as id from golden_version union select entity_type, golden_id from change) x
      left join golden_record g on g.entity_type = x.entity_type and g.id = x.id where g.id is null`,
  },
  {
    law: 8,
    subject: 'golden record',
    problem: 'a change names no operation',
    sql: `select c.entity_type, c.golden_id as id from change c left join operation o on o.id = c.operation_id where o.id is null`,
  },
  {
    law: 8,
    subject: 'decision',
    problem: 'a decision has no reason or no operation',
    sql: `select d.entity_type, d.id from decision d left join operation o on o.id = d.operation_id where o.id is null or d.reason = ''`,
  },
  {
    law: 8,
    subject: 'golden record',
    problem: 'the history of a golden record has a gap or an overlap',
    sql: `select entity_type, id from (
        select entity_type, id, version, valid_from, lag(version) over w as before, lag(valid_to) over w as ended from (
          select entity_type, golden_id as id, version, valid_from, valid_to from golden_version
          union all select entity_type, id, version, valid_from, null from golden_record) v
        window w as (partition by entity_type, id order by version)) h
      where version <> coalesce(before, 0) + 1 or (ended is not null and ended <> valid_from)`,
  },
  {
    law: 8,
    subject: 'golden record',
    problem: 'a version of a golden record is not announced by exactly one change',
    sql: `select g.entity_type, g.id from golden_record g left join (
        select entity_type, golden_id, count(*) as announced, max(version) as latest from change group by 1, 2) c
      on c.entity_type = g.entity_type and c.golden_id = g.id
      where coalesce(c.announced, 0) <> g.version or c.latest <> g.version`,
  },
  {
    law: 8,
    subject: 'feed',
    problem: 'the positions of the feed are not dense up to its head',
    sql: `select 'feed' as entity_type, null::uuid as id from feed f, (select count(position) as n, min(position) as first, max(position) as last from change) c
      where c.n > 0 and (c.last <> f.head or c.n <> c.last - c.first + 1)`,
  },
  {
    law: 8,
    subject: 'decision',
    problem: 'a withdrawn decision stands, or one that nobody withdrew does not',
    sql: `select d.entity_type, d.id from decision d
      where d.standing = exists (select 1 from decision w where w.withdraws_id = d.id and w.standing)`,
  },
];

const PAGE = 100;

/**
 * Check laws 1 to 4 and 8 over the whole database: what is stored against itself, and every golden record against what its
 * sources, decisions and rules give. Golden records that wait for a recompute are left out of law 3.
 */
export async function verify(db: Db, options: { onProgress?(checked: number): void } = {}): Promise<Verification> {
  const tx = withoutTransaction(db);
  const findings: Finding[] = [];
  for (const { law, subject, problem, sql } of CHECKS) {
    const rows = await tx.query<{ entity_type: string; id: string | null }>(
      `select entity_type, id::text from (${sql}) f limit 1000`,
    );
    for (const { entity_type, id } of rows) {
      findings.push(
        subject === 'feed' || id === null ? { law, problem } : { law, entityType: entity_type, subject, id, problem },
      );
    }
  }
  const broken = await firstBrokenAuditEntry(tx);
  if (broken !== null) findings.push({ law: 8, problem: `the audit chain is broken at entry ${broken}` });
  let goldenRecords = 0;
  for (const definition of db.model.entityTypes.values()) {
    for await (const page of goldenPages(tx, definition.code)) {
      findings.push(...(await verifyPage(db, definition, page)));
      goldenRecords += page.length;
      options.onProgress?.(goldenRecords);
    }
  }
  const [counts] = await tx.query<{ sources: number; changes: number; entries: number }>(
    `select (select count(*) from source_record)::int as sources, (select count(*) from change)::int as changes,
       (select count(*) from audit_entry)::int as entries`,
  );
  return {
    findings,
    checked: {
      goldenRecords,
      sourceRecords: counts?.sources ?? 0,
      changes: counts?.changes ?? 0,
      auditEntries: counts?.entries ?? 0,
    },
  };
}

async function* goldenPages(tx: Tx, entityType: string): AsyncIterable<readonly { id: string; anchorId: string }[]> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await tx.query<{ id: string; anchorId: string }>(
      `select id::text, anchor_id::text as "anchorId" from golden_record where entity_type = $1 and id > $2::uuid and state <> 'MERGED'
       order by id limit ${PAGE}`,
      entityType,
      after,
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.id;
  }
}

/** Under the lock, so that a writer in the middle isn't mistaken for a broken law. */
function verifyPage(
  db: Db,
  definition: EntityTypeDefinition,
  page: readonly { id: string; anchorId: string }[],
): Promise<Finding[]> {
  return inTransaction(db, async (tx) => {
    await lockEntityType(tx, definition.code);
    const component = await loadComponent(
      tx,
      definition.code,
      page.map(({ anchorId }) => anchorId),
      [],
    );
    const unsettled = { definition, component, arrivals: [], scores: [] };
    const resolved = await resolveTargets(tx, statedTargets(unsettled));
    const settlement = settle(
      tx.model,
      unsettled,
      resolved,
      tx.now.toISOString(),
      tx.parameters.for(definition.code).thresholds,
    );
    const waiting = await tx.prisma.recomputeRequest.findMany({
      where: { entityType: definition.code },
      select: { goldenId: true },
    });
    const left = new Set(waiting.map(({ goldenId }) => goldenId));
    return [...notRecomputable(definition, settlement, left), ...notOwned(tx, definition, component)];
  });
}

function notRecomputable(
  definition: EntityTypeDefinition,
  { changes }: Settlement,
  waiting: ReadonlySet<string>,
): Finding[] {
  return changes
    .filter(({ id }) => !waiting.has(id))
    .map(({ id, kind, diff }) => ({
      law: 3,
      entityType: definition.code,
      subject: 'golden record' as const,
      id,
      problem: `recomputing changes it (${kind}${diff.length > 0 ? `: ${diff.map(({ attribute }) => attribute).join(', ')}` : ''})`,
    }));
}

/** Law 4 by its own words, without the code that survives: the value's source is an owner's as soon as one is linked. */
function notOwned(tx: Tx, definition: EntityTypeDefinition, { sources, goldens }: Component): Finding[] {
  const findings: Finding[] = [];
  const rows = new Map(sources.map((row) => [row.id, row]));
  for (const golden of goldens) {
    if (golden.state === 'MERGED') continue;
    const linked = golden.members.map((id) => rows.get(id)).filter((row) => row?.state === 'ACTIVE');
    for (const name of Object.keys(definition.attributes)) {
      const rules = tx.model.rulesFor(definition.code, name);
      const rule = rules[0];
      // A conditional rule may not be the one that applied: only attributes with a single rule say it beyond doubt.
      if (!rule?.owner || rule.when || rule.follows) continue;
      if (!linked.some((row) => row && rule.owner?.includes(row.system))) continue;
      const provenance = golden.provenance[name];
      const source = provenance?.source ? rows.get(provenance.source) : undefined;
      const byOwner = source === undefined || rule.owner.includes(source.system);
      if (provenance && provenance.rule !== 'override' && (!byOwner || provenance.provisional)) {
        findings.push({
          law: 4,
          entityType: definition.code,
          subject: 'golden record',
          id: golden.id,
          problem: `\`${name}\` comes from ${source?.system}, not from its owner`,
        });
      }
    }
  }
  return findings;
}
