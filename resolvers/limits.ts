import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLError,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { refusal } from './errors.js';

/** Each protects from one way in which a short request makes much work. */
export interface QueryLimits {
  /** Lexical tokens of a document: bounds parsing and validation, which come before all else. */
  readonly maxTokens: number;
  /** Levels of selections; introspection doesn't count, graphql-js bounds it by a rule of its own. */
  readonly maxDepth: number;
  /** Selections on one level, fragments expanded. */
  readonly maxBreadth: number;
  /** Aliases in the whole operation, fragments expanded. */
  readonly maxAliases: number;
  readonly maxRootFields: number;
  /** Objects that the answer may hold, counted from page sizes before anything runs. */
  readonly maxCost: number;
}

export const DEFAULT_QUERY_LIMITS: QueryLimits = {
  maxTokens: 4_000,
  maxDepth: 15,
  maxBreadth: 200,
  maxAliases: 50,
  maxRootFields: 20,
  maxCost: 50_000,
};

/** Elements that a list without a page size is taken to have. */
const LIST_SIZE = 10;
/** What a page has when nobody says: the default of every connection. */
const PAGE_SIZE = 20;
/** A root field of a mutation writes, in a transaction with a lock: more than reading an object. */
const MUTATION_COST = 20;

export interface Cost {
  readonly requested: number;
  readonly limit: number;
}

type Variables = Readonly<Record<string, unknown>>;

/** What limits need to know of one operation; made once a document, asked with each request's variables. */
export interface MeasuredOperation {
  /** Refusals that no variables can change. */
  readonly refusals: readonly GraphQLError[];
  /** Counted for these variables; cached by the page sizes among them. */
  cost(variables: Variables): number;
}

/** Check one operation: refusals, empty when it may run, and its cost. The document must be valid. */
export function checkLimits(
  measured: MeasuredOperation,
  variables: Variables,
  limits: QueryLimits,
): { refusals: readonly GraphQLError[]; cost: Cost } {
  const requested = measured.cost(variables);
  const cost = { requested, limit: limits.maxCost };
  if (measured.refusals.length > 0) return { refusals: measured.refusals, cost };
  if (requested <= limits.maxCost) return { refusals: [], cost };
  const message = `the query may cost ${requested}, the limit is ${limits.maxCost}: ask for smaller pages or fewer levels`;
  return { refusals: [refusal('QUERY_TOO_COSTLY', message, { status: 400, details: { cost } })], cost };
}

/** Measure a valid operation. Each fragment is measured once, however often it is spread. */
export function measureOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limits: QueryLimits,
): MeasuredOperation {
  const fragments = fragmentsOf(document);
  const shape = measureShape(operation.selectionSet, fragments, new Map());
  const sizes = sizeVariables(document);
  const defaults = defaultsOf(operation);
  const counted = new Map<string, number>();
  return {
    refusals: shapeRefusals(shape, limits),
    cost: (variables) => {
      const key = JSON.stringify(sizes.map((name) => sizeOf(variables[name] ?? defaults[name])));
      const known = counted.get(key);
      if (known !== undefined) return known;
      const cost = countCost(schema, fragments, operation, { ...defaults, ...variables });
      if (counted.size < MOST_SIZES) counted.set(key, cost);
      return cost;
    },
  };
}

// Beyond this many different page sizes of one document somebody is playing with us: count again rather than grow.
const MOST_SIZES = 200;

// --- Shape -----------------------------------------------------------------------------------------------------------

interface Shape {
  depth: number;
  /** Widest level below. */
  breadth: number;
  /** Selections on the first level. */
  width: number;
  aliases: number;
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );

const NOTHING: Shape = { depth: 0, breadth: 0, width: 0, aliases: 0 };

function measureShape(set: SelectionSetNode | undefined, fragments: Fragments, known: Map<string, Shape>): Shape {
  if (!set) return NOTHING;
  const total = { ...NOTHING };
  for (const selection of set.selections) {
    const part = selection.kind === Kind.FIELD ? fieldShape(selection, fragments, known) : spread(selection);
    total.depth = Math.max(total.depth, part.depth);
    total.breadth = Math.max(total.breadth, part.breadth);
    total.width += part.width;
    total.aliases += part.aliases;
  }
  total.breadth = Math.max(total.breadth, total.width);
  return total;

  function spread(selection: Exclude<SelectionSetNode['selections'][number], FieldNode>): Shape {
    if (selection.kind === Kind.INLINE_FRAGMENT) return measureShape(selection.selectionSet, fragments, known);
    const name = selection.name.value;
    const measured = known.get(name) ?? measureShape(fragments.get(name)?.selectionSet, fragments, known);
    known.set(name, measured);
    return measured;
  }
}

function fieldShape(field: FieldNode, fragments: Fragments, known: Map<string, Shape>): Shape {
  const below = measureShape(field.selectionSet, fragments, known);
  const introspection = field.name.value.startsWith('__');
  return {
    depth: introspection ? 0 : below.depth + 1,
    breadth: below.breadth,
    width: 1,
    aliases: below.aliases + (field.alias ? 1 : 0),
  };
}

function shapeRefusals(shape: Shape, limits: QueryLimits): GraphQLError[] {
  const refusals: GraphQLError[] = [];
  const check = (found: number, limit: number, code: Parameters<typeof refusal>[0], what: string) => {
    if (found <= limit) return;
    refusals.push(
      refusal(code, `the query has ${found} ${what}, the limit is ${limit}`, { status: 400, details: { limit } }),
    );
  };
  check(shape.depth, limits.maxDepth, 'QUERY_TOO_DEEP', 'levels');
  check(shape.breadth, limits.maxBreadth, 'QUERY_TOO_WIDE', 'selections on one level');
  check(shape.aliases, limits.maxAliases, 'QUERY_TOO_MANY_ALIASES', 'aliases');
  check(shape.width, limits.maxRootFields, 'QUERY_TOO_MANY_ROOT_FIELDS', 'root fields');
  return refusals;
}

// --- Cost ------------------------------------------------------------------------------------------------------------

/** Arguments whose value says how many objects come back. */
const PAGE_ARGUMENTS = ['first', 'last'];
const ID_ARGUMENT = 'ids';
const SIZE_ARGUMENTS = new Set([...PAGE_ARGUMENTS, ID_ARGUMENT]);

/** Names of the variables that size something, sorted. */
function sizeVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  const walk = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      if (selection.kind === Kind.FIELD) {
        for (const argument of selection.arguments ?? []) {
          if (SIZE_ARGUMENTS.has(argument.name.value)) collectVariables(argument.value, names);
        }
      }
      walk(selection.selectionSet);
    }
  };
  for (const node of document.definitions) if ('selectionSet' in node) walk(node.selectionSet);
  return [...names].sort();
}

function collectVariables(value: ValueNode, into: Set<string>): void {
  if (value.kind === Kind.VARIABLE) into.add(value.name.value);
  if (value.kind === Kind.LIST) for (const inner of value.values) collectVariables(inner, into);
}

function defaultsOf(operation: OperationDefinitionNode): Variables {
  const entries = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue ? [[variable.name.value, literal(defaultValue)] as const] : [],
  );
  return Object.fromEntries(entries);
}

function literal(value: ValueNode): unknown {
  if (value.kind === Kind.INT) return Number(value.value);
  if (value.kind === Kind.LIST) return value.values.map(literal);
  return undefined;
}

const sizeOf = (value: unknown): number | undefined => {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, Math.ceil(value)) : undefined;
};

interface Counting {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  readonly variables: Variables;
  /** By fragment and by the page size that waits for its list: spreads can't multiply our own work. */
  readonly known: Map<string, number>;
}

function countCost(
  schema: GraphQLSchema,
  fragments: Fragments,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  const root = schema.getRootType(operation.operation);
  if (!root) return 1;
  const counting = { schema, fragments, variables, known: new Map<string, number>() };
  const reads = selectionCost(counting, root, operation.selectionSet, undefined);
  const writes = operation.operation === 'mutation' ? operation.selectionSet.selections.length * MUTATION_COST : 0;
  return Math.max(1, Math.min(reads + writes, Number.MAX_SAFE_INTEGER));
}

/** `pageSize` is set below a connection, until the list of its edges or nodes takes it. */
function selectionCost(
  counting: Counting,
  type: GraphQLCompositeType,
  set: SelectionSetNode,
  pageSize: number | undefined,
): number {
  let cost = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) cost += fieldCost(counting, type, selection, pageSize);
    else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const inner = typeNamed(counting.schema, selection.typeCondition?.name.value) ?? type;
      cost += selectionCost(counting, inner, selection.selectionSet, pageSize);
    } else cost += fragmentCost(counting, selection.name.value, pageSize);
  }
  return cost;
}

function fragmentCost(counting: Counting, name: string, pageSize: number | undefined): number {
  const fragment = counting.fragments.get(name);
  const type = typeNamed(counting.schema, fragment?.typeCondition.name.value);
  if (!fragment || !type) return 0;
  const key = `${name} ${pageSize ?? ''}`;
  const cost = counting.known.get(key) ?? selectionCost(counting, type, fragment.selectionSet, pageSize);
  counting.known.set(key, cost);
  return cost;
}

function fieldCost(
  counting: Counting,
  parent: GraphQLCompositeType,
  node: FieldNode,
  pageSize: number | undefined,
): number {
  const field = fieldOf(parent, node.name.value);
  const type = field && getNamedType(field.type);
  if (!field || !isCompositeType(type) || !node.selectionSet) return 0;
  const asked = askedSize(field, node, counting.variables);
  if (!isList(field.type)) return 1 + selectionCost(counting, type, node.selectionSet, asked);
  const size = asked ?? pageSize ?? LIST_SIZE;
  return size * (1 + selectionCost(counting, type, node.selectionSet, undefined));
}

/** The page that a field's own arguments ask for; undefined when it has no such arguments. */
function askedSize(field: GraphQLField<unknown, unknown>, node: FieldNode, variables: Variables): number | undefined {
  const takes = (name: string) => field.args.some((argument) => argument.name === name);
  const given = (name: string) => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    return value && sizeOf(givenValue(value, variables));
  };
  const pages = PAGE_ARGUMENTS.filter(takes);
  if (pages.length > 0) {
    const sizes = pages.map(given).filter((size) => size !== undefined);
    return sizes.length > 0 ? Math.max(...sizes) : defaultPage(field);
  }
  return takes(ID_ARGUMENT) && isList(field.type) ? given(ID_ARGUMENT) : undefined;
}

function defaultPage(field: GraphQLField<unknown, unknown>): number {
  const first = field.args.find((argument) => argument.name === 'first');
  return sizeOf(first?.defaultValue) ?? PAGE_SIZE;
}

const givenValue = (value: ValueNode, variables: Variables): unknown =>
  value.kind === Kind.VARIABLE ? variables[value.name.value] : literal(value);

function fieldOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function typeNamed(schema: GraphQLSchema, name: string | undefined): GraphQLCompositeType | undefined {
  const type = name === undefined ? undefined : schema.getType(name);
  return isCompositeType(type) ? type : undefined;
}

const isList = (type: GraphQLOutputType): boolean => (isNonNullType(type) ? isList(type.ofType) : isListType(type));
