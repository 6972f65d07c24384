import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HubError, type Issue, isJsonObject, type JsonObject, normaliseRecord } from '../../golden-records/index.js';
import hub from '../../hub.config.js';
import { readRows } from '../../sources/files/client.js';
import type { FileStream } from '../../sources/index.js';
import { matchesPattern } from '../../sources/index.js';
import { checkConfig } from '../../src/define-config.js';
import { demoFiles, generateDemo, type WrittenFile } from '../../src/demo/index.js';

const { model, streams } = checkConfig(hub);
const OPTIONS = { seed: 2026 };

interface Outcome {
  readonly file: string;
  readonly system: string;
  readonly entityType: string;
  readonly externalId: string | null;
  readonly line: number;
  readonly reject?: string;
  readonly issues: readonly Issue[];
  readonly attributes: JsonObject;
  readonly schemes: readonly string[];
}

let dir: string;
let files: WrittenFile[];
let outcomes: Outcome[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'concord-demo-'));
  files = await generateDemo({ dir, ...OPTIONS });
  outcomes = (await Promise.all(files.map(takeIn))).flat();
});
afterAll(() => rm(dir, { recursive: true }));

/** Every row of a file through its stream and the checks of its entity type, as the pipeline would take it. */
async function takeIn(file: WrittenFile): Promise<Outcome[]> {
  const stream = streamOf(file);
  const found: Outcome[] = [];
  for await (const rows of readRows(file.path, stream.file)) {
    for (const row of rows) found.push({ ...checkRow(stream, file, stream.record(row)), line: row.line });
  }
  return found;
}

function checkRow(
  stream: FileStream,
  { name, system, entityType }: WrittenFile,
  record: ReturnType<FileStream['record']>,
) {
  const empty = {
    file: name,
    system,
    entityType,
    externalId: record.externalId,
    issues: [],
    attributes: {},
    schemes: [],
  };
  if (record.unreadable) return { ...empty, reject: record.unreadable.code };
  const definition = model.entityTypes.get(entityType);
  if (!definition) throw new Error(`no entity type ${entityType}`);
  try {
    const mapped = stream.mapping.map(record.payload);
    const { issues, attributes, identifiers } = normaliseRecord(definition, mapped, { system, scope: stream.scope });
    return { ...empty, issues, attributes, schemes: identifiers.map(({ scheme }) => scheme) };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { ...empty, reject: error.message };
  }
}

function streamOf({ name, system }: WrittenFile): FileStream {
  const found = streams.filter((one) => matchesPattern(one.stream.pattern, name));
  expect(found.map((one) => one.system)).toEqual([system]);
  return found[0]?.stream as FileStream;
}

const record = (system: string, id: string) =>
  outcomes.find((one) => one.system === system && one.externalId === id)?.attributes ?? {};

test('the same seed gives the same bytes, another one others', () => {
  const [first, again, other] = [OPTIONS, OPTIONS, { seed: 7 }].map((options) =>
    demoFiles(options).map(({ content }) => Buffer.from(content).toString('base64')),
  );
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('files carry the time at which their system wrote them, not that of the machine', async () => {
  for (const { name, path } of files) {
    const { mtime } = await stat(path);
    expect([name, mtime.getUTCFullYear()]).toEqual([name, 2026]);
    expect(mtime.getTime()).toBeLessThan(Date.UTC(2026, 7, 1));
  }
});

test('some 6,000 records in four systems, references before what they refer to', () => {
  const total = files.reduce((sum, { records }) => sum + records, 0);
  expect(total).toBe(outcomes.length);
  expect(total).toBeGreaterThan(5500);
  expect(total).toBeLessThan(6500);
  expect(new Set(files.map(({ system }) => system))).toEqual(new Set(['erp', 'procurement', 'inventory', 'portal']));
  const order = files.map(({ name }) => name);
  expect(order.indexOf('erp-products.csv')).toBeLessThan(order.indexOf('erp-partners.csv'));
  expect(order.indexOf('procurement-items.jsonl')).toBeLessThan(order.indexOf('procurement-suppliers.jsonl'));
});

test('every identifier is right, except those mistyped on purpose', () => {
  const issues = outcomes.flatMap((one) => one.issues.map(({ attribute, found }) => ({ ...one, attribute, found })));
  const kinds = new Set(issues.map(({ file, attribute }) => `${file.replace(/-2\./, '.')} ${attribute}`));
  expect([...kinds].sort()).toEqual(['erp-partners.csv phones[0]', 'erp-products.csv packagings[0].gtin']);
  expect(issues.length).toBeLessThan(80);
  const seen = new Set(outcomes.flatMap(({ schemes }) => schemes));
  expect([...seen].sort()).toEqual(
    ['ABA', 'DUNS', 'EIN', 'GLN', 'GTIN', 'HCPCS', 'IBAN', 'LEI', 'NDC', 'NPI', 'UDI_DI', 'UNSPSC', 'VAT'].sort(),
  );
});

test('the bad records, and no others, are rejected', () => {
  const rejects = outcomes
    .filter(({ reject }) => reject)
    .map(({ file, externalId, reject }) => [file, externalId, reject]);
  expect(rejects).toEqual([
    ['erp-products.csv', null, 'ROW_RAGGED'],
    ['erp-partners.csv', 'V8888', expect.stringContaining('expected name or an identifier, found neither')],
    ['erp-partners.csv', null, 'ROW_QUOTES'],
    ['procurement-suppliers.jsonl', 'SUP-90001', expect.stringContaining('`name` expected')],
    ['procurement-suppliers.jsonl', 'SUP-90002', expect.stringContaining('expected name or an identifier')],
    ['procurement-suppliers.jsonl', null, 'ROW_NOT_JSON'],
    ['inventory-items.csv', 'INV-99999', expect.stringContaining('`tracking` expected')],
  ]);
});

describe('Meridian Surgical Supply, the company that examples name', () => {
  test('is ERP V1001, procurement SUP-77 and portal 5501, under one tax number', () => {
    const seen = [record('erp', 'V1001'), record('procurement', 'SUP-77'), record('portal', '5501')];
    expect(seen.map(({ name }) => String(name).toLowerCase())).toEqual(
      Array(3).fill(expect.stringContaining('meridian surgical supply')),
    );
    expect(new Set(seen.map(({ taxIds }) => JSON.stringify(taxIds))).size).toBe(1);
    expect(new Set(seen.map(({ name }) => name)).size).toBeGreaterThan(1);
  });

  test('makes item P10001 = ITEM-20001 = INV-50001, under one GTIN', () => {
    const gtins = [record('erp', 'P10001'), record('procurement', 'ITEM-20001'), record('inventory', 'INV-50001')].map(
      ({ packagings }) => (Array.isArray(packagings) && isJsonObject(packagings[0]) ? packagings[0].gtin : undefined),
    );
    expect(gtins[0]).toEqual(expect.stringMatching(/^\d{14}$/));
    expect(new Set(gtins).size).toBe(1);
  });
});

test('systems disagree: names, addresses, phone numbers, missing values', () => {
  const differing = (attribute: string) => {
    let count = 0;
    for (let no = 0; no < 400; no += 4) {
      const [erp, portal] = [record('erp', `V${1001 + no}`)[attribute], record('portal', String(5501 + no))[attribute]];
      if (erp !== undefined && portal !== undefined && JSON.stringify(erp) !== JSON.stringify(portal)) count++;
    }
    return count;
  };
  for (const attribute of ['name', 'addresses', 'emails'])
    expect([attribute, differing(attribute) > 20]).toEqual([attribute, true]);
});

test('records are deleted, come twice, and come late', async () => {
  const later = await readFile(join(dir, 'erp-partners-2.csv'), 'utf8');
  expect(later.match(/,yes,/g)?.length).toBeGreaterThan(2);
  expect(later.match(/OUTDATED NAME/g)?.length).toBeGreaterThan(2);
  expect(outcomes.filter(({ externalId }) => /^V7\d{3}$/.test(externalId ?? '')).length).toBeGreaterThan(10);
});

test('scale makes more of the same', () => {
  const records = (scale: number) => demoFiles({ seed: 1, scale }).reduce((sum, file) => sum + file.records, 0);
  const [small, large] = [records(0.1), records(3)];
  expect(large / small).toBeGreaterThan(20);
});
