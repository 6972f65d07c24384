import type { LoadedConfig } from './load-config.js';

/** A question to the hub, and what it answered. */
export interface Answered {
  readonly query: string;
  /** As it came, laid out for people. */
  readonly answer: string;
}

/** One supplier that four systems know under four numbers, asked for by one of them. */
const OF_THE_DEMO = `{ supplierByExternalId(system: "erp", id: "V1001") { id attributes { name website emails } crosswalk { system externalId } provenance(attributes: ["website"]) { value rule contested source { system } } } }`;
const OF_ANY_HUB = '{ suppliers(first: 3) { totalCount nodes { id attributes { name } } } }';

/** Ask the running hub over HTTP, as its reader will. Undefined when it could not be asked. */
export async function askFirstQuestion(
  endpoint: string,
  key: string,
  { config, log }: { config: LoadedConfig; log: { warn(fields: object, message: string): void } },
): Promise<Answered | undefined> {
  const query = config.demo ? OF_THE_DEMO : OF_ANY_HUB;
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const body: unknown = await response.json();
    return { query, answer: compactJson(dataOf(body)) };
  } catch (err) {
    // A certificate that this process does not trust, or a name that only others resolve: the hub serves all the same.
    log.warn({ err }, 'the first question could not be asked');
    return undefined;
  }
}

const dataOf = (body: unknown): unknown =>
  body !== null && typeof body === 'object' && 'data' in body && !('errors' in body) ? { data: body.data } : body;

const WIDTH = 100;

/** Indented JSON in which whatever fits into one line stays on one line. */
export function compactJson(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value);
  if (value === null || typeof value !== 'object' || indent.length + flat.length <= WIDTH) return flat;
  const deeper = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const parts = Object.entries(value).map(([key, inner]) => {
    const text = compactJson(inner, deeper);
    return `${deeper}${Array.isArray(value) ? '' : `${JSON.stringify(key)}: `}${text}`;
  });
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}
