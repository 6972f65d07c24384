import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type Json, type JsonObject } from '../../../golden-records/index.js';
import { accessDenied, Refusal, userError } from './refusal.js';
import { type Call, OdooWorld, type User, type WorldOptions } from './world.js';

/** What goes wrong with a call, for tests: its answer comes late, or another one comes. */
export interface Trouble {
  /** The call is done at once; its answer comes so much later. */
  readonly delayMs?: number;
  /** Answered in place of the call, which is then not done. */
  readonly instead?: { readonly status: number; readonly body: string; readonly headers?: Record<string, string> };
  /** Raised by the call itself. */
  readonly refuse?: Refusal;
}

export interface OdooImitation {
  readonly url: string;
  readonly database: string;
  readonly world: OdooWorld;
  /** Login → key of the users there: admin, sync, reader. */
  readonly keys: Readonly<Record<string, string>>;
  /** Asked before each call. */
  trouble: ((model: string, method: string) => Trouble | undefined) | undefined;
  close(): Promise<void>;
}

const DATABASE = 'demo';

/** An Odoo in this process, at the wire: JSON-RPC, and for 19 JSON-2. Listens on a free port of this machine only. */
export async function startOdooImitation(of: OdooWorld | WorldOptions): Promise<OdooImitation> {
  const world = of instanceof OdooWorld ? of : new OdooWorld(of);
  const { version } = world;
  const server = createServer((request, response) => {
    // By the world's clock, as everything else.
    response.setHeader('date', new Date(world.now()).toUTCString());
    void answer(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/html' });
      response.end(`<title>500 Internal Server Error</title>${error instanceof Error ? error.stack : ''}`);
    });
  });
  const imitation: OdooImitation = {
    url: '',
    database: DATABASE,
    world,
    keys: Object.fromEntries(world.users.map(({ login, key }) => [login, key])),
    trouble: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const body = await bodyOf(request);
    const send = (status: number, content: Json, headers: Record<string, string> = {}) => {
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        connection: 'close',
        ...headers,
      });
      response.end(JSON.stringify(content));
    };
    const page = (status: number, title: string) => {
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
      response.end(`<!doctype html>\n<html lang=en>\n<title>${title}</title>\n<h1>${title}</h1>\n`);
    };
    if (request.method === 'GET') {
      if (path === '/json/version' && version >= 19) {
        return send(200, { version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' });
      }
      return path === '/web/webclient/version_info' ? send(200, {}) : page(404, '404 Not Found');
    }
    if (request.headers['content-type']?.split(';')[0] !== 'application/json')
      return page(415, '415 Unsupported Media Type');
    const input = parsed(body);
    if (!isJsonObject(input)) return page(400, '400 Bad Request');
    const modern = /^\/json\/2\/([\w.]+)\/(\w+)$/.exec(path);
    if (modern && version >= 19) {
      const [, model = '', method = ''] = modern;
      const wait = await troubled(model, method, response);
      if (wait === undefined) return;
      if (request.headers['x-odoo-database'] !== DATABASE) return page(404, '404 Not Found');
      return attempt(
        () => callJson2(request, model, method, input),
        (result) => later(wait, () => send(200, result)),
        (refusal) => later(wait, () => send(refusal.status, exceptionOf(refusal))),
      );
    }
    if (path !== '/jsonrpc') return page(404, '404 Not Found');
    const params = isJsonObject(input.params) ? input.params : {};
    const args = Array.isArray(params.args) ? params.args : [];
    const [model, method] =
      params.service === 'object' ? [String(args[3]), String(args[4])] : ['common', String(params.method)];
    const wait = await troubled(model, method, response);
    if (wait === undefined) return;
    return attempt(
      () => callJsonRpc(String(params.service), String(params.method), args),
      (result) =>
        later(wait, () => send(200, { jsonrpc: '2.0', id: input.id ?? null, ...(result === null ? {} : { result }) })),
      (refusal) =>
        later(wait, () =>
          send(200, {
            jsonrpc: '2.0',
            id: input.id ?? null,
            error: { code: version >= 19 ? 0 : 200, message: 'Odoo Server Error', data: exceptionOf(refusal) },
          }),
        ),
    );
  }

  /** Milliseconds to wait with the answer; undefined when another answer was given. */
  async function troubled(model: string, method: string, response: ServerResponse): Promise<number | undefined> {
    const trouble = imitation.trouble?.(model, method);
    pending = trouble?.refuse;
    if (!trouble?.instead) return trouble?.delayMs ?? 0;
    await sleep(trouble.delayMs ?? 0, undefined, { ref: false });
    response.writeHead(trouble.instead.status, { connection: 'close', ...trouble.instead.headers });
    response.end(trouble.instead.body);
    return undefined;
  }
  let pending: Refusal | undefined;

  async function later(ms: number, work: () => void): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { ref: false });
    work();
  }

  async function attempt(
    work: () => Json,
    done: (result: Json) => Promise<void>,
    refused: (refusal: Refusal) => Promise<void>,
  ): Promise<void> {
    let result: Json;
    try {
      if (pending) throw pending;
      result = work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refused(error);
    }
    return done(result);
  }

  function callJson2(request: IncomingMessage, model: string, method: string, input: JsonObject): Json {
    const key = /^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const user = world.users.find((one) => one.key === key);
    if (!user) throw new Refusal('werkzeug.exceptions.Unauthorized', 401, 'Invalid apikey');
    const { ids, context, ...named } = input;
    return run(user, model, method, Array.isArray(ids) ? ids.map(Number) : undefined, named, context);
  }

  function callJsonRpc(service: string, method: string, args: readonly Json[]): Json {
    if (service === 'common' && method === 'version') {
      return {
        server_version: `${version}.0`,
        server_version_info: [version, 0, 0, 'final', 0, ''],
        protocol_version: 1,
      };
    }
    if (service === 'common' && method === 'authenticate') {
      const [database, login, key] = args;
      if (database !== DATABASE) throw noDatabase(String(database));
      return world.users.find((one) => one.login === login && isKeyOf(one, key))?.id ?? false;
    }
    if (service !== 'object' || method !== 'execute_kw')
      throw new Refusal('builtins.AttributeError', 500, `No ${service}.${method}`);
    const [database, uid, key, model, name, positional, named] = args;
    if (database !== DATABASE) throw noDatabase(String(database));
    const user = world.users.find((one) => one.id === uid && isKeyOf(one, key));
    if (!user) throw accessDenied('Access Denied');
    const { context, ...rest } = isJsonObject(named) ? named : {};
    const takes = POSITIONAL[String(name)] ?? ['ids'];
    const list = Array.isArray(positional) ? positional : [];
    if (list.length > takes.length) {
      const said = `${name}() takes ${takes.length} positional arguments but ${list.length} were given`;
      throw new Refusal('builtins.TypeError', 500, said);
    }
    if ((name === 'search' || name === 'search_count') && 'domain' in rest && version < 17) {
      throw new Refusal('builtins.TypeError', 500, `${name}() got an unexpected keyword argument 'domain'`);
    }
    // Its values have another name there.
    if (name === 'write' && model === 'res.company' && 'vals' in rest && version < 17)
      throw new Refusal('builtins.TypeError', 500, `${name}() got an unexpected keyword argument 'vals'`);
    const { ids, ...all }: JsonObject = {
      ...Object.fromEntries(list.map((value, at) => [takes[at] ?? '', value])),
      ...rest,
    };
    return run(user, String(model), String(name), Array.isArray(ids) ? ids.map(Number) : undefined, all, context);
  }

  const isKeyOf = (user: User, key: Json | undefined) => key === user.key || key === user.password;
  const noDatabase = (name: string) =>
    new Refusal('psycopg2.OperationalError', 404, `FATAL:  database "${name}" does not exist`);

  function run(
    user: User,
    model: string,
    method: string,
    ids: readonly number[] | undefined,
    named: JsonObject,
    context: Json | undefined,
  ): Json {
    const given = isJsonObject(context) ? context : {};
    return world.transaction(user, given, (call) => callMethod(world, call, model, method, ids ?? [], named));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port: bound } = server.address() as AddressInfo;
  return Object.assign(imitation, { url: `http://127.0.0.1:${bound}` });
}

/** What `execute_kw` takes by position; of every other method, the ids. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  search: ['domain'],
  search_count: ['domain'],
  search_read: ['domain', 'fields'],
  create: ['vals_list'],
  load: ['fields', 'data'],
  fields_get: ['allfields', 'attributes'],
  check_access_rights: ['operation'],
  read: ['ids', 'fields'],
  write: ['ids', 'vals'],
};

function callMethod(
  world: OdooWorld,
  call: Call,
  model: string,
  method: string,
  ids: readonly number[],
  named: JsonObject,
): Json {
  const list = (name: string): Json[] => (Array.isArray(named[name]) ? (named[name] as Json[]) : []);
  const texts = (name: string): string[] => list(name).map(String);
  const page = {
    ...(typeof named.order === 'string' ? { order: named.order } : {}),
    ...(typeof named.limit === 'number' ? { limit: named.limit } : {}),
  };
  if (model === 'base.partner.merge.automatic.wizard') return mergeWizard(world, call, method, ids, named);
  switch (method) {
    case 'search':
      return world.search(call, model, list('domain'), page);
    case 'search_count':
      return world.search(call, model, list('domain')).length;
    case 'search_read':
      return world.read(call, model, world.search(call, model, list('domain'), page), texts('fields'));
    case 'read':
      return world.read(call, model, ids, texts('fields'));
    case 'create': {
      const values = named.vals_list;
      return (Array.isArray(values) ? values : [values]).map((one) =>
        world.create(call, model, isJsonObject(one) ? one : {}),
      );
    }
    case 'write':
      world.write(call, model, ids, isJsonObject(named.vals) ? named.vals : {});
      return true;
    case 'unlink':
      world.unlink(call, model, ids);
      return true;
    case 'load':
      return world.load(
        call,
        model,
        texts('fields'),
        list('data').map((row) => (Array.isArray(row) ? row : [])),
      );
    case 'fields_get': {
      const wanted = new Set(texts('attributes'));
      return Object.fromEntries(
        Object.entries(world.fields(model)).map(([name, { computed, ...field }]) => {
          const all: JsonObject = { required: false, readonly: false, ...field, store: !computed } as JsonObject;
          return [
            name,
            Object.fromEntries(Object.entries(all).filter(([key]) => wanted.size === 0 || wanted.has(key))),
          ];
        }),
      );
    }
    case 'has_access':
    case 'check_access_rights':
      world.table(model);
      return world.may(call.user, model, String(named.operation));
    case 'context_get':
      return { lang: 'en_US', tz: false, uid: call.user.id };
    default:
      world.table(model);
      throw world.version >= 19
        ? new Refusal('werkzeug.exceptions.NotFound', 404, `The method '${model}.${method}' does not exist`)
        : new Refusal('builtins.AttributeError', 500, `type object '${model}' has no attribute '${method}'`);
  }
}

/** Merging contacts, as people do it there: the sources go, and what pointed to them points to the target. */
function mergeWizard(world: OdooWorld, call: Call, method: string, ids: readonly number[], named: JsonObject): Json {
  const table = world.table('base.partner.merge.automatic.wizard');
  if (method === 'create') {
    const [values] = Array.isArray(named.vals_list) ? named.vals_list : [named.vals_list];
    const id = table.drawId();
    table.insert(id, isJsonObject(values) ? { ...values } : {}, call.undo);
    return [id];
  }
  const wizard = table.rows.get(ids[0] ?? 0);
  if (method !== 'action_merge' || !wizard) throw userError(`No ${method} of this wizard`);
  const target = Number(wizard.dst_partner_id);
  const [command] = Array.isArray(wizard.partner_ids) ? wizard.partner_ids : [];
  const partners = Array.isArray(command) && Array.isArray(command[2]) ? command[2].map(Number) : [];
  mergePartners(
    world,
    call,
    partners.filter((id) => id !== target),
    target,
  );
  return false;
}

export function mergePartners(world: OdooWorld, call: Call, sources: readonly number[], target: number): void {
  const data = world.table('ir.model.data');
  const messages = world.table('mail.message');
  const told = sources.map((id) => {
    const { name, email } = world.table('res.partner').rows.get(id) ?? {};
    return `${name} &lt;${email || 'n/a'}&gt; (ID ${id})`;
  });
  const relations: readonly (readonly [string, string])[] = [
    ['res.partner.bank', 'partner_id'],
    ['res.partner', 'parent_id'],
    ['product.supplierinfo', world.version >= 16 ? 'partner_id' : 'name'],
  ];
  for (const source of sources) {
    for (const [model, field] of relations) {
      for (const id of world.table(model).idsBy(field, source)) {
        world.table(model).set(id, field, id === target ? false : target, call.undo);
        world.touch(call, model, id);
      }
    }
    for (const table of [data, messages]) {
      for (const id of table.idsBy('res_id', source)) {
        if (table.rows.get(id)?.model === 'res.partner') table.set(id, 'res_id', target, call.undo);
      }
    }
    world.table('res.partner').remove(source, call.undo);
  }
  const body = `<p>Merged with the following partners: ${told.join(', ')}</p>`;
  messages.insert(
    messages.drawId(),
    { model: 'res.partner', res_id: target, message_type: 'notification', body },
    call.undo,
  );
  world.touch(call, 'res.partner', target);
}

const exceptionOf = ({ exception, message }: Refusal): JsonObject => ({
  name: exception,
  message,
  arguments: [message],
  context: {},
  debug: '',
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
