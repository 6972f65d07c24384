import { ID, registerEnumType } from 'type-graphql';
import { type CommandInput, type CommandKind, type Json, operate } from '../../golden-records/index.js';
import type { Context } from '../context.js';
import { type Constructor, type FieldDeclaration, inputType, ResolverClass } from '../declare.js';
import { withUuids } from '../masks.js';
import { parseGoldenId, parseNodeId } from '../node-ids.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';
import {
  asPayload,
  EXPECTED_VERSION,
  EXPECTED_VERSIONS,
  OperationPayload,
  REASON,
  REQUEST_FIELDS,
  type RequestInput,
  requestOf,
  typeOf,
} from './payload.type.js';

const SplitKeeper = { REMAINDER: 'REMAINDER', PART: 'PART' } as const;
registerEnumType(SplitKeeper, {
  name: 'SplitKeeper',
  description: 'Which side of a split keeps the canonical id.',
  valuesConfig: {
    REMAINDER: { description: 'What stays behind.' },
    PART: { description: 'The source records that are named.' },
  },
});

const id = (description: string): FieldDeclaration => ({ type: () => ID, nullable: false, description });
const ids = (description: string): FieldDeclaration => ({ type: () => [ID], nullable: false, description });

/** A command on golden records: its own input fields, and how they become the input of the operation. */
interface CommandDeclaration<K extends CommandKind, I> {
  readonly kind: K;
  readonly description: string;
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
  read(context: Context, input: I): Promise<CommandInput<K>> | CommandInput<K>;
  /** UUID of the record whose version is expected. */
  about?(input: CommandInput<K>): string;
}

const resolver = new ResolverClass('CommandMutations');

function command<K extends CommandKind, I>(name: string, declared: CommandDeclaration<K, I>): void {
  const { description, fields, about } = declared;
  const input = inputType(`${name.charAt(0).toUpperCase()}${name.slice(1)}Input`, `Input of ${name}.`, {
    ...fields,
    reason: REASON,
    ...REQUEST_FIELDS,
    expectedVersions: EXPECTED_VERSIONS,
    ...(about ? { expectedVersion: EXPECTED_VERSION } : {}),
  });
  resolver.mutation<{ input: I & RequestInput }>(
    name,
    {
      type: () => OperationPayload,
      needs: 'decide',
      description,
      arguments: [{ name: 'input', type: () => input, nullable: false, description: 'What is to be done.' }],
    },
    (_, context, { input: given }) =>
      asPayload(
        context,
        given.dryRun === true,
        () => run(context, declared, given),
        () => ({}),
      ),
  );
}

async function run<K extends CommandKind, I>(
  context: Context,
  { kind, read, about }: CommandDeclaration<K, I>,
  given: I & RequestInput,
) {
  const input = await read(context, given);
  const request = requestOf(context, given, about?.(input));
  const { operation, changed, repeated } = await operate(context.db, context.actor, request, kind, input);
  return { changed, operationIds: [operation.id], repeated };
}

const golden = ({ db }: Context, text: string, field: string) => parseGoldenId(db.model, text, undefined, field);

/** Ids of one type, that of the first. */
function sameType(context: Context, texts: readonly string[], field: string): { entityType: string; ids: string[] } {
  const [first] = texts.map((text) => golden(context, text, field).entityType);
  const definition = context.db.model.entityTypes.get(first ?? '');
  return {
    entityType: first ?? '',
    ids: texts.map((text) => parseGoldenId(context.db.model, text, definition, field).id),
  };
}

const sourceRecord = (text: string) => parseNodeId('SourceRecord', text, 'sourceRecordId');

async function typeOfSource({ loaders }: Context, uuid: string): Promise<string> {
  return (await loaders.sourceRecord.load(uuid))?.entityType ?? 'unknown';
}

command<'MERGE', { survivorId: string; mergedIds: string[] }>('mergeGoldenRecords', {
  kind: 'MERGE',
  description: 'Join golden records that are the same thing. The survivor keeps its id; the others answer with it.',
  fields: { survivorId: id('The record that stays.'), mergedIds: ids('The records that are joined with it.') },
  read: (context, { survivorId, mergedIds }) => {
    const { entityType, ids: all } = sameType(context, [survivorId, ...mergedIds], 'mergedIds');
    return { entityType, survivorId: all[0] ?? '', mergedIds: all.slice(1) };
  },
});

command<'SPLIT', { id: string; sourceRecordIds: string[]; keepIdWith?: 'REMAINDER' | 'PART' | null }>(
  'splitGoldenRecord',
  {
    kind: 'SPLIT',
    description: 'Divide a golden record: the source records named become one of their own.',
    fields: {
      id: id('The record to divide.'),
      sourceRecordIds: ids('The source records that go.'),
      keepIdWith: {
        type: () => SplitKeeper,
        description: 'Which side keeps the id. Default: the one with the oldest link.',
      },
    },
    read: (context, { id: text, sourceRecordIds, keepIdWith }) => {
      const { entityType, id: uuid } = golden(context, text, 'id');
      const keep = keepIdWith ? { keepIdWith } : {};
      return { entityType, id: uuid, sourceRecordIds: sourceRecordIds.map(sourceRecord), ...keep };
    },
    about: (input) => input.id,
  },
);

command<'UNMERGE', { mergedId: string }>('unmerge', {
  kind: 'UNMERGE',
  description: 'Take a merge back: the id that was merged away stands by itself again. What came later stays.',
  fields: { mergedId: id('The id that was merged away.') },
  read: (context, { mergedId }) => {
    const { entityType, id: uuid } = golden(context, mergedId, 'mergedId');
    return { entityType, mergedId: uuid };
  },
});

command<'LINK', { sourceRecordId: string; goldenId: string }>('linkSourceRecord', {
  kind: 'LINK',
  description: 'Link a source record to a golden record, whatever the matcher says.',
  fields: { sourceRecordId: id('The source record.'), goldenId: id('The golden record.') },
  read: (context, { sourceRecordId, goldenId }) => {
    const { entityType, id: uuid } = golden(context, goldenId, 'goldenId');
    return { entityType, sourceRecordId: sourceRecord(sourceRecordId), goldenId: uuid };
  },
});

command<'UNLINK', { sourceRecordId: string }>('unlinkSourceRecord', {
  kind: 'UNLINK',
  description: 'Take a source record out of its golden record; it gets one of its own.',
  fields: { sourceRecordId: id('The source record.') },
  read: async (context, { sourceRecordId }) => {
    const uuid = sourceRecord(sourceRecordId);
    return { entityType: await typeOfSource(context, uuid), sourceRecordId: uuid };
  },
});

command<'NOT_DUPLICATE', { ids: string[] }>('assertNotDuplicate', {
  kind: 'NOT_DUPLICATE',
  description: 'Say that golden records are different things, so that nobody asks again without new evidence.',
  fields: { ids: ids('Two or more golden records.') },
  read: (context, { ids: texts }) => sameType(context, texts, 'ids'),
});

command<'OVERRIDE', { id: string; attribute: string; value?: unknown; expiresAt?: Date | null }>('overrideAttribute', {
  kind: 'OVERRIDE',
  description: 'Set one attribute by hand. `overrideSupplier` and its kind do the same with typed values.',
  fields: {
    id: id('The record.'),
    attribute: { type: () => String, nullable: false, description: 'Name of the attribute.' },
    value: { type: () => JsonScalar, description: 'The value; null: empty. References are canonical ids.' },
    expiresAt: { type: () => DateTimeScalar, description: 'When it ends by itself.' },
  },
  read: (context, { id: text, attribute, value, expiresAt }) => {
    const { entityType, id: uuid } = golden(context, text, 'id');
    const until = expiresAt ? { expiresAt: expiresAt.toISOString() } : {};
    const { attributes } = typeOf(context, entityType);
    const kind = Object.hasOwn(attributes, attribute) ? attributes[attribute]?.kind : undefined;
    const plain = (value ?? null) as Json;
    return {
      entityType,
      id: uuid,
      attribute,
      value: kind ? withUuids(context.db.model, kind, plain) : plain,
      ...until,
    };
  },
  about: (input) => input.id,
});

command<'CLEAR_OVERRIDE', { id: string; attribute: string }>('clearOverride', {
  kind: 'CLEAR_OVERRIDE',
  description: 'End an override: the sources decide again.',
  fields: {
    id: id('The record.'),
    attribute: { type: () => String, nullable: false, description: 'Name of the attribute.' },
  },
  read: (context, { id: text, attribute }) => {
    const { entityType, id: uuid } = golden(context, text, 'id');
    return { entityType, id: uuid, attribute };
  },
  about: (input) => input.id,
});

for (const [name, kind, description] of [
  ['retire', 'RETIRE', 'Take a golden record out of use. It still answers.'],
  ['restore', 'RESTORE', 'Take a retired golden record into use again.'],
] as const)
  command<'RETIRE' | 'RESTORE', { id: string }>(name, {
    kind,
    description,
    fields: { id: id('The record.') },
    read: (context, { id: text }) => {
      const { entityType, id: uuid } = golden(context, text, 'id');
      return { entityType, id: uuid };
    },
    about: (input) => input.id,
  });

command<'UNDO', { operationId: string }>('undo', {
  kind: 'UNDO',
  description: 'Withdraw what an operation decided, however old. What came after stands.',
  fields: { operationId: id('The operation.') },
  read: (_, { operationId }) => ({ operationId: parseNodeId('Operation', operationId, 'operationId') }),
});

export const COMMAND_MUTATIONS: Constructor = resolver.target;
