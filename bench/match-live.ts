import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import {
  type Actor,
  type Db,
  type EntityTypeDefinition,
  ingest,
  newId,
  normaliseRecord,
} from '../golden-records/index.js';
import { compareAll, scoreAll } from '../golden-records/ingest/score-batch.js';
import { type Matchable, matcherFor, type NormalisedRecord } from '../golden-records/match/matcher.js';
import { withoutTransaction } from '../golden-records/transaction.js';
import { type Environment, openHub } from './environment.js';
import type { BenchReport } from './report.js';
import { median, quantile } from './statistics.js';

const IMPORTER: Actor = { kind: 'SYSTEM', id: 'bench', name: 'Benchmark' };
const SYSTEM = 'erp';
const HOME = { system: SYSTEM, scope: 'main' };
const PER_STATEMENT = 5_000;
const SEARCHED = 1_000;
const COMMITTED = 300;
const SUSTAINED = 3_000;
const MICRO_BATCH = 100;

type Row = Readonly<Record<string, string>>;

/** Columns of `records.csv`, as a source would state them. */
const stated = (row: Row): Readonly<Record<string, unknown>> => ({
  name: row.name,
  addresses: [
    {
      kind: 'MAIN',
      line1: `${row.street_number} ${row.street}`.trim() || null,
      city: row.city || null,
      postcode: row.postcode || null,
      country: row.country || null,
    },
  ],
  phones: row.phone ? [row.phone] : [],
  website: row.website || null,
});

interface Loaded {
  readonly stored: number;
  /** Records that come later, each with the external ids of what it is the same as. */
  readonly later: readonly { readonly row: Row; readonly sames: readonly string[] }[];
}

/**
 * Records of a folder (`records.csv`, `truth.csv` with id and cluster_id) arriving at a hub that knows so many of them
 * already: how long the search takes and what it finds, how long until the commit, how many a second. What is stored is
 * written by SQL, as ingest would leave it; what is measured is the pipeline itself.
 */
export async function liveMatchBench(env: Environment, folder: string, stored: number): Promise<BenchReport> {
  const url = await env.createDatabase('match_live');
  const { database, db } = openHub(url, env.model);
  const definition = env.model.entityTypes.get('supplier');
  if (!definition) throw new Error('the model has no suppliers');
  try {
    const startedAt = performance.now();
    const { later, stored: filled } = await fill(db, definition, folder, stored);
    env.say(`  ${filled.toLocaleString('en')} suppliers stored in ${seconds(performance.now() - startedAt)}`);
    const search = await searched(db, definition, later.slice(0, SEARCHED));
    const commits = await committed(db, later.slice(SEARCHED, SEARCHED + COMMITTED));
    const rate = await sustained(db, later.slice(SEARCHED + COMMITTED, SEARCHED + COMMITTED + SUSTAINED));
    return {
      name: `live matching: suppliers arriving at ${filled.toLocaleString('en')} golden ones`,
      figures: [
        { what: 'candidates and scores, p50', value: median(search.ms), unit: 'ms' },
        { what: 'candidates and scores, p95', value: quantile(search.ms, 0.95), unit: 'ms', most: 80 },
        { what: 'recall of the candidates', value: search.recall, unit: '', least: 0.97 },
        { what: 'candidates a record', value: search.candidates, unit: '' },
        { what: 'until the commit, p95', value: quantile(commits, 0.95), unit: 'ms', most: 150 },
        { what: `records/s in batches of ${MICRO_BATCH}`, value: rate, unit: '/s', least: 100 },
      ],
      notes: [`until the commit, p50: ${median(commits).toFixed(1)} ms`],
    };
  } finally {
    await database.close();
    await env.dropDatabase('match_live');
  }
}

async function fill(db: Db, definition: EntityTypeDefinition, folder: string, stored: number): Promise<Loaded> {
  const clusters = await clustersOf(join(folder, 'truth.csv'));
  const members = new Map<string, string[]>();
  const later: { row: Row; sames: readonly string[] }[] = [];
  const client = await db.pool.connect();
  let filled = 0;
  try {
    // What fills the tables is not measured: it may be as fast as it likes.
    await client.query('set statement_timeout = 0');
    await client.query('set synchronous_commit = off');
    await client.query('alter table match_key drop constraint match_key_pkey');
    let page: Row[] = [];
    const flush = async () => {
      await client.query(FILL, [JSON.stringify(rowsOf(db, definition, page))]);
      filled += page.length;
      page = [];
    };
    for await (const row of createReadStream(join(folder, 'records.csv')).pipe(parse({ columns: true }))) {
      const { id = '' } = row as Row;
      const cluster = clusters.get(id) ?? id;
      const sames = members.get(cluster) ?? [];
      if (filled + page.length < stored) {
        members.set(cluster, [...sames, id]);
        page.push(row as Row);
        if (page.length === PER_STATEMENT) await flush();
      } else if (later.length < SEARCHED + COMMITTED + SUSTAINED) later.push({ row: row as Row, sames });
      else break;
    }
    await flush();
    await client.query('alter table match_key add primary key (key, source_record_id)');
    await client.query('vacuum (analyze) match_key');
    await client.query('vacuum (analyze) source_record');
    await client.query('vacuum (analyze) golden_record');
    await client.query('checkpoint');
  } finally {
    client.release(true);
  }
  return { stored: filled, later };
}

/** Which entity each record is of. */
export async function clustersOf(path: string): Promise<Map<string, string>> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n').slice(1);
  return new Map(lines.map((line) => line.split(',') as [string, string]));
}

function rowsOf(db: Db, definition: EntityTypeDefinition, page: readonly Row[]) {
  const matcher = matcherFor(definition, db.parameters.for(definition.code));
  const normalised = page.map((row) => normaliseRecord(definition, stated(row), HOME));
  const described = matcher.describe(normalised);
  return page.map((row, at) => ({
    id: newId(),
    golden: newId(),
    external_id: row.id,
    attributes: normalised[at]?.attributes,
    features: described[at]?.features,
    keys: described[at]?.keys,
  }));
}

const FILL = `
with input as materialized (
  select * from jsonb_to_recordset($1::jsonb) as x(id uuid, golden uuid, external_id text, attributes jsonb, features jsonb, keys jsonb)
), sources as (
  insert into source_record (id, entity_type, system, scope, external_id, state, payload, attributes, attribute_times, issues,
      content_hash, mapping_version, source_time, inbox_event_id, revision, first_seen_at, changed_at, golden_record_id, link_kind,
      linked_at, rules_version, match_features, match_keys)
    select id, 'supplier', '${SYSTEM}', 'main', external_id, 'ACTIVE', '{}', attributes, '{}', '[]', '', 'bench', now(), id,
      nextval('source_record_revision_seq'), now(), now(), golden, 'AUTO', now(), 'bench', features,
      array(select value::bigint from jsonb_array_elements_text(keys))
    from input
), goldens as (
  insert into golden_record (id, entity_type, state, version, attributes, provenance, members, anchor_id, rules_version, operation_id,
      created_at, valid_from)
    select golden, 'supplier', 'ACTIVE', 1, attributes, '{}', array[id], id, 'bench', id, now(), now() from input
)
insert into match_key (key, source_record_id)
  select k.key::bigint, input.id from input, jsonb_array_elements_text(input.keys) as k(key)`;

async function searched(db: Db, definition: EntityTypeDefinition, later: Loaded['later']) {
  const tx = withoutTransaction(db);
  const matcher = matcherFor(definition, db.parameters.for(definition.code));
  const ms: number[] = [];
  let [candidates, same, found] = [0, 0, 0];
  for (const { row, sames } of later) {
    const normalised: NormalisedRecord = normaliseRecord(definition, stated(row), HOME);
    const [described] = matcher.describe([normalised]);
    if (!described) throw new Error('a record was not described');
    const arriving: Matchable = { id: newId(), ...described };
    const startedAt = performance.now();
    await scoreAll(tx, definition, [arriving]);
    ms.push(performance.now() - startedAt);
    const { scores } = await compareAll(tx, definition, [arriving]);
    candidates += scores.length;
    const others = scores.map(({ left, right }) => (left === arriving.id ? right : left));
    const { rows } = await db.pool.query<{ id: string }>(
      `select external_id as id from source_record where entity_type = 'supplier' and id = any($1::uuid[])`,
      [others],
    );
    same += sames.length;
    found += rows.filter(({ id }) => sames.includes(id)).length;
  }
  return { ms, recall: found / same, candidates: candidates / later.length };
}

const batchOf = (records: Loaded['later']) => ({
  ...HOME,
  entityType: 'supplier',
  mapping: { version: 'bench', map: (payload: unknown) => payload as Readonly<Record<string, unknown>> },
  correlationId: newId(),
  records: records.map(({ row }) => ({
    externalId: `later-${row.id}`,
    payload: JSON.parse(JSON.stringify(stated(row))),
  })),
});

async function committed(db: Db, later: Loaded['later']): Promise<number[]> {
  const ms: number[] = [];
  for (const one of later) {
    const startedAt = performance.now();
    await ingest(db, IMPORTER, batchOf([one]));
    ms.push(performance.now() - startedAt);
  }
  return ms;
}

async function sustained(db: Db, later: Loaded['later']): Promise<number> {
  const startedAt = performance.now();
  for (let from = 0; from < later.length; from += MICRO_BATCH)
    await ingest(db, IMPORTER, batchOf(later.slice(from, from + MICRO_BATCH)));
  return (later.length * 1000) / (performance.now() - startedAt);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
