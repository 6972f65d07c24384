import type { Thresholds } from './match/thresholds.js';
import type { JsonObject } from './json.js';
import type { EntityTypeDefinition } from './model.js';

/** How a value is chosen where no system of record decides. Ties fall to priority, then to the system's code. */
export const STRATEGIES = [
  'sourcePriority',
  'mostRecent',
  'mostFrequent',
  'mostComplete',
  'longest',
  'min',
  'max',
  'union',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

/**
 * What happens to a value of a system that does not own the attribute. correct: the golden value is written back there.
 * propose: a steward is asked, with both values. raise: an exception; nothing moves.
 */
export const CONFLICT_ACTIONS = ['correct', 'propose', 'raise'] as const;
export type ConflictAction = (typeof CONFLICT_ACTIONS)[number];

export interface SurvivorshipRule {
  /** Applies only where the golden record has a link from one of these business units or systems. */
  readonly when?: { readonly businessUnit?: readonly string[]; readonly system?: readonly string[] };
  /** Systems of record, in order. NULL from the owner clears. */
  readonly owner?: readonly string[];
  /** Where no owner is linked, and among several records of the owner. Default: mostRecent. */
  readonly strategy?: Strategy;
  /** Order of trust for this attribute; default: the order of the systems in the configuration. */
  readonly priority?: readonly string[];
  /** May a steward override it? Default: yes. */
  readonly override?: boolean;
  /**
   * Default: the difference is shown in the provenance and nothing is asked; a system whose stream writes the attribute
   * gets the golden value (`correct`).
   */
  readonly onConflict?: ConflictAction;
  /** Takes its value from the source record that won this other attribute. */
  readonly follows?: string;
}

export interface ScopeDefinition {
  readonly name?: string;
  /** Codes of the business units that this scope speaks for. */
  readonly businessUnits?: readonly string[];
}

export interface SystemDefinition {
  readonly code: string;
  readonly name: string;
  readonly scopes: Readonly<Record<string, ScopeDefinition>>;
  /** Entity types of which this system promises one record per real thing, within a scope. */
  readonly uniqueRecords?: readonly string[];
}

/** What the hub writes to a system: one entity type of one scope. */
export interface TargetDefinition {
  readonly system: string;
  readonly scope: string;
  readonly entityType: string;
  /** Golden attributes that are written there. */
  readonly attributes: readonly string[];
  /** Is the record's state written too (archiving what is retired)? */
  readonly writesState: boolean;
  /** May this golden record be created there? */
  creates(golden: GoldenOutline): boolean;
  /** Is the answer of `creates` ever yes? */
  readonly mayCreate: boolean;
  /** Also records that are in doubt. */
  readonly provisional: boolean;
}
export interface GoldenOutline {
  readonly id: string;
  readonly entityType: string;
  readonly state: 'ACTIVE' | 'PROVISIONAL' | 'RETIRED';
  readonly attributes: JsonObject;
}

export { DEFAULT_THRESHOLDS, type Thresholds } from './match/thresholds.js';

export interface EntityTypeRules {
  readonly default?: SurvivorshipRule;
  readonly attributes?: Readonly<Record<string, SurvivorshipRule | readonly SurvivorshipRule[]>>;
  readonly thresholds?: Partial<Thresholds>;
}

/** The system through which the hub itself takes records in (`createSupplier` and its kind). */
export const HUB_SYSTEM: SystemDefinition = { code: 'hub', name: 'Concord', scopes: { hub: {} } };

/** Definitions, systems and rules, checked, frozen and versioned. Built by `defineModel`. */
export interface Model {
  readonly entityTypes: ReadonlyMap<string, EntityTypeDefinition>;
  readonly systems: ReadonlyMap<string, SystemDefinition>;
  /** Position of each system in the order of trust; the hub comes first. */
  readonly priority: ReadonlyMap<string, number>;
  /** Rules of an attribute in the order in which they are tried; the last has no condition. */
  rulesFor(entityType: string, attribute: string): readonly SurvivorshipRule[];
  thresholdsFor(entityType: string): Thresholds;
  /** Where changes of this type go. */
  targetsFor(entityType: string): readonly TargetDefinition[];
  /** Hash of everything that decides links and golden values. */
  readonly rulesVersion: string;
}

export interface ModelInput {
  readonly entityTypes: readonly EntityTypeDefinition[];
  /** In order of trust. */
  readonly systems: readonly SystemDefinition[];
  readonly rules?: Readonly<Record<string, EntityTypeRules>>;
  /** Not part of the rules' version: they decide where a value goes, never what it is. */
  readonly targets?: readonly TargetDefinition[];
}
