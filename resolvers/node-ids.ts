import { TypeID } from 'typeid-js';
import { type EntityTypeDefinition, InvalidInput, type Model, parsePublicId } from '../golden-records/index.js';

/** Everything else that has an id of its own, beside the golden records; typed in the same way. */
export const NODE_PREFIXES = {
  SourceRecord: 'src',
  StewardTask: 'tsk',
  Operation: 'opr',
  Decision: 'dec',
  Job: 'job',
} as const;
export type NodeType = keyof typeof NODE_PREFIXES;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Ten bits as two characters. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => `${ALPHABET[bits >> 5]}${ALPHABET[bits & 31]}`);

/** The same text as `publicId` gives, five times as fast: a page carries hundreds of ids. */
export function encodeId(prefix: string, uuid: string): string {
  const hex = uuid.replaceAll('-', '');
  let text = `${prefix}_${PAIRS[Number.parseInt(hex.slice(0, 2), 16)]}`;
  for (let at = 2; at < 32; at += 5) {
    const bits = Number.parseInt(hex.slice(at, at + 5), 16);
    text += `${PAIRS[bits >> 10]}${PAIRS[bits & 1023]}`;
  }
  return text;
}

export const goldenId = (definition: EntityTypeDefinition, uuid: string): string => encodeId(definition.idPrefix, uuid);
export const nodeId = (type: NodeType, uuid: string): string => encodeId(NODE_PREFIXES[type], uuid);

/** Read the id of one kind of node. Throws InvalidInput INVALID_ID. */
export function parseNodeId(type: NodeType, text: string, field?: string): string {
  const prefix = NODE_PREFIXES[type];
  try {
    return TypeID.fromString(text, prefix).toUUID();
  } catch (cause) {
    throw invalidId(`expected an id like ${prefix}_…, found "${text.slice(0, 80)}"`, field, cause);
  }
}

/** Read the canonical id of a golden record, of one type where one is given. Throws InvalidInput INVALID_ID. */
export function parseGoldenId(
  model: Model,
  text: string,
  expected?: EntityTypeDefinition,
  field?: string,
): { entityType: string; id: string } {
  const parsed = readCanonical(model, text, field);
  if (expected !== undefined && parsed.entityType !== expected.code)
    throw invalidId(`expected an id like ${expected.idPrefix}_…, found "${text.slice(0, 80)}"`, field);
  return parsed;
}

function readCanonical(model: Model, text: string, field: string | undefined): { entityType: string; id: string } {
  try {
    return parsePublicId(model, text);
  } catch (cause) {
    if (cause instanceof InvalidInput) throw invalidId(cause.message, field, cause);
    throw cause;
  }
}

const invalidId = (message: string, field: string | undefined, cause?: unknown): InvalidInput =>
  new InvalidInput('INVALID_ID', message, {
    ...(field === undefined ? {} : { field }),
    ...(cause === undefined ? {} : { cause }),
  });

/** Which kind of node an id names, by its prefix; undefined when it names none of these. */
export const nodeTypeOf = (text: string): NodeType | undefined =>
  (Object.keys(NODE_PREFIXES) as NodeType[]).find((type) => text.startsWith(`${NODE_PREFIXES[type]}_`));
