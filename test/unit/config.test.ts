import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { supplier } from '../../golden-records/entity-types/index.js';
import { ConfigError, type ConfigProblem } from '../../golden-records/errors.js';
import { fileStream } from '../../sources/index.js';
import { limitsOf } from '../../src/app.js';
import { readSettings, VARIABLES } from '../../src/config.js';
import { checkConfig, defineConfig } from '../../src/define-config.js';
import { DEFAULT_SERVER_LIMITS } from '../../src/server.js';

function problemsOf(work: () => unknown): readonly ConfigProblem[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
const pathsOf = (work: () => unknown) => problemsOf(work).map(({ path }) => path);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'concord-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('environment', () => {
  const read = (env: Record<string, string>) => readSettings(env, folder);

  test('an empty one gives the defaults, frozen', () => {
    const settings = read({});
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 4000, databaseUrl: undefined, logLevel: undefined });
    expect(settings.dataDir).toBe(join(folder, '.concord'));
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test('empty and blank count as not set', () => {
    expect(read({ PORT: '', HOST: '  ', DATABASE_URL: '' })).toEqual(read({}));
  });

  test('limits without a variable of their own are those of the server', () => {
    expect(DEFAULT_SERVER_LIMITS).toMatchObject(limitsOf(read({})));
  });

  test.each([
    ['PORT', '70000'],
    ['PORT', '40.5'],
    ['PORT', 'http'],
    ['LOG_LEVEL', 'loud'],
    ['DATABASE_URL', 'mysql://root@db/hub'],
    ['DATABASE_URL', 'postgresql://'],
    ['MAX_QUERY_DEPTH', '0'],
    ['DATABASE_CONNECTIONS', '1'],
  ])('%s=%s is told', (name, value) => {
    expect(pathsOf(() => read({ [name]: value }))).toEqual([name]);
  });

  test('all problems come together', () => {
    const env = { PORT: 'x', LOG_LEVEL: 'x', TLS_CERT_FILE: 'missing.pem', CONCORD_DATADIR: '/data' };
    expect(pathsOf(() => read(env)).sort()).toEqual([
      'CONCORD_DATADIR',
      'LOG_LEVEL',
      'PORT',
      'TLS_CERT_FILE',
      'TLS_KEY_FILE',
    ]);
  });

  test('a password is never told', () => {
    const problems = problemsOf(() => read({ DATABASE_URL: 'postgres//hub:hunter2@db/hub' }));
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test('DATABASE_URL_FILE is read, relative to the configuration', () => {
    writeFileSync(join(folder, 'url'), 'postgresql://hub@db/hub\n');
    expect(read({ DATABASE_URL_FILE: 'url' }).databaseUrl).toBe('postgresql://hub@db/hub');
    expect(pathsOf(() => read({ DATABASE_URL_FILE: 'nowhere' }))).toEqual(['DATABASE_URL_FILE']);
    expect(pathsOf(() => read({ DATABASE_URL_FILE: 'url', DATABASE_URL: 'postgresql://a/b' }))).toEqual([
      'DATABASE_URL_FILE',
    ]);
  });

  test('every default is one that the variable itself would accept', () => {
    for (const { parse, fallback } of Object.values(VARIABLES)) expect(() => parse(fallback)).not.toThrow();
  });
});

describe('hub.config.ts', () => {
  const suppliers = fileStream(supplier, {
    scope: 'main',
    pattern: 'suppliers*.csv',
    format: 'csv',
    id: 'no',
    map: (row) => ({ name: String(row.name) }),
  });
  const erp = { name: 'ERP', scopes: { main: {} }, streams: [suppliers] };

  test('a small one is enough', () => {
    const config = checkConfig(defineConfig({ systems: { erp } }));
    expect([...config.model.systems.keys()]).toEqual(['hub', 'erp']);
    expect([...config.model.entityTypes.keys()]).toEqual(['supplier', 'item', 'warehouse', 'business_unit']);
    expect(config.streams).toEqual([{ system: 'erp', stream: suppliers }]);
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('problems of shape come together, with path, expected and found', () => {
    const input = {
      systems: { erp: { name: '', scopes: [], streams: {} }, crm: 'x' },
      rules: { supplier: { attribute: {} } },
      watch: 'inbox',
      demo: { seed: 1.5, scale: -1 },
      port: 4000,
    };
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    const expected = [
      { path: 'port', expected: 'one of entityTypes, systems, rules, watch, demo', found: '"port"' },
      { path: 'systems.erp.name', expected: 'a name', found: '""' },
      { path: 'systems.erp.scopes', expected: 'an object of scopes by code', found: '[]' },
      { path: 'systems.erp.streams', expected: 'a list of streams', found: '{}' },
      { path: 'systems.crm', expected: 'an object with name, scopes and streams', found: '"x"' },
      { path: 'rules.supplier.attribute', expected: 'one of default, attributes, thresholds', found: '"attribute"' },
      { path: 'watch', expected: '{ folder: "a path" }', found: '"inbox"' },
      { path: 'demo.seed', expected: 'a whole number', found: '1.5' },
      { path: 'demo.scale', expected: 'a number above 0', found: '-1' },
    ];
    expect([...problemsOf(() => checkConfig(input))].sort(byPath)).toEqual(expected.sort(byPath));
  });

  test('what keeps nothing else from being read is told with all the rest', () => {
    const input = {
      port: 4000,
      systems: { ERP: { ...erp, name: '', scopes: {} } },
      rules: {
        supplier: { thresholds: { match: 'x', keyCap: 0, margin: -1, cap: 3 }, attributes: { nome: {} } },
        item: { default: { stategy: 'longest' }, attributes: { name: [null, { owner: ['hub'], follows: 'unspsc' }] } },
      },
      demo: { seed: 'x' },
    };
    expect([...new Set(pathsOf(() => checkConfig(input)))].sort()).toEqual([
      'demo.seed',
      'port',
      'rules.item.attributes.name[0]',
      'rules.item.attributes.name[1]',
      'rules.item.default',
      'rules.supplier.attributes.nome',
      'rules.supplier.thresholds',
      'rules.supplier.thresholds.keyCap',
      'rules.supplier.thresholds.margin',
      'rules.supplier.thresholds.match',
      'systems.ERP',
      'systems.ERP.name',
      'systems.ERP.scopes',
      'systems.ERP.streams[0].scope',
    ]);
    const broken = { entityTypes: [null], port: 1, systems: {} };
    expect(pathsOf(() => checkConfig(broken))).toEqual(['entityTypes', 'port']);
  });

  test('problems of streams and of rules come together', () => {
    const lost = fileStream(
      { ...supplier, code: 'vendor' },
      {
        scope: 'moon',
        pattern: 'a/b.csv',
        format: 'csv',
        id: 'no',
        map: () => ({ name: 'x' }),
      },
    );
    const input = {
      systems: { erp: { ...erp, streams: [suppliers, lost, 'x'] } },
      rules: { supplier: { attributes: { name: { owner: ['crm'] }, nome: {} } } },
    };
    expect(pathsOf(() => checkConfig(input)).sort()).toEqual([
      'rules.supplier.attributes.name',
      'rules.supplier.attributes.nome',
      'systems.erp.streams[1].entityType',
      'systems.erp.streams[1].pattern',
      'systems.erp.streams[1].scope',
      'systems.erp.streams[2]',
    ]);
  });

  test.each([[undefined], [null], [[]], ['x'], [() => ({})]])('%p is no configuration', (input) => {
    expect(pathsOf(() => checkConfig(input))).toEqual(['default export']);
  });
});
