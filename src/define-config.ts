import { ENTITY_TYPES } from '../golden-records/entity-types/index.js';
import { ConfigError, type ConfigProblem } from '../golden-records/errors.js';
import { defineModel } from '../golden-records/define-model.js';
import type { EntityTypeDefinition } from '../golden-records/model.js';
import type { EntityTypeRules, Model, ScopeDefinition, SystemDefinition } from '../golden-records/rules.js';
import {
  type Connector,
  connectorProblems,
  type FileStream,
  streamProblems as fileStreamProblems,
  targetsOf,
} from '../sources/index.js';

/** A system that gives records, as it stands in `hub.config.ts`. */
export interface SystemConfig {
  /** How people call it. */
  readonly name: string;
  /** Its databases, companies or sites: within one of them an external id is unique. At least one. */
  readonly scopes: Readonly<Record<string, ScopeDefinition>>;
  /** Entity types of which it promises one record per real thing, within a scope. */
  readonly uniqueRecords?: readonly string[];
  /** What comes in from it: one entity type of one scope each. */
  readonly streams?: readonly FileStream[];
  /** Keeps it and the hub in agreement, in both directions; made by a connector's function, e.g. `sqlConnector`. */
  readonly connector?: Connector;
}

/** What `hub.config.ts` exports by default. */
export interface HubConfig {
  /** Default: supplier, item, warehouse and business unit. */
  readonly entityTypes?: readonly EntityTypeDefinition[];
  /** By code, in order of trust: where a rule says nothing else, the earlier wins a tie. */
  readonly systems: Readonly<Record<string, SystemConfig>>;
  /** By entity type: who owns an attribute, how the others are chosen, when records match. */
  readonly rules?: Readonly<Record<string, EntityTypeRules>>;
  /** Files put here are taken in by themselves. Relative to this file. */
  readonly watch?: { readonly folder: string };
  /** Data made up from a seed for the systems above, loaded at the first start. */
  readonly demo?: { readonly seed: number; readonly scale?: number };
}

/** Gives `hub.config.ts` its types. Nothing is checked here, so that all problems can be told together. */
export const defineConfig = <const C extends HubConfig>(config: C): C => config;

/** A configuration that passed every check. */
export interface CheckedConfig {
  readonly model: Model;
  readonly streams: readonly ConfiguredStream[];
  readonly connectors: readonly ConfiguredConnector[];
  readonly watch: HubConfig['watch'];
  readonly demo: HubConfig['demo'];
}

/** A connector together with the system that it speaks to. */
export interface ConfiguredConnector {
  readonly system: string;
  readonly name: string;
  readonly connector: Connector;
}

/** A stream together with the system it belongs to. */
export interface ConfiguredStream {
  readonly system: string;
  readonly stream: FileStream;
}

/** Check the whole of a configuration. Throws ConfigError with every problem found, each with path, found, expected. */
export function checkConfig(input: unknown): CheckedConfig {
  const shape = shapeProblems(input);
  const problems = isFields(input) ? detailProblems(input) : [];
  // With a wrong shape systems and rules can't be read at all.
  if (shape.length > 0) throw new ConfigError([...shape, ...problems]);
  const config = input as HubConfig;
  const entityTypes = config.entityTypes ?? ENTITY_TYPES;
  problems.push(
    ...streamProblems(config, new Set(entityTypes.map(({ code }) => code))),
    ...connectorsOf(config).flatMap(({ system, connector }) =>
      connectorProblems(
        connector,
        `systems.${system}.connector`,
        Object.keys(config.systems[system]?.scopes ?? {}),
        entityTypes,
      ),
    ),
  );
  const model = modelOf(config, entityTypes, problems);
  if (!model || problems.length > 0) throw new ConfigError(problems);
  const { watch, demo } = config;
  return Object.freeze({ model, streams: streamsOf(config), connectors: connectorsOf(config), watch, demo });
}

function modelOf(
  config: HubConfig,
  entityTypes: readonly EntityTypeDefinition[],
  problems: ConfigProblem[],
): Model | undefined {
  try {
    const targets = connectorsOf(config).flatMap(({ system, connector }) => targetsOf(system, connector));
    return defineModel({ entityTypes, systems: systemsOf(config), rules: config.rules ?? {}, targets });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

const systemsOf = (config: HubConfig): SystemDefinition[] =>
  Object.entries(config.systems).map(([code, { name, scopes, uniqueRecords }]) => ({
    code,
    name,
    scopes,
    ...(uniqueRecords ? { uniqueRecords } : {}),
  }));

const streamsOf = (config: HubConfig): ConfiguredStream[] =>
  Object.entries(config.systems).flatMap(([system, { streams = [] }]) => streams.map((stream) => ({ system, stream })));

const connectorsOf = (config: HubConfig): ConfiguredConnector[] =>
  Object.entries(config.systems).flatMap(([system, { name, connector }]) =>
    connector ? [{ system, name, connector }] : [],
  );

// --- Shape: what a typed configuration can't get wrong, and a plain JavaScript one can ------------------------------

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const CONFIG_KEYS = ['entityTypes', 'systems', 'rules', 'watch', 'demo'];
export const SYSTEM_KEYS = ['name', 'scopes', 'uniqueRecords', 'streams', 'connector'];

function shapeProblems(input: unknown): ConfigProblem[] {
  if (!isFields(input)) return [problem('default export', 'an object made by defineConfig', input)];
  const { entityTypes } = input;
  const areDefinitions = entityTypes === undefined || (Array.isArray(entityTypes) && entityTypes.every(isFields));
  return [
    ...(areDefinitions ? [] : [problem('entityTypes', 'a list of definitions made by defineEntityType', entityTypes)]),
    ...systemsShape(input.systems),
    ...rulesShape(input.rules),
  ];
}

/** What is wrong and keeps nothing else from being read. */
function detailProblems(input: Fields): ConfigProblem[] {
  const inside = (value: unknown) => Object.entries(isFields(value) ? value : {});
  return [
    ...unknownKeys(input, CONFIG_KEYS, ''),
    ...inside(input.systems).flatMap(([code, system]) => systemDetails(`systems.${code}`, system)),
    ...inside(input.rules).flatMap(([code, own]) =>
      isFields(own) ? unknownKeys(own, ['default', 'attributes', 'thresholds'], `rules.${code}.`) : [],
    ),
    ...watchShape(input.watch),
    ...demoShape(input.demo),
  ];
}

function systemDetails(path: string, system: unknown): ConfigProblem[] {
  if (!isFields(system)) return [];
  const { name } = system;
  const isNamed = typeof name === 'string' && name.trim() !== '';
  return [
    ...unknownKeys(system, SYSTEM_KEYS, `${path}.`),
    ...(isNamed ? [] : [problem(`${path}.name`, 'a name', name)]),
  ];
}

function systemsShape(systems: unknown): ConfigProblem[] {
  if (!isFields(systems)) return [problem('systems', 'an object of systems by code', systems)];
  return Object.entries(systems).flatMap(([code, system]) => systemShape(`systems.${code}`, system));
}

function systemShape(path: string, system: unknown): ConfigProblem[] {
  if (!isFields(system)) return [problem(path, 'an object with name, scopes and streams', system)];
  const problems: ConfigProblem[] = [];
  if (!isFields(system.scopes)) problems.push(problem(`${path}.scopes`, 'an object of scopes by code', system.scopes));
  else {
    for (const [scope, value] of Object.entries(system.scopes)) {
      if (!isFields(value)) problems.push(problem(`${path}.scopes.${scope}`, 'an object, {} will do', value));
    }
  }
  problems.push(...listShape(`${path}.uniqueRecords`, system.uniqueRecords, 'a list of entity types'));
  problems.push(...listShape(`${path}.streams`, system.streams, 'a list of streams'));
  const { connector } = system;
  const isConnector = isFields(connector) && Array.isArray(connector.streams) && typeof connector.open === 'function';
  if (connector !== undefined && !isConnector)
    problems.push(problem(`${path}.connector`, "a connector, made by a connector's function", connector));
  return problems;
}

const listShape = (path: string, value: unknown, expected: string): ConfigProblem[] =>
  value === undefined || Array.isArray(value) ? [] : [problem(path, expected, value)];

function rulesShape(rules: unknown): ConfigProblem[] {
  if (rules === undefined) return [];
  if (!isFields(rules)) return [problem('rules', 'an object of rules by entity type', rules)];
  return Object.entries(rules).flatMap(([code, own]) => {
    if (!isFields(own)) return [problem(`rules.${code}`, 'an object with default, attributes, thresholds', own)];
    const problems: ConfigProblem[] = [];
    for (const key of ['default', 'attributes', 'thresholds']) {
      if (own[key] !== undefined && !isFields(own[key])) {
        problems.push(problem(`rules.${code}.${key}`, 'an object', own[key]));
      }
    }
    return problems;
  });
}

function watchShape(watch: unknown): ConfigProblem[] {
  if (watch === undefined) return [];
  const known = isFields(watch) && typeof watch.folder === 'string' && watch.folder !== '';
  return known ? [] : [problem('watch', '{ folder: "a path" }', watch)];
}

function demoShape(demo: unknown): ConfigProblem[] {
  if (demo === undefined) return [];
  if (!isFields(demo)) return [problem('demo', '{ seed: a whole number, scale?: a number above 0 }', demo)];
  const problems: ConfigProblem[] = [];
  if (!Number.isSafeInteger(demo.seed)) problems.push(problem('demo.seed', 'a whole number', demo.seed));
  if (demo.scale !== undefined && !(typeof demo.scale === 'number' && demo.scale > 0)) {
    problems.push(problem('demo.scale', 'a number above 0', demo.scale));
  }
  return problems;
}

const unknownKeys = (value: Fields, known: readonly string[], prefix: string): ConfigProblem[] =>
  Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: `${prefix}${key}`, expected: `one of ${known.join(', ')}`, found: `"${key}"` }));

// --- Streams --------------------------------------------------------------------------------------------------------

function streamProblems(config: HubConfig, entityTypes: ReadonlySet<string>): ConfigProblem[] {
  return Object.entries(config.systems).flatMap(([code, system]) =>
    (system.streams ?? []).flatMap((stream, at) => {
      const path = `systems.${code}.streams[${at}]`;
      return isFields(stream)
        ? oneStreamProblems(path, stream, Object.keys(system.scopes), entityTypes)
        : [problem(path, 'a stream, made by fileStream', stream)];
    }),
  );
}

function oneStreamProblems(
  path: string,
  stream: FileStream,
  scopes: readonly string[],
  entityTypes: ReadonlySet<string>,
): ConfigProblem[] {
  if (stream.connector !== 'files') return [problem(path, 'a stream, made by fileStream', stream)];
  const problems = fileStreamProblems(stream, path);
  if (!scopes.includes(stream.scope)) {
    problems.push(problem(`${path}.scope`, `a scope of the system (${scopes.join(', ')})`, stream.scope));
  }
  if (!entityTypes.has(stream.entityType)) {
    problems.push(problem(`${path}.entityType`, `one of ${[...entityTypes].join(', ')}`, stream.entityType));
  }
  return problems;
}

const problem = (path: string, expected: string, found: unknown): ConfigProblem => ({
  path,
  expected,
  found: describe(found),
});

const LONGEST_FOUND = 80;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  return (JSON.stringify(value) ?? String(value)).slice(0, LONGEST_FOUND);
}
