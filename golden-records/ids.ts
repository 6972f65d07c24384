import { randomFillSync } from 'node:crypto';
import { TypeID } from 'typeid-js';
import { v7, validate } from 'uuid';
import { InvalidInput } from './errors.js';
import type { EntityTypeDefinition } from './model.js';
import type { Model } from './rules.js';

const ID_BYTES = 16;
/** Random bytes for many ids: asking the system for those of each cost more than the rest of making one. */
const random = Buffer.alloc(ID_BYTES * 256);
let used = random.length;
let msecs = 0;
let seq = 0;

/** A new UUIDv7: sorts by the time it was made, also among those that this process made in one millisecond. */
export function newId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = random.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // 31 bits by chance leave as much room above for counting.
    seq = bytes.readUInt32BE(6) >>> 1;
  } else seq++;
  return v7({ random: bytes, msecs, seq });
}
export const isUuid = (text: string): boolean => validate(text);

/** A canonical id as the outside knows it, e.g. `sup_01ja…`: typed and sortable. */
export const publicId = (definition: EntityTypeDefinition, uuid: string): string =>
  TypeID.fromUUID(definition.idPrefix, uuid).toString();

/** Read a canonical id. Throws InvalidInput (INVALID_ID) for anything else. */
export function parsePublicId(model: Model, text: string): { entityType: string; id: string } {
  const prefix = text.slice(0, text.indexOf('_'));
  for (const definition of model.entityTypes.values()) {
    if (definition.idPrefix !== prefix) continue;
    try {
      return { entityType: definition.code, id: TypeID.fromString(text, definition.idPrefix).toUUID() };
    } catch (cause) {
      throw new InvalidInput('INVALID_ID', `"${text.slice(0, 80)}" is not a canonical id`, { cause });
    }
  }
  const prefixes = [...model.entityTypes.values()].map(({ idPrefix }) => `${idPrefix}_…`).join(', ');
  throw new InvalidInput('INVALID_ID', `expected a canonical id (${prefixes}), found "${text.slice(0, 80)}"`);
}
