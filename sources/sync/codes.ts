import {
  type Actor,
  type Db,
  HUB_ACTOR,
  type InboundRecord,
  ingest,
  inTransaction,
  InvalidInput,
  iso,
  type Json,
  type Mapping,
  newId,
  type RaisedTask,
  recordOperation,
  type Tx,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { InwardCodes, PlainCode, SyncStream } from '../connector.js';
import { type Synchronised } from './synchronised.js';
import type { Call } from './turns.js';

/** A system's code lists as they stand: which code is which of the hub's words. */
export interface CodeLists {
  inward(list: string, code: string): string | undefined;
  outward(list: string, word: string): string | undefined;
}

interface CodeRow {
  readonly list: string;
  readonly code: string;
  readonly word: string;
  readonly preferred: boolean;
}

/**
 * One statement. Code lists are short: payment terms, categories, units, countries, currencies. `plain`: what the system
 * says of its codes itself; what a person said goes before it.
 */
export async function loadCodes(db: Db, system: string, plain: readonly PlainCode[] = []): Promise<CodeLists> {
  const rows = await withoutTransaction(db).query<CodeRow>(
    `select list, code, word, preferred from code where system = $1
       order by preferred desc, case when code ~ '^[0-9]+$' then code::numeric end, code`,
    system,
  );
  const inward = new Map(rows.map(({ list, code, word }) => [`${list}\n${code}`, word]));
  const outward = new Map<string, string>();
  // The preferred one comes first, else the lowest (2 before 10): the same for every worker.
  for (const { list, code, word } of rows) if (!outward.has(`${list}\n${word}`)) outward.set(`${list}\n${word}`, code);
  const ownWords = new Map(plain.map(({ list, code, word }) => [plainKey(list, word), code]));
  return {
    inward: (list, code) => inward.get(`${list}\n${code}`),
    outward: (list, word) => outward.get(`${list}\n${word}`) ?? ownWords.get(plainKey(list, word)),
  };
}

const plainKey = (list: string, word: string) => `${list}\n${word.trim().toLowerCase()}`;

/** What was asked for in vain. */
export interface UnknownCode {
  readonly list: string;
  readonly direction: 'INWARD' | 'OUTWARD';
  readonly value: string;
  readonly label?: string | undefined;
}

/** A stream's mapping over these code lists, which notes for each payload what it asked for in vain. */
export function mappingOver(
  stream: SyncStream,
  codes: CodeLists,
): { mapping: Mapping; missed: Map<Json, UnknownCode[]> } {
  const missed = new Map<Json, UnknownCode[]>();
  if (!stream.mappingWith) return { mapping: stream.mapping, missed };
  let current: Json = null;
  const inward: InwardCodes['inward'] = (list, code, label, otherwise) => {
    const word = codes.inward(list, code) ?? otherwise;
    if (word === undefined)
      missed.set(current, [...(missed.get(current) ?? []), { list, direction: 'INWARD', value: code, label }]);
    return word;
  };
  const made = stream.mappingWith({ inward });
  const map: Mapping['map'] = (payload) => {
    current = payload;
    missed.delete(payload);
    return made.map(payload);
  };
  return { mapping: { version: made.version, map }, missed };
}

export interface WaitingRecord extends UnknownCode {
  readonly entityType: string;
  /** INWARD: the source record. OUTWARD: the link. */
  readonly recordId: string;
}

/** Keep who waits for which code, and ask a steward about each code once. Nothing where nothing was missed. */
export async function waitForCodes(tx: Tx, system: string, waiting: readonly WaitingRecord[]): Promise<void> {
  if (waiting.length === 0) return;
  await tx.execute(
    `insert into code_wait (system, list, direction, value, entity_type, record_id, since)
       select distinct $1, x.list, x.direction, x.value, x."entityType", x."recordId", $3::timestamptz
       from jsonb_to_recordset($2::jsonb) as x(list text, direction text, value text, "entityType" text, "recordId" uuid)
     on conflict do nothing`,
    system,
    waiting,
    tx.now.toISOString(),
  );
  const codes = new Map(waiting.map((wait) => [taskKey(system, wait), wait]));
  const raise = [...codes].map(
    ([key, { list, direction, value, label, entityType }]): RaisedTask => ({
      kind: 'UNKNOWN_CODE',
      key,
      details: { system, list, direction, value, label: label ?? null, entityType },
    }),
  );
  const subject = { system, codes: raise.length };
  await recordOperation(tx, { kind: 'UNKNOWN_CODE', actor: HUB_ACTOR, correlationId: newId(), subject }, { raise });
}

const taskKey = (system: string, { list, direction, value }: Pick<UnknownCode, 'list' | 'direction' | 'value'>) =>
  `code:${system}:${list}:${direction}:${value}`;

export interface CodeInput {
  readonly system: string;
  readonly list: string;
  /** The system's. */
  readonly code: string;
  /** The hub's. */
  readonly word: string;
  readonly label?: string | null;
  /** Written where several codes mean the word. */
  readonly preferred?: boolean;
}

/** Say what a code means. Whatever waited for it is mapped or sent again by the worker (`healOnce`). */
export async function setCode(db: Db, actor: Actor, correlationId: string, input: CodeInput): Promise<void> {
  for (const field of ['system', 'list', 'code', 'word'] as const) {
    if (input[field].trim() === '') throw new InvalidInput('INVALID_INPUT', `${field} is empty`, { field });
  }
  if (!db.model.systems.has(input.system)) {
    const known = [...db.model.systems.keys()].join(', ');
    throw new InvalidInput('UNKNOWN_SYSTEM', `expected ${known}, found "${input.system}"`, { field: 'system' });
  }
  const { system, list, code, word, label = null, preferred = false } = input;
  await inTransaction(db, async (tx) => {
    await saveCode(tx, actor, { system, list, code, word, label, preferred });
    const answered = [
      taskKey(system, { list, direction: 'INWARD', value: code }),
      taskKey(system, { list, direction: 'OUTWARD', value: word }),
    ];
    const subject = { system, list, code, word };
    await recordOperation(tx, { kind: 'SET_CODE', actor, correlationId, subject }, { close: answered });
  });
}

async function saveCode(tx: Tx, actor: Actor, row: Required<CodeInput>): Promise<void> {
  const { system, list, code, word, label, preferred } = row;
  if (preferred) {
    await tx.execute(
      `update code set preferred = false where system = $1 and list = $2 and word = $3`,
      system,
      list,
      word,
    );
  }
  await tx.execute(
    `insert into code (system, list, code, word, label, decided_by, decided_at, preferred)
       values ($1, $2, $3, $4, $5, $6, $7::timestamptz, $8::boolean)
     on conflict (system, list, code) do update set word = excluded.word, label = coalesce(excluded.label, code.label),
       decided_by = excluded.decided_by, decided_at = excluded.decided_at, preferred = excluded.preferred`,
    system,
    list,
    code,
    word,
    label,
    actor.id,
    tx.now.toISOString(),
    preferred,
  );
}

const HEAL_PAGE = 100;
const ANSWERED = `
select w.entity_type as "entityType", w.record_id::text as "recordId", w.direction, w.list, w.value, s.scope, s.external_id as "externalId",
    s.payload, ${iso('s.source_time')} as "sourceTime"
  from code_wait w left join source_record s on s.entity_type = w.entity_type and s.id = w.record_id and s.state <> 'DELETED'
  where w.system = $1 and exists (select from code c where c.system = w.system and c.list = w.list
    and case w.direction when 'INWARD' then c.code = w.value else c.word = w.value end)
  order by w.since, w.record_id limit ${HEAL_PAGE}`;

interface Answered {
  readonly entityType: string;
  readonly recordId: string;
  readonly direction: 'INWARD' | 'OUTWARD';
  readonly list: string;
  readonly value: string;
  readonly scope: string | null;
  readonly externalId: string | null;
  readonly payload: Json;
  readonly sourceTime: string | null;
}

/** Map again the records, and send again the deliveries, that waited for codes which somebody has explained since. Answers how many. */
export async function healCodes(db: Db, sync: Synchronised): Promise<number> {
  const reader = withoutTransaction(db);
  const answered = await reader.query<Answered>(ANSWERED, sync.system);
  if (answered.length === 0) return 0;
  const codes = await loadCodes(db, sync.system);
  const inward = answered.filter(({ direction, externalId }) => direction === 'INWARD' && externalId !== null);
  for (const stream of sync.connector.streams) {
    const own = inward.filter(({ entityType, scope }) => entityType === stream.entityType && scope === stream.scope);
    // Several streams may give records of one type: the first that maps them is as good as the others.
    if (own.length > 0 && isFirst(sync, stream)) await mapAgain(db, sync, stream, codes, own);
  }
  await inTransaction(db, async (tx) => {
    await tx.execute(
      sendAgain(`select value::uuid from jsonb_array_elements_text($2::jsonb)`),
      tx.now.toISOString(),
      answered.filter(({ direction }) => direction === 'OUTWARD').map(({ recordId }) => recordId),
    );
    await tx.execute(
      `delete from code_wait w using jsonb_to_recordset($2::jsonb) as x("recordId" uuid, "entityType" text, direction text, list text, value text)
         where w.system = $1 and w.record_id = x."recordId" and w.entity_type = x."entityType" and w.direction = x.direction
           and w.list = x.list and w.value = x.value`,
      sync.system,
      answered,
    );
  });
  return answered.length;
}

/** One that is under way was planned before the answer: it goes again. */
const sendAgain = (links: string) => `
update delivery set state = case when state = 'IN_FLIGHT' then state else 'PENDING' end, generation = generation + 1, due_at = $1::timestamptz,
    queued_at = $1::timestamptz, finished_at = null, place = null, error = null, attempts = 0
  where state in ('DONE', 'PENDING', 'IN_FLIGHT') and link_id in (${links})`;

/** Send again what waited for words that the system itself has a code for by now, and take the questions back. */
export async function healByPlainCodes(db: Db, { system, open }: Synchronised, call: Call): Promise<void> {
  const { codes: ask } = open;
  if (!ask) return;
  const waits = await withoutTransaction(db).query<Pick<WaitingRecord, 'list' | 'direction' | 'value'>>(
    `select distinct list, direction, value from code_wait where system = $1 and direction = 'OUTWARD'`,
    system,
  );
  if (waits.length === 0) return;
  const codes = await loadCodes(db, system, await call(ask));
  const known = waits.filter(({ list, value }) => codes.outward(list, value) !== undefined);
  if (known.length === 0) return;
  await inTransaction(db, async (tx) => {
    await tx.execute(
      `with healed as (delete from code_wait w using jsonb_to_recordset($3::jsonb) as x(list text, value text)
         where w.system = $2 and w.direction = 'OUTWARD' and w.list = x.list and w.value = x.value returning w.record_id)
       ${sendAgain('select record_id from healed')}`,
      tx.now.toISOString(),
      system,
      known,
    );
    const subject = { system, codes: known.length };
    const close = known.map((code) => taskKey(system, code));
    await recordOperation(tx, { kind: 'UNKNOWN_CODE', actor: HUB_ACTOR, correlationId: newId(), subject }, { close });
  });
}

const isFirst = ({ connector }: Synchronised, stream: SyncStream) =>
  connector.streams.find(
    ({ entityType, scope, mappingWith }) => entityType === stream.entityType && scope === stream.scope && mappingWith,
  ) === stream;

async function mapAgain(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  codes: CodeLists,
  answered: readonly Answered[],
): Promise<void> {
  const { mapping } = mappingOver(stream, codes);
  // A record may wait for several codes.
  const records = new Map(answered.map((row) => [row.externalId, row]));
  await ingest(db, sync.actor, {
    system: sync.system,
    scope: stream.scope,
    entityType: stream.entityType,
    records: [...records.values()].map(
      ({ externalId, payload, sourceTime }): InboundRecord => ({
        externalId,
        payload,
        ...(sourceTime === null ? {} : { sourceTime }),
      }),
    ),
    mapping,
    again: true,
    correlationId: newId(),
    reason: 'a code that it waited for is known now',
  });
}
