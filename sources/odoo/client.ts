import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isJsonObject, type Json, type JsonObject } from '../../golden-records/index.js';
import { type Answer, type Failure, failureOfTransport, readJson2, readJsonRpc } from './failure.js';
import { type Dialect, dialectOf, OLDEST_VERSION } from './versions.js';

export interface OdooClientOptions {
  /** `https://odoo.example.com`, with a path where Odoo lies below one. */
  readonly url: string;
  readonly database: string;
  /** The user's login name; JSON-RPC asks for it, JSON-2 knows it by the key. */
  readonly login: string;
  /** An API key of that user, or (JSON-RPC only) the password. Never shown. */
  readonly key: string;
  /** Longest call. A call that takes longer is given up here, and may well go on over there. */
  readonly timeoutMs?: number;
  /** Hosts whose certificate is taken as it is. */
  readonly unverifiedHosts?: readonly string[];
  /** Waited for before each call: whoever limits the rate hands it in. */
  readonly beforeCall?: () => Promise<void>;
  /** Told after each call. */
  readonly onCall?: (call: CallMade) => void;
}

export interface CallMade {
  readonly model: string;
  readonly method: string;
  readonly elapsedMs: number;
  readonly failure: Failure | undefined;
}

/** What every call says, so that nothing depends on how the key's user has set up the screen. */
export interface CallContext {
  /** Language of translated fields. */
  readonly lang: string;
  /** Companies whose records are seen; fields that differ by company are those of the first. */
  readonly companies?: readonly number[];
  /** False leaves out what is archived. Default: everything is seen. */
  readonly activeOnly?: boolean;
  readonly extra?: JsonObject;
}

export interface CallOptions {
  readonly ids?: readonly number[];
  readonly named?: JsonObject;
  readonly context: CallContext;
  readonly timeoutMs?: number;
}

export type Domain = readonly Json[];

/** A value as Odoo gives it: false stands for "none" in every type but boolean. */
export type OdooRow = JsonObject & { readonly id: number };

export interface LoadMessage {
  readonly type: string;
  readonly message: string;
  /** The row that was refused; null where the whole call was. */
  readonly row: number | null;
  readonly field: string | null;
}

export interface LoadResult {
  /** Database ids in the order of the rows; null when nothing was written. */
  readonly ids: readonly number[] | null;
  readonly messages: readonly LoadMessage[];
}

export interface ServerVersion {
  readonly text: string;
  readonly dialect: Dialect;
}

/** A call of Odoo that failed: what was called, what came of it, what to do next. Never the key, never a password. */
export class OdooError extends Error {
  override name = 'OdooError';
  constructor(
    readonly call: string,
    readonly failure: Failure,
    options?: { cause?: unknown },
  ) {
    super(`${call}: ${failure.said}`, options);
  }
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** One Odoo, by JSON-2 from version 19 on, by JSON-RPC before: which one, its answer to the first call says. */
export class OdooClient {
  private known: Promise<ServerVersion> | undefined;
  private user: Promise<number> | undefined;
  private readonly base: URL;

  constructor(private readonly options: OdooClientOptions) {
    this.base = new URL(options.url.endsWith('/') ? options.url : `${options.url}/`);
  }

  get database(): string {
    return this.options.database;
  }
  get host(): string {
    return this.base.host;
  }

  /** Version and dialect, asked once and kept until a call says that nobody is at home. */
  version(): Promise<ServerVersion> {
    this.known ??= this.askVersion().catch((error: unknown) => {
      this.known = undefined;
      throw error;
    });
    return this.known;
  }

  async call(model: string, method: string, { ids, named = {}, context, timeoutMs }: CallOptions): Promise<Json> {
    const { dialect } = await this.version();
    const body = { ...named, context: contextOf(context) };
    const name = `${model}.${method}`;
    if (dialect.protocol === 'json2') {
      return this.json2(
        `json/2/${model}/${method}`,
        name,
        ids === undefined ? body : { ids: [...ids], ...body },
        timeoutMs,
      );
    }
    const { args, rest } = positional(method, ids, body);
    const execute = async () =>
      this.jsonRpc(
        'object',
        'execute_kw',
        [this.options.database, await this.userId(), this.options.key, model, method, args, rest],
        name,
        timeoutMs,
      );
    return execute();
  }

  async searchRead(
    model: string,
    domain: Domain,
    fields: readonly string[],
    context: CallContext,
    page: { readonly limit?: number; readonly order?: string } = {},
  ): Promise<OdooRow[]> {
    const named = { domain: [...domain], fields: [...fields], order: page.order ?? 'id', ...limitOf(page.limit) };
    return rowsOf(await this.call(model, 'search_read', { named, context }), `${model}.search_read`);
  }

  async searchIds(model: string, domain: Domain, context: CallContext, limit?: number): Promise<number[]> {
    const named = { domain: [...domain], order: 'id', ...limitOf(limit) };
    return idsOf(await this.call(model, 'search', { named, context }), `${model}.search`);
  }

  async count(model: string, domain: Domain, context: CallContext): Promise<number> {
    return Number(await this.call(model, 'search_count', { named: { domain: [...domain] }, context }));
  }

  /** Records by id, in no order; those that are gone are left out without a word. */
  async read(
    model: string,
    ids: readonly number[],
    fields: readonly string[],
    context: CallContext,
  ): Promise<OdooRow[]> {
    if (ids.length === 0) return [];
    return rowsOf(await this.call(model, 'read', { ids, named: { fields: [...fields] }, context }), `${model}.read`);
  }

  async create(model: string, values: readonly JsonObject[], context: CallContext): Promise<number[]> {
    return idsOf(await this.call(model, 'create', { named: { vals_list: [...values] }, context }), `${model}.create`);
  }

  async write(model: string, ids: readonly number[], values: JsonObject, context: CallContext): Promise<void> {
    await this.call(model, 'write', { ids, named: { vals: values }, context });
  }

  async unlink(model: string, ids: readonly number[], context: CallContext): Promise<void> {
    await this.call(model, 'unlink', { ids, context });
  }

  /** Upsert by external id (`id`) or database id (`.id`): all rows or none, and the messages say which row was wrong. */
  async load(
    model: string,
    fields: readonly string[],
    rows: readonly (readonly Json[])[],
    context: CallContext,
    timeoutMs?: number,
  ): Promise<LoadResult> {
    const named = { fields: [...fields], data: rows.map((row) => [...row]) };
    const answer = await this.call(model, 'load', {
      named,
      context,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (!isJsonObject(answer)) throw unexpected(`${model}.load`, 'an object', answer);
    const messages = Array.isArray(answer.messages) ? answer.messages : [];
    return {
      ids: Array.isArray(answer.ids) ? answer.ids.map(Number) : null,
      messages: messages.filter(isJsonObject).map(loadMessage),
    };
  }

  async fieldsGet(
    model: string,
    attributes: readonly string[],
    context: CallContext,
  ): Promise<Record<string, JsonObject>> {
    const answer = await this.call(model, 'fields_get', { named: { attributes: [...attributes] }, context });
    if (!isJsonObject(answer)) throw unexpected(`${model}.fields_get`, 'an object', answer);
    return answer as Record<string, JsonObject>;
  }

  /** May the key's user do this with the model? `operation`: read, write, create or unlink. */
  async mayAccess(model: string, operation: string, context: CallContext): Promise<boolean> {
    const { dialect } = await this.version();
    const { method, raises } = dialect.rights;
    const named = raises ? { operation, raise_exception: false } : { operation };
    // JSON-2 has no call without records for it; none of them means the model as a whole.
    const ids = dialect.protocol === 'json2' ? { ids: [] } : {};
    return (await this.call(model, method, { ...ids, named, context })) === true;
  }

  /** The user that the key belongs to. */
  async userId(): Promise<number> {
    this.user ??= this.authenticate().catch((error: unknown) => {
      this.user = undefined;
      throw error;
    });
    return this.user;
  }

  /** The server's clock as its answers give it, to the second. */
  async serverTime(): Promise<Date> {
    const { headers } = await this.send('GET', 'web/webclient/version_info', undefined, {}, 10_000, 'the clock');
    const date = Date.parse(String(headers.date ?? ''));
    if (Number.isNaN(date)) throw unexpected('the clock', 'a Date header', null);
    return new Date(date);
  }

  private async authenticate(): Promise<number> {
    const { dialect } = await this.version();
    if (dialect.protocol === 'json2') {
      const context = { lang: 'en_US' };
      const answer = await this.call('res.users', 'context_get', { context });
      return isJsonObject(answer) && typeof answer.uid === 'number' ? answer.uid : 0;
    }
    const { database, login, key } = this.options;
    const uid = await this.jsonRpc('common', 'authenticate', [database, login, key, {}], 'authenticate', undefined);
    if (typeof uid === 'number') return uid;
    const said = `Odoo does not accept this key for "${login}" in database "${database}"`;
    throw new OdooError('authenticate', { kind: 'TARGET_DOWN', code: 'ODOO_KEY_REFUSED', said });
  }

  private async askVersion(): Promise<ServerVersion> {
    const answer = await this.send('GET', 'json/version', undefined, {}, 10_000, 'version');
    const modern = answer.status === 200 ? versionIn(answer.text) : undefined;
    const found = modern ?? (await this.jsonRpc('common', 'version', [], 'version', 10_000));
    const text = isJsonObject(found) ? String(found.version ?? found.server_version ?? '') : '';
    const major = Number(/^(?:saas[~-])?(\d+)/.exec(text)?.[1]);
    const dialect = dialectOf(major);
    if (dialect) return { text, dialect };
    const said = `expected Odoo ${OLDEST_VERSION} or newer, found "${text}"`;
    throw new OdooError('version', { kind: 'PERMANENT', code: 'ODOO_VERSION', said });
  }

  private async json2(path: string, name: string, body: Json, timeoutMs: number | undefined): Promise<Json> {
    const headers = { authorization: `bearer ${this.options.key}`, 'x-odoo-database': this.options.database };
    return this.limited(name, async () => readJson2(await this.send('POST', path, body, headers, timeoutMs, name)));
  }

  private async jsonRpc(
    service: string,
    method: string,
    args: readonly Json[],
    name: string,
    timeoutMs: number | undefined,
  ): Promise<Json> {
    const body = { jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args: [...args] } };
    return this.limited(name, async () => readJsonRpc(await this.send('POST', 'jsonrpc', body, {}, timeoutMs, name)));
  }

  private async limited(
    name: string,
    work: () => Promise<{ readonly result: Json } | { readonly failure: Failure }>,
  ): Promise<Json> {
    await this.options.beforeCall?.();
    const startedAt = performance.now();
    const made = (failure: Failure | undefined) => {
      const at = name.lastIndexOf('.');
      const elapsedMs = performance.now() - startedAt;
      this.options.onCall?.({ model: name.slice(0, Math.max(at, 0)), method: name.slice(at + 1), elapsedMs, failure });
    };
    try {
      const read = await work();
      if ('failure' in read) throw new OdooError(name, this.withoutSecrets(read.failure));
      made(undefined);
      return read.result;
    } catch (error) {
      if (!(error instanceof OdooError)) throw error;
      made(error.failure);
      // What comes back may be another version, or know the user by another number.
      if (error.failure.kind === 'TARGET_DOWN') this.forget();
      throw error;
    }
  }

  private forget(): void {
    this.known = undefined;
    this.user = undefined;
  }

  /** A server may quote what it was sent. */
  private withoutSecrets(failure: Failure): Failure {
    return { ...failure, said: failure.said.replaceAll(this.options.key, '***') };
  }

  private send(
    method: string,
    path: string,
    body: Json | undefined,
    headers: Readonly<Record<string, string>>,
    timeoutMs = this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    name: string,
  ): Promise<Answer> {
    const url = new URL(path, this.base);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const isVerified = !(this.options.unverifiedHosts ?? []).includes(url.hostname);
    let isSent = false;
    return new Promise<Answer>((resolve, reject) => {
      const failed = (error: unknown) => {
        clearTimeout(deadline);
        request.destroy();
        reject(new OdooError(name, this.withoutSecrets(failureOfTransport(error, isSent))));
      };
      const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = make(url, {
        method,
        // Odoo closes the connection after each answer: one that is kept would be found dead by the next call.
        agent: false,
        rejectUnauthorized: isVerified,
        headers: {
          ...headers,
          connection: 'close',
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
        },
      });
      const deadline = setTimeout(() => failed(new TimedOut(timeoutMs)), timeoutMs);
      request.on('socket', (socket) => {
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          isSent = true;
        });
      });
      request.on('error', failed);
      request.on('response', (response) => {
        collect(response).then((answer) => {
          clearTimeout(deadline);
          resolve(answer);
        }, failed);
      });
      request.end(text);
    });
  }
}

class TimedOut extends Error {
  readonly code = 'ODOO_TIMED_OUT';
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms; what was asked for may still be done`);
  }
}

function collect(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('close', () => {
      if (!response.complete) return reject(new Error('the answer was cut off'));
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
  });
}

function contextOf({ lang, companies, activeOnly = false, extra = {} }: CallContext): JsonObject {
  return {
    ...extra,
    lang,
    tz: 'UTC',
    active_test: activeOnly,
    ...(companies === undefined || companies.length === 0 ? {} : { allowed_company_ids: [...companies] }),
  };
}

/**
 * JSON-RPC takes the records first. `create` looks at its first argument before any name is known, the values of `write` have other names in
 * some models, and the domain of a search changed its name over the versions.
 */
function positional(method: string, ids: readonly number[] | undefined, body: JsonObject) {
  if (method === 'create') {
    const { vals_list, ...rest } = body;
    return { args: [vals_list ?? []], rest };
  }
  if (method === 'write') {
    const { vals, ...rest } = body;
    return { args: [[...(ids ?? [])], vals ?? {}], rest };
  }
  if (method === 'search' || method === 'search_count') {
    const { domain, ...rest } = body;
    return { args: [domain ?? []], rest };
  }
  return { args: ids === undefined ? [] : [[...ids]], rest: body };
}

const limitOf = (limit: number | undefined) => (limit === undefined ? {} : { limit });

function versionIn(text: string): Json | undefined {
  try {
    const found = JSON.parse(text) as Json;
    return isJsonObject(found) ? found : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const loadMessage = (message: JsonObject): LoadMessage => ({
  type: String(message.type ?? 'error'),
  message: String(message.message ?? ''),
  row: typeof message.record === 'number' ? message.record : firstRow(message.rows),
  field: typeof message.field === 'string' ? message.field : null,
});

const firstRow = (rows: Json | undefined): number | null =>
  isJsonObject(rows) && typeof rows.from === 'number' ? rows.from : null;

function rowsOf(answer: Json, call: string): OdooRow[] {
  if (Array.isArray(answer) && answer.every((row) => isJsonObject(row) && typeof row.id === 'number')) {
    return answer as OdooRow[];
  }
  throw unexpected(call, 'a list of records', answer);
}

function idsOf(answer: Json, call: string): number[] {
  if (Array.isArray(answer)) return answer.map(Number);
  if (typeof answer === 'number') return [answer];
  throw unexpected(call, 'a list of ids', answer);
}

const unexpected = (call: string, expected: string, found: Json) =>
  new OdooError(call, {
    kind: 'RETRYABLE',
    code: 'ODOO_UNREADABLE',
    // What kind of thing, not what it says: that may be a record.
    said: `expected ${expected}, found ${found === null ? 'nothing' : Array.isArray(found) ? 'a list' : typeof found}`,
  });
