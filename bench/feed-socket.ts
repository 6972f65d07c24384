import { WebSocket } from 'ws';

/** As little of a graphql-ws client as measuring needs: one subscription, each message handed on as it came. */
export interface FeedSocket {
  readonly socket: WebSocket;
  close(): Promise<void>;
}

export interface FeedSocketOptions {
  readonly url: string;
  readonly key: string;
  readonly query: string;
  /** Called with each `next` message, unparsed: parsing a million of them would be what is measured. */
  readonly receive: (text: string) => void;
}

/** Resolves once the server has acknowledged the connection and got the subscription. */
export async function openFeedSocket({ url, key, query, receive }: FeedSocketOptions): Promise<FeedSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })),
    );
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('{"type":"connection_ack"')) {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
        resolve();
      } else if (text.includes('"type":"next"')) receive(text);
      else if (text.includes('"type":"ping"')) socket.send('{"type":"pong"}');
      else if (text.includes('"type":"error"')) reject(new Error(text));
    });
  });
  return {
    socket,
    close: () =>
      new Promise((resolve) => {
        socket.once('close', () => resolve());
        socket.terminate();
      }),
  };
}
