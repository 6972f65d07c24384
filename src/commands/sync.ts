import type { Command } from 'commander';
import { InvalidInput } from '../../golden-records/errors.js';
import { isUuid, newId, publicId } from '../../golden-records/ids.js';
import { type JsonObject, queueAll } from '../../golden-records/index.js';
import {
  acceptSystem,
  attemptsOf,
  backfillOnce,
  type DeadLetterFilter,
  deliverOnce,
  discard,
  listDeliveries,
  pauseStream,
  pauseSystem,
  PLACES,
  type Place,
  type PlannedRecord,
  plan,
  pullDueOnce,
  redrive,
  registerStreams,
  replay,
  resumeStream,
  resumeSystem,
  type StreamStatus,
  type SyncStream,
  setCode,
  streamName,
  streamOf,
  type Synchronised,
  syncStatus,
} from '../../sources/index.js';
import { requireRunning } from '../demo-odoo.js';
import { openSystems } from '../sync-worker.js';
import { commandLineActor, type Hub, type Invocation, type Outcome } from './command.js';
import { EXIT } from './exit.js';
import type { Run } from './program.js';
import { count, table } from './table.js';

export function addSync(program: Command, run: Run): void {
  const sync = program
    .command('sync')
    .description('the systems that are kept in agreement: how they stand, what failed, what a first load would do')
    .argument('[system]', 'load and deliver now, once, what there is; the running hub does it by itself')
    .option('--plan', 'write nothing; say what would link, be created here, be created or changed there')
    .option('--all', 'look at every record of the system, e.g. after the rules changed')
    .addHelpText(
      'after',
      `
Examples:
  concord sync status
  concord sync odoo --plan
  concord sync dead --code VALUE_REFUSED
  concord sync redrive --code VALUE_REFUSED --reason "the constraint is gone"
  concord sync discard --id 0197a6f0-5c1e-7a44-8d3b-2f6f6d1f0c11 --reason "not a supplier"
`,
    )
    .action(run(syncSystem));
  sync.command('status').description('streams with their lag, targets with their queues').action(run(status));
  withFilter(sync.command('dead').description('dead letters, with what was tried')).action(run(dead));
  withFilter(sync.command('redrive').description('send dead letters again'))
    .requiredOption('--reason <text>', 'kept with the operation')
    .option('--dry-run', 'only count them')
    .action(run(redriveAll));
  withFilter(sync.command('discard').description('give dead letters up'))
    .requiredOption('--reason <text>', 'kept with the operation')
    .option('--dry-run', 'only count them')
    .action(run(discardAll));
  for (const [name, description, work] of [
    ['pause', 'stop a stream or a whole system, in both directions; what waits to go out stays queued', pauseAny],
    ['resume', 'let it go on from where it stopped', resumeAny],
  ] as const) {
    sync
      .command(name)
      .description(description)
      .argument('<stream or system>', 'a name out of concord sync status')
      .requiredOption('--reason <text>', 'kept with the operation')
      .addHelpText('after', `\nExample:\n  concord sync ${name} odoo/main/supplier --reason "maintenance tonight"\n`)
      .action(run(work));
  }
  sync
    .command('accept')
    .description('the installation that answers now is the right one, though it is another than before (OTHER_SYSTEM)')
    .argument('<system>', 'a system out of concord sync status')
    .requiredOption('--reason <text>', 'kept with the operation')
    .addHelpText('after', '\nExample:\n  concord sync accept odoo --reason "the database was renamed"\n')
    .action(run(accept));
  sync
    .command('replay')
    .description("run the pipeline again on what arrived, with today's mapping, rules and code lists")
    .argument('<stream or system>', 'a name out of concord sync status')
    .requiredOption('--from <time>', 'arrived then or later, e.g. 2026-11-24 or 2026-11-24T08:00:00Z')
    .requiredOption('--to <time>', 'arrived before that')
    .option('--reason <text>', 'kept with the operation')
    .addHelpText('after', '\nExample:\n  concord sync replay odoo/main/supplier --from 2026-11-01 --to 2026-11-24\n')
    .action(run(replayAny));
  sync
    .command('code')
    .description("say what a system's code means; what waited for it goes on by itself")
    .argument('<system>', 'whose code it is')
    .argument('<list>', 'e.g. paymentTerms')
    .argument('<code>', "the system's own")
    .argument('<word>', "the hub's word for it")
    .option('--preferred', 'write this one where several codes mean the word')
    .addHelpText('after', '\nExample:\n  concord sync code odoo paymentTerms 4 NET30\n')
    .action(run(explainCode));
}

const withFilter = (command: Command): Command =>
  command
    .option('--system <code>', 'only to this system')
    .option('--type <type>', 'only of this entity type')
    .option('--code <code>', 'only with this error')
    .option('--id <id...>', 'only these, by the ids that `concord sync dead` shows')
    .option('--place <place>', `only that failed there: ${PLACES.join(', ')}`);

interface FilterOptions {
  readonly system?: string;
  readonly type?: string;
  readonly code?: string;
  readonly id?: readonly string[];
  readonly place?: string;
}

function filterOf({ system, type, code, id, place }: FilterOptions): DeadLetterFilter {
  const known = PLACES.find((candidate) => candidate === place?.toUpperCase());
  if (place !== undefined && !known)
    throw new InvalidInput('INVALID_INPUT', `--place: expected ${PLACES.join(', ')}, found "${place}"`);
  const unfit = id?.find((one) => !isUuid(one));
  if (unfit !== undefined)
    throw new InvalidInput('INVALID_INPUT', `--id: expected ids that \`concord sync dead\` shows, found "${unfit}"`);
  return { system, entityType: type, code, ids: id, place: known as Place | undefined };
}

const systemsOf = (invocation: Invocation, { config, settings }: Hub): Synchronised[] =>
  openSystems(config.connectors, invocation.log(settings), invocation.io.env);

function requireSystem(systems: readonly Synchronised[], system: string): Synchronised {
  const found = systems.find((candidate) => candidate.system === system);
  if (found) return found;
  const known = systems.map((candidate) => candidate.system).join(', ') || 'none';
  throw new InvalidInput('UNKNOWN_SYSTEM', `expected a system with a connector (${known}), found "${system}"`);
}

// ---- Status ----------------------------------------------------------------------------------------------------------

function status(invocation: Invocation): Promise<Outcome> {
  return invocation.withStore(async ({ db }, hub) => {
    const json = await syncStatus(db, systemsOf(invocation, hub));
    const streams = json.streams.map((stream) => [
      stream.name,
      stream.state,
      stream.lagMs === null ? 'never' : `${(stream.lagMs / 1000).toFixed(1)} s behind`,
      stream.loaded === null ? `${count(stream.records)} records` : `${progressOf(stream)} loaded`,
      stream.lastError ? `${stream.lastError.code}: ${stream.lastError.message}` : (stream.pauseReason ?? ''),
    ]);
    const targets = json.targets.map((target) => [
      target.system,
      target.breaker,
      `${count(target.queued)} queued, ${count(target.queuedInBulk)} in bulk, ${count(target.waiting)} waiting`,
      target.oldestMs === null ? '' : `oldest ${(target.oldestMs / 1000).toFixed(0)} s`,
      `${count(target.dead)} dead`,
      target.lastError && target.breaker !== 'CLOSED' ? `${target.lastError.code}: ${target.lastError.message}` : '',
    ]);
    if (streams.length === 0) return { json, text: 'No system of the configuration has a connector.' };
    return { json, text: ['In', table(streams, '  '), 'Out', table(targets, '  ')].join('\n') };
  });
}

const progressOf = ({ loaded, toLoad }: Pick<StreamStatus, 'loaded' | 'toLoad'>): string =>
  toLoad === null ? count(loaded ?? 0) : `${count(loaded ?? 0)} of ${count(toLoad)}`;

// ---- Dead letters ----------------------------------------------------------------------------------------------------

const MOST_SHOWN = 100;

function dead(invocation: Invocation, options: FilterOptions): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const filter = filterOf(options);
    const rows = await listDeliveries(db, { ...filter, states: ['DEAD'], limit: MOST_SHOWN });
    const attempts = await attemptsOf(
      db,
      rows.map(({ id }) => id),
    );
    // What was written may be sensitive: GraphQL shows it to a key that was granted it.
    const json = rows.map((row, at) => ({
      ...row,
      tries: (attempts[at] ?? []).map(({ startedAt, action, result, error, changes }) => {
        return { startedAt, action, result, error, attributes: changes.map(({ attribute }) => attribute) };
      }),
    }));
    const lines = rows.map((row) => [
      row.id,
      goldenName(db, row),
      `${row.system}/${row.scope}`,
      row.place ?? '',
      row.error?.code ?? '',
      row.error?.message ?? '',
    ]);
    return { json, text: rows.length === 0 ? 'No dead letters.' : table(lines) };
  });
}

function goldenName(
  { model }: Parameters<typeof listDeliveries>[0],
  row: { entityType: string; goldenId: string },
): string {
  const definition = model.entityTypes.get(row.entityType);
  return definition ? publicId(definition, row.goldenId) : row.goldenId;
}

interface ActOptions extends FilterOptions {
  readonly reason: string;
  readonly dryRun?: boolean;
}

const redriveAll = (invocation: Invocation, options: ActOptions) => act(invocation, options, redrive, 'sent again');
const discardAll = (invocation: Invocation, options: ActOptions) => act(invocation, options, discard, 'given up');

function act(invocation: Invocation, options: ActOptions, work: typeof redrive, done: string): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const { reason, dryRun = false } = options;
    const action = { correlationId: newId(), reason, filter: filterOf(options), dryRun };
    const json = await work(db, commandLineActor(), action);
    return {
      json: { ...json, dryRun },
      text: `${count(json.count)} dead letters ${dryRun ? 'would be' : 'are'} ${done}.`,
    };
  });
}

// ---- Operating -------------------------------------------------------------------------------------------------------

/** What a name of `concord sync status` means: one stream, or all of a system. */
interface Named {
  readonly sync: Synchronised;
  /** Undefined: the whole system. */
  readonly stream: SyncStream | undefined;
}

function named(systems: readonly Synchronised[], name: string): Named {
  for (const sync of systems) {
    if (sync.system === name) return { sync, stream: undefined };
    const stream = sync.connector.streams.find((candidate) => streamName(sync.system, candidate) === name);
    if (stream) return { sync, stream };
  }
  const known = systems.flatMap((sync) => [
    sync.system,
    ...sync.connector.streams.map((stream) => streamName(sync.system, stream)),
  ]);
  throw new InvalidInput(
    'INVALID_INPUT',
    `expected a stream or a system with a connector (${known.join(', ') || 'there is none'}), found "${name}"`,
  );
}

const pauseAny = (invocation: Invocation, options: { readonly reason: string }, name: string) =>
  operateOn(invocation, name, options.reason, pauseStream, pauseSystem, 'paused');
const resumeAny = (invocation: Invocation, options: { readonly reason: string }, name: string) =>
  operateOn(invocation, name, options.reason, resumeStream, resumeSystem, 'resumed');

function operateOn(
  invocation: Invocation,
  name: string,
  reason: string,
  onStream: typeof pauseStream,
  onSystem: typeof pauseSystem,
  done: string,
): Promise<Outcome> {
  return invocation.withStore(async ({ db }, hub) => {
    const { sync, stream } = named(systemsOf(invocation, hub), name);
    await registerStreams(db, sync);
    if (stream) await onStream(db, commandLineActor(), newId(), { name, reason });
    else await onSystem(db, commandLineActor(), newId(), { system: sync.system, reason });
    return { json: { [stream ? 'stream' : 'system']: name, done }, text: `${name} is ${done}.` };
  });
}

function accept(invocation: Invocation, { reason }: { readonly reason: string }, system: string): Promise<Outcome> {
  return invocation.withStore(async ({ db }, hub) => {
    requireSystem(systemsOf(invocation, hub), system);
    await acceptSystem(db, commandLineActor(), newId(), { system, reason });
    return { json: { system, done: 'accepted' }, text: `${system} is whatever answers next.` };
  });
}

interface ReplayOptions {
  readonly from: string;
  readonly to: string;
  readonly reason?: string;
}

function replayAny(invocation: Invocation, { from, to, reason }: ReplayOptions, name: string): Promise<Outcome> {
  return invocation.withStore(async ({ db }, hub) => {
    const { sync, stream } = named(systemsOf(invocation, hub), name);
    const streams = stream ? [stream] : sync.connector.streams;
    const done: { stream: string; replayed: number; changed: number }[] = [];
    for (const one of streams) {
      const own = streamName(sync.system, one);
      const onProgress = (replayed: number) => invocation.progress.show(`${own}: ${count(replayed)} records`);
      const input = { from, to, correlationId: newId(), onProgress, ...(reason === undefined ? {} : { reason }) };
      done.push({ stream: own, ...(await replay(db, commandLineActor(), sync, one, input)) });
    }
    const rows = done.map((one) => [
      one.stream,
      `${count(one.replayed)} records mapped again`,
      `${count(one.changed)} golden records came out otherwise`,
    ]);
    return { json: { streams: done }, text: table(rows) };
  });
}

function explainCode(
  invocation: Invocation,
  { preferred = false }: { readonly preferred?: boolean },
  system: string,
  list: string,
  code: string,
  word: string,
): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    await setCode(db, commandLineActor(), newId(), { system, list, code, word, preferred });
    const text = `${code} of ${list} in ${system} is "${word}". A running hub sends what waited for it.`;
    return { json: { system, list, code, word, preferred }, text };
  });
}

// ---- One system ------------------------------------------------------------------------------------------------------

interface SystemOptions {
  readonly plan?: boolean;
  readonly all?: boolean;
}

function syncSystem(invocation: Invocation, options: SystemOptions, system?: string): Promise<Outcome> {
  if (system === undefined) return status(invocation);
  return invocation.withStore(async ({ db }, hub) => {
    const sync = requireSystem(systemsOf(invocation, hub), system);
    requireRunning(sync.connector);
    await registerStreams(db, sync);
    try {
      return await (options.plan
        ? planSystem(invocation, db, sync)
        : runSystem(invocation, db, sync, options.all === true));
    } finally {
      await sync.open.close();
    }
  });
}

type Db = Parameters<typeof plan>[0];

/** Records that are shown one by one; all of them stand in the document of --json. */
const MOST_PLANNED = 20;

async function planSystem(invocation: Invocation, db: Db, sync: Synchronised): Promise<Outcome> {
  const records: PlannedRecord[] = [];
  const plans = await plan(db, sync, {
    signal: invocation.signal,
    onRecord: (record) => {
      if (invocation.options.json || records.length < MOST_PLANNED) records.push(masked(db, sync, record));
    },
    onProgress: (stream, seen) => invocation.progress.show(`${stream}: ${count(seen)} records looked at`),
  });
  const rows = plans.map(({ stream, inward, outward }) => [
    stream,
    `in: ${
      Object.entries(inward)
        .map(([outcome, number]) => `${count(number)} ${outcome}`)
        .join(', ') || 'nothing'
    }`,
    `out: ${count(outward.create)} created there, ${count(outward.update)} changed there, ${count(outward.unchanged)} left alone`,
  ]);
  const shown = records
    .slice(0, MOST_PLANNED)
    .map(({ direction, externalId, outcome, changes }) => [
      direction,
      externalId ?? '(new)',
      outcome,
      changes.map(diffOf).join(', '),
    ]);
  const text = ['Nothing was written. This is what would be:', table(rows, '  ')];
  if (shown.length > 0)
    text.push('', `The first ${shown.length} records (--json has all, with values)`, table(shown, '  '));
  return { json: { system: sync.system, plans, records }, text: text.join('\n') };
}

/** `name "Old" → "New"`; of a field that an attribute is written to by another name, the values alone. */
function diffOf({ attribute, before, after }: PlannedRecord['changes'][number]): string {
  const said = (values: JsonObject | null) =>
    values === null
      ? ''
      : Object.values(values)
          .map((value) => shortened(JSON.stringify(value)))
          .join(' ');
  if (after.masked === true) return `${attribute} (masked)`;
  const [from, to] = [said(before), said(after)];
  return from === '' || from === 'null' ? `${attribute} ${to}` : `${attribute} ${from} → ${to}`;
}

const MOST_CHARACTERS = 40;
const shortened = (text: string): string =>
  text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;

/** Sensitive values are masked here, as in `lineage`. */
function masked(db: Db, sync: Synchronised, record: PlannedRecord): PlannedRecord {
  const stream = streamOf(sync, record.stream);
  const attributes = db.model.entityTypes.get(stream.entityType)?.attributes ?? {};
  const changes = record.changes.map((change) =>
    attributes[change.attribute]?.sensitive === undefined
      ? change
      : { ...change, before: null, after: { masked: true } },
  );
  return { ...record, changes };
}

async function runSystem(invocation: Invocation, db: Db, sync: Synchronised, all: boolean): Promise<Outcome> {
  const { signal, progress } = invocation;
  const totals = { loaded: 0, pulled: 0, created: 0, updated: 0, dead: 0, queued: 0 };
  const failures: string[] = [];
  const show = () =>
    progress.show(
      `${sync.system}: ${count(totals.loaded + totals.pulled)} in, ${count(totals.created)} created and ${count(totals.updated)} changed there`,
    );
  // Each stream once: in a slow round the first of them are due again before the last one is read.
  for (const stream of sync.connector.streams) {
    const streams = [streamName(sync.system, stream)];
    for (let goesOn = true; goesOn; ) {
      const step = await pullDueOnce(db, sync, { signal, streams });
      if (step?.kind === 'FAILED') failures.push(`${step.stream}: ${step.error.code}: ${step.error.message}`);
      if (step?.kind === 'PULLED') totals.pulled += step.step?.records ?? 0;
      goesOn = step?.kind === 'SWEPT' || (step?.kind === 'PULLED' && step.step?.more === true);
      show();
      signal.throwIfAborted();
    }
  }
  for (let step = await backfillOnce(db, sync, { signal }); step; step = await backfillOnce(db, sync, { signal })) {
    totals.loaded += step.records;
    progress.show(`${step.stream}: ${progressOf(step)} loaded`);
    signal.throwIfAborted();
  }
  if (all) totals.queued = await queueSystem(db, sync);
  for (;;) {
    const step =
      (await deliverOnce(db, sync, { signal })) ?? (await deliverOnce(db, sync, { signal, lane: 'BACKFILL' }));
    if (!step) break;
    totals.created += step.created;
    totals.updated += step.updated;
    totals.dead += step.dead;
    show();
    signal.throwIfAborted();
  }
  const text = [
    `${count(totals.loaded + totals.pulled)} records came in; ${count(totals.created)} were created and ${count(totals.updated)} changed there, ${count(totals.dead)} failed for good.`,
    ...failures,
  ];
  const exit = failures.length + totals.dead > 0 ? EXIT.attention : EXIT.done;
  return { json: { system: sync.system, ...totals, failures }, text: text.join('\n'), exit };
}

async function queueSystem(db: Db, sync: Synchronised): Promise<number> {
  let queued = 0;
  for (const definition of db.model.entityTypes.values()) {
    for (const target of db.model.targetsFor(definition.code)) {
      if (target.system !== sync.system) continue;
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof queueAll>> = await queueAll(
          db,
          commandLineActor(),
          target,
          newId(),
          after,
        );
        queued += page.queued;
        after = page.next;
      } while (after !== null);
    }
  }
  return queued;
}
