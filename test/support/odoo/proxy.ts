import type { AddressInfo } from 'node:net';
import { createServer, type Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the proxy does with one connection, decided when the request has been seen. */
export type Fault =
  | 'PASS'
  /** The request goes through, and its answer is held back until `release` or for ever. */
  | 'HOLD_ANSWER'
  /** The connection is reset after some bytes of the answer. */
  | 'CUT_ANSWER'
  /** The connection is reset before the request is passed on. */
  | 'CUT_REQUEST'
  /** Our side is closed properly in the middle of the answer. */
  | 'HALF_CLOSE'
  /** Another answer comes in the place of the server's, and the request never reaches it. */
  | { readonly status: number; readonly body: string; readonly headers?: string }
  | { readonly delayMs: number };

/** A proxy of the tests between the hub and an Odoo, at the level of TCP. Odoo closes after each answer: a call a connection. */
export interface FaultProxy {
  readonly url: string;
  /** Decides by the beginning of the request: its first line, headers, and what of the body came with them. */
  fault: (request: string) => Fault;
  /** Requests whose answer is being held back. */
  readonly held: number;
  close(): Promise<void>;
}

const CUT_AFTER_BYTES = 60;

export async function startProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let held = 0;
  const proxy = {
    url: '',
    fault: (_request: string): Fault => 'PASS',
    get held() {
      return held;
    },
    close: () => closeAll(server, sockets),
  };
  const server = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    client.once('data', (first: Buffer) => void serve(client, first));
  });

  async function serve(client: Socket, first: Buffer): Promise<void> {
    client.pause();
    const fault = proxy.fault(first.toString('utf8'));
    if (fault === 'CUT_REQUEST') return void client.resetAndDestroy();
    if (typeof fault === 'object' && 'status' in fault) {
      const { status, body, headers = '' } = fault;
      client.end(
        `HTTP/1.1 ${status} Fault\r\ncontent-type: text/html\r\nconnection: close\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      return;
    }
    if (typeof fault === 'object') await sleep(fault.delayMs);
    const upstream = new Socket();
    sockets.add(upstream);
    upstream.on('close', () => {
      sockets.delete(upstream);
      if (fault !== 'HOLD_ANSWER') client.end();
    });
    upstream.on('error', () => client.destroy());
    upstream.connect(Number(port), hostname, () => {
      upstream.write(first);
      client.on('data', (chunk: Buffer) => upstream.write(chunk));
      client.resume();
    });
    let passed = 0;
    upstream.on('data', (chunk: Buffer) => {
      if (fault === 'HOLD_ANSWER') {
        if (passed === 0) held++;
        passed += chunk.length;
        return;
      }
      if (fault === 'CUT_ANSWER' || fault === 'HALF_CLOSE') {
        if (passed === 0) client.write(chunk.subarray(0, CUT_AFTER_BYTES));
        passed += chunk.length;
        if (fault === 'CUT_ANSWER') client.resetAndDestroy();
        else client.end();
        return;
      }
      client.write(chunk);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}
