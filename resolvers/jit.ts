import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInputType,
  type OperationDefinitionNode,
  OperationTypeNode,
  typeFromAST,
  visit,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import type { Context } from './context.js';
import { type MeasuredOperation, measureOperation, type QueryLimits } from './limits.js';

/** A valid operation with all that can be known of it before its variables are. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly measured: MeasuredOperation;
  /** Set once it was worth compiling. */
  compiled?: CompiledQuery['query'];
  uses: number;
  readonly mayCompile: boolean;
}

export interface QueryText {
  readonly source: string;
  readonly operationName: string | undefined;
}

/** A compiled query holds some 16 kB. */
const MOST_OPERATIONS = 500;
/** Compiling takes milliseconds: a query that comes once is not worth it, and a flood of them must not pay it. */
const USES_BEFORE_COMPILING = 2;

/**
 * Operations that passed validation, by their text. One cache for every way in (HTTP and WebSocket), so that a
 * document is validated, measured and compiled once.
 */
export class PreparedOperations {
  private readonly known = new LRUCache<string, PreparedOperation>({ max: MOST_OPERATIONS });

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly limits: QueryLimits,
  ) {}

  find(text: QueryText): PreparedOperation | undefined {
    return this.known.get(keyOf(text));
  }

  /** Remember a document that is valid for the schema. */
  prepare(text: QueryText, document: DocumentNode, operation: OperationDefinitionNode): PreparedOperation {
    const known = this.find(text);
    if (known) return known;
    const prepared: PreparedOperation = {
      document,
      operation,
      measured: measureOperation(this.schema, document, operation, this.limits),
      uses: 0,
      mayCompile: mayCompile(this.schema, document, operation),
    };
    this.known.set(keyOf(text), prepared);
    return prepared;
  }

  /**
   * Run the compiled query. Undefined when it can't be compiled, or when the result has errors: graphql-js then runs
   * it again, so that errors are told in one way only.
   */
  async run(
    prepared: PreparedOperation,
    context: Context,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<ExecutionResult | undefined> {
    const query = this.compiled(prepared);
    if (!query) return undefined;
    const result = await query(undefined, context, variables);
    return result.errors && result.errors.length > 0 ? undefined : result;
  }

  private compiled(prepared: PreparedOperation): CompiledQuery['query'] | undefined {
    if (prepared.compiled || !prepared.mayCompile) return prepared.compiled;
    prepared.uses++;
    if (prepared.uses < USES_BEFORE_COMPILING) return undefined;
    const compiled = compileQuery(this.schema, prepared.document, prepared.operation.name?.value);
    if (isCompiledQuery(compiled)) prepared.compiled = compiled.query;
    return prepared.compiled;
  }
}

// NUL can't stand in a GraphQL document.
const keyOf = ({ source, operationName }: QueryText): string => `${operationName ?? ''}\0${source}`;

/**
 * graphql-jit ignores defaults of fields of input objects in variables (its issue 142), unrolls input objects that
 * hold themselves, which takes it seconds, and with @skip or @include carries the condition on one spread of a fragment
 * over to the others: such queries stay with graphql-js.
 */
function mayCompile(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): boolean {
  if (operation.operation !== OperationTypeNode.QUERY || hasConditions(document)) return false;
  return (operation.variableDefinitions ?? []).every((definition) => {
    const type = typeFromAST(schema, definition.type as Parameters<typeof typeFromAST>[1]);
    return !isInputType(type) || !reachesDefaultOrItself(type, []);
  });
}

function hasConditions(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: () => {
      found = true;
      return BREAK;
    },
  });
  return found;
}

function reachesDefaultOrItself(type: GraphQLInputType, way: readonly GraphQLInputType[]): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return false;
  if (way.includes(named)) return true;
  return Object.values(named.getFields()).some(
    (field) => field.defaultValue !== undefined || reachesDefaultOrItself(field.type, [...way, named]),
  );
}
