import type { LoadRequest } from 'autocannon';
import { encodePosition } from '../golden-records/read/keyset.js';
import type { BareReady } from './bare-process.js';
import { type Child, startChild, type Usage } from './child.js';
import type { Environment } from './environment.js';
import { type FilledHub, filledHub } from './filled.js';
import type { HubReady } from './hub-process.js';
import type { LoadAnswer } from './load-process.js';
import { type BenchReport, numberText } from './report.js';
import { median } from './statistics.js';

const CONNECTIONS = 20;
const REQUESTS = 400;

interface ReadCase {
  readonly name: string;
  readonly target: number;
  readonly query: string;
  /** The floor's statement. */
  readonly statement: string;
  readonly answer: 'row' | 'text';
  /** Variables of the hub's request and values of the floor's, number by number. */
  variables(nth: number, hub: FilledHub): Readonly<Record<string, unknown>>;
  values(nth: number, hub: FilledHub): readonly string[];
  /** Throws when both don't answer with the same. */
  compare(hubs: string, bares: string): void;
}

/** One supplier by the ERP's own number, with all that is not sensitive. */
export const lookupBench = (env: Environment): Promise<BenchReport> => readBench(env, LOOKUP);

/** Fifty suppliers with attributes, provenance and crosswalk. */
export const pageBench = (env: Environment): Promise<BenchReport> => readBench(env, PAGE);

async function readBench(env: Environment, read: ReadCase): Promise<BenchReport> {
  const filled = await filledHub(env);
  const { databaseUrl, key } = filled;
  const hub = await startChild<HubReady>('hub-process', { databaseUrl });
  const { statement, answer } = read;
  const bare = await startChild<BareReady>('bare-process', { databaseUrl, statement, answer });
  const load = await startChild('load-process', { connections: CONNECTIONS });
  try {
    const numbers = Array.from(
      { length: env.isSmoke ? 10 : REQUESTS },
      (_, at) => 1 + ((at * 7919) % (filled.suppliers / 2)),
    );
    const hubRequests = numbers.map((nth) => hubRequest(key, read.query, read.variables(nth, filled)));
    const bareRequests = numbers.map((nth) => bareRequest(read.values(nth, filled)));
    await compareAnswers(read, [hub.ready.url, hubRequests], [bare.ready.url, bareRequests]);
    const sides = { hub: side(hub, hubRequests), bare: side(bare, bareRequests) };
    const rounds = await alternate(env, load.child, sides);
    return report(read, filled, rounds);
  } finally {
    await Promise.all([hub, bare, load].map(({ child }) => child.stop()));
  }
}

type Target = readonly [url: string, requests: readonly LoadRequest[]];
interface Side {
  readonly child: Child;
  readonly target: Target;
}
type Measured = LoadAnswer & {
  /** Processor milliseconds of the serving process, a request. */
  readonly cpuMs: number;
};
interface Round {
  readonly hub: Measured;
  readonly bare: Measured;
}

const side = ({ child, ready }: { child: Child; ready: { url: string } }, requests: readonly LoadRequest[]): Side => ({
  child,
  target: [ready.url, requests],
});

/** Turn by turn, so that a slow spell of the machine meets both. The first rounds only warm up. */
async function alternate(env: Environment, load: Child, { hub, bare }: Record<'hub' | 'bare', Side>): Promise<Round[]> {
  const rounds: Round[] = [];
  const [count, warmUp] = env.isSmoke ? [2, 1] : [17, 2];
  for (let nth = 0; nth < count; nth++) rounds.push({ hub: await measure(load, hub), bare: await measure(load, bare) });
  return rounds.slice(warmUp);
}

const SECONDS = 2;

async function measure(load: Child, { child, target: [url, requests] }: Side): Promise<Measured> {
  const before = await child.ask<Usage>({});
  const answer = await load.ask<LoadAnswer>({ url, seconds: SECONDS, requests });
  const after = await child.ask<Usage>({});
  return { ...answer, cpuMs: ((after.cpuSeconds - before.cpuSeconds) * 1000) / answer.requests };
}

function report(read: ReadCase, filled: FilledHub, rounds: readonly Round[]): BenchReport {
  const ratios = rounds.map(({ hub, bare }) => hub.perSecond / bare.perSecond);
  const of = (side: keyof Round, field: keyof Measured) => median(rounds.map((round) => round[side][field]));
  return {
    name: `${read.name}, over HTTP, ${filled.sourceRecords.toLocaleString('en')} source records`,
    figures: [
      { what: 'hub', value: of('hub', 'perSecond'), unit: 'requests/s' },
      { what: 'bare node:http handler', value: of('bare', 'perSecond'), unit: 'requests/s' },
      { what: 'share of the bare handler (median)', value: median(ratios), unit: '', least: read.target },
    ],
    notes: [
      `share by round: ${ratios.map(numberText).join(', ')}; ${CONNECTIONS} connections`,
      `processor ms a request in the serving process: hub ${numberText(of('hub', 'cpuMs'))}, bare ${numberText(of('bare', 'cpuMs'))}`,
      `bytes an answer, headers included: hub ${numberText(of('hub', 'bytesPerAnswer'))}, bare ${numberText(of('bare', 'bytesPerAnswer'))}`,
    ],
  };
}

const hubRequest = (key: string, query: string, variables: object): LoadRequest => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
  body: JSON.stringify({ query, variables }),
});

const bareRequest = (values: readonly string[]): LoadRequest => ({
  method: 'GET',
  path: `/?${new URLSearchParams(values.map((value, at): [string, string] => [String(at), value])).toString()}`,
});

async function compareAnswers(read: ReadCase, hub: Target, bare: Target): Promise<void> {
  for (const at of [0, 1, 2, 3]) read.compare(await answerOf(hub, at), await answerOf(bare, at));
}

async function answerOf([url, requests]: Target, at: number): Promise<string> {
  const request = requests[at];
  if (!request) throw new Error(`no request ${at}`);
  const { method, path, headers = {}, body = null } = request;
  const response = await fetch(new URL(path, url), { method, headers, body });
  const text = await response.text();
  if (!response.ok || text.includes('"errors":[')) throw new Error(`${url}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}

// --- One record ------------------------------------------------------------------------------------------------------

const ATTRIBUTES = `attributes {
  name legalName legalForm gln duns lei phones emails website currency status
  addresses { kind line1 line2 city region postcode country }
}`;

const LOOKUP: ReadCase = {
  name: 'lookup: one supplier by external id',
  target: 0.6,
  query: `query ($id: String!) {
    supplierByExternalId(system: "erp", scope: "main", id: $id) { id state version createdAt updatedAt ${ATTRIBUTES} }
  }`,
  statement: `select g.id, g.state, g.version, g.attributes, g.provenance, g.created_at as "createdAt", g.valid_from as "validFrom"
    from source_record s join golden_record g on g.entity_type = 'supplier' and g.id = s.golden_record_id
    where s.entity_type = 'supplier' and s.system = $1 and s.scope = $2 and s.external_id = $3`,
  answer: 'row',
  variables: (nth) => ({ id: `V${nth}` }),
  values: (nth) => ['erp', 'main', `V${nth}`],
  compare: (hubs, bares) => {
    const { attributes } = JSON.parse(hubs).data.supplierByExternalId;
    sameText(attributes.name, JSON.parse(bares).attributes.name);
  },
};

// --- A page ----------------------------------------------------------------------------------------------------------

const SOURCE_FIELDS = 'system scope externalId state linkKind matchWeight linkedAt';

/** JSON as JSON.stringify writes it: `json_agg` and `jsonb` put blanks in. */
const listOf = (row: string, from: string, order: string) =>
  `(select coalesce('[' || string_agg(row_to_json(row)::text, ',' order by ${order}) || ']', '[]') from (select ${row} from ${from}) row)::json`;
const instant = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const texts = (name: string) =>
  `(select '[' || string_agg(to_json(value)::text, ',') || ']' from jsonb_array_elements_text(g.attributes->'${name}'))::json as "${name}"`;
const text = (name: string) => `g.attributes->>'${name}' as "${name}"`;
const ADDRESS = ['kind', 'line1', 'line2', 'city', 'region', 'postcode', 'country'];

const PAGE_NODE = `
  g.id, g.state, g.version,
  (select row_to_json(a) from (select ${['name', 'legalName', 'legalForm', 'gln', 'duns', 'lei'].map(text).join(', ')},
     ${['phones', 'emails'].map(texts).join(', ')}, ${['website', 'currency', 'status'].map(text).join(', ')},
     ${listOf(ADDRESS.map((field) => `value->>'${field}' as "${field}"`).join(', '), `jsonb_array_elements(g.attributes->'addresses') with ordinality`, '1')} as addresses
   ) a) as attributes,
  ${listOf(
    `key as attribute, value->>'rule' as rule, value->>'at' as at, coalesce((value->>'contested')::boolean, false) as contested,
     (select row_to_json(w) from (select s.system, s.scope, s.external_id as "externalId" from source_record s
       where s.entity_type = 'supplier' and s.id = (value->>'source')::uuid) w) as source`,
    'jsonb_each(g.provenance)',
    'attribute',
  )} as provenance,
  ${listOf(
    `s.system, s.scope, s.external_id as "externalId", s.state, s.link_kind as "linkKind", s.match_weight::text as "matchWeight",
     ${instant('s.linked_at')} as "linkedAt"`,
    `source_record s where s.entity_type = 'supplier' and s.golden_record_id = g.id`,
    '"linkedAt", system',
  )} as crosswalk`;

const PAGE: ReadCase = {
  name: 'page: 50 suppliers with attributes, provenance and crosswalk',
  target: 0.3,
  query: `query ($after: String!) {
    suppliers(first: 50, after: $after) {
      nodes {
        id state version ${ATTRIBUTES}
        provenance { attribute rule at contested source { system scope externalId } }
        crosswalk { ${SOURCE_FIELDS} }
      }
      pageInfo { hasNextPage }
    }
  }`,
  statement: `select '{"data":{"suppliers":{"nodes":[' || string_agg(row_to_json(node)::text, ',' order by node.id)
      || '],"pageInfo":{"hasNextPage":true}}}}' from (
    select ${PAGE_NODE}
    from (select * from golden_record where entity_type = 'supplier' and state in ('ACTIVE', 'PROVISIONAL') and id > $1::uuid
      order by id limit 50) g) node`,
  answer: 'text',
  variables: (nth) => ({ after: encodePosition({ order: 'ID', value: positionOf(nth), id: positionOf(nth) }) }),
  values: (nth) => [positionOf(nth)],
  compare: (hubs, bares) => sameText(comparable(hubs), comparable(bares)),
};

/** Just before the nth supplier. */
function positionOf(nth: number): string {
  const hex = (1_764_000_000_000 + nth).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

interface PageNode {
  id: string;
  provenance: { attribute: string; rule: string }[];
  crosswalk: { system: string }[];
}

/** Public ids are typed, rules are spelt as constants, provenance follows the definition: beyond that both must say the same. */
function comparable(answer: string): string {
  const { nodes, pageInfo } = (JSON.parse(answer) as { data: { suppliers: { nodes: PageNode[]; pageInfo: object } } })
    .data.suppliers;
  return JSON.stringify({
    pageInfo,
    nodes: nodes.map(({ id: _id, provenance, crosswalk, ...rest }) => ({
      ...rest,
      provenance: provenance
        .map((entry) => ({ ...entry, rule: entry.rule.replaceAll('_', '').toLowerCase() }))
        .sort((a, b) => (a.attribute < b.attribute ? -1 : 1)),
      crosswalk: [...crosswalk].sort((a, b) => (a.system < b.system ? -1 : 1)),
    })),
  });
}

function sameText(left: string, right: string): void {
  if (left === right) return;
  let at = 0;
  while (left[at] === right[at]) at++;
  throw new Error(
    `hub and floor differ:\n${left.slice(Math.max(0, at - 200), at + 200)}\n${right.slice(Math.max(0, at - 200), at + 200)}`,
  );
}
