const KEY_SPACE = 2 ** 32;

/** Where the keys of an entity type lie among those of all: types share one table, and no keys. */
export function keySpace(entityType: string): number {
  let hash = 0;
  for (let at = 0; at < entityType.length; at++) hash = (Math.imul(hash, 31) + entityType.charCodeAt(at)) & 0xfffff;
  return hash * KEY_SPACE;
}

/** Keys as they are stored: whole numbers below 2^52. */
export const storedKeys = (entityType: string, keys: ArrayLike<number>): number[] => {
  const base = keySpace(entityType);
  return Array.from(keys, (key) => base + (key >>> 0));
};
