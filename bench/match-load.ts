import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { judgeClusters, truePairs } from '../eval/judge.js';
import type { Actor, Db, EntityTypeDefinition, JsonObject } from '../golden-records/index.js';
import { cellsOfAttributes, matchRecords, shippedFor } from '../golden-records/match/engine/index.js';
import { DEFAULT_THRESHOLDS } from '../golden-records/match/thresholds.js';
import { importFile } from '../sources/index.js';
import { cell, choice, fileStream, listOf, objectOf, supplier } from '../src/index.js';
import { type Environment, openHub } from './environment.js';
import { clustersOf } from './match-live.js';
import type { BenchReport } from './report.js';

const IMPORTER: Actor = { kind: 'SYSTEM', id: 'bench', name: 'Benchmark' };
const MOST_MINUTES = 25;

const STREAM = fileStream(supplier, {
  scope: 'main',
  pattern: 'records*.csv',
  format: 'csv',
  id: 'id',
  map: (row) => ({
    name: cell(row, 'name'),
    addresses: listOf(
      objectOf(
        {
          line1: [cell(row, 'street_number'), cell(row, 'street')].filter((part) => part).join(' ') || null,
          city: cell(row, 'city'),
          postcode: cell(row, 'postcode'),
          country: cell(row, 'country'),
        },
        { kind: choice('MAIN', { MAIN: 'MAIN' }) },
      ),
    ),
    phones: listOf(cell(row, 'phone')),
    website: cell(row, 'website'),
  }),
});

/**
 * The first so many records of a folder (`records.csv`, `truth.csv`) imported into an empty hub: how long until the last one
 * is matched and published, and what became of the true pairs.
 */
export async function matchLoadBench(env: Environment, folder: string, most: number): Promise<BenchReport> {
  const url = await env.createDatabase('match_load');
  const { database, db } = openHub(url, env.model);
  const definition = env.model.entityTypes.get('supplier');
  if (!definition) throw new Error('the model has no suppliers');
  try {
    const path = join(env.folder, 'records.csv');
    const records = await firstLines(join(folder, 'records.csv'), path, most);
    const before = env.cpu();
    const startedAt = performance.now();
    let told = 0;
    const { counts } = await importFile(db, IMPORTER, {
      path,
      system: 'erp',
      stream: STREAM,
      onProgress: ({ rows, elapsedMs }) => {
        if (rows < told) return;
        told += records / 10;
        env.say(`  ${rows.toLocaleString('en')} of ${records.toLocaleString('en')} after ${minutes(elapsedMs)}`);
      },
    });
    const ms = performance.now() - startedAt;
    const after = env.cpu();
    const stored = await storedRecords(db);
    const truth = numbered(await truthOf(folder, stored));
    const linked = judgeClusters(numbered(stored.map(({ golden }) => golden)), { form: 'clusters', clusters: truth });
    const scored = await scoredPairs(db, stored);
    const asked = apart(scored, stored, truth) / truePairs({ form: 'clusters', clusters: truth });
    const agreed = agreement(stored.length, scored, await pairsInBatch(definition, stored));
    return {
      name: `initial load: ${records.toLocaleString('en')} suppliers into an empty hub`,
      figures: [
        { what: 'minutes until all are matched', value: ms / 60_000, unit: 'min', most: MOST_MINUTES },
        { what: 'records/s', value: (records * 1000) / ms, unit: '/s' },
        { what: 'of the pairs that were linked, those that are right', value: linked.precision, unit: '' },
        { what: 'of the true pairs, those that were linked', value: linked.recall, unit: '' },
        { what: 'or are asked about', value: linked.recall + asked, unit: '' },
        {
          what: 'records that the batch matcher links or asks about with the same',
          value: agreed,
          unit: '',
          least: 0.99,
        },
      ],
      notes: [
        JSON.stringify(counts),
        `processor time a record: ${perRecord(after.node - before.node, records)} ms in Node, ${perRecord(after.postgres - before.postgres, records)} ms in PostgreSQL`,
      ],
    };
  } finally {
    await database.close();
    await env.dropDatabase('match_load');
  }
}

/** Header and so many lines more; returns how many there were. */
async function firstLines(from: string, to: string, most: number): Promise<number> {
  const out = createWriteStream(to);
  let lines = -1;
  for await (const line of createInterface({ input: createReadStream(from) })) {
    if (lines === most) break;
    out.write(`${line}\n`);
    lines++;
  }
  out.end();
  await finished(out);
  return lines;
}

interface Stored {
  readonly externalId: string;
  readonly id: string;
  readonly golden: string;
  readonly attributes: JsonObject;
}

async function storedRecords({ pool }: Db): Promise<Stored[]> {
  const { rows } = await pool.query<Stored>(
    `select external_id as "externalId", id, golden_record_id as golden, attributes from source_record
       where entity_type = 'supplier' order by external_id`,
  );
  return rows;
}

async function truthOf(folder: string, stored: readonly Stored[]): Promise<string[]> {
  const clusters = await clustersOf(join(folder, 'truth.csv'));
  return stored.map(({ externalId }) => clusters.get(externalId) ?? externalId);
}

/** Places of the stored records; the outcome says whether they are linked or asked about. */
interface ScoredPair {
  readonly left: number;
  readonly right: number;
  readonly outcome: string;
}

async function scoredPairs({ pool }: Db, stored: readonly Stored[]): Promise<ScoredPair[]> {
  const places = new Map(stored.map(({ id }, at) => [id, at]));
  const { rows } = await pool.query<{ left: string; right: string; outcome: string }>(
    `select left_id as left, right_id as right, outcome from match_score where entity_type = 'supplier'`,
  );
  return rows.map(({ left, right, outcome }) => ({
    left: places.get(left) ?? -1,
    right: places.get(right) ?? -1,
    outcome,
  }));
}

/** True pairs that were scored, and stand in golden records of their own. */
const apart = (scored: readonly ScoredPair[], stored: readonly Stored[], truth: Int32Array) =>
  scored.filter(({ left, right }) => truth[left] === truth[right] && stored[left]?.golden !== stored[right]?.golden)
    .length;

/** What the batch matcher makes of the same records, with the same parameters and thresholds. */
async function pairsInBatch({ matching }: EntityTypeDefinition, stored: readonly Stored[]): Promise<ScoredPair[]> {
  const none = new Set<string>();
  const { pairs } = await matchRecords(
    matching.compared,
    stored.map(({ attributes }) => cellsOfAttributes(matching.compared, attributes, none)),
    { ids: stored.map(({ externalId }) => externalId), parameters: shippedFor(matching.compared) },
  );
  const { review, match } = DEFAULT_THRESHOLDS;
  return Array.from({ length: pairs.length }, (_, at) => at)
    .filter((at) => (pairs.weight[at] as number) >= review)
    .map((at) => ({
      left: pairs.left[at] as number,
      right: pairs.right[at] as number,
      outcome: (pairs.weight[at] as number) >= match ? 'MATCH' : 'POSSIBLE_MATCH',
    }));
}

/** Share of the records that have the same partners, with the same outcome, in both. */
function agreement(records: number, one: readonly ScoredPair[], other: readonly ScoredPair[]): number {
  const keys = (scored: readonly ScoredPair[]) =>
    new Set(scored.map(({ left, right, outcome }) => `${Math.min(left, right)} ${Math.max(left, right)} ${outcome}`));
  const [first, second] = [keys(one), keys(other)];
  const different = new Set<string>();
  for (const key of [...first].filter((k) => !second.has(k)).concat([...second].filter((k) => !first.has(k)))) {
    for (const place of key.split(' ').slice(0, 2)) different.add(place);
  }
  return 1 - different.size / records;
}

function numbered(names: readonly string[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(names, (name) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
}

const minutes = (ms: number) => `${(ms / 60_000).toFixed(1)} min`;
const perRecord = (seconds: number, records: number) => ((seconds * 1000) / records).toFixed(2);
