import type { Json, JsonObject } from '../../../golden-records/index.js';
import { recorded as v14 } from './recorded/v14.js';
import { recorded as v19 } from './recorded/v19.js';

/** What a real server answered: the imitation starts with it, and knows no field that isn't here. */
export interface Recorded {
  readonly version: string;
  readonly fields: Readonly<Record<string, Readonly<Record<string, RecordedField>>>>;
  /** Rows as `search_read` gave them. */
  readonly rows: Readonly<Record<string, readonly JsonObject[]>>;
  /** By model and user: the letters of read, write, create, unlink. */
  readonly rights: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How each kind of mistake was answered. */
  readonly refusals: Readonly<Record<string, { readonly code: string; readonly kind: string; readonly said: string }>>;
}

export interface RecordedField {
  readonly type: string;
  readonly relation?: string;
  readonly relation_field?: string;
  readonly required?: boolean | number;
  readonly readonly?: boolean | number;
  readonly company_dependent?: boolean;
  readonly translate?: boolean | string;
  readonly selection?: Json;
  readonly digits?: Json;
  /** Not stored: worked out when read. */
  readonly computed?: boolean;
}

export type ImitatedVersion = 14 | 19;

export const RECORDED: Readonly<Record<ImitatedVersion, Recorded>> = { 14: v14, 19: v19 };
