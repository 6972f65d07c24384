import { ID, Int, registerEnumType } from 'type-graphql';
import {
  type ChangedRecord as Changed,
  Conflict,
  type EntityTypeDefinition,
  ERROR_CODES,
  HubError,
  IllegalOperation,
  InvalidInput,
  NotFound,
  RejectedRecord,
} from '../../golden-records/index.js';
import { ChangeKind } from '../changes/change.type.js';
import type { Context } from '../context.js';
import { type Constructor, type FieldDeclaration, inputType, objectType, ResolverClass } from '../declare.js';
import { AttributeDiff, EntityType, GoldenRecord } from '../golden-record/golden-record.type.js';
import { visibleDiff } from '../masks.js';
import { goldenId, parseGoldenId } from '../node-ids.js';
import { Operation } from './operation.type.js';

const UserErrorCode = Object.fromEntries(ERROR_CODES.map((code) => [code, code]));
registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Why something was not done. Explained in docs/errors.md.',
});

export const UserError = objectType('UserError', 'Something that the caller can put right. Nothing was kept.', {
  code: { type: () => UserErrorCode, nullable: false, description: 'What is wrong, for programs.' },
  field: { type: () => String, description: 'The part of the input that is wrong.' },
  message: { type: () => String, nullable: false, description: 'What is wrong, for people.' },
});

export const ChangedRecord = objectType('ChangedRecord', 'What an operation did, or would do, to one golden record.', {
  id: { type: () => ID, nullable: false, description: 'Canonical id.' },
  entityType: { type: () => EntityType, nullable: false, description: 'Its type.' },
  kind: { type: () => ChangeKind, nullable: false, description: 'What happened to it.' },
  version: { type: () => Int, nullable: false, description: 'The version that this made.' },
  diff: { type: () => [AttributeDiff], nullable: false, description: 'Attributes before and after.' },
  mergedIntoId: { type: () => ID, description: 'The record that answers for it from now on.' },
  record: {
    type: () => GoldenRecord,
    description: 'The record as it is now; null for one that a dry run would create.',
  },
});

interface ChangedRoot extends Omit<Changed, 'id' | 'mergedIntoId'> {
  readonly id: string;
  readonly uuid: string;
  readonly mergedIntoId: string | null;
}

/** What every mutation answers. */
export interface PayloadRoot {
  readonly changed: readonly ChangedRoot[];
  readonly operationIds: readonly string[];
  readonly repeated: boolean;
  readonly dryRun: boolean;
  readonly userErrors: readonly { code: string; field: string | null; message: string }[];
}

export const PAYLOAD_FIELDS: Readonly<Record<string, FieldDeclaration>> = {
  changed: {
    type: () => [ChangedRecord],
    nullable: false,
    description: 'The golden records that changed, or would change.',
  },
  operation: {
    type: () => Operation,
    description: 'The command, as it was recorded; null after a dry run or a refusal.',
  },
  repeated: {
    type: () => Boolean,
    nullable: false,
    description: 'True when the idempotency key was used before: nothing was done again.',
  },
  dryRun: { type: () => Boolean, nullable: false, description: 'True when nothing was kept.' },
  userErrors: { type: () => [UserError], nullable: false, description: 'Why it was refused; empty when it was done.' },
};

export const OperationPayload = objectType('OperationPayload', 'What an operation did.', PAYLOAD_FIELDS);

/** How the shared fields of a payload type are found. */
export const payloadResolver = (type: Constructor): ResolverClass =>
  new ResolverClass(`${type.name}Resolver`, type).field<PayloadRoot>(
    'operation',
    ({ operationIds, dryRun }, { loaders }) => {
      const last = operationIds.at(-1);
      return last === undefined || dryRun ? null : loaders.operation.load(last);
    },
  );

export const PAYLOAD_RESOLVERS: readonly Constructor[] = [
  payloadResolver(OperationPayload).target,
  new ResolverClass('ChangedRecordResolver', ChangedRecord)
    .field<ChangedRoot>('diff', ({ entityType, id, diff }, context) =>
      visibleDiff(context, typeOf(context, entityType), id, diff),
    )
    .field<ChangedRoot>('record', ({ entityType, uuid }, context) =>
      context.loaders.of(typeOf(context, entityType)).golden.load(uuid),
    ).target,
];

export function typeOf({ db }: Context, entityType: string): EntityTypeDefinition {
  const definition = db.model.entityTypes.get(entityType);
  if (!definition) throw new InvalidInput('UNKNOWN_ENTITY_TYPE', `unknown entity type ${entityType}`);
  return definition;
}

export interface Done {
  readonly changed: readonly Changed[];
  readonly operationIds: readonly string[];
  readonly repeated?: boolean;
}

/**
 * Run a command and shape what it did. A refusal that the caller can put right becomes a user error; anything else,
 * missing permissions among them, stays an error of GraphQL.
 */
export async function asPayload<D extends Done, P extends object>(
  context: Context,
  dryRun: boolean,
  work: () => Promise<D>,
  more: (done: D | undefined) => P,
): Promise<PayloadRoot & P> {
  try {
    const done = await work();
    // What was read before the command is out of date now.
    if (!dryRun) context.loaders.forget();
    const { operationIds, repeated = false } = done;
    return {
      ...more(done),
      changed: done.changed.map((change) => changedRoot(context, change)),
      operationIds,
      repeated,
      dryRun,
      userErrors: [],
    };
  } catch (error) {
    const userErrors = userErrorsOf(error);
    return { ...more(undefined), changed: [], operationIds: [], repeated: false, dryRun, userErrors };
  }
}

function changedRoot(context: Context, { id, mergedIntoId, ...change }: Changed): ChangedRoot {
  const definition = typeOf(context, change.entityType);
  return {
    ...change,
    id: goldenId(definition, id),
    uuid: id,
    mergedIntoId: mergedIntoId === undefined ? null : goldenId(definition, mergedIntoId),
  };
}

/** Several problems of one input at once. */
export class InputProblems extends Error {
  constructor(readonly problems: readonly HubError[]) {
    super(problems.map(({ message }) => message).join('; '));
  }
}

const EXPECTED = [InvalidInput, NotFound, Conflict, IllegalOperation, RejectedRecord] as const;

export function userErrorsOf(error: unknown): PayloadRoot['userErrors'] {
  if (error instanceof InputProblems) return error.problems.map(userError);
  if (error instanceof HubError && EXPECTED.some((expected) => error instanceof expected)) return [userError(error)];
  throw error;
}

const userError = ({ code, field, message }: HubError) => ({ code, field: field ?? null, message });

export const REASON: FieldDeclaration = {
  type: () => String,
  nullable: false,
  description: 'Why: it stands in the history.',
};
export const REQUEST_FIELDS: Readonly<Record<string, FieldDeclaration>> = {
  dryRun: { type: () => Boolean, description: 'Do it all, answer with what would change, keep nothing.' },
  idempotencyKey: {
    type: () => String,
    description: 'Makes a repeat safe: the same key answers with the first result.',
  },
};
export const EXPECTED_VERSION: FieldDeclaration = {
  type: () => Int,
  description: 'The version that you have seen: refused when somebody was faster.',
};
const ExpectedVersionInput = inputType(
  'ExpectedVersionInput',
  'A version of a golden record that the caller has seen.',
  {
    id: { type: () => ID, nullable: false, description: 'Canonical id.' },
    version: { type: () => Int, nullable: false, description: 'Its version.' },
  },
);
export const EXPECTED_VERSIONS: FieldDeclaration = {
  type: () => [ExpectedVersionInput],
  description: 'The versions that you have seen: refused when somebody was faster.',
};

export interface RequestInput {
  readonly reason?: string | null;
  readonly dryRun?: boolean | null;
  readonly idempotencyKey?: string | null;
  readonly expectedVersions?: readonly { id: string; version: number }[] | null;
  readonly expectedVersion?: number | null;
}

/** `about`: the UUID of the record that `expectedVersion` speaks of. */
export function requestOf(context: Context, input: RequestInput, about?: string) {
  const { reason, dryRun, idempotencyKey, expectedVersion, expectedVersions } = input;
  const versions = (expectedVersions ?? []).map(({ id, version }) => [
    parseGoldenId(context.db.model, id, undefined, 'expectedVersions').id,
    version,
  ]);
  if (about !== undefined && typeof expectedVersion === 'number') versions.push([about, expectedVersion]);
  return {
    correlationId: context.correlationId,
    dryRun: dryRun === true,
    ...(reason ? { reason } : {}),
    ...(typeof idempotencyKey === 'string' ? { idempotencyKey } : {}),
    ...(versions.length > 0 ? { expectedVersions: Object.fromEntries(versions) as Record<string, number> } : {}),
  };
}
