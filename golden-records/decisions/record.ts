import { newId } from '../ids.js';
import type { OperationHead } from '../plan.js';
import type { Tx } from '../transaction.js';
import type { Draft } from './draft.js';

/** Append the decisions of one operation, move anchors, and set what no longer stands or stands again. */
export async function recordDecisions(tx: Tx, entityType: string, head: OperationHead, draft: Draft): Promise<void> {
  for (const decision of draft.decisions) {
    const id = newId();
    await tx.prisma.decision.create({
      data: {
        id,
        entityType,
        kind: decision.kind,
        goldenRecordId: decision.goldenId,
        payload: decision.payload,
        evidence: {
          known: [...(decision.known ?? [])],
          about: [...(decision.about ?? [...(decision.left ?? []), ...(decision.right ?? [])])],
        },
        reason: head.reason ?? '',
        actorKind: head.actor.kind,
        actorId: head.actor.id,
        actorName: head.actor.name,
        operationId: head.id,
        decidedAt: tx.now,
        expiresAt: decision.expiresAt === undefined ? null : new Date(decision.expiresAt),
        withdrawsId: decision.withdrawsId ?? null,
      },
    });
    const members = [
      ...(decision.left ?? []).map((sourceRecordId) => ({ decisionId: id, sourceRecordId, side: 'LEFT' })),
      ...(decision.right ?? []).map((sourceRecordId) => ({ decisionId: id, sourceRecordId, side: 'RIGHT' })),
      ...(decision.apart ?? []).map((sourceRecordId) => ({ decisionId: id, sourceRecordId, side: 'APART' })),
    ];
    if (members.length > 0) await tx.prisma.decisionMember.createMany({ data: members });
  }
  for (const { decisionId, standing } of draft.standing ?? []) {
    await tx.prisma.decision.update({ where: { id: decisionId }, data: { standing } });
  }
  for (const { goldenId, anchorId } of draft.anchors ?? []) {
    await tx.prisma.goldenRecord.update({ where: { entityType_id: { entityType, id: goldenId } }, data: { anchorId } });
  }
}
