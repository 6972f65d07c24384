import { normaliseAttribute } from '../attributes.js';
import { IllegalOperation, InvalidInput, NotFound } from '../errors.js';
import { isUuid, publicId } from '../ids.js';
import type { Json, JsonObject } from '../json.js';
import { clashKey } from '../match/cluster.js';
import { identifierKey } from '../match/identifiers.js';
import { nodeOf, type Settlement } from '../settle.js';
import { loadComponent } from '../store/component.js';
import { definitionOf } from '../store/lookup.js';
import type { SourceRow } from '../store/rows.js';
import type { Tx } from '../transaction.js';
import type { DecisionDraft, Draft } from './draft.js';

interface CommandInputs {
  MERGE: { entityType: string; survivorId: string; mergedIds: readonly string[] };
  SPLIT: { entityType: string; id: string; sourceRecordIds: readonly string[]; keepIdWith?: 'REMAINDER' | 'PART' };
  UNMERGE: { entityType: string; mergedId: string };
  /** `beside`: it is there already, and a person says that it belongs to this source record. */
  LINK: { entityType: string; sourceRecordId: string; goldenId: string; beside?: string };
  UNLINK: { entityType: string; sourceRecordId: string };
  NOT_DUPLICATE: { entityType: string; ids: readonly string[] };
  OVERRIDE: { entityType: string; id: string; attribute: string; value: Json; expiresAt?: string };
  CLEAR_OVERRIDE: { entityType: string; id: string; attribute: string };
  RETIRE: { entityType: string; id: string };
  RESTORE: { entityType: string; id: string };
  UNDO: { operationId: string };
}
export type CommandKind = keyof CommandInputs;
export type CommandInput<K extends CommandKind> = CommandInputs[K];

interface Command<K extends CommandKind> {
  entityTypeOf(tx: Tx, input: CommandInput<K>): Promise<string>;
  /** What is to be decided. Runs under the entity type's lock. */
  draft(tx: Tx, entityType: string, input: CommandInput<K>): Promise<Draft>;
  /** Refuse afterwards what can only be seen afterwards. */
  check?(input: CommandInput<K>, settlement: Settlement, draft: Draft): void;
}

const typed = async (tx: Tx, { entityType }: { entityType: string }): Promise<string> => {
  if (!tx.model.entityTypes.has(entityType)) {
    throw new InvalidInput(
      'UNKNOWN_ENTITY_TYPE',
      `expected ${[...tx.model.entityTypes.keys()].join(', ')}, found "${entityType}"`,
    );
  }
  return entityType;
};

export const COMMANDS: { readonly [K in CommandKind]: Command<K> } = {
  MERGE: { entityTypeOf: typed, draft: merge },
  SPLIT: { entityTypeOf: typed, draft: split },
  UNMERGE: { entityTypeOf: typed, draft: unmerge },
  LINK: { entityTypeOf: typed, draft: link },
  UNLINK: { entityTypeOf: typed, draft: unlink },
  NOT_DUPLICATE: { entityTypeOf: typed, draft: assertNotDuplicate },
  OVERRIDE: { entityTypeOf: typed, draft: override, check: overrideTookEffect },
  CLEAR_OVERRIDE: { entityTypeOf: typed, draft: clearOverride },
  RETIRE: { entityTypeOf: typed, draft: retire },
  RESTORE: { entityTypeOf: typed, draft: restore },
  UNDO: { entityTypeOf: decidedType, draft: undo },
};

interface Golden {
  readonly id: string;
  readonly state: string;
  readonly members: readonly string[];
  readonly anchorId: string;
  readonly provenance: Record<string, { rule?: string }>;
}

/** A golden record as people know it. */
const named = (tx: Tx, entityType: string, id: string): string =>
  isUuid(id) ? publicId(definitionOf(tx, entityType), id) : id;

/** The golden record that an id stands for, through any number of merges (law 2). */
async function golden(tx: Tx, entityType: string, id: string): Promise<Golden> {
  const found = await tx.prisma.goldenRecord.findUnique({ where: { entityType_id: { entityType, id } } });
  if (!found)
    throw new NotFound('NOT_FOUND', `no ${entityType} has the canonical id ${named(tx, entityType, id)}`, {
      field: 'id',
    });
  if (found.mergedIntoId !== null) return golden(tx, entityType, found.mergedIntoId);
  return { ...found, provenance: found.provenance as Golden['provenance'] };
}

/** What the two sides share and where they clash, as known at the time of the decision. */
async function knownBetween(
  tx: Tx,
  entityType: string,
  left: readonly string[],
  right: readonly string[],
): Promise<string[]> {
  const { sources } = await loadComponent(tx, entityType, [...left, ...right], []);
  const rows = (ids: readonly string[]): SourceRow[] => sources.filter(({ id }) => ids.includes(id));
  const keys = (side: readonly SourceRow[]) =>
    new Set(side.flatMap(({ identifiers }) => identifiers.map(identifierKey)));
  const theirs = keys(rows(right));
  const known = new Set([...keys(rows(left))].filter((key) => theirs.has(key)));
  const nodes = rows([...left, ...right]).map((row) => nodeOf(tx.model, definitionOf(tx, entityType), row));
  for (const a of nodes) {
    for (const b of nodes) {
      const clash = a.id < b.id ? clashKey(a.exclusive, b.exclusive) : undefined;
      if (clash !== undefined) known.add(clash);
    }
  }
  return [...known].sort();
}

async function merge(tx: Tx, entityType: string, { survivorId, mergedIds }: CommandInput<'MERGE'>): Promise<Draft> {
  if (mergedIds.length === 0)
    throw new InvalidInput('EMPTY_SIDE', 'name at least one record to merge', { field: 'mergedIds' });
  const survivor = await golden(tx, entityType, survivorId);
  const merged = await Promise.all(mergedIds.map((id) => golden(tx, entityType, id)));
  const ids = merged.map(({ id }) => id);
  if (ids.includes(survivor.id) || new Set(ids).size < ids.length) {
    throw new IllegalOperation('SAME_RECORD', 'these ids stand for one golden record already', { field: 'mergedIds' });
  }
  const right = merged.flatMap(({ members }) => members);
  return {
    decisions: [
      {
        kind: 'MERGE',
        goldenId: survivor.id,
        payload: { survivorId: survivor.id, mergedIds: ids },
        known: await knownBetween(tx, entityType, survivor.members, right),
        left: survivor.members,
        right,
      },
    ],
    seeds: [...survivor.members, ...right],
  };
}

async function split(tx: Tx, entityType: string, input: CommandInput<'SPLIT'>): Promise<Draft> {
  const whole = await golden(tx, entityType, input.id);
  const part = [...new Set(input.sourceRecordIds)];
  const stranger = part.find((id) => !whole.members.includes(id));
  if (stranger !== undefined) {
    throw new IllegalOperation(
      'NOT_A_MEMBER',
      `one of these source records isn't linked to ${named(tx, entityType, whole.id)}`,
      {
        field: 'sourceRecordIds',
      },
    );
  }
  return divide(tx, entityType, 'SPLIT', whole, part, input.keepIdWith);
}

/** Part two sets for good; the id goes on with the named part, or with its anchor: the oldest link. */
async function divide(
  tx: Tx,
  entityType: string,
  kind: DecisionDraft['kind'],
  whole: Golden,
  part: readonly string[],
  keepIdWith?: 'REMAINDER' | 'PART',
): Promise<Draft> {
  const rest = whole.members.filter((id) => !part.includes(id));
  if (part.length === 0 || rest.length === 0) {
    throw new IllegalOperation(
      'EMPTY_SIDE',
      `both sides need a source record; ${part.length} and ${rest.length} were left`,
      {
        field: 'sourceRecordIds',
      },
    );
  }
  const keeping = keepIdWith === undefined ? undefined : keepIdWith === 'PART' ? part : rest;
  const anchors = keeping && !keeping.includes(whole.anchorId) ? [await movedTo(tx, entityType, whole, keeping)] : [];
  return {
    decisions: [
      {
        kind,
        goldenId: whole.id,
        payload: { keeps: whole.id, keepIdWith: keepIdWith ?? null, ...movesOf(anchors) },
        known: await knownBetween(tx, entityType, part, rest),
        left: part,
        right: rest,
      },
    ],
    anchors,
    seeds: whole.members,
  };
}

/** A canonical id goes on with the oldest of these source records. */
const movedTo = async (tx: Tx, entityType: string, { id, anchorId }: Golden, keeping: readonly string[]) => ({
  goldenId: id,
  from: anchorId,
  anchorId: await oldestLink(tx, entityType, keeping),
});
type Move = Awaited<ReturnType<typeof movedTo>>;

/** Stands in the decision, so that its withdrawal can take the ids back to where they were. */
const movesOf = (moves: readonly Move[]): JsonObject =>
  moves.length === 0 ? {} : { moves: moves.map(({ goldenId, from, anchorId }) => ({ goldenId, from, to: anchorId })) };

async function oldestLink(tx: Tx, entityType: string, ids: readonly string[]): Promise<string> {
  const found = await tx.prisma.sourceRecord.findFirst({
    where: { entityType, id: { in: [...ids] } },
    orderBy: [{ linkedAt: 'asc' }, { id: 'asc' }],
    select: { id: true },
  });
  if (!found) throw new NotFound('NOT_FOUND', 'none of these source records exists');
  return found.id;
}

/** Give a merged id its records back: those that it had when it was merged. */
async function unmerge(tx: Tx, entityType: string, { mergedId }: CommandInput<'UNMERGE'>): Promise<Draft> {
  const merged = await tx.prisma.goldenRecord.findUnique({ where: { entityType_id: { entityType, id: mergedId } } });
  if (!merged)
    throw new NotFound('NOT_FOUND', `no ${entityType} has the canonical id ${named(tx, entityType, mergedId)}`, {
      field: 'mergedId',
    });
  if (merged.mergedIntoId === null) {
    throw new IllegalOperation('NOT_MERGED', `${named(tx, entityType, mergedId)} isn't merged into another`, {
      field: 'mergedId',
    });
  }
  const whole = await golden(tx, entityType, merged.mergedIntoId);
  if (merged.anchorId === whole.anchorId) {
    const [one, other] = [named(tx, entityType, mergedId), named(tx, entityType, whole.id)];
    throw new IllegalOperation(
      'EMPTY_SIDE',
      `${one} and ${other} are ids of one source record: nothing can be parted`,
      {
        field: 'mergedId',
      },
    );
  }
  const last = await tx.prisma.goldenVersion.findFirst({
    where: { goldenId: mergedId, state: { not: 'MERGED' } },
    orderBy: { version: 'desc' },
    select: { members: true },
  });
  const own = new Set([merged.anchorId, ...(last?.members ?? [])]);
  return divide(
    tx,
    entityType,
    'UNMERGE',
    whole,
    whole.members.filter((id) => own.has(id)),
  );
}

async function linkedRecord(tx: Tx, entityType: string, id: string): Promise<{ id: string; golden: Golden }> {
  const record = await tx.prisma.sourceRecord.findUnique({
    where: { entityType_id: { entityType, id } },
    select: { goldenRecordId: true },
  });
  if (!record)
    throw new NotFound('NOT_FOUND', `there is no such source record of type ${entityType}`, {
      field: 'sourceRecordId',
    });
  if (record.goldenRecordId === null) {
    throw new IllegalOperation('NOT_A_MEMBER', 'this source record is held back: it has no link to move', {
      field: 'sourceRecordId',
    });
  }
  return { id, golden: await golden(tx, entityType, record.goldenRecordId) };
}

/** The record that a moving source record leaves keeps its id, as long as anything is left of it. */
async function anchorsLeftBehind(tx: Tx, entityType: string, id: string, from: Golden): Promise<readonly Move[]> {
  const rest = from.members.filter((member) => member !== id);
  return from.anchorId === id && rest.length > 0 ? [await movedTo(tx, entityType, from, rest)] : [];
}

async function link(
  tx: Tx,
  entityType: string,
  { sourceRecordId, goldenId, beside }: CommandInput<'LINK'>,
): Promise<Draft> {
  const record = await linkedRecord(tx, entityType, sourceRecordId);
  const target = await golden(tx, entityType, goldenId);
  if (beside !== undefined && target.id === record.golden.id && target.members.includes(beside)) {
    const known = await knownBetween(tx, entityType, [sourceRecordId], [beside]);
    const payload = { sourceRecordId, from: target.id };
    const left = [sourceRecordId];
    const decision: DecisionDraft = { kind: 'LINK', goldenId: target.id, payload, known, left, right: [beside] };
    return { decisions: [decision], seeds: target.members };
  }
  if (target.id === record.golden.id) {
    throw new IllegalOperation('SAME_RECORD', 'this source record is linked there already', {
      field: 'goldenId',
    });
  }
  const anchors = await anchorsLeftBehind(tx, entityType, sourceRecordId, record.golden);
  return {
    decisions: [
      {
        kind: 'LINK',
        goldenId: target.id,
        payload: { sourceRecordId, from: record.golden.id, ...movesOf(anchors) },
        known: await knownBetween(tx, entityType, [sourceRecordId], [...target.members, ...record.golden.members]),
        left: [sourceRecordId],
        right: [target.anchorId],
        apart: record.golden.members.filter((member) => member !== sourceRecordId),
      },
    ],
    anchors,
    seeds: [...record.golden.members, ...target.members],
  };
}

async function unlink(tx: Tx, entityType: string, { sourceRecordId }: CommandInput<'UNLINK'>): Promise<Draft> {
  const record = await linkedRecord(tx, entityType, sourceRecordId);
  const rest = record.golden.members.filter((id) => id !== sourceRecordId);
  // With nobody left behind there is nothing to divide, and `divide` says so.
  const keeps = rest.length > 0 ? 'REMAINDER' : undefined;
  return divide(tx, entityType, 'UNLINK', record.golden, [sourceRecordId], keeps);
}

async function assertNotDuplicate(tx: Tx, entityType: string, { ids }: CommandInput<'NOT_DUPLICATE'>): Promise<Draft> {
  const records = await Promise.all(ids.map((id) => golden(tx, entityType, id)));
  if (records.length < 2 || new Set(records.map(({ id }) => id)).size < records.length) {
    throw new IllegalOperation('SAME_RECORD', 'name at least two different golden records', { field: 'ids' });
  }
  const decisions: DecisionDraft[] = [];
  for (const [at, left] of records.entries()) {
    for (const right of records.slice(at + 1)) {
      decisions.push({
        kind: 'NOT_DUPLICATE',
        goldenId: left.id,
        payload: { ids: [left.id, right.id] },
        known: await knownBetween(tx, entityType, left.members, right.members),
        left: left.members,
        right: right.members,
      });
    }
  }
  return { decisions, seeds: records.flatMap(({ members }) => members) };
}

async function override(tx: Tx, entityType: string, input: CommandInput<'OVERRIDE'>): Promise<Draft> {
  const record = await golden(tx, entityType, input.id);
  const value = normaliseAttribute(definitionOf(tx, entityType), input.attribute, input.value);
  if (input.expiresAt !== undefined && !(new Date(input.expiresAt) > tx.now)) {
    throw new InvalidInput('INVALID_INPUT', `expected a time to come, found ${input.expiresAt}`, {
      field: 'expiresAt',
    });
  }
  return {
    decisions: [
      {
        kind: 'OVERRIDE',
        goldenId: record.id,
        payload: { attribute: input.attribute, value },
        about: record.members,
        ...(input.expiresAt === undefined ? {} : { expiresAt: input.expiresAt }),
      },
    ],
    seeds: record.members,
  };
}

function overrideTookEffect(
  { attribute }: CommandInput<'OVERRIDE'>,
  { goldens, changes }: Settlement,
  { decisions }: Draft,
): void {
  const after = goldens.find(({ id }) => id === decisions[0]?.goldenId);
  if (changes.length > 0 && after?.provenance[attribute]?.rule !== 'override') {
    throw new IllegalOperation('OVERRIDE_NOT_ALLOWED', `the rules don't let a person override \`${attribute}\``, {
      field: 'attribute',
    });
  }
  if (changes.length === 0) {
    throw new IllegalOperation(
      'OVERRIDE_NOT_ALLOWED',
      `an override of \`${attribute}\` would have no effect under the rules`,
      { field: 'attribute' },
    );
  }
}

async function clearOverride(
  tx: Tx,
  entityType: string,
  { id, attribute }: CommandInput<'CLEAR_OVERRIDE'>,
): Promise<Draft> {
  const record = await golden(tx, entityType, id);
  if (record.provenance[attribute]?.rule !== 'override') {
    throw new IllegalOperation(
      'NO_OVERRIDE',
      `\`${attribute}\` of ${named(tx, entityType, record.id)} has no override`,
      {
        field: 'attribute',
      },
    );
  }
  return {
    decisions: [{ kind: 'CLEAR_OVERRIDE', goldenId: record.id, payload: { attribute }, about: record.members }],
    seeds: record.members,
  };
}

async function retire(tx: Tx, entityType: string, { id }: CommandInput<'RETIRE'>): Promise<Draft> {
  const record = await golden(tx, entityType, id);
  if (record.state === 'RETIRED')
    throw new IllegalOperation('ALREADY_RETIRED', `${named(tx, entityType, record.id)} is retired already`, {
      field: 'id',
    });
  return {
    decisions: [{ kind: 'RETIRE', goldenId: record.id, payload: {}, about: record.members }],
    seeds: record.members,
  };
}

async function restore(tx: Tx, entityType: string, { id }: CommandInput<'RESTORE'>): Promise<Draft> {
  const record = await golden(tx, entityType, id);
  if (record.state !== 'RETIRED')
    throw new IllegalOperation('NOT_RETIRED', `${named(tx, entityType, record.id)} isn't retired`, { field: 'id' });
  return {
    decisions: [{ kind: 'RESTORE', goldenId: record.id, payload: {}, about: record.members }],
    seeds: record.members,
  };
}

async function decidedType(tx: Tx, { operationId }: CommandInput<'UNDO'>): Promise<string> {
  const operation = await tx.prisma.operation.findUnique({ where: { id: operationId } });
  if (!operation) throw new NotFound('NOT_FOUND', 'there is no such operation', { field: 'operationId' });
  const decision = await tx.prisma.decision.findFirst({ where: { operationId } });
  if (!decision) {
    throw new IllegalOperation(
      'NOT_REVERSIBLE',
      `this operation (${operation.kind}) decided nothing that could be withdrawn`,
      {
        field: 'operationId',
      },
    );
  }
  return decision.entityType;
}

/**
 * Withdraw what an operation decided. What came after stands. Undoing an undo lets the first decision stand again.
 */
async function undo(tx: Tx, entityType: string, { operationId }: CommandInput<'UNDO'>): Promise<Draft> {
  const decisions = await tx.prisma.decision.findMany({ where: { operationId, standing: true } });
  if (decisions.length === 0) {
    throw new IllegalOperation('ALREADY_WITHDRAWN', 'what this operation decided is withdrawn already', {
      field: 'operationId',
    });
  }
  return withdrawal(
    tx,
    entityType,
    decisions.map(({ id }) => id),
  );
}

/** The rows that withdraw decisions, and everything whose standing turns with them. */
export async function withdrawal(tx: Tx, entityType: string, ids: readonly string[]): Promise<Draft> {
  const standing: { decisionId: string; standing: boolean }[] = [];
  const seeds = new Set<string>();
  const decisions: DecisionDraft[] = [];
  for (const id of ids) {
    const decision = await tx.prisma.decision.findUniqueOrThrow({ where: { id } });
    decisions.push({
      kind: 'WITHDRAWAL',
      goldenId: decision.goldenRecordId,
      payload: { kind: decision.kind },
      withdrawsId: id,
    });
    let stands = false;
    let at = decision;
    standing.push({ decisionId: at.id, standing: stands });
    while (at.withdrawsId !== null) {
      stands = !stands;
      at = await tx.prisma.decision.findUniqueOrThrow({ where: { id: at.withdrawsId } });
      standing.push({ decisionId: at.id, standing: stands });
    }
    const members = await tx.prisma.decisionMember.findMany({ where: { decisionId: at.id } });
    for (const { sourceRecordId } of members) seeds.add(sourceRecordId);
    if (at.goldenRecordId !== null) {
      const own = await tx.prisma.goldenRecord.findUnique({
        where: { entityType_id: { entityType, id: at.goldenRecordId } },
      });
      if (own) seeds.add(own.anchorId);
    }
  }
  const anchors = await anchorsAfter(tx, entityType, standing);
  for (const { anchorId } of anchors) seeds.add(anchorId);
  return { decisions, standing, anchors, seeds: [...seeds] };
}

const MOVES = `
select m->>'goldenId' as "goldenId", m->>'from' as "from", m->>'to' as "to", d.id, d.standing
  from decision d, jsonb_array_elements(d.payload->'moves') m
  where d.entity_type = $1 and m->>'goldenId' in (
    select own->>'goldenId' from decision o, jsonb_array_elements(o.payload->'moves') own
      where o.id in (select value::uuid from jsonb_array_elements_text($2::jsonb)))
  order by d.seq`;

/**
 * Where canonical ids belong when the standing of decisions has changed: with the record that the last standing
 * decision moved them to, else with the one that they came from.
 */
async function anchorsAfter(
  tx: Tx,
  entityType: string,
  turned: readonly { readonly decisionId: string; readonly standing: boolean }[],
): Promise<{ goldenId: string; anchorId: string }[]> {
  const ids = turned.map(({ decisionId }) => decisionId);
  const moves = await tx.query<{ goldenId: string; from: string; to: string; id: string; standing: boolean }>(
    MOVES,
    entityType,
    ids,
  );
  const now = new Map(turned.map(({ decisionId, standing }) => [decisionId, standing]));
  const anchors = new Map<string, string>();
  for (const { goldenId, from, to, id, standing } of moves) {
    if (now.get(id) ?? standing) anchors.set(goldenId, to);
    else if (!anchors.has(goldenId)) anchors.set(goldenId, from);
  }
  return [...anchors].map(([goldenId, anchorId]) => ({ goldenId, anchorId }));
}
