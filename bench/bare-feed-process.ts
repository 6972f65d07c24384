import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { childOptions, serveParent } from './child.js';

export interface BareFeedReady {
  readonly url: string;
}

/**
 * The floor of the change feed: graphql-ws as it comes over a schema of the same fields; each subscriber is an async
 * generator over one shared array.
 */
childOptions<object>();
const schema = buildSchema(`
  type Query { _: Boolean }
  enum EntityType { SUPPLIER ITEM WAREHOUSE BUSINESS_UNIT }
  enum ChangeKind { CREATED UPDATED MERGED UNMERGED RETIRED RESTORED }
  type Change { position: String!, entityType: EntityType!, id: ID!, version: Int!, kind: ChangeKind!, attributes: [String!]!, at: String! }
  type ChangeEvent { cursor: String!, heartbeat: Boolean!, change: Change }
  type Subscription { changes: ChangeEvent! }
`);

const events: object[] = [];
let waiting: (() => void)[] = [];

async function* follow(): AsyncGenerator<{ changes: object | undefined }> {
  for (let at = events.length; ; at++) {
    while (at >= events.length) await new Promise<void>((resolve) => waiting.push(resolve));
    yield { changes: events[at] };
  }
}

const server = createServer();
useServer(
  { schema, roots: { subscription: { changes: follow } } },
  new WebSocketServer({ server, perMessageDeflate: false }),
);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  serveParent<{ events: readonly object[] }>({ url: `http://127.0.0.1:${port}` }, async (question) => {
    events.push(...question.events);
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
    return {};
  });
});
