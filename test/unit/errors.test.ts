import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { GraphQLError, GraphQLSchema } from 'graphql';
import {
  Conflict,
  ERROR_CODES,
  HubError,
  IllegalOperation,
  InvalidInput,
  NotFound,
  RejectedRecord,
} from '../../golden-records/errors.js';
import { assertGuardsHold, GRANTS, PERMISSIONS } from '../../resolvers/authorization.js';
import { codeOf, GRAPHQL_CODES, presentError } from '../../resolvers/errors.js';
import { buildHubSchema } from '../../resolvers/schema.js';
import { SOURCE_ERROR_CODES } from '../../sources/errors.js';
import { silentLog } from '../support/log.js';
import { testModel } from '../support/test-server.js';

const report = { correlationId: 'c-1', log: silentLog };

describe('docs/errors.md', () => {
  test.each<[string, readonly string[]]>([
    ['GraphQL codes', GRAPHQL_CODES],
    ['Hub codes', ERROR_CODES],
    ['Source codes', SOURCE_ERROR_CODES],
  ])('explains each of the %s and no other', async (heading, codes) => {
    const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
    const documented = [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
    expect(documented.sort()).toEqual([...codes].sort());
  });
});

describe('domain errors', () => {
  test.each<[HubError, string | undefined]>([
    [new InvalidInput('INVALID_INPUT', 'm'), 'BAD_USER_INPUT'],
    [new RejectedRecord('RECORD_REJECTED', 'm'), 'BAD_USER_INPUT'],
    [new NotFound('NOT_FOUND', 'm'), 'NOT_FOUND'],
    [new Conflict('STALE_VERSION', 'm'), 'CONFLICT'],
    [new Conflict('DATABASE_NOT_READY', 'm'), 'SERVICE_UNAVAILABLE'],
    [new IllegalOperation('SAME_RECORD', 'm'), 'ILLEGAL_OPERATION'],
  ])('%p is %s', (error, code) => {
    expect(codeOf(error)).toBe(code);
    const wrapped = new GraphQLError('m', {
      originalError: new GraphQLError('m', { originalError: error }),
      path: ['a'],
    });
    expect(presentError(wrapped, report)).toMatchObject({
      message: 'm',
      path: ['a'],
      extensions: { code, hubCode: error.code },
    });
  });

  test('what is unknown keeps its secrets', () => {
    for (const error of [
      new Error('select secret'),
      new TypeError('secret'),
      'secret',
      new GraphQLError('secret', { originalError: new Error('secret') }),
    ]) {
      expect(JSON.stringify(presentError(error, report))).not.toContain('secret');
    }
  });
});

describe('permissions', () => {
  const held = (role: keyof typeof GRANTS) => PERMISSIONS.filter((permission) => GRANTS[role].has(permission));

  test('of each role', () => {
    expect(held('reader')).toEqual(['readGolden']);
    expect(held('steward')).toEqual(['readGolden', 'readPayload', 'decide', 'resolveTask', 'ingest', 'readSync']);
    expect(held('integrator')).toEqual([
      'readGolden',
      'readPayload',
      'ingest',
      'recompute',
      'manageMatching',
      'readSync',
      'operateSync',
    ]);
    expect(held('auditor')).toEqual(['readGolden', 'readPayload', 'readAudit', 'readSync']);
    expect(held('administrator')).toEqual([...PERMISSIONS]);
  });

  test('no guarded field of the hub is simple, which would open it', () => {
    expect(buildHubSchema(testModel())).toBeInstanceOf(GraphQLSchema);
    expect(() => assertGuardsHold()).not.toThrow();
  });
});
