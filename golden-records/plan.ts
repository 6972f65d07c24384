import { rulesVersionFor } from './active-parameters.js';
import { newId } from './ids.js';
import type { Json } from './json.js';
import type { EntityTypeDefinition } from './model.js';
import { contentHash } from './normalise/index.js';
import type { Thresholds } from './rules.js';
import { type Settlement, settle, statedTargets, type Unsettled } from './settle.js';
import { resolveTargets } from './store/lookup.js';
import type { TaskWrite, WritePlan } from './store/write.js';
import type { Actor, Tx } from './transaction.js';

/** Who asked for the work, and under which correlation id. */
export interface OperationHead {
  readonly id: string;
  readonly kind: string;
  readonly actor: Actor;
  readonly reason?: string | undefined;
  readonly correlationId: string;
  readonly idempotencyKey?: string | undefined;
  readonly inputHash?: string | undefined;
  /** What a repeat with the same idempotency key answers; default: the changes. */
  readonly result?: Json;
}

/** Resolve what the component refers to, then settle it. */
export async function settleComponent(
  tx: Tx,
  unsettled: Unsettled,
  thresholds: Thresholds = tx.parameters.for(unsettled.definition.code).thresholds,
): Promise<Settlement> {
  const resolved = await resolveTargets(tx, statedTargets(unsettled));
  return settle(tx.model, unsettled, resolved, tx.now.toISOString(), thresholds);
}

type PlanParts = Partial<
  Pick<
    WritePlan,
    | 'inbox'
    | 'sources'
    | 'replaced'
    | 'identifiers'
    | 'scores'
    | 'references'
    | 'tasks'
    | 'answered'
    | 'cursors'
    | 'deliveries'
  >
>;

/**
 * The rows of one settled component, together with what came in. `arriving` says which links are written with their
 * source records instead of as updates; `homes` where records can be referred to, for those whose link moved.
 */
export function planOf(
  tx: Tx,
  definition: EntityTypeDefinition,
  head: OperationHead,
  settlement: Settlement | null,
  arriving: ReadonlySet<string>,
  homes: ReadonlyMap<string, { system: string; scope: string; externalId: string }>,
  parts: PlanParts,
  subject: Json,
): WritePlan {
  const changes = settlement?.changes ?? [];
  const redirects = changes.filter(({ kind }) => kind === 'MERGED' || kind === 'UNMERGED');
  return {
    entityType: definition.code,
    operation: operationRow(tx, definition.code, head, changes as unknown as Json),
    audit: { action: head.kind, subject, details_hash: contentHash(changes as unknown as Json) },
    inbox: parts.inbox ?? [],
    sources: parts.sources ?? [],
    replaced: parts.replaced ?? [],
    identifiers: parts.identifiers ?? [],
    scores: parts.scores ?? [],
    references: parts.references ?? [],
    links: (settlement?.relinked ?? [])
      .filter(({ id }) => !arriving.has(id))
      .map((link) => ({
        id: link.id,
        golden_record_id: link.goldenId,
        link_kind: link.linkKind,
        match_weight: link.matchWeight,
        linked_at: link.linkedAt,
      })),
    goldens: (settlement?.goldens ?? []).map((golden) => ({
      id: golden.id,
      state: golden.state,
      version: golden.version,
      attributes: golden.attributes,
      provenance: golden.provenance as unknown as Json,
      members: [...golden.members],
      anchor_id: golden.anchorId,
      merged_into_id: golden.mergedIntoId,
      created_at: golden.createdAt,
      valid_from: golden.validFrom,
    })),
    changes: changes.map(({ id, version, kind, diff }) => ({
      golden_id: id,
      version,
      kind,
      attributes: diff.map(({ attribute }) => attribute),
    })),
    tasks: [...(settlement ? questionTasks(tx, settlement) : []), ...(parts.tasks ?? [])],
    touched: settlement?.touched ?? [],
    answered: parts.answered ?? [],
    moved: [
      ...(settlement?.moved ?? []).flatMap(({ id }) => {
        const home = homes.get(id);
        return home ? [{ system: home.system, scope: home.scope, id: home.externalId }] : [];
      }),
      ...redirects.map(({ id }) => ({ system: 'hub', scope: 'golden', id })),
    ],
    cursors: parts.cursors ?? [],
    deliveries: parts.deliveries ?? [],
    now: tx.now.toISOString(),
  };
}

function operationRow(tx: Tx, entityType: string | null, head: OperationHead, result: Json): WritePlan['operation'] {
  return {
    id: head.id,
    kind: head.kind,
    entity_type: entityType,
    actor_kind: head.actor.kind,
    actor_id: head.actor.id,
    actor_name: head.actor.name,
    reason: head.reason ?? null,
    correlation_id: head.correlationId,
    rules_version: entityType === null ? tx.model.rulesVersion : rulesVersionFor(tx, entityType),
    idempotency_key: head.idempotencyKey ?? null,
    input_hash: head.inputHash ?? null,
    // Only a repeat asks for the result; a batch of hundreds would store itself twice.
    ...(head.idempotencyKey === undefined ? {} : { result: head.result ?? result }),
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days until each kind of question is due, and how much it matters before anything else is known. */
export const TASK_KINDS = {
  POSSIBLE_MATCH: { dueDays: 7, priority: 40 },
  POSSIBLE_DUPLICATE: { dueDays: 7, priority: 50 },
  QUESTIONED_MERGE: { dueDays: 3, priority: 70 },
  REJECTED_RECORD: { dueDays: 3, priority: 60 },
  OWNERSHIP_CONFLICT: { dueDays: 5, priority: 45 },
  EXCEPTION: { dueDays: 2, priority: 80 },
  DEAD_LETTER: { dueDays: 2, priority: 75 },
  MASS_DELETE: { dueDays: 1, priority: 90 },
  SCHEMA_DRIFT: { dueDays: 1, priority: 85 },
  UNKNOWN_CODE: { dueDays: 3, priority: 65 },
  REPLACED_RECORD: { dueDays: 3, priority: 70 },
} as const;
export type TaskKind = keyof typeof TASK_KINDS;

export const taskOf = (
  tx: Tx,
  kind: TaskKind,
  key: string,
  goldenIds: readonly string[],
  sourceIds: readonly string[],
  details: Json,
  weight = 0,
): TaskWrite => ({
  id: newId(),
  kind,
  key,
  // Stronger evidence is answered faster and matters more: up to 20 points on top of the kind's own.
  priority: TASK_KINDS[kind].priority + Math.max(0, Math.min(20, Math.round(weight))),
  golden_ids: goldenIds,
  source_ids: sourceIds,
  details,
  due_at: new Date(tx.now.getTime() + TASK_KINDS[kind].dueDays * DAY_MS).toISOString(),
});

/** One task for each pair of golden records, led by its strongest question; one for each attribute in conflict. */
function questionTasks(tx: Tx, { questions, conflicts }: Settlement): TaskWrite[] {
  const tasks = new Map<string, TaskWrite>();
  for (const question of [...questions].sort((a, b) => b.weight - a.weight)) {
    const [low, high] = [...question.goldenIds].sort() as [string, string];
    const questioned = question.reason === 'QUESTIONED';
    const key = questioned
      ? `merge:${low}:${[question.left, question.right].sort().join(':')}`
      : `match:${low}:${high}`;
    if (tasks.has(key)) continue;
    const kind = questioned ? 'QUESTIONED_MERGE' : question.provisional ? 'POSSIBLE_MATCH' : 'POSSIBLE_DUPLICATE';
    const { left, right, weight, reason, part } = question;
    const details = { left, right, weight, reason, ...(part ? { part: [...part] } : {}) };
    const goldenIds = questioned ? [low] : [low, high];
    tasks.set(key, taskOf(tx, kind, key, goldenIds, [left, right], details, weight));
  }
  for (const { goldenId, attribute, action, ours, theirs } of conflicts) {
    const key = `conflict:${goldenId}:${attribute}`;
    const kind = action === 'raise' ? 'EXCEPTION' : 'OWNERSHIP_CONFLICT';
    const details = { attribute, ours, theirs: theirs.map((their) => ({ ...their })) };
    tasks.set(
      key,
      taskOf(
        tx,
        kind,
        key,
        [goldenId],
        theirs.map(({ source }) => source),
        details,
      ),
    );
  }
  return [...tasks.values()];
}
