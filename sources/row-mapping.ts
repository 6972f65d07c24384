import { createHash } from 'node:crypto';
import { HubError, isJsonObject, type Mapping, RejectedRecord } from '../golden-records/index.js';
import type { Row } from './connector.js';
import { withoutAbsent } from './files/mapping.js';

/**
 * A mapping made of a function of a row, as configurations have it. What it throws rejects its record, and never the batch. Its
 * version follows its text; `version` speaks for what it calls.
 */
export const rowMapping = (options: { readonly map: (row: Row) => unknown; readonly version?: string }): Mapping => ({
  version: mappingVersion(options),
  map: guarded(options.map),
});

function guarded(map: (row: Row) => unknown): Mapping['map'] {
  return (payload) => {
    try {
      const mapped = withoutAbsent(map(isJsonObject(payload) ? payload : {}));
      return mapped as Readonly<Record<string, unknown>>;
    } catch (error) {
      if (error instanceof HubError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new RejectedRecord('RECORD_REJECTED', `the mapping failed: ${message}`, { cause: error });
    }
  };
}

function mappingVersion(options: { readonly map: unknown; readonly version?: string }): string {
  const text = JSON.stringify([String(options.map), options.version ?? '', MAPPING_REVISION]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
/** Raised when the functions of mapping.ts change what they return. */
const MAPPING_REVISION = 1;
