import { createHash } from 'node:crypto';
import { ID, registerEnumType } from 'type-graphql';
import {
  type ChangedRecord,
  carryOut,
  contentHash,
  type EntityTypeDefinition,
  HUB_SYSTEM,
  HubError,
  IllegalOperation,
  type IngestOptions,
  type IngestResult,
  InvalidInput,
  ingest,
  inTransaction,
  isJsonObject,
  type Json,
  type JsonObject,
  type Mapping,
  NotFound,
  newId,
  normaliseRecord,
  OUTCOMES,
} from '../../golden-records/index.js';
import type { Context } from '../context.js';
import { type Constructor, inputType, objectType, ResolverClass } from '../declare.js';
import { parseGoldenId } from '../node-ids.js';
import {
  asPayload,
  type Done,
  EXPECTED_VERSION,
  InputProblems,
  PAYLOAD_FIELDS,
  payloadResolver,
  REASON,
  REQUEST_FIELDS,
  type RequestInput,
  requestOf,
} from '../operation/payload.type.js';
import { DateTimeScalar } from '../scalars.js';
import { type AttributeInputs, asCanonicalId, asSourceReference, readAttributes } from './attribute-inputs.js';
import { pascalCase } from './attribute-types.js';
import { camelCase } from './entity.js';

const Outcome = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, outcome]));
registerEnumType(Outcome, {
  name: 'IngestOutcome',
  description: 'What became of a record that was taken in.',
  valuesConfig: {
    CREATED: { description: 'It has a golden record of its own.' },
    LINKED: { description: 'It was recognised, and linked to a golden record that exists.' },
    PROVISIONAL: { description: 'In doubt: it has a golden record of its own, and a steward is asked.' },
    UPDATED: { description: 'It was known, and changed.' },
    UNCHANGED: { description: 'It was known, and says the same.' },
  },
});

const HUB = { system: HUB_SYSTEM.code, scope: HUB_SYSTEM.code } as const;
/** The hub's own payloads are attributes already. */
const HUB_MAPPING: Mapping = { version: 'hub-1', map: (payload) => (isJsonObject(payload) ? payload : {}) };

interface RecordInput extends RequestInput {
  readonly id?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly expiresAt?: Date | null;
}
interface IngestDone extends Done {
  readonly outcome: string | null;
  readonly goldenId: string | null;
}

/** `createSupplier`, `updateSupplier` and `overrideSupplier`, for one type. */
export function recordMutations(
  definition: EntityTypeDefinition,
  type: Constructor,
  inputs: AttributeInputs,
): Constructor[] {
  const { name } = definition;
  const one = camelCase(name);
  const attributes = inputType(
    `${name}AttributesInput`,
    `Values of a ${name}: a key that is left out says nothing, null says empty.`,
    Object.fromEntries(
      Object.entries(definition.attributes).map(([attribute, declared]) => [
        attribute,
        inputs.field(declared, `${name}${pascalCase(attribute)}`),
      ]),
    ),
  );
  const payload = objectType(`${name}Payload`, `What a mutation did to a ${name}.`, {
    [one]: { type: () => type, description: 'The golden record as it is now; null when a dry run would create it.' },
    outcome: { type: () => Outcome, description: 'What became of the values that were given.' },
    ...PAYLOAD_FIELDS,
  });
  const values = { attributes: { type: () => attributes, nullable: false, description: 'The values.' } };
  const id = { type: () => ID, nullable: false, description: 'Canonical id.' };
  const inputOf = (verb: string, fields: Parameters<typeof inputType>[2]) => {
    const input = inputType(`${verb}${name}Input`, `Input of ${verb.toLowerCase()}${name}.`, {
      ...fields,
      ...REQUEST_FIELDS,
    });
    return [{ name: 'input', type: () => input, nullable: false, description: 'What is to be done.' }];
  };
  const reason = { ...REASON, nullable: true };
  const shape = (context: Context) => (done: IngestDone | undefined) => ({
    outcome: done?.outcome ?? null,
    load: () => (done?.goldenId ? context.loaders.of(definition).golden.load(done.goldenId) : null),
  });
  const answer = (context: Context, input: RecordInput, work: () => Promise<IngestDone>) =>
    asPayload(
      context,
      input.dryRun === true,
      () => inField(['expectedVersions'], 'expectedVersion', work),
      shape(context),
    );

  const mutations = new ResolverClass(`${name}Mutations`)
    .mutation<{ input: RecordInput }>(
      `create${name}`,
      {
        type: () => payload,
        needs: 'ingest',
        description: `Take a ${name} in through the hub itself: matched and owned like any other record.`,
        arguments: inputOf('Create', { ...values, reason }),
      },
      (_, context, { input }) => answer(context, input, () => create(context, definition, input)),
    )
    .mutation<{ input: RecordInput }>(
      `update${name}`,
      {
        type: () => payload,
        needs: 'ingest',
        description: `Change what the hub itself says of a ${name}; refused when it says nothing of it. Keys left out stay.`,
        arguments: inputOf('Update', { id, ...values, reason, expectedVersion: EXPECTED_VERSION }),
      },
      (_, context, { input }) => answer(context, input, () => update(context, definition, input)),
    )
    .mutation<{ input: RecordInput }>(
      `override${name}`,
      {
        type: () => payload,
        needs: 'decide',
        description: `Set attributes of a ${name} by hand: one override for each key that is given.`,
        arguments: inputOf('Override', {
          id,
          ...values,
          expiresAt: { type: () => DateTimeScalar, description: 'When it ends by itself.' },
          reason: REASON,
          expectedVersion: EXPECTED_VERSION,
        }),
      },
      (_, context, { input }) => answer(context, input, () => override(context, definition, input)),
    );
  const loaded = payloadResolver(payload).field<{ load(): unknown }>(one, (root) => root.load());
  return [mutations.target, loaded.target];
}

async function create(context: Context, definition: EntityTypeDefinition, input: RecordInput): Promise<IngestDone> {
  const payload = (await readAttributes(definition, input.attributes, asSourceReference(context))) as JsonObject;
  check(definition, payload);
  const key = input.idempotencyKey;
  const externalId = typeof key === 'string' ? externalIdOf(context, definition, key) : newId();
  return takeIn(context, definition, externalId, payload, input);
}

async function update(context: Context, definition: EntityTypeDefinition, input: RecordInput): Promise<IngestDone> {
  const { id } = parseGoldenId(context.db.model, input.id ?? '', definition, 'id');
  const record = await context.loaders.of(definition).golden.load(id);
  if (!record) throw new NotFound('NOT_FOUND', `no ${definition.name} has this id`, { field: 'id' });
  const own = (await context.loaders.of(definition).crosswalk.load(record.uuid)).filter(
    ({ system }) => system === HUB.system,
  );
  const [source] = own;
  if (!source)
    throw new IllegalOperation(
      'NOT_A_MEMBER',
      'the hub itself has no record of it: override the attribute, or change it in its system',
      {
        field: 'id',
      },
    );
  const patch = (await readAttributes(definition, input.attributes, asSourceReference(context))) as JsonObject;
  const values = await context.loaders.sourceValues.load(source.uuid);
  const payload = { ...(isJsonObject(values?.payload ?? null) ? (values?.payload as JsonObject) : {}), ...patch };
  check(definition, payload);
  return takeIn(context, definition, source.externalId, payload, input, {
    ...(typeof input.expectedVersion === 'number'
      ? { expectedVersions: { [record.uuid]: input.expectedVersion } }
      : {}),
    ...(values ? { basedOn: { [source.externalId]: values.contentHash } } : {}),
    // The key stands for the patch: what it is applied to may change between a request and its repeat.
    inputHash: contentHash({ id, patch }),
  });
}

/** All of them or none: one transaction. */
async function override(context: Context, definition: EntityTypeDefinition, input: RecordInput): Promise<IngestDone> {
  const { id } = parseGoldenId(context.db.model, input.id ?? '', definition, 'id');
  const values = Object.entries(await readAttributes(definition, input.attributes, asCanonicalId(context)));
  if (values.length === 0) throw new InvalidInput('INVALID_INPUT', 'no attribute was given', { field: 'attributes' });
  const { dryRun, expectedVersions, idempotencyKey, ...request } = requestOf(context, input, id);
  // Each attribute is an operation of its own, and one input: under the same key it must be the same as a whole.
  const inputHash = contentHash({
    id,
    values: Object.fromEntries(values),
    expiresAt: input.expiresAt?.toISOString() ?? null,
  });
  const outcomes = await inTransaction(
    context.db,
    async (tx) => {
      const done = [];
      for (const [at, [attribute, value]] of values.entries())
        done.push(
          await inField(['attribute', 'value'], `attributes.${attribute}`, () =>
            carryOut(
              tx,
              context.actor,
              {
                ...request,
                ...(idempotencyKey === undefined
                  ? {}
                  : { idempotencyKey: at === 0 ? idempotencyKey : `${idempotencyKey}:${attribute}` }),
                // The first override makes a new version itself.
                ...(at === 0 && expectedVersions ? { expectedVersions } : {}),
              },
              'OVERRIDE',
              {
                entityType: definition.code,
                id,
                attribute,
                value: value as Json,
                ...(input.expiresAt ? { expiresAt: input.expiresAt.toISOString() } : {}),
              },
              inputHash,
            ),
          ),
        );
      return done;
    },
    { dryRun },
  );
  return {
    changed: joined(outcomes.flatMap(({ changed }) => changed)),
    operationIds: outcomes.map(({ operation }) => operation.id),
    repeated: outcomes.every(({ repeated }) => repeated),
    outcome: null,
    goldenId: id,
  };
}

/** An error of the domain names the part of its own input; the caller gave it under another name. */
async function inField<T>(from: readonly string[], to: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof HubError && from.includes(error.field ?? '') ? error.inField(to) : error;
  }
}

/** One entry for each record, whatever number of steps changed it. */
function joined(changes: readonly ChangedRecord[]): ChangedRecord[] {
  const byId = new Map<string, ChangedRecord>();
  for (const change of changes) {
    const before = byId.get(change.id);
    byId.set(change.id, before ? { ...change, kind: before.kind, diff: [...before.diff, ...change.diff] } : change);
  }
  return [...byId.values()];
}

/** A person is there to be asked: what a source's record would only have held back is refused. */
function check(definition: EntityTypeDefinition, payload: JsonObject): void {
  const { issues } = normaliseRecord(definition, payload, HUB);
  if (issues.length === 0) return;
  throw new InputProblems(
    issues.map(
      ({ attribute, expected, found }): HubError =>
        new InvalidInput('INVALID_ATTRIBUTE', `\`${attribute}\` expected ${expected}, found ${found}`, {
          field: `attributes.${attribute}`,
        }),
    ),
  );
}

async function takeIn(
  context: Context,
  definition: EntityTypeDefinition,
  externalId: string,
  payload: JsonObject,
  { reason, dryRun, idempotencyKey }: RecordInput,
  options: Pick<IngestOptions, 'expectedVersions' | 'basedOn' | 'inputHash'> = {},
): Promise<IngestDone> {
  const result: IngestResult = await ingest(
    context.db,
    context.actor,
    {
      ...HUB,
      entityType: definition.code,
      records: [{ externalId, payload }],
      mapping: HUB_MAPPING,
      correlationId: context.correlationId,
      ...(reason ? { reason } : {}),
    },
    { dryRun: dryRun === true, ...options, ...(typeof idempotencyKey === 'string' ? { idempotencyKey } : {}) },
  );
  const [outcome] = result.records;
  if (outcome?.reason) throw new InvalidInput('INVALID_ATTRIBUTE', outcome.reason.message, { field: 'attributes' });
  return {
    changed: result.changed,
    operationIds: result.operationId === null ? [] : [result.operationId],
    repeated: result.repeated,
    outcome: outcome?.outcome ?? null,
    goldenId: outcome?.goldenId ?? null,
  };
}

/** The same key names the same record, so that a repeat finds what the first request made. */
const externalIdOf = ({ actor }: Context, { code }: EntityTypeDefinition, key: string): string =>
  createHash('sha256')
    .update(JSON.stringify([actor.id, code, key]))
    .digest('hex')
    .slice(0, 32);
