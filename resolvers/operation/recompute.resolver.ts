import { ID, Int } from 'type-graphql';
import { recompute } from '../../golden-records/index.js';
import { type Constructor, inputType, objectType, ResolverClass } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { parseGoldenId } from '../node-ids.js';
import { asPayload, typeOf, UserError } from './payload.type.js';

const RecomputeInput = inputType('RecomputeInput', 'Input of recompute.', {
  entityType: { type: () => EntityType, nullable: false, description: 'Records of this type.' },
  ids: { type: () => [ID], description: 'Only these; all of the type when left out.' },
  reason: { type: () => String, description: 'Why: it stands in the history.' },
  dryRun: { type: () => Boolean, description: 'Count what would change, keep nothing.' },
});
const RecomputePayload = objectType('RecomputePayload', 'What recomputing did.', {
  recomputed: { type: () => Int, nullable: false, description: 'Records that were looked at.' },
  changedCount: { type: () => Int, nullable: false, description: 'Records that came out otherwise.' },
  dryRun: { type: () => Boolean, nullable: false, description: 'True when nothing was kept.' },
  userErrors: { type: () => [UserError], nullable: false, description: 'Why it was refused; empty when it was done.' },
});

export const RECOMPUTE_MUTATION: Constructor = new ResolverClass('RecomputeMutation').mutation<{
  input: { entityType: string; ids?: string[] | null; reason?: string | null; dryRun?: boolean | null };
}>(
  'recompute',
  {
    type: () => RecomputePayload,
    needs: 'recompute',
    description:
      'Derive golden records from sources, decisions and the present rules again. Where nothing differs nothing is written.',
    arguments: [{ name: 'input', type: () => RecomputeInput, nullable: false, description: 'What is to be done.' }],
  },
  (_, context, { input: { entityType, ids, reason, dryRun } }) => {
    const { db, actor, correlationId } = context;
    const work = async () => ({
      changed: [],
      operationIds: [],
      ...(await recomputed()),
    });
    const recomputed = async () => {
      const definition = typeOf(context, entityType);
      const { recomputed: looked, changed } = await recompute(db, actor, {
        entityType,
        correlationId,
        dryRun: dryRun === true,
        ...(ids ? { ids: ids.map((id) => parseGoldenId(db.model, id, definition, 'ids').id) } : {}),
        ...(reason ? { reason } : {}),
      });
      return { looked, changedCount: changed };
    };
    return asPayload(context, dryRun === true, work, (done) => ({
      recomputed: done?.looked ?? 0,
      changedCount: done?.changedCount ?? 0,
    }));
  },
).target;
