import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  activateParameters,
  cancelJob,
  type Db,
  findJob,
  InvalidInput,
  type Job,
  newId,
  parameterSets,
  parsePublicId,
  type RematchSlice,
  startRematch,
  startTraining,
} from '../../golden-records/index.js';
import { advanceJobOnce } from '../workflows/advance.js';
import { commandLineActor, type Invocation, type Outcome } from './command.js';
import { EXIT } from './exit.js';
import type { Run } from './program.js';
import { typesOf } from './recompute.js';
import { count, table } from './table.js';

interface RematchOptions {
  readonly type?: readonly string[];
  readonly slice?: string;
  readonly dryRun?: boolean;
  readonly parameters?: string;
  readonly reason?: string;
}

export function addRematch(program: Command, run: Run): void {
  program
    .command('rematch')
    .description('match stored records anew: keys, candidates, scores, links; what persons decided stands')
    .option('--type <type...>', 'entity types; none: all')
    .option(
      '--slice <slice>',
      'only source records of a system (erp) or scope (erp:main), or of golden records (sup_…,sup_…)',
    )
    .option('--dry-run', 'say how much would change, change nothing')
    .option('--parameters <version>', 'with --dry-run and one type: try this parameter set')
    .option('--reason <text>', 'kept with the operations')
    .addHelpText(
      'after',
      '\nExamples:\n  concord rematch --type supplier --dry-run\n  concord rematch --type supplier --reason "parameters 3"\n',
    )
    .action(run(rematch));
}

function rematch(invocation: Invocation, options: RematchOptions): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const slice = options.slice === undefined ? undefined : sliceOf(db, options.slice);
    const types =
      slice?.entityType === undefined
        ? typesOf([...db.model.entityTypes.keys()], options.type)
        : typesOf([slice.entityType], options.type);
    const parametersVersion = versionOf(options.parameters);
    if (parametersVersion !== undefined && types.length !== 1)
      throw new InvalidInput('INVALID_INPUT', '--parameters belongs to one type: say which with --type');
    const jobs: Job[] = [];
    for (const entityType of types) {
      const job = await startRematch(db, commandLineActor(), {
        entityType,
        correlationId: newId(),
        dryRun: options.dryRun === true,
        ...(slice ? { slice: slice.slice } : {}),
        ...(parametersVersion === undefined ? {} : { parametersVersion }),
        ...(options.reason === undefined ? {} : { reason: options.reason }),
      });
      jobs.push(await follow(invocation, db, job));
    }
    return outcomeOf(jobs);
  });
}

interface ParametersOptions {
  readonly activate?: string;
  readonly train?: boolean;
  readonly reason?: string;
}

export function addParameters(program: Command, run: Run): void {
  program
    .command('parameters')
    .description('the parameter sets of the matcher, the newest first; with --activate, match by another one')
    .argument('<type>', 'entity type')
    .option('--activate <version>', 'the set that is to count from now on; 0 is the shipped one')
    .option('--train', 'learn from the stored records first, without labels, and draft a set')
    .option('--reason <text>', 'kept with the operation; --activate needs it')
    .addHelpText(
      'after',
      '\nExamples:\n  concord parameters supplier\n  concord parameters supplier --train\n  concord parameters supplier --activate 0 --reason "back to what was shipped"\n',
    )
    .action(
      run((invocation: Invocation, options: ParametersOptions, entityType: string) =>
        invocation.withStore(async ({ db }) => {
          const version = versionOf(options.activate);
          if (version !== undefined) {
            const { reason = '' } = options;
            await activateParameters(db, commandLineActor(), { correlationId: newId(), reason }, entityType, version);
          }
          if (options.train === true) {
            const { reason } = options;
            const job = await startTraining(db, commandLineActor(), { entityType, reason, correlationId: newId() });
            const ended = await follow(invocation, db, job);
            if (ended.state !== 'DONE') return outcomeOf([ended]);
          }
          const sets = await parameterSets(db, entityType);
          const rows = sets.map(({ version: of, state, thresholds, createdAt, reason }) => [
            `${of}`,
            state,
            `review ${thresholds.review}, match ${thresholds.match}`,
            createdAt?.toISOString() ?? 'shipped',
            reason ?? '',
          ]);
          return { json: { entityType, sets }, text: table(rows) };
        }),
      ),
    );
}

function versionOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidInput('INVALID_INPUT', `expected the number of a version, found "${text}"`);
  return Number(text);
}

/** "erp", "erp:main", or canonical ids of one type. */
function sliceOf(db: Db, text: string): { slice: RematchSlice; entityType?: string } {
  const [system = '', scope] = text.split(':');
  if (db.model.systems.has(system)) return { slice: { system, ...(scope === undefined ? {} : { scope }) } };
  if (!text.includes('_'))
    throw new InvalidInput(
      'UNKNOWN_SYSTEM',
      `a slice is a system (${[...db.model.systems.keys()].join(', ')}), system:scope, or canonical ids; found "${text}"`,
    );
  const records = text.split(',').map((id) => parsePublicId(db.model, id.trim()));
  const [first] = records;
  if (!first || records.some(({ entityType }) => entityType !== first.entityType))
    throw new InvalidInput('INVALID_INPUT', 'the ids of a slice are of one entity type');
  return { slice: { goldenIds: records.map(({ id }) => id) }, entityType: first.entityType };
}

const POLL_MS = 500;

/** Bring a job to its end: here, or by watching whichever worker holds it. Ctrl-C cancels it. */
async function follow(invocation: Invocation, db: Db, started: Job): Promise<Job> {
  for (;;) {
    if (invocation.signal.aborted) await cancelJob(db, commandLineActor(), started.id, newId());
    invocation.signal.throwIfAborted();
    const { advanced } = await advanceJobOnce(db, started.id);
    const job = await findJob(db, started.id);
    if (!job || !['QUEUED', 'RUNNING'].includes(job.state)) return job ?? started;
    const of = job.total === null ? '' : ` of ${count(job.total)}`;
    invocation.progress.show(`${job.kind.toLowerCase()} ${job.entityType}: ${job.step} ${count(job.done)}${of}`);
    if (!advanced) await delay(POLL_MS);
  }
}

function outcomeOf(jobs: readonly Job[]): Outcome {
  const failed = jobs.some(({ state }) => state !== 'DONE');
  const text = jobs.map(({ entityType, kind, state, result, error }) => {
    const told = Object.entries(error ?? result)
      .filter(([, value]) => typeof value !== 'object')
      .map(([name, value]) => `${name} ${String(value)}`);
    return `${entityType}: ${kind.toLowerCase()} ${state.toLowerCase()}; ${told.join(', ')}`;
  });
  const json = jobs.map(({ id, kind, entityType, state, total, result, error }) => ({
    id,
    kind,
    entityType,
    state,
    total,
    result,
    error,
  }));
  return { json: { jobs: json }, text: text.join('\n'), exit: failed ? EXIT.refused : EXIT.done };
}
