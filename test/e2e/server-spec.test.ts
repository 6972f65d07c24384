import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import type { RunningServer } from '../../src/server.js';
import { startTestHub, type TestHub } from '../support/test-server.js';

let hub: TestHub;
let server: RunningServer;
let key: string;

beforeAll(async () => {
  hub = await startTestHub();
  server = await hub.serve();
  key = (await hub.key('reader')).key;
});
afterAll(() => hub.close());

/** For application/json we answer 400 where nothing was executed, as Apollo does; these audits would like 200. */
const ANSWERED_OTHERWISE = ['572B', 'FDE2', '7B9B'];

const audits = serverAudits({
  url: () => server.url,
  fetchFn: (url: string, init: RequestInit = {}) =>
    fetch(url, {
      ...init,
      headers: { ...(init.headers as object), authorization: `Bearer ${key}`, 'apollo-require-preflight': 'yes' },
    }),
});

test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
  const result = await audit.fn();
  if (result.status === 'error' || (result.status === 'warn' && !ANSWERED_OTHERWISE.includes(audit.id)))
    throw new Error(result.reason);
  expect(['ok', 'notice', 'warn']).toContain(result.status);
});
