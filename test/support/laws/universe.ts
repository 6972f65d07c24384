import fc from 'fast-check';
import {
  DEFAULT_THRESHOLDS,
  type EntityTypeRules,
  type Json,
  type JsonObject,
  type SystemDefinition,
  supplier,
} from '../../../golden-records/index.js';
import { matcherFor } from '../../../golden-records/match/matcher.js';
import type { NaiveEdge, NaiveNode } from './links.js';
import type { NaiveRule } from './survival.js';

/** A world so small that its records collide: eight suppliers in three systems, who share few names and numbers. */
export const UNIVERSE_SYSTEMS: readonly SystemDefinition[] = [
  { code: 'erp', name: 'ERP', scopes: { main: {} }, uniqueRecords: ['supplier'] },
  { code: 'procurement', name: 'Procurement', scopes: { main: {} } },
  { code: 'portal', name: 'Portal', scopes: { main: {} } },
];
const TRUST = ['hub', 'erp', 'procurement', 'portal'];

export interface RecordName {
  readonly system: string;
  readonly externalId: string;
  /** As the matcher orders records. */
  readonly key: string;
}
export const RECORDS: readonly RecordName[] = [
  ['erp', 'E1'],
  ['erp', 'E2'],
  ['procurement', 'P1'],
  ['procurement', 'P2'],
  ['procurement', 'P3'],
  ['portal', 'Q1'],
  ['portal', 'Q2'],
  ['portal', 'Q3'],
].map(([system = '', externalId = '']) => ({ system, externalId, key: `${system}\nmain\n${externalId}` }));
export const trustOf = (system: string): number => TRUST.indexOf(system);

/** What decides for each attribute, as the hub is told and as the naive model reads it. */
export const NAIVE_RULES: Readonly<Record<string, NaiveRule>> = {
  name: { owners: ['erp'], by: 'mostRecent' },
  currency: { owners: ['procurement', 'erp'], by: 'mostRecent', overridable: false },
  legalName: { by: 'longest' },
  legalForm: { by: 'mostFrequent' },
  website: { by: 'sourcePriority', priority: ['portal', 'erp'] },
  status: { by: 'mostRecent' },
  statusReason: { by: 'mostRecent', follows: 'status' },
  emails: { by: 'union' },
  taxIds: { by: 'union' },
  addresses: { by: 'union' },
};
export const UNIVERSE_RULES: Readonly<Record<string, EntityTypeRules>> = {
  supplier: {
    attributes: Object.fromEntries(
      Object.entries(NAIVE_RULES).map(([name, { owners, by, priority, follows, overridable }]) => [
        name,
        {
          strategy: by,
          ...(owners ? { owner: owners } : {}),
          ...(name === 'currency' ? { onConflict: 'propose' as const } : {}),
          ...(priority ? { priority } : {}),
          ...(follows ? { follows } : {}),
          ...(overridable === false ? { override: false } : {}),
        },
      ]),
    ),
  },
};

/** Attributes as a source states them; already in normal form. A missing key is ABSENT, null is NULL. */
export type Said = Readonly<Record<string, Json>>;

const ein = (value: string): Json => [{ scheme: 'EIN', value, country: 'US' }];
const street = (line1: string): Json => [
  { kind: 'MAIN', line1, city: 'Springfield', postcode: '62701', country: 'US' },
];
const EINS = [ein('123456788'), ein('201000001')];
const STREETS = [street('1 Main Street'), street('2 Side Street')];

export const said: fc.Arbitrary<Said> = fc.record(
  {
    name: fc.constantFrom<Json>('Alpha Care', 'Beta Care'),
    taxIds: fc.constantFrom<Json>(...EINS),
    addresses: fc.constantFrom<Json>(...STREETS),
    currency: fc.constantFrom<Json>('USD', 'EUR', null),
    legalName: fc.constantFrom<Json>('Alpha Care', 'Alpha Care Holding', 'Omega Care Holding', null),
    legalForm: fc.constantFrom<Json>('Inc.', 'LLC'),
    website: fc.constantFrom<Json>('https://a.example', 'https://b.example', null),
    status: fc.constantFrom<Json>('ACTIVE', 'ON_HOLD', null),
    statusReason: fc.constantFrom<Json>('late', 'asked', null),
    emails: fc.constantFrom<Json>(['a@alpha.example'], ['b@beta.example', 'a@alpha.example'], null),
  },
  { requiredKeys: [] },
);
/** The same, and now and then a parent: another of the eight, whether it has arrived yet or not. */
export const saidWithParent: fc.Arbitrary<Said> = fc
  .tuple(said, fc.constantFrom<Json>(null, null, ...RECORDS.map(({ system, externalId: id }) => ({ system, id }))))
  .map(([attributes, parent]) => (parent === null ? attributes : { ...attributes, parent }));
export const nothingToKnowItBy = ({ name, taxIds }: Said): boolean => !name && !taxIds;

/** Values a person may state instead. */
export const OVERRIDES: readonly (readonly [string, Json])[] = [
  ['name', 'As told'],
  ['legalName', 'Told Holding'],
  ['website', null],
  ['status', 'BLOCKED'],
  ['emails', ['told@told.example']],
  ['currency', 'GBP'],
];

/** From where the matcher links and asks by itself, and what the model does with the weights. */
export const THRESHOLDS = DEFAULT_THRESHOLDS;

const matcher = matcherFor(supplier, { entityType: 'supplier', version: 0, thresholds: THRESHOLDS, parameters: null });
const weighed = new Map<string, { readonly weight: number; readonly conflict: boolean }>();

/** The evidence between two records. How much it weighs is the matcher's business; what follows from it is the model's. */
export function evidenceBetween(a: string, left: Said, b: string, right: Said): NaiveEdge {
  const key = JSON.stringify([left, right]);
  const { weight, conflict } = weighed.get(key) ?? weigh(left, right);
  weighed.set(key, { weight, conflict });
  return { a, b, weight, match: weight >= THRESHOLDS.match && !conflict };
}

function weigh(left: Said, right: Said) {
  const described = matcher.describe([left, right].map((says) => ({ attributes: known(says), identifiers: [] })));
  const features = described.map((one) => one.features);
  const [score] = matcher.score(features, [[0, 1]]);
  if (!score) throw new Error('a pair without a score');
  return score;
}
const known = ({ parent: _, ...attributes }: Said): JsonObject => attributes;

export const nodeOf = (id: string, record: RecordName, attributes: Said, deleted: boolean): NaiveNode => ({
  id,
  key: record.key,
  deleted,
  unique: record.system === 'erp' ? 'erp' : null,
  exclusive: attributes.taxIds ? { EIN: [JSON.stringify(attributes.taxIds)] } : {},
});
