import type { SchemaEngine } from '@prisma/schema-engine-wasm';

export function withSchemaEngine<T>(
  url: string,
  schema: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T>;
export function diffDatabase(url: string, schema: string): Promise<string>;
