import { invalid, type Normalised, type Normaliser } from '../normalised.js';

/** One way of identifying something, e.g. GTIN. */
export interface IdentifierScheme {
  readonly code: string;
  readonly label: string;
  /** Codes of the entity types that it identifies; none: something that the hub has no type for. */
  readonly entityTypes: readonly string[];
  /** Does a shared value say that two records are the same thing? A single value may say otherwise (`Normalised.strong`). */
  readonly strong: boolean;
  readonly normalise: Normaliser<string>;
}

/** The answer for what people type into a field that must not stay empty. */
export const refusedPlaceholder = (expected: string, input: unknown): Normalised<never> =>
  invalid(`${expected}, not a placeholder`, input);
