import { InvalidInput } from '../golden-records/index.js';

/**
 * Refuse an input that PostgreSQL could not keep, before anything is done: a text with a NUL character or half a
 * surrogate pair, in a value or a key. Walks without recursion, as JSON of a client can be nested without end.
 * Throws InvalidInput, with the path of the text.
 */
export function requireStorableInput(input: unknown): void {
  const waiting: { value: unknown; path: string }[] = [{ value: input, path: '' }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next;
    if (typeof value === 'string') requireStorableText(value, path);
    else if (Array.isArray(value)) for (const one of value) waiting.push({ value: one, path });
    else if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
      for (const [key, one] of Object.entries(value)) {
        requireStorableText(key, path);
        // Callers know their input without the argument that carries it.
        waiting.push({ value: one, path: path === '' ? (key === 'input' ? '' : key) : `${path}.${key}` });
      }
    }
  }
}

function requireStorableText(text: string, path: string): void {
  if (!text.includes('\0') && text.isWellFormed()) return;
  throw new InvalidInput('INVALID_INPUT', 'expected text, found a NUL character or half a surrogate pair', {
    ...(path === '' ? {} : { field: path }),
  });
}
