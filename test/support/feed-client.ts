import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

export interface ReceivedEvent {
  readonly cursor: string;
  readonly heartbeat: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: as selected by the test
  readonly change: any;
}

export const CHANGES = `subscription ($after: String, $types: [EntityType!], $ids: [ID!]) {
  changes(after: $after, types: $types, ids: $ids) { cursor heartbeat change { position entityType id version kind } }
}`;

/** A subscriber that loses no message: what arrives waits in `events` until the test takes it. */
export class FeedClient {
  readonly events: ReceivedEvent[] = [];
  /** Positions of the changes received so far. */
  readonly positions: number[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: errors as they came
  errors: any[] = [];
  closed: { code: number; reason: string } | undefined;
  completed = false;
  private readonly client: Client;
  private waiting: (() => void)[] = [];
  socket: WebSocket | undefined;

  constructor(
    readonly url: string,
    key: string | undefined,
    params: Record<string, unknown> | undefined = key === undefined ? undefined : { authorization: `Bearer ${key}` },
  ) {
    this.client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: params ?? {},
      retryAttempts: 0,
      lazy: true,
      on: {
        connected: (socket) => {
          this.socket = socket as WebSocket;
          this.ring();
        },
        closed: (event) => {
          const { code, reason } = event as { code: number; reason: string };
          this.closed = { code, reason };
          this.ring();
        },
      },
    });
  }

  subscribe(variables: Record<string, unknown> = {}, query = CHANGES, operationName?: string): () => void {
    return this.client.subscribe(
      { query, variables, ...(operationName ? { operationName } : {}) },
      {
        // biome-ignore lint/suspicious/noExplicitAny: as selected by the test
        next: (result: any) => {
          if (result.errors) this.errors.push(...result.errors);
          const event = result.data?.changes;
          if (event) this.events.push(event);
          if (event?.change) this.positions.push(Number(event.change.position));
          this.ring();
        },
        error: (error) => {
          if (Array.isArray(error)) this.errors.push(...error);
          this.ring();
        },
        complete: () => {
          this.completed = true;
          this.ring();
        },
      },
    );
  }

  /** Resolves once it holds; looked at after each message. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async close(): Promise<void> {
    await this.client.dispose();
  }

  private ring(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
