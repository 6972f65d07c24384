import { ID, Int } from 'type-graphql';
import {
  activateParameters,
  draftThresholds,
  type Job as StoredJob,
  parameterSets,
  startRematch,
  startTraining,
  type StoredParameterSet,
  type Thresholds,
} from '../../golden-records/index.js';
import type { Context } from '../context.js';
import { type Constructor, inputType, objectType, ResolverClass } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { asJobPayload, JobPayload } from '../job/job.resolver.js';
import { Job, jobRoot } from '../job/job.type.js';
import { parseGoldenId } from '../node-ids.js';
import { Operation } from '../operation/operation.type.js';
import { REASON, requestOf, typeOf, UserError, userErrorsOf } from '../operation/payload.type.js';
import { parametersRoot } from './matching.resolver.js';
import { MatchParameters, MatchThresholdsInput } from './matching.type.js';

const RematchSliceInput = inputType('RematchSliceInput', 'Which records; all that is given holds.', {
  system: { type: () => String, description: 'Only source records of this system.' },
  scope: { type: () => String, description: 'Only those of this scope.' },
  ids: { type: () => [ID], description: 'Only those of these golden records.' },
});
const StartRematchInput = inputType('StartRematchInput', 'Input of startRematch.', {
  entityType: { type: () => EntityType, nullable: false, description: 'Records of this type.' },
  slice: { type: () => RematchSliceInput, description: 'Only these; all of the type when left out.' },
  dryRun: { type: () => Boolean, description: 'Count what would change, change nothing.' },
  parametersVersion: {
    type: () => Int,
    description: 'Of a dry run: the parameter set to try. Default: the active one.',
  },
  reason: { type: () => String, description: 'Why: it stands in the history.' },
});
const TrainInput = inputType('TrainMatchParametersInput', 'Input of trainMatchParameters.', {
  entityType: { type: () => EntityType, nullable: false, description: 'Learn from records of this type.' },
  reason: { type: () => String, description: 'Why: it stands with the draft.' },
});
const DraftInput = inputType('DraftMatchThresholdsInput', 'Input of draftMatchThresholds.', {
  entityType: { type: () => EntityType, nullable: false, description: 'Records of this type.' },
  thresholds: { type: () => MatchThresholdsInput, nullable: false, description: 'What is to change.' },
  reason: REASON,
});
const ActivateInput = inputType('ActivateMatchParametersInput', 'Input of activateMatchParameters.', {
  entityType: { type: () => EntityType, nullable: false, description: 'Records of this type.' },
  version: { type: () => Int, nullable: false, description: 'The set that is to count; 0 is the shipped one.' },
  reason: REASON,
  dryRun: {
    type: () => Boolean,
    description: 'Start a job that says how many links it would change; activate nothing.',
  },
});
const ParametersPayload = objectType('MatchParametersPayload', 'What became of a parameter set.', {
  parameters: { type: () => MatchParameters, description: 'The set; null when it was refused.' },
  operation: {
    type: () => Operation,
    description: 'The command, as it was recorded; null after a dry run or a refusal.',
  },
  job: { type: () => Job, description: 'After a dry run: the job whose result says how many links would change.' },
  userErrors: { type: () => [UserError], nullable: false, description: 'Why it was refused; empty when it was done.' },
});

interface SliceInput {
  system?: string | null;
  scope?: string | null;
  ids?: string[] | null;
}
interface RematchInput {
  entityType: string;
  slice?: SliceInput | null;
  dryRun?: boolean | null;
  parametersVersion?: number | null;
  reason?: string | null;
}

const input = (type: () => unknown) => [{ name: 'input', type, nullable: false, description: 'What is to be done.' }];

interface ParametersRoot {
  readonly parameters: StoredParameterSet | null;
  readonly operationId: string | null;
  readonly job: StoredJob | null;
  readonly userErrors: ReturnType<typeof userErrorsOf>;
}

async function asParametersPayload(
  context: Context,
  entityType: string,
  version: (done: { version: number }) => number,
  work: () => Promise<{ version: number; operationId: string | null; job?: StoredJob }>,
): Promise<ParametersRoot> {
  try {
    const done = await work();
    const sets = await parameterSets(context.db, entityType);
    const parameters = sets.find((set) => set.version === version(done)) ?? null;
    return { parameters, operationId: done.operationId, job: done.job ?? null, userErrors: [] };
  } catch (error) {
    return { parameters: null, operationId: null, job: null, userErrors: userErrorsOf(error) };
  }
}

function sliceOf(context: Context, entityType: string, { system, scope, ids }: SliceInput) {
  const definition = typeOf(context, entityType);
  return {
    ...(system ? { system } : {}),
    ...(scope ? { scope } : {}),
    ...(ids ? { goldenIds: ids.map((id) => parseGoldenId(context.db.model, id, definition, 'slice.ids').id) } : {}),
  };
}

export const MATCHING_MUTATIONS: readonly Constructor[] = [
  new ResolverClass('MatchingMutations')
    .mutation<{ input: RematchInput }>(
      'startRematch',
      {
        type: () => JobPayload,
        needs: 'recompute',
        description:
          'Match stored records anew under the present parameters: keys, candidates, scores, links. What persons decided stands.',
        arguments: input(() => StartRematchInput),
      },
      (_, context, { input: { entityType, slice, dryRun, parametersVersion, reason } }) =>
        asJobPayload(async () =>
          startRematch(context.db, context.actor, {
            entityType,
            slice: sliceOf(context, entityType, slice ?? {}),
            dryRun: dryRun === true,
            correlationId: context.correlationId,
            ...(typeof parametersVersion === 'number' ? { parametersVersion } : {}),
            ...(reason ? { reason } : {}),
          }),
        ),
    )
    .mutation<{ input: { entityType: string; reason?: string | null } }>(
      'trainMatchParameters',
      {
        type: () => JobPayload,
        needs: 'manageMatching',
        description:
          'Learn parameters from the stored records, without labels. The job drafts a set and matches nothing by it; with too few records it fails and says so.',
        arguments: input(() => TrainInput),
      },
      (_, context, { input: { entityType, reason } }) =>
        asJobPayload(async () =>
          startTraining(context.db, context.actor, {
            entityType,
            reason: reason ?? undefined,
            correlationId: context.correlationId,
          }),
        ),
    )
    .mutation<{
      input: { entityType: string; thresholds: Partial<Record<keyof Thresholds, number | null>>; reason: string };
    }>(
      'draftMatchThresholds',
      {
        type: () => ParametersPayload,
        needs: 'manageMatching',
        description: 'The active parameters with other thresholds, as a draft.',
        arguments: input(() => DraftInput),
      },
      (_, context, { input: { entityType, thresholds, reason } }) =>
        asParametersPayload(
          context,
          entityType,
          ({ version }) => version,
          () =>
            draftThresholds(context.db, context.actor, requestOf(context, { reason }), entityType, given(thresholds)),
        ),
    )
    .mutation<{ input: { entityType: string; version: number; reason: string; dryRun?: boolean | null } }>(
      'activateMatchParameters',
      {
        type: () => ParametersPayload,
        needs: 'manageMatching',
        description:
          'Match by another parameter set from now on. What is linked already is compared anew by startRematch; a dry run says how much that would change.',
        arguments: input(() => ActivateInput),
      },
      (_, context, { input: { entityType, version, reason, dryRun } }) =>
        asParametersPayload(
          context,
          entityType,
          () => version,
          async () => {
            if (dryRun !== true)
              return activateParameters(context.db, context.actor, requestOf(context, { reason }), entityType, version);
            const { db, actor, correlationId } = context;
            const job = await startRematch(db, actor, {
              entityType,
              dryRun: true,
              parametersVersion: version,
              reason,
              correlationId,
            });
            return { version, operationId: null, job };
          },
        ),
    ).target,
  new ResolverClass('MatchParametersPayloadResolver', ParametersPayload)
    .field<ParametersRoot>('parameters', ({ parameters }) => parameters && parametersRoot(parameters))
    .field<ParametersRoot>('operation', ({ operationId }, { loaders }) =>
      operationId === null ? null : loaders.operation.load(operationId),
    )
    .field<ParametersRoot>('job', ({ job }) => job && jobRoot(job)).target,
];

const given = (thresholds: Partial<Record<keyof Thresholds, number | null>>): Partial<Thresholds> =>
  Object.fromEntries(Object.entries(thresholds).filter(([, value]) => typeof value === 'number'));
