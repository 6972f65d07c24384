import { ConfigError, type ConfigProblem } from './errors.js';
import { rootOf, shippedFor } from './match/engine/index.js';
import type { EntityTypeDefinition, Kind } from './model.js';
import { contentHash } from './normalise/index.js';
import {
  CONFLICT_ACTIONS,
  DEFAULT_THRESHOLDS,
  type EntityTypeRules,
  HUB_SYSTEM,
  type Model,
  type ModelInput,
  STRATEGIES,
  type SurvivorshipRule,
  type SystemDefinition,
  type TargetDefinition,
  type Thresholds,
} from './rules.js';

const CODE = /^[a-z][a-z0-9_-]{0,62}$/;
const ID_PREFIX = /^[a-z]{2,8}$/;
const NO_TARGETS: readonly TargetDefinition[] = [];
const FALLBACK: SurvivorshipRule = { strategy: 'mostRecent' };
const UNION_KINDS = new Set(['list', 'byBusinessUnit']);
/** Kinds that `union` gathers when nothing else is said: each system knows some of a supplier's addresses. */
const unlessTold = (kind: Kind): SurvivorshipRule => (kind.kind === 'list' ? { strategy: 'union' } : FALLBACK);

/** Check definitions, systems and rules, and freeze them into a model. Throws ConfigError with every problem found. */
export function defineModel(input: ModelInput): Model {
  const systems = new Map<string, SystemDefinition>(
    [HUB_SYSTEM, ...input.systems].map((system) => [system.code, system]),
  );
  const entityTypes = new Map(input.entityTypes.map((definition) => [definition.code, definition]));
  const problems = [
    ...input.entityTypes.flatMap((definition) => definitionProblems(definition, entityTypes)),
    ...repeated(
      'entityTypes',
      'code',
      input.entityTypes.map(({ code }) => code),
    ),
    ...repeated(
      'entityTypes',
      'id prefix',
      input.entityTypes.map(({ idPrefix }) => idPrefix),
    ),
    ...repeated(
      'systems',
      'code',
      [HUB_SYSTEM, ...input.systems].map(({ code }) => code),
    ),
    ...input.systems.flatMap((system) => systemProblems(system, entityTypes)),
    ...rulesProblems(input, entityTypes, systems),
  ];
  if (problems.length > 0) throw new ConfigError(problems);

  const rules = new Map<string, readonly SurvivorshipRule[]>();
  for (const definition of input.entityTypes) {
    const own = input.rules?.[definition.code];
    for (const [name, { kind }] of Object.entries(definition.attributes)) {
      const last = own?.default ?? unlessTold(kind);
      rules.set(`${definition.code}.${name}`, [...asList(own?.attributes?.[name]), last]);
    }
  }
  const targets = new Map(
    input.entityTypes.map(({ code }) => [code, (input.targets ?? []).filter(({ entityType }) => entityType === code)]),
  );
  const rulesVersion = contentHash(
    JSON.parse(
      JSON.stringify({
        parameters: input.entityTypes.map(({ matching }) => shippedFor(matching.compared)),
        entityTypes: input.entityTypes,
        systems: [...systems.values()],
        rules: input.rules ?? {},
      }),
    ),
  ).slice(0, 16);
  return Object.freeze({
    entityTypes,
    systems,
    priority: new Map([...systems.keys()].map((code, at) => [code, at])),
    rulesFor: (entityType: string, attribute: string) => rules.get(`${entityType}.${attribute}`) ?? [FALLBACK],
    thresholdsFor: (entityType: string) => thresholdsOf(entityTypes.get(entityType), input.rules?.[entityType]),
    targetsFor: (entityType: string) => targets.get(entityType) ?? NO_TARGETS,
    rulesVersion,
  });
}

const thresholdsOf = (
  definition: EntityTypeDefinition | undefined,
  rules: EntityTypeRules | undefined,
): Thresholds => ({
  ...DEFAULT_THRESHOLDS,
  ...definition?.matching.thresholds,
  ...rules?.thresholds,
});

const asList = (rules: SurvivorshipRule | readonly SurvivorshipRule[] | undefined): readonly SurvivorshipRule[] =>
  rules === undefined ? [] : Array.isArray(rules) ? rules : [rules as SurvivorshipRule];

function repeated(path: string, what: string, values: readonly string[]): ConfigProblem[] {
  return values
    .filter((value, at) => values.indexOf(value) !== at)
    .map((value) => ({ path, expected: `each ${what} once`, found: `"${value}" twice` }));
}

function definitionProblems(
  definition: EntityTypeDefinition,
  entityTypes: ReadonlyMap<string, EntityTypeDefinition>,
): ConfigProblem[] {
  const at = `entityTypes.${definition.code}`;
  const problems: ConfigProblem[] = [];
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(definition.code)) {
    problems.push({ path: `${at}.code`, expected: 'lower case letters, digits and _', found: `"${definition.code}"` });
  }
  if (!ID_PREFIX.test(definition.idPrefix)) {
    problems.push({ path: `${at}.idPrefix`, expected: '2 to 8 lower case letters', found: `"${definition.idPrefix}"` });
  }
  for (const { name, from } of definition.matching.compared.fields) {
    // A field without a place is one that only files have.
    if (from.length > 0 && !from.some((path) => rootOf(path) in definition.attributes)) {
      problems.push({
        path: `${at}.matching.compared.${name}`,
        expected: 'a path that begins with one of its attributes',
        found: from.map((path) => `"${path}"`).join(', '),
      });
    }
  }
  const visit = (kind: Kind, path: string): void => {
    if (kind.target !== undefined && !entityTypes.has(kind.target)) {
      problems.push({
        path,
        expected: `one of ${[...entityTypes.keys()].join(', ')}`,
        found: `reference to "${kind.target}"`,
      });
    }
    if (kind.of) visit(kind.of, path);
    for (const [field, { kind: inner }] of Object.entries(kind.fields ?? {})) visit(inner, `${path}.${field}`);
  };
  for (const [attribute, { kind }] of Object.entries(definition.attributes))
    visit(kind, `${at}.attributes.${attribute}`);
  return problems;
}

function systemProblems(
  system: SystemDefinition,
  entityTypes: ReadonlyMap<string, EntityTypeDefinition>,
): ConfigProblem[] {
  const at = `systems.${system.code}`;
  const problems: ConfigProblem[] = [];
  if (!CODE.test(system.code)) {
    problems.push({ path: at, expected: 'a code of lower case letters, digits, - and _', found: `"${system.code}"` });
  }
  if (Object.keys(system.scopes).length === 0)
    problems.push({ path: `${at}.scopes`, expected: 'at least one', found: 'none' });
  for (const entityType of system.uniqueRecords ?? []) {
    if (!entityTypes.has(entityType)) {
      problems.push({ path: `${at}.uniqueRecords`, expected: oneOf(entityTypes), found: `"${entityType}"` });
    }
  }
  return problems;
}

const oneOf = (known: ReadonlyMap<string, unknown>) => `one of ${[...known.keys()].join(', ')}`;

function rulesProblems(
  input: ModelInput,
  entityTypes: ReadonlyMap<string, EntityTypeDefinition>,
  systems: ReadonlyMap<string, SystemDefinition>,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [code, own] of Object.entries(input.rules ?? {})) {
    const definition = entityTypes.get(code);
    if (!definition) {
      problems.push({ path: `rules.${code}`, expected: oneOf(entityTypes), found: `"${code}"` });
      continue;
    }
    problems.push(...thresholdProblems(own.thresholds ?? {}, `rules.${code}.thresholds`));
    const thresholds = thresholdsOf(definition, own);
    if (!(thresholds.review <= thresholds.match && thresholds.match <= thresholds.confirmed)) {
      problems.push({
        path: `rules.${code}.thresholds`,
        expected: 'review <= match <= confirmed',
        found: `${thresholds.review}, ${thresholds.match}, ${thresholds.confirmed}`,
      });
    }
    if (own.default)
      problems.push(...ruleProblems(own.default, `rules.${code}.default`, undefined, definition, systems));
    for (const [attribute, given] of Object.entries(own.attributes ?? {})) {
      const path = `rules.${code}.attributes.${attribute}`;
      const known = Object.hasOwn(definition.attributes, attribute) ? definition.attributes[attribute] : undefined;
      if (!known) {
        problems.push({ path, expected: `an attribute of ${code}`, found: `"${attribute}"` });
        continue;
      }
      asList(given).forEach((rule, at, all) => {
        const here = all.length > 1 ? `${path}[${at}]` : path;
        problems.push(...ruleProblems(rule, here, known.kind, definition, systems));
        if (rule && !rule.when && at < all.length - 1) {
          problems.push({
            path: here,
            expected: 'a condition (when), as rules follow that would never be tried',
            found: 'none',
          });
        }
      });
    }
  }
  return problems;
}

function thresholdProblems(given: object, at: string): ConfigProblem[] {
  return Object.entries(given).flatMap(([name, value]): ConfigProblem[] => {
    const path = `${at}.${name}`;
    const found = JSON.stringify(value) ?? 'nothing';
    if (!Object.hasOwn(DEFAULT_THRESHOLDS, name))
      return [{ path: at, expected: `one of ${Object.keys(DEFAULT_THRESHOLDS).join(', ')}`, found: `"${name}"` }];
    if (name === 'keyCap')
      return Number.isSafeInteger(value) && value >= 1
        ? []
        : [{ path, expected: 'a whole number of 1 or more', found }];
    if (name === 'margin')
      return Number.isFinite(value) && value >= 0 ? [] : [{ path, expected: 'a number of 0 or more', found }];
    return Number.isFinite(value) ? [] : [{ path, expected: 'a number', found }];
  });
}

const RULE_KEYS = ['when', 'owner', 'strategy', 'priority', 'override', 'onConflict', 'follows'];

function ruleProblems(
  rule: SurvivorshipRule,
  path: string,
  kind: Kind | undefined,
  definition: EntityTypeDefinition,
  systems: ReadonlyMap<string, SystemDefinition>,
): ConfigProblem[] {
  if (typeof rule !== 'object' || rule === null) {
    return [{ path, expected: 'a rule', found: JSON.stringify(rule) ?? 'nothing' }];
  }
  const problems: ConfigProblem[] = Object.keys(rule)
    .filter((key) => !RULE_KEYS.includes(key))
    .map((key) => ({ path, expected: `one of ${RULE_KEYS.join(', ')}`, found: `"${key}"` }));
  const named = [...(rule.owner ?? []), ...(rule.priority ?? []), ...(rule.when?.system ?? [])];
  for (const system of named) {
    if (!systems.has(system))
      problems.push({ path, expected: `one of the systems ${[...systems.keys()].join(', ')}`, found: `"${system}"` });
  }
  const { strategy, onConflict, follows } = rule;
  if (strategy !== undefined && !STRATEGIES.includes(strategy)) {
    problems.push({ path: `${path}.strategy`, expected: STRATEGIES.join(', '), found: `"${strategy}"` });
  }
  if (strategy === 'union' && kind !== undefined && !UNION_KINDS.has(kind.kind)) {
    problems.push({ path: `${path}.strategy`, expected: 'a list for union', found: kind.kind });
  }
  if (onConflict !== undefined && !CONFLICT_ACTIONS.includes(onConflict)) {
    problems.push({ path: `${path}.onConflict`, expected: CONFLICT_ACTIONS.join(', '), found: `"${onConflict}"` });
  }
  if (onConflict !== undefined && !rule.owner) {
    problems.push({ path: `${path}.onConflict`, expected: 'an owner whose word counts', found: 'no owner' });
  }
  // Law 4: whoever won the other attribute may be somebody else than this one's owner.
  if (follows !== undefined && rule.owner) {
    problems.push({ path, expected: 'an owner or an attribute that it follows', found: 'both' });
  }
  if (follows !== undefined && !Object.hasOwn(definition.attributes, follows)) {
    problems.push({ path: `${path}.follows`, expected: `an attribute of ${definition.code}`, found: `"${follows}"` });
  }
  return problems;
}
