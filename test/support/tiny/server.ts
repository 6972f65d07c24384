import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** One record as the tiny system holds it. Times are whole seconds, as in the systems that it stands for. */
export interface TinyRecord {
  readonly id: string;
  readonly type: string;
  key: string | null;
  modified: string;
  archived: boolean;
  fields: Record<string, TinyValue>;
}
export type TinyValue = string | number | boolean | null;

/** What may go wrong with one request: before it does anything, or after it has done its work. */
export type Fault =
  | { readonly kind: 'DELAY'; readonly ms: number }
  | { readonly kind: 'STATUS'; readonly status: number; readonly retryAfter?: number; readonly html?: boolean }
  | { readonly kind: 'CUT_BEFORE' }
  | { readonly kind: 'CUT_AFTER' }
  | { readonly kind: 'HALF_ANSWER' }
  | { readonly kind: 'HTML_AFTER' }
  /** It answers that there is nothing. */
  | { readonly kind: 'LIE' };

export interface TinyOptions {
  readonly now?: () => Date;
  readonly port?: number;
}

/** A system of records over HTTP, small and in this process, with everything going wrong that a test asks for. */
export class TinyServer {
  readonly records = new Map<string, TinyRecord>();
  /** Asked for each request. */
  faultFor: (path: string, body: Body) => Fault | null | Promise<Fault | null> = () => null;
  /** A write that has one of these is refused; `named`: the answer says which row, else the batch is refused as a whole. */
  refuses: ((fields: Record<string, unknown>) => string | undefined) | undefined;
  namesRefused = true;
  /** What the system makes of a value when it stores it. */
  stores: (field: string, value: TinyValue) => TinyValue = (_field, value) => value;
  /** Does the system know what a key was used for? */
  keys: 'UPSERT' | 'FIND' | 'NONE' = 'UPSERT';
  schema: Record<string, Record<string, string>> = {};
  /** Called between the work of a write and its answer. */
  afterWrite: (() => void | Promise<void>) | undefined;
  readonly calls: { path: string; rows: number }[] = [];
  readonly writes: { action: string; id: string; fields: Record<string, TinyValue> }[] = [];
  private readonly server: Server;
  private nextId = 1;

  constructor(private readonly options: TinyOptions = {}) {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(this.options.port ?? 0, '127.0.0.1', done));
    return this;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private get now(): string {
    const at = this.options.now?.() ?? new Date();
    return new Date(Math.floor(at.getTime() / 1000) * 1000).toISOString();
  }

  // ---- What people do there ----

  create(type: string, fields: Record<string, TinyValue>, key: string | null = null): TinyRecord {
    const record: TinyRecord = {
      id: String(this.nextId++),
      type,
      key,
      modified: this.now,
      archived: false,
      fields: {},
    };
    this.records.set(record.id, record);
    this.assign(record, fields);
    return record;
  }
  edit(id: string, fields: Record<string, TinyValue>): void {
    const record = this.records.get(id);
    if (record) this.assign(record, fields);
  }
  archive(id: string, archived = true): void {
    const record = this.records.get(id);
    if (!record) return;
    record.archived = archived;
    record.modified = this.now;
  }
  remove(id: string): void {
    this.records.delete(id);
  }
  of(type: string): TinyRecord[] {
    return [...this.records.values()].filter((record) => record.type === type);
  }
  byName(name: string): TinyRecord[] {
    return [...this.records.values()].filter(({ fields }) => fields.name === name);
  }
  private assign(record: TinyRecord, fields: Record<string, TinyValue>): void {
    for (const [name, value] of Object.entries(fields)) {
      if (name === 'archived') record.archived = value === true;
      else record.fields[name] = this.stores(name, value);
    }
    record.modified = this.now;
  }

  // ---- What a connector sees ----

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Body;
    const path = request.url ?? '';
    this.calls.push({ path, rows: body.rows?.length ?? 0 });
    const fault = await this.faultFor(path, body);
    if (fault?.kind === 'DELAY') await delay(fault.ms);
    if (fault?.kind === 'CUT_BEFORE') return void request.socket.destroy();
    if (fault?.kind === 'STATUS') return fail(response, fault);
    const { status, answer } = await this.answer(path, body, fault);
    if (fault?.kind === 'CUT_AFTER') return void request.socket.destroy();
    if (fault?.kind === 'HTML_AFTER') return fail(response, { kind: 'STATUS', status: 200, html: true });
    const text = JSON.stringify(answer);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    if (fault?.kind !== 'HALF_ANSWER') return void response.end(text);
    response.write(text.slice(0, Math.floor(text.length / 2)));
    setImmediate(() => request.socket.destroy());
  }

  private async answer(path: string, body: Body, fault: Fault | null): Promise<{ status: number; answer: unknown }> {
    const [, type = '', verb = ''] = path.split('/');
    const ok = (answer: unknown) => ({ status: 200, answer });
    const isLie = fault?.kind === 'LIE';
    switch (verb) {
      case 'now':
        return ok({ now: this.now });
      case 'schema':
        return ok(this.schema);
      case 'page':
        return ok(isLie ? { records: [], next: null } : this.page(type, body));
      case 'read':
        return ok({ records: isLie ? [] : this.of(type).filter(({ id }) => body.ids?.includes(id)) });
      case 'list':
        return ok(isLie ? { records: [], next: null } : this.page(type, body, true));
      case 'find':
        return ok({ found: isLie ? [] : this.find(type, body.keys ?? []) });
      case 'write': {
        const result = this.write(type, body);
        await this.afterWrite?.();
        return result;
      }
      default:
        return { status: 404, answer: { error: `no ${verb}` } };
    }
  }

  private page(type: string, { from, to, after, limit = 100 }: Body, all = false) {
    const matching = this.of(type)
      .filter(({ id }) => after === undefined || after === null || Number(id) > Number(after))
      .filter(({ modified }) => all || ((!from || modified >= from) && (!to || modified < to)))
      .sort((a, b) => Number(a.id) - Number(b.id));
    const records = matching.slice(0, limit);
    return { records, next: matching.length > limit ? (records.at(-1)?.id ?? null) : null };
  }

  private find(type: string, keys: readonly string[]) {
    if (this.keys === 'NONE') return [];
    return this.of(type)
      .filter(({ key }) => key !== null && keys.includes(key))
      .map(({ key, id }) => ({ key, id }));
  }

  /** All or nothing, as most systems are. */
  private write(type: string, { action, rows = [] }: Body): { status: number; answer: unknown } {
    for (const [at, row] of rows.entries()) {
      const reason = this.refuses?.(row.fields);
      if (reason === undefined) continue;
      return { status: 422, answer: this.namesRefused ? { error: reason, row: at } : { error: reason } };
    }
    const ids = rows.map((row) => {
      const known = row.id ? this.records.get(row.id) : this.keyed(type, row.key);
      if (row.id && !known) return null;
      const record = known ?? this.create(type, {}, this.keys === 'NONE' ? null : row.key);
      this.assign(record, row.fields);
      this.writes.push({ action: action ?? '', id: record.id, fields: row.fields });
      return record.id;
    });
    return { status: 200, answer: { ids } };
  }

  private keyed(type: string, key: string): TinyRecord | undefined {
    return this.keys === 'UPSERT' ? this.of(type).find((record) => record.key === key) : undefined;
  }
}

interface Body {
  readonly from?: string | null;
  readonly to?: string;
  readonly after?: string | null;
  readonly limit?: number;
  readonly ids?: readonly string[];
  readonly keys?: readonly string[];
  readonly action?: string;
  readonly rows?: readonly { key: string; id: string | null; fields: Record<string, TinyValue> }[];
}

function fail(response: ServerResponse, { status, retryAfter, html }: Extract<Fault, { kind: 'STATUS' }>): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (html) response.writeHead(status, { 'content-type': 'text/html', ...headers }).end('<html>Log in</html>');
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"error":"no"}');
}
