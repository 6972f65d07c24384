import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { childOptions, serveParent, usage } from './child.js';

export interface BareOptions {
  readonly databaseUrl: string;
  /** What one request runs. Values are the query parameters, in their order. */
  readonly statement: string;
  /** `row`: JSON of the first row. `text`: the first column of it, as it is. */
  readonly answer: 'row' | 'text';
}

export interface BareReady {
  readonly url: string;
}

/**
 * The floor of reading: node:http and one prepared statement, over a pool of the hub's size. No key, no routes, no
 * validation; times stay as the server wrote them.
 */
const { databaseUrl, statement, answer } = childOptions<BareOptions>();
const TIMESTAMPTZ = 1184;
const pool = new pg.Pool({
  connectionString: databaseUrl,
  max: 10,
  types: {
    getTypeParser: (oid: number, format?: string) =>
      oid === TIMESTAMPTZ
        ? (text: string) => text
        : pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text'),
  },
});

const server = createServer((request, response) => {
  const values = [...new URLSearchParams((request.url ?? '').split('?')[1]).values()];
  pool.query({ name: 'bare', text: statement, values }).then(
    ({ rows }) => {
      const [row] = rows;
      const body = answer === 'row' ? JSON.stringify(row ?? null) : String(Object.values(row ?? {})[0]);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    },
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  serveParent({ url: `http://127.0.0.1:${port}` } satisfies BareReady, usage);
});
