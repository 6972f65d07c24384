import type { Command } from 'commander';
import { InvalidInput, NotFound } from '../../golden-records/errors.js';
import { parsePublicId, publicId } from '../../golden-records/ids.js';
import type { Json, JsonObject } from '../../golden-records/json.js';
import type { EntityTypeDefinition } from '../../golden-records/model.js';
import {
  crosswalkOf,
  decisionsByIds,
  type GoldenRow,
  goldenByIds,
  hiddenAttributes,
  type InboxRow,
  inboxEventsOf,
  maskAttributes,
  type OperationRow,
  operationsByIds,
  type SourceRow,
  type SourceValues,
  type StoredProvenance,
  sourceRecordByKey,
  sourceValuesByIds,
} from '../../golden-records/read/index.js';
import type { Db } from '../../golden-records/transaction.js';
import { type DeliveryRow, deliveriesOf, maskedWrite, type WayOut, waysOut } from '../../sources/index.js';
import type { Invocation, Outcome } from './command.js';
import type { Run } from './program.js';
import { table } from './table.js';

export function addLineage(program: Command, run: Run): void {
  program
    .command('lineage')
    .description(
      'the way of a value: source record, arrival, operation, rule, person, and what was written to other systems',
    )
    .argument('<record>', 'a canonical id, or system:scope:type:externalId')
    .argument('[attribute]', 'one attribute in full; none: where each comes from, and where the record goes')
    .addHelpText(
      'after',
      `
Sensitive values are masked here; GraphQL shows them to a key that was granted them, and keeps a note of it.

Examples:
  concord lineage erp:main:supplier:V1001
  concord lineage sup_01k9qv6w3teh5a5ee8rfg5pm0a paymentTerms
`,
    )
    .action(run(lineage));
}

interface Subject {
  readonly definition: EntityTypeDefinition;
  readonly golden: GoldenRow;
}

function lineage(invocation: Invocation, _options: object, record: string, attribute?: string): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const subject = await findSubject(db, record);
    if ('held' in subject) return heldOutcome(subject.held, subject.values);
    requireAttribute(subject.definition, attribute);
    const sources = await sourcesOf(db, subject);
    return attribute === undefined ? overview(db, subject, sources) : detail(db, subject, sources, attribute);
  });
}

function requireAttribute({ code, attributes }: EntityTypeDefinition, attribute: string | undefined): void {
  if (attribute === undefined || Object.hasOwn(attributes, attribute)) return;
  const known = Object.keys(attributes).join(', ');
  throw new InvalidInput('UNKNOWN_ATTRIBUTE', `${code} has no attribute "${attribute}"; there are ${known}`);
}

// --- Finding the record ---------------------------------------------------------------------------------------------

async function findSubject(
  db: Db,
  record: string,
): Promise<Subject | { held: SourceRow; values: SourceValues | undefined }> {
  if (!record.includes(':')) {
    const { entityType, id } = parsePublicId(db.model, record);
    return readGolden(db, definitionOf(db, entityType), id, record);
  }
  const key = parseKey(record);
  const definition = definitionOf(db, key.entityType);
  const source = await sourceRecordByKey(db, key);
  if (!source) throw new NotFound('NOT_FOUND', `no source record ${record}`);
  if (source.goldenId !== null) return readGolden(db, definition, source.goldenId, record);
  const [values] = await sourceValuesByIds(db, [source.id]);
  return { held: source, values };
}

async function readGolden(db: Db, definition: EntityTypeDefinition, id: string, asked: string): Promise<Subject> {
  const [golden] = await goldenByIds(db, definition, [id]);
  if (!golden) throw new NotFound('NOT_FOUND', `no golden record ${asked}`);
  return { definition, golden };
}

function definitionOf(db: Db, entityType: string): EntityTypeDefinition {
  const definition = db.model.entityTypes.get(entityType);
  if (definition) return definition;
  const known = [...db.model.entityTypes.keys()].join(', ');
  throw new InvalidInput('UNKNOWN_ENTITY_TYPE', `no entity type "${entityType}"; there are ${known}`);
}

/** The external id comes last, as it may hold colons itself. */
export function parseKey(text: string): { system: string; scope: string; entityType: string; externalId: string } {
  const [system, scope, entityType, ...rest] = text.split(':');
  const externalId = rest.join(':');
  if (system && scope && entityType && externalId) return { system, scope, entityType, externalId };
  throw new InvalidInput('INVALID_ID', `expected a canonical id or system:scope:type:externalId, found "${text}"`);
}

// --- What its sources say -------------------------------------------------------------------------------------------

interface Source extends SourceRow {
  readonly values: SourceValues;
  /** Masked. */
  readonly attributes: JsonObject;
}

async function sourcesOf(db: Db, { definition, golden }: Subject): Promise<Source[]> {
  const rows = (await crosswalkOf(db, definition, [golden.id]))[0] ?? [];
  const values = await sourceValuesByIds(
    db,
    rows.map(({ id }) => id),
  );
  const hidden = hiddenAttributes(definition, new Set());
  return rows.flatMap((row, at) => {
    const found = values[at];
    return found ? [{ ...row, values: found, attributes: maskAttributes(hidden, found.attributes) }] : [];
  });
}

const nameOf = ({ system, scope, externalId, entityType }: SourceRow) =>
  `${system}:${scope}:${entityType}:${externalId}`;

/** The instant at which the source record took its value of the attribute. */
const timeOf = ({ values, sourceTime }: Source, attribute: string): string =>
  values.attributeTimes[attribute] ?? isoOf(sourceTime);

const contributors = (sources: readonly Source[], provenance: StoredProvenance | undefined): Source[] =>
  sources.filter(({ id }) => id === provenance?.source || provenance?.sources?.includes(id));

// --- Answers --------------------------------------------------------------------------------------------------------

async function overview(db: Db, { definition, golden }: Subject, sources: readonly Source[]): Promise<Outcome> {
  const shown = maskAttributes(hiddenAttributes(definition, new Set()), golden.attributes);
  const attributes = Object.keys(definition.attributes).flatMap((attribute) => {
    const provenance = golden.provenance[attribute];
    if (!provenance) return [];
    const from = contributors(sources, provenance).map(nameOf);
    return [{ attribute, value: shown[attribute] ?? null, ...flagsOf(provenance), from, at: provenance.at }];
  });
  const deliveries = (await deliveriesOf(db, definition.code, golden.id)).map(deliveryEntry);
  const json = { ...headOf(definition, golden), attributes, crosswalk: sources.map(crosswalkEntry), deliveries };
  const rows = attributes.map((one) => [
    one.attribute,
    excerpt(one.value),
    one.rule + marks(one),
    one.from.join(' + ') || 'a steward',
  ]);
  const links = sources.map((source) => [nameOf(source), source.state, linkOf(source)]);
  const text = [headLine(definition, golden), '', table(rows, '  '), '', 'Crosswalk', table(links, '  ')];
  if (deliveries.length > 0) text.push('', 'Where it goes', table(deliveries.map(deliveryLine), '  '));
  return { json, text: text.join('\n') };
}

async function detail(
  db: Db,
  { definition, golden }: Subject,
  sources: readonly Source[],
  attribute: string,
): Promise<Outcome> {
  const provenance = golden.provenance[attribute];
  const hidden = hiddenAttributes(definition, new Set());
  const shown = maskAttributes(hidden, golden.attributes);
  const winners = contributors(sources, provenance);
  const arrivals = (await inboxEventsOf(db, winners)).flat();
  const operations = await operationsOf(db, arrivals);
  const [decision] = provenance?.decision === undefined ? [] : await decisionsByIds(db, [provenance.decision]);
  const said = sources
    .filter(({ attributes }) => attribute in attributes)
    .map((source) => ({
      sourceRecord: nameOf(source),
      value: source.attributes[attribute] ?? null,
      at: timeOf(source, attribute),
      wins: winners.includes(source),
    }));
  const ways = await waysOut(db, definition.code, golden.id, attribute);
  const json = {
    ...headOf(definition, golden),
    attribute,
    value: shown[attribute] ?? null,
    ...(provenance && { ...flagsOf(provenance), at: provenance.at }),
    decision: decision ?? null,
    sources: said,
    arrivals: arrivals.map((event) => arrivalOf(event, operations)),
    deliveries: ways.map((way) => wayEntry(way, hidden.has(attribute))),
  };
  return { json, text: detailText(definition, golden, json) };
}

interface Detail {
  readonly attribute: string;
  readonly value: Json;
  readonly rule?: string;
  readonly at?: string;
  readonly decision: { readonly reason: string; readonly actorName: string } | null;
  readonly sources: readonly { sourceRecord: string; value: Json; at: string; wins: boolean }[];
  readonly arrivals: readonly ReturnType<typeof arrivalOf>[];
  readonly deliveries: readonly ReturnType<typeof wayEntry>[];
}

function detailText(definition: EntityTypeDefinition, golden: GoldenRow, answer: Detail): string {
  const { attribute, value, rule, at, decision, sources, arrivals, deliveries } = answer;
  const lines = [headLine(definition, golden), '', `${attribute} = ${JSON.stringify(value)}`];
  if (rule === undefined) lines.push('  no source record and no steward gives a value');
  else lines.push(`  rule ${rule}, value of ${at}`);
  if (decision) lines.push(`  decided by ${decision.actorName}: ${decision.reason}`);
  const said = sources.map((one) => [one.wins ? '*' : ' ', one.sourceRecord, one.at, excerpt(one.value)]);
  if (said.length > 0) lines.push('', 'What the sources say (* wins)', table(said, '  '));
  const came = arrivals.map((one) => [one.receivedAt, one.sourceRecord, one.outcome, one.by, one.correlationId]);
  if (came.length > 0) lines.push('', 'How it arrived', table(came, '  '));
  for (const one of deliveries) {
    lines.push('', `Where it went: ${deliveryLine(one).filter(Boolean).join('  ')}`);
    if (one.writes.length > 0) lines.push(table(one.writes.map(writeLine), '  '));
  }
  return lines.join('\n');
}

async function operationsOf(db: Db, arrivals: readonly InboxRow[]): Promise<ReadonlyMap<string, OperationRow>> {
  const ids = [...new Set(arrivals.map(({ operationId }) => operationId))];
  const rows = await operationsByIds(db, ids);
  return new Map(rows.flatMap((row) => (row ? [[row.id, row]] : [])));
}

function arrivalOf(event: InboxRow, operations: ReadonlyMap<string, OperationRow>) {
  const { system, scope, entityType, externalId, receivedAt, outcome, correlationId, operationId, id } = event;
  return {
    inboxEvent: id,
    sourceRecord: `${system}:${scope}:${entityType}:${externalId}`,
    receivedAt: isoOf(receivedAt),
    outcome,
    by: operations.get(operationId)?.actorName ?? '',
    operation: operationId,
    correlationId,
  };
}

const deliveryEntry = ({ system, scope, entityType, externalId, state, waitsFor, dueAt, error }: DeliveryRow) => ({
  target: `${system}:${scope}:${entityType}:${externalId ?? '(new)'}`,
  state,
  waitsFor,
  dueAt: isoOf(dueAt),
  error: error?.code ?? null,
});

const deliveryLine = ({ target, state, waitsFor, error }: ReturnType<typeof deliveryEntry>): string[] => [
  target,
  state,
  waitsFor ?? error ?? '',
];

const wayEntry = ({ delivery, writes }: WayOut, isHidden: boolean) => ({
  ...deliveryEntry(delivery),
  writes: (isHidden ? writes.map(maskedWrite) : writes).map((write) => ({
    attempt: write.id,
    number: write.number,
    action: write.action,
    before: write.before,
    after: write.after,
    why: write.why,
    result: write.result,
    error: write.error,
    startedAt: isoOf(write.startedAt),
    finishedAt: write.finishedAt && isoOf(write.finishedAt),
    correlationId: write.correlationId,
  })),
});

const writeLine = (write: ReturnType<typeof wayEntry>['writes'][number]): string[] => [
  write.startedAt,
  write.action,
  `${excerpt(write.before)} → ${excerpt(write.after)}`,
  write.why,
  write.error ? `${write.result} ${write.error.code}` : write.result,
  write.correlationId,
];

function heldOutcome(held: SourceRow, values: SourceValues | undefined): Outcome {
  const reason = values?.heldReason ?? null;
  const why = held.state === 'HELD' ? `held back: ${JSON.stringify(reason)}` : `no golden record (${held.state})`;
  return { json: { sourceRecord: nameOf(held), state: held.state, reason }, text: `${nameOf(held)}: ${why}` };
}

const headOf = (definition: EntityTypeDefinition, golden: GoldenRow) => ({
  id: publicId(definition, golden.id),
  entityType: definition.code,
  state: golden.state,
  version: golden.version,
});

const headLine = (definition: EntityTypeDefinition, golden: GoldenRow) =>
  `${publicId(definition, golden.id)}  ${golden.state}, version ${golden.version} of ${isoOf(golden.validFrom)}`;

const flagsOf = ({ rule, provisional, contested, decision }: StoredProvenance) => ({
  rule,
  provisional: provisional === true,
  contested: contested === true,
  ...(decision !== undefined && { decidedBy: decision }),
});

const marks = ({ provisional, contested }: { provisional: boolean; contested: boolean }) =>
  `${provisional ? ' (provisional)' : ''}${contested ? ' (contested)' : ''}`;

const crosswalkEntry = (source: Source) => ({
  sourceRecord: nameOf(source),
  state: source.state,
  linkKind: source.linkKind,
  matchWeight: source.matchWeight,
  linkedAt: source.linkedAt && isoOf(source.linkedAt),
});

const linkOf = ({ linkKind, matchWeight }: SourceRow) =>
  matchWeight === null ? (linkKind ?? '') : `${linkKind}, weight ${matchWeight}`;

const isoOf = (at: Date | string): string => new Date(at).toISOString();

const LONGEST_EXCERPT = 60;

function excerpt(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT - 1)}…` : text;
}
