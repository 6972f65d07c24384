import { type InboundRecord, isJsonObject, type Json, type JsonObject } from '../../../golden-records/index.js';
import type {
  Connector,
  KeyFacts,
  InwardCodes,
  OpenSystem,
  OutwardAttribute,
  Page,
  PullPart,
  PushPart,
  SyncStream,
  WriteResult,
} from '../../../sources/index.js';
import { Down, Permanent, Retryable, SourceError, Throttled } from '../../../sources/index.js';

export interface TinyConnectorOptions {
  readonly url: string;
  readonly types?: readonly TinyType[];
  readonly idempotency?: 'UPSERT' | 'FIND' | 'NONE';
  readonly batch?: number;
  readonly callsPerSecond?: number;
  readonly timeoutMs?: number;
  readonly settlesWithinMs?: number;
  readonly creates?: boolean;
  readonly same?: (field: string, ours: Json, theirs: Json) => boolean;
  readonly pageSize?: number;
  readonly every?: number | string;
  readonly incremental?: boolean;
  readonly provisional?: boolean;
  /** What the system tells of the key. */
  readonly key?: KeyFacts;
  /** What it tells beside its records. */
  readonly mergedInto?: NonNullable<PullPart['mergedInto']>;
  readonly count?: NonNullable<PullPart['count']>;
}

/** How one entity type is called there: attribute → field. */
export interface TinyType {
  readonly entityType: string;
  readonly fields: Readonly<Record<string, TinyField>>;
  /** Attributes that the hub never writes there. */
  readonly readOnly?: readonly string[];
}
export interface TinyField {
  readonly field: string;
  /** A reference to this entity type. */
  readonly reference?: string;
  /** The values are codes of this list. */
  readonly codes?: string;
}

export const TINY_SUPPLIER: TinyType = {
  entityType: 'supplier',
  fields: {
    name: { field: 'name' },
    duns: { field: 'duns' },
    website: { field: 'website' },
    currency: { field: 'currency' },
    status: { field: 'status' },
    statusReason: { field: 'reason' },
    legalForm: { field: 'form', codes: 'forms' },
    parent: { field: 'parent_id', reference: 'supplier' },
  },
};
export const TINY_UNIT: TinyType = {
  entityType: 'business_unit',
  fields: { name: { field: 'name' }, code: { field: 'code' } },
};
export const TINY_WAREHOUSE: TinyType = {
  entityType: 'warehouse',
  fields: {
    name: { field: 'name' },
    code: { field: 'code' },
    businessUnit: { field: 'unit_id', reference: 'business_unit' },
  },
};

/** A connector to `TinyServer`, as small as the contract allows. */
export function tinyConnector(options: TinyConnectorOptions): Connector {
  const { types = [TINY_SUPPLIER], callsPerSecond } = options;
  return {
    kind: 'tiny',
    streams: types.map((type) => streamOf(type, options)),
    ...(callsPerSecond === undefined ? {} : { callsPerSecond }),
    problems: () => [],
    open: () => openTiny(options),
  };
}

function streamOf(type: TinyType, options: TinyConnectorOptions): SyncStream {
  const { entityType, fields, readOnly = [] } = type;
  const usesCodes = Object.values(fields).some(({ codes }) => codes);
  const inward = (codes: InwardCodes | undefined) => ({
    version: '1',
    map: (payload: Json) => mapIn(type, payload, codes),
  });
  const written = Object.entries(fields).filter(([attribute]) => !readOnly.includes(attribute));
  return {
    connector: 'tiny',
    name: entityType,
    entityType,
    scope: 'main',
    tier: 'EVENT_CRITICAL',
    every: options.every ?? 1_000,
    resolutionMs: 1_000,
    overlapMs: 5_000,
    pageSize: options.pageSize ?? 50,
    sweepEveryMs: 3_600_000,
    guard: { share: 0.2, least: 2 },
    reads: { [entityType]: Object.values(fields).map(({ field }) => field) },
    capabilities: {
      incremental: options.incremental ?? true,
      deletes: 'LISTED',
      resumable: true,
      webhooks: true,
      push: {
        batch: options.batch ?? 100,
        idempotency: options.idempotency ?? 'UPSERT',
        settlesWithinMs: options.settlesWithinMs ?? 2_000,
      },
    },
    mapping: inward(undefined),
    ...(usesCodes ? { mappingWith: (codes: InwardCodes) => inward(codes) } : {}),
    outward: {
      attributes: Object.fromEntries(written.map(([attribute, field]) => [attribute, outwardOf(field)])),
      state: { fields: ['archived'], write: (state) => ({ archived: state === 'RETIRED' }) },
      present: (payload) => {
        const { archived = false, fields: own = {} } = payload as { archived?: boolean; fields?: JsonObject };
        return { ...own, archived };
      },
      ...(options.same ? { same: options.same } : {}),
      creates: options.creates ?? true,
      provisional: options.provisional ?? false,
    },
  };
}

function mapIn({ fields, entityType }: TinyType, payload: Json, codes: InwardCodes | undefined) {
  const own = isJsonObject(payload) && isJsonObject(payload.fields) ? payload.fields : {};
  const attributes: Record<string, Json> = {};
  for (const [attribute, { field, reference, codes: list }] of Object.entries(fields)) {
    const value = own[field];
    if (value === undefined) continue;
    if (value !== null && reference) attributes[attribute] = { system: 'tiny', scope: 'main', id: String(value) };
    else if (value !== null && list) {
      const word = codes?.inward(list, String(value), `${entityType} ${value}`);
      if (word !== undefined) attributes[attribute] = word;
    } else attributes[attribute] = value;
  }
  return attributes;
}

const outwardOf = ({ field, reference, codes }: TinyField): OutwardAttribute => ({
  fields: [field],
  write: (value, context) => {
    if (value === null) return { [field]: null };
    if (reference) return { [field]: context.reference(reference, String(value)) ?? null };
    if (codes) return { [field]: context.code(codes, String(value)) ?? null };
    return { [field]: value };
  },
});

function openTiny({ url, timeoutMs = 2_000, key, mergedInto, count }: TinyConnectorOptions): OpenSystem {
  const call = async (path: string, body: object, signal: AbortSignal): Promise<JsonObject> => {
    const own = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/${path}`, { method: 'POST', body: JSON.stringify(body), signal: own });
      text = await response.text();
    } catch (cause) {
      throw lost(cause);
    }
    if (response.status === 429) {
      const retryAfterMs = Number(response.headers.get('retry-after') ?? 1) * 1_000;
      throw new Throttled('SYSTEM_THROTTLES', 'tiny asks for less', { retryAfterMs });
    }
    if (response.status === 401) throw new Down('ACCESS_DENIED', 'tiny refuses the key');
    if (response.status >= 500) throw new Retryable('SYSTEM_FAILED', `tiny answered ${response.status}`);
    let answer: Json;
    try {
      answer = JSON.parse(text) as Json;
    } catch (cause) {
      throw new Retryable('ANSWER_UNREADABLE', 'tiny answered something else than JSON', {
        cause,
        outcomeUnknown: true,
      });
    }
    return { ...(answer as JsonObject), status: response.status };
  };
  const pull: PullPart = {
    now: async (signal) => String((await call('any/now', {}, signal)).now),
    page: async ({ entityType }, { from, to }, after, limit, signal) =>
      pageOf(await call(`${entityType}/page`, { from, to, after, limit }, signal)),
    read: async ({ entityType }, ids, signal) => pageOf(await call(`${entityType}/read`, { ids }, signal)).records,
    list: async ({ entityType }, after, limit, signal) => {
      const { records, next } = pageOf(await call(`${entityType}/list`, { after, limit }, signal));
      const entries = records.map(({ externalId, sourceTime }) => ({
        externalId: externalId ?? '',
        ...(sourceTime === undefined ? {} : { sourceTime }),
      }));
      return { entries, next };
    },
    ...(mergedInto === undefined ? {} : { mergedInto }),
    ...(count === undefined ? {} : { count }),
  };
  const push: PushPart = {
    find: async ({ entityType }, keys, signal) => {
      const { found } = await call(`${entityType}/find`, { keys }, signal);
      return new Map((found as { key: string; id: string }[]).map(({ key, id }) => [key, id]));
    },
    write: async ({ entityType }, { action, rows }, signal): Promise<WriteResult[]> => {
      const sent = rows.map(({ key, externalId, fields }) => ({ key, id: externalId, fields }));
      const answer = await call(`${entityType}/write`, { action, rows: sent }, signal);
      if (answer.status === 422) return refused(answer, rows.length);
      return (answer.ids as (string | null)[]).map((id) =>
        id === null
          ? { kind: 'FAILED', error: new Permanent('RECORD_GONE', 'the record is not there') }
          : { kind: 'WRITTEN', externalId: id },
      );
    },
  };
  return {
    pull,
    push,
    schema: async (signal) => {
      const { status: _status, ...models } = await call('any/schema', {}, signal);
      return models as Record<string, Record<string, string>>;
    },
    ...(key === undefined ? {} : { key: async () => key }),
    close: async () => undefined,
  };
}

/** Refused by name, only that row is at fault; without one the whole batch is. */
function refused({ row, error }: JsonObject, rows: number): WriteResult[] {
  const reason = new Permanent('VALUE_REFUSED', `tiny: ${String(error)}`);
  if (typeof row !== 'number') throw reason;
  return Array.from(
    { length: rows },
    (_, at): WriteResult => (at === row ? { kind: 'FAILED', error: reason } : { kind: 'UNTRIED' }),
  );
}

function pageOf({ records = [], next = null }: JsonObject): Page {
  const all = records as { id: string; modified: string }[];
  return {
    records: all.map(
      ({ id, modified, ...rest }): InboundRecord => ({
        externalId: id,
        payload: rest as unknown as Json,
        sourceTime: modified,
      }),
    ),
    next: next as string | null,
  };
}

function lost(cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause;
  // Not by instanceof: under jest the errors of node's own fetch are of another realm.
  const { cause: inner } = cause as { cause?: { code?: unknown } };
  const code = inner?.code;
  if (code === 'ECONNREFUSED') return new Down('SYSTEM_UNREACHABLE', 'tiny does not listen', { cause });
  const isTimeOut = ['TimeoutError', 'AbortError'].includes((cause as Error).name);
  const message = isTimeOut ? 'no answer in time' : 'the connection was lost';
  return new Retryable(isTimeOut ? 'SYSTEM_TIMED_OUT' : 'SYSTEM_FAILED', message, { cause, outcomeUnknown: true });
}
