import { InvalidInput } from '../errors.js';
import type { EntityTypeDefinition } from '../model.js';
import { comparisonOf, filterExpression, filterOperand, missingOperand } from './expressions.js';
import type { Parameters } from './keyset.js';

export type GoldenState = 'ACTIVE' | 'PROVISIONAL' | 'RETIRED' | 'MERGED';

/** Conditions on one attribute; all of them hold. */
export interface AttributeCondition {
  readonly eq?: unknown;
  readonly notEq?: unknown;
  readonly in?: readonly unknown[] | null;
  readonly startsWith?: string | null;
  readonly contains?: string | null;
  readonly lt?: unknown;
  readonly lte?: unknown;
  readonly gt?: unknown;
  readonly gte?: unknown;
  readonly isNull?: boolean | null;
}

/** All that is given holds: `and`, `or`, `not`, `state`, and conditions by attribute name. */
export interface GoldenFilter {
  readonly and?: readonly GoldenFilter[] | null;
  readonly or?: readonly GoldenFilter[] | null;
  readonly not?: GoldenFilter | null;
  readonly state?: readonly GoldenState[] | null;
  readonly [attribute: string]: unknown;
}

const MOST_CONDITIONS = 100;
const COMPARED = { eq: '=', notEq: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/**
 * The SQL condition of a filter over `golden_record`, its values added to `parameters`. Merged records never answer;
 * retired ones only when a `state` in the filter asks. Pure. Throws InvalidInput.
 */
export function compileFilter(
  definition: EntityTypeDefinition,
  filter: GoldenFilter | null | undefined,
  parameters: Parameters,
): string {
  const compiler = new FilterCompiler(definition, parameters);
  const condition = filter ? compiler.node(filter) : undefined;
  const states = compiler.mentionsState ? `state <> 'MERGED'` : `state in ('ACTIVE', 'PROVISIONAL')`;
  return condition === undefined ? states : `${states} and ${condition}`;
}

class FilterCompiler {
  mentionsState = false;
  private conditions = 0;

  constructor(
    private readonly definition: EntityTypeDefinition,
    private readonly parameters: Parameters,
  ) {}

  node(filter: GoldenFilter): string {
    const parts = Object.entries(filter).flatMap(([key, value]) =>
      value === null || value === undefined ? [] : [this.entry(key, value)],
    );
    return parts.length === 0 ? 'true' : `(${parts.join(' and ')})`;
  }

  private entry(key: string, value: unknown): string {
    this.count();
    switch (key) {
      case 'and':
        return this.all(value as GoldenFilter[], ' and ', 'true');
      case 'or':
        return this.all(value as GoldenFilter[], ' or ', 'false');
      case 'not':
        return `not ${this.node(value as GoldenFilter)}`;
      case 'state':
        this.mentionsState = true;
        return `state = any(${this.parameters.add(value)}::text[])`;
      default:
        return this.attribute(key, value as AttributeCondition);
    }
  }

  private all(filters: readonly GoldenFilter[], glue: string, empty: string): string {
    return filters.length === 0 ? empty : `(${filters.map((filter) => this.node(filter)).join(glue)})`;
  }

  private attribute(name: string, condition: AttributeCondition): string {
    const parts = Object.entries(condition).flatMap(([operator, operand]) => this.operator(name, operator, operand));
    return parts.length === 0 ? 'true' : `(${parts.join(' and ')})`;
  }

  private operator(name: string, operator: string, operand: unknown): string[] {
    if (operand === undefined) return [];
    this.count();
    const left = filterExpression(this.definition, name);
    if (operand === null) return [this.against(left, name, operator)];
    switch (operator) {
      case 'isNull':
        return [`${left} ${operand === true ? '=' : '<>'} ${missingOperand(this.definition, name)}`];
      case 'in':
        return [this.among(left, name, operand as unknown[])];
      case 'startsWith':
        return [`${left} like ${this.pattern(name, String(operand), '', '%')}`];
      case 'contains':
        return [`${left} like ${this.pattern(name, String(operand), '%', '%')}`];
      default:
        return this.compared(left, name, operator as keyof typeof COMPARED, operand);
    }
  }

  // GraphQL can't tell "not given" from null in a variable: null compares with "no value" where that means something.
  private against(left: string, name: string, operator: string): string {
    const missing = missingOperand(this.definition, name);
    if (operator === 'eq') return `${left} = ${missing}`;
    if (operator === 'notEq') return `${left} <> ${missing}`;
    return 'true';
  }

  private among(left: string, name: string, operands: readonly unknown[]): string {
    if (comparisonOf(this.attributeNamed(name)) === 'reference') return this.reference(left, name, operands);
    const values = operands.map((value) => filterOperand(this.definition, name, this.parameters.add(asText(value))));
    for (const _ of values) this.count();
    return values.length === 0 ? 'false' : `${left} in (${values.join(', ')})`;
  }

  private compared(left: string, name: string, operator: keyof typeof COMPARED, operand: unknown): string[] {
    if (comparisonOf(this.attributeNamed(name)) === 'reference') {
      const same = this.reference(left, name, [operand]);
      return [operator === 'notEq' ? `not (${same})` : same];
    }
    const right = filterOperand(this.definition, name, this.parameters.add(asText(operand)));
    const given = `${left} ${COMPARED[operator]} ${right}`;
    // The missing value sorts first: without this, "less than" would find the records that have none.
    const bounded = operator === 'lt' || operator === 'lte';
    return bounded ? [given, `${left} <> ${missingOperand(this.definition, name)}`] : [given];
  }

  /** A stored reference may still name a record that was merged since: every id that answers with the same survivor counts. */
  private reference(left: string, name: string, ids: readonly unknown[]): string {
    const target = this.attributeNamed(name).kind.target ?? '';
    const type = this.parameters.add(target);
    const list = this.parameters.add(ids.map(asText));
    return `${left} in (select a.id::text from golden_record b join golden_record a on a.entity_type = b.entity_type
      and (a.id = coalesce(b.merged_into_id, b.id) or a.merged_into_id = coalesce(b.merged_into_id, b.id))
      where b.entity_type = ${type} and b.id = any(${list}::uuid[]))`;
  }

  private pattern(name: string, text: string, before: string, after: string): string {
    const escaped = text.replace(/[\\%_]/g, (character) => `\\${character}`);
    const operand = this.parameters.add(`${before}${escaped}${after}`);
    return comparisonOf(this.attributeNamed(name)) === 'text' ? `lower(${operand}::text)` : `${operand}::text`;
  }

  private attributeNamed(attributeName: string) {
    const attribute = this.definition.attributes[attributeName];
    if (!attribute)
      throw new InvalidInput('UNKNOWN_ATTRIBUTE', `${this.definition.code} has no attribute ${attributeName}`);
    return attribute;
  }

  private count(): void {
    this.conditions += 1;
    if (this.conditions > MOST_CONDITIONS)
      throw new InvalidInput('INVALID_INPUT', `a filter has at most ${MOST_CONDITIONS} conditions`, {
        field: 'filter',
      });
  }
}

const asText = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value));
