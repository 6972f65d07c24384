import { Int } from 'type-graphql';
import { NotFound } from '../../golden-records/index.js';
import {
  acceptSystem,
  type CodeInput,
  type DeadLetterFilter,
  discard,
  pauseStream,
  pauseSystem,
  redrive,
  replay,
  resumeStream,
  resumeSystem,
  type SyncStream,
  setCode,
  streamName,
  type Synchronised,
} from '../../sources/index.js';
import type { Context } from '../context.js';
import { type Constructor, inputType, objectType, ResolverClass } from '../declare.js';
import { asPayload, REASON, UserError } from '../operation/payload.type.js';
import { DateTimeScalar } from '../scalars.js';
import type { FilterInput } from './sync.resolver.js';
import { DeadLetterFilterInput, parseDeliveryId } from './sync.type.js';

const SyncPayload = objectType('SyncPayload', 'What a command did to the ways in and out.', {
  count: { type: () => Int, nullable: false, description: 'Deliveries, streams or records that it was done to.' },
  changedCount: { type: () => Int, nullable: false, description: 'Golden records that came out otherwise.' },
  dryRun: { type: () => Boolean, nullable: false, description: 'True when nothing was kept.' },
  userErrors: { type: () => [UserError], nullable: false, description: 'Why it was refused; empty when it was done.' },
});

const DeadLettersInput = inputType('DeadLettersInput', 'Which dead letters, and why.', {
  filter: { type: () => DeadLetterFilterInput, nullable: false, description: 'Which; an empty one means all.' },
  reason: REASON,
  dryRun: { type: () => Boolean, description: 'Count them, change nothing.' },
});
const StreamInput = inputType('StreamInput', 'One stream, and why.', {
  stream: { type: () => String, nullable: false, description: 'Its name, as syncStatus has it.' },
  reason: REASON,
});
const SystemInput = inputType('SyncSystemInput', 'One system that is kept in agreement, and why.', {
  system: { type: () => String, nullable: false, description: 'Its code.' },
  reason: REASON,
});
const ReplayInputType = inputType('ReplayInput', 'Which arrivals are to go through the pipeline again.', {
  stream: { type: () => String, nullable: false, description: 'Name of the stream.' },
  from: { type: () => DateTimeScalar, nullable: false, description: 'Arrived at this time or later.' },
  to: { type: () => DateTimeScalar, nullable: false, description: 'Arrived before this time.' },
  reason: REASON,
});
const SetCodeInput = inputType('SetCodeInput', "What a system's code means.", {
  system: { type: () => String, nullable: false, description: 'Code of the system.' },
  list: { type: () => String, nullable: false, description: 'The list, e.g. paymentTerms.' },
  code: { type: () => String, nullable: false, description: "The system's own." },
  word: { type: () => String, nullable: false, description: "The hub's word for it." },
  label: { type: () => String, description: 'How people there call it.' },
  preferred: { type: () => Boolean, description: 'The one that is written where several codes mean the word.' },
});

interface Input<T> {
  readonly input: T;
}
interface DeadLetters {
  readonly filter: FilterInput;
  readonly reason: string;
  readonly dryRun?: boolean | null;
}

function streamNamed({ systems }: Context, name: string): { sync: Synchronised; stream: SyncStream } {
  for (const sync of systems) {
    const stream = sync.connector.streams.find((candidate) => streamName(sync.system, candidate) === name);
    if (stream) return { sync, stream };
  }
  throw new NotFound('NOT_FOUND', `there is no stream "${name.slice(0, 100)}": syncStatus has their names`, {
    field: 'stream',
  });
}

function requireSystem({ systems }: Context, code: string): void {
  if (systems.some(({ system }) => system === code)) return;
  const known = systems.map(({ system }) => system).join(', ') || 'none';
  throw new NotFound('NOT_FOUND', `expected a system with a connector (${known}), found "${code.slice(0, 100)}"`, {
    field: 'system',
  });
}

interface Counted {
  readonly count: number;
  readonly changed?: number;
}

const answer = (context: Context, dryRun: boolean, work: () => Promise<Counted>) =>
  asPayload(
    context,
    dryRun,
    async () => ({ changed: [], operationIds: [], counted: await work() }),
    (done) => ({ count: done?.counted.count ?? 0, changedCount: done?.counted.changed ?? 0 }),
  );

const filterOf = ({ system, scope, entityType, code, place, ids }: FilterInput): DeadLetterFilter => ({
  system: system ?? undefined,
  scope: scope ?? undefined,
  entityType: entityType ?? undefined,
  code: code ?? undefined,
  place: place ?? undefined,
  ids: ids?.map((id) => parseDeliveryId(id, 'filter.ids')),
});

const given = (type: () => Constructor) => [
  { name: 'input', type, nullable: false, description: 'What is to be done.' },
];
const payload = { type: () => SyncPayload, nullable: false } as const;

export const SYNC_MUTATIONS: Constructor = new ResolverClass('SyncMutations')
  .mutation<Input<DeadLetters>>(
    'redriveDeadLetters',
    {
      ...payload,
      needs: 'operateSync',
      description: 'Send dead letters again, from the golden records of now: one, or all that a filter finds.',
      arguments: given(() => DeadLettersInput),
    },
    (_, context, { input: { filter, reason, dryRun } }) =>
      answer(context, dryRun === true, async () => {
        const { db, actor, correlationId } = context;
        return redrive(db, actor, { correlationId, reason, filter: filterOf(filter), dryRun: dryRun === true });
      }),
  )
  .mutation<Input<DeadLetters>>(
    'discardDeadLetters',
    {
      ...payload,
      needs: 'operateSync',
      description: 'Give dead letters up. The next change of such a record is delivered all the same.',
      arguments: given(() => DeadLettersInput),
    },
    (_, context, { input: { filter, reason, dryRun } }) =>
      answer(context, dryRun === true, async () => {
        const { db, actor, correlationId } = context;
        return discard(db, actor, { correlationId, reason, filter: filterOf(filter), dryRun: dryRun === true });
      }),
  )
  .mutation<Input<{ stream: string; reason: string }>>(
    'pauseStream',
    {
      ...payload,
      needs: 'operateSync',
      description: 'Stop a stream in both directions. What waits to go out stays queued.',
      arguments: given(() => StreamInput),
    },
    (_, context, { input: { stream, reason } }) =>
      answer(context, false, async () => {
        streamNamed(context, stream);
        await pauseStream(context.db, context.actor, context.correlationId, { name: stream, reason });
        return { count: 1 };
      }),
  )
  .mutation<Input<{ stream: string; reason: string }>>(
    'resumeStream',
    {
      ...payload,
      needs: 'operateSync',
      description: "Let a stream go on, from where it stopped. Types of its system's fields are taken as they are now.",
      arguments: given(() => StreamInput),
    },
    (_, context, { input: { stream, reason } }) =>
      answer(context, false, async () => {
        streamNamed(context, stream);
        await resumeStream(context.db, context.actor, context.correlationId, { name: stream, reason });
        return { count: 1 };
      }),
  )
  .mutation<Input<{ system: string; reason: string }>>(
    'pauseSystem',
    {
      ...payload,
      needs: 'operateSync',
      description: 'Stop all streams of a system in both directions. What waits to go out stays queued.',
      arguments: given(() => SystemInput),
    },
    (_, context, { input }) =>
      answer(context, false, async () => {
        requireSystem(context, input.system);
        await pauseSystem(context.db, context.actor, context.correlationId, input);
        return { count: 1 };
      }),
  )
  .mutation<Input<{ system: string; reason: string }>>(
    'resumeSystem',
    {
      ...payload,
      needs: 'operateSync',
      description: 'Let a system go on, from where it stopped. Streams that were paused by themselves stay so.',
      arguments: given(() => SystemInput),
    },
    (_, context, { input }) =>
      answer(context, false, async () => {
        requireSystem(context, input.system);
        await resumeSystem(context.db, context.actor, context.correlationId, input);
        return { count: 1 };
      }),
  )
  .mutation<Input<{ system: string; reason: string }>>(
    'acceptSystem',
    {
      ...payload,
      needs: 'operateSync',
      description:
        'The installation that answers next is the right one, though it is another than before (OTHER_SYSTEM). Its records are compared soon.',
      arguments: given(() => SystemInput),
    },
    (_, context, { input }) =>
      answer(context, false, async () => {
        requireSystem(context, input.system);
        await acceptSystem(context.db, context.actor, context.correlationId, input);
        return { count: 1 };
      }),
  )
  .mutation<Input<{ stream: string; from: Date; to: Date; reason: string }>>(
    'replayStream',
    {
      ...payload,
      needs: 'operateSync',
      description: "Run the pipeline again on what arrived, with today's mapping, rules and code lists.",
      arguments: given(() => ReplayInputType),
    },
    (_, context, { input: { stream: name, from, to, reason } }) =>
      answer(context, false, async () => {
        const { db, actor, correlationId } = context;
        const { sync, stream } = streamNamed(context, name);
        const input = { from: from.toISOString(), to: to.toISOString(), reason, correlationId };
        const { replayed, changed } = await replay(db, actor, sync, stream, input);
        return { count: replayed, changed };
      }),
  )
  .mutation<Input<CodeInput & { preferred?: boolean | null }>>(
    'setCode',
    {
      ...payload,
      needs: 'resolveTask',
      description: 'Say what a code of a system means. What waited for it goes on by itself.',
      arguments: given(() => SetCodeInput),
    },
    (_, context, { input: { preferred, ...code } }) =>
      answer(context, false, async () => {
        const input = { ...code, preferred: preferred === true };
        await setCode(context.db, context.actor, context.correlationId, input);
        return { count: 1 };
      }),
  ).target;
