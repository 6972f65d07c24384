import { ID } from 'type-graphql';
import type { Attribute, EntityTypeDefinition, Model } from '../../golden-records/index.js';
import {
  type AttributeCondition,
  comparisonOf,
  filterAttributes,
  type GoldenFilter,
  orderAttributes,
} from '../../golden-records/read/index.js';
import { type Constructor, enumType, type FieldDeclaration, inputType, type TypeThunk } from '../declare.js';
import { parseGoldenId } from '../node-ids.js';
import { type AttributeTypes, pascalCase } from './attribute-types.js';
import { GoldenRecordState } from './golden-record.type.js';

const RESERVED = new Set(['and', 'or', 'not', 'state']);

type Operator = keyof AttributeCondition;
const EQUALITY: readonly Operator[] = ['eq', 'notEq', 'in'];
const RANGE: readonly Operator[] = ['lt', 'lte', 'gt', 'gte'];
const PARTS: readonly Operator[] = ['startsWith', 'contains'];
const RANGED = new Set(['integer', 'decimal', 'localDate', 'instant']);
const WHOLE = new Set(['enumeration', 'reference', 'boolean', 'country', 'currency', 'unit', 'timeZone']);

const DESCRIPTIONS: Readonly<Record<Operator, string>> = {
  eq: 'Is this; null: has no value.',
  notEq: 'Is not this, or has no value; null: has a value.',
  in: 'Is one of these.',
  startsWith: 'Begins with this.',
  contains: 'Has this in it.',
  lt: 'Is less than this.',
  lte: 'Is this or less.',
  gt: 'Is greater than this.',
  gte: 'Is this or greater.',
  isNull: 'True: has no value; false: has one.',
};

/** Ranges and parts of a sensitive value would tell it digit by digit: it is found whole or not at all. */
function operatorsOf({ kind: { kind }, sensitive }: Attribute): readonly Operator[] {
  if (sensitive !== undefined) return ['eq', 'in', 'isNull'];
  if (RANGED.has(kind)) return [...EQUALITY, ...RANGE, 'isNull'];
  return WHOLE.has(kind) ? [...EQUALITY, 'isNull'] : [...EQUALITY, ...PARTS, 'isNull'];
}

/** The filter and order inputs of the entity types, derived from what the definitions offer. */
export class FilterInputs {
  private readonly conditions = new Map<string, Constructor>();

  constructor(private readonly types: AttributeTypes) {}

  filter(definition: EntityTypeDefinition): Constructor {
    const attributes = filterAttributes(definition).map(([name, attribute]) => [
      name,
      { type: this.condition(definition, name, attribute), description: attribute.description },
    ]);
    for (const [name] of filterAttributes(definition))
      if (RESERVED.has(name)) throw new Error(`${definition.code}.${name}: the name is taken in filters`);
    const self: TypeThunk = () => made;
    const made: Constructor = inputType(
      `${definition.name}Filter`,
      `Which ${definition.plural}; all that is given holds. Texts compare without regard to case.`,
      {
        and: { type: () => [self()], description: 'All of these hold.' },
        or: { type: () => [self()], description: 'At least one of these holds.' },
        not: { type: self, description: 'This does not hold.' },
        state: {
          type: () => [GoldenRecordState],
          description: 'Only these states. Default: ACTIVE and PROVISIONAL; merged records never appear.',
        },
        ...Object.fromEntries(attributes),
      },
    );
    return made;
  }

  order(definition: EntityTypeDefinition): Constructor {
    const attributes = orderAttributes(definition).map(([name]) => name);
    const field = enumType(`${definition.name}OrderField`, `What ${definition.plural} are ordered by.`, [
      'ID',
      'CREATED_AT',
      'UPDATED_AT',
      ...attributes.map(constantCase),
    ]);
    return inputType(`${definition.name}Order`, `Order of ${definition.plural}; equals are ordered by id.`, {
      field: { type: () => field, nullable: false, description: 'By what.' },
      direction: { type: () => OrderDirection, description: 'Default: ASC. Records without a value come first in it.' },
    });
  }

  private condition(definition: EntityTypeDefinition, name: string, attribute: Attribute): TypeThunk {
    const { kind } = attribute;
    const place = `${definition.name}${pascalCase(name)}`;
    const value: TypeThunk = kind.kind === 'reference' ? () => ID : this.types.output(kind, place);
    const typeName = kind.kind === 'enumeration' ? `${place}Condition` : conditionName(attribute);
    const known = this.conditions.get(typeName);
    const type =
      known ??
      inputType(
        typeName,
        'Conditions on one attribute; all that is given holds.',
        Object.fromEntries(operatorsOf(attribute).map((operator) => [operator, operand(operator, value)])),
      );
    this.conditions.set(typeName, type);
    return () => type;
  }
}

export const OrderDirection = enumType('OrderDirection', 'Which way.', ['ASC', 'DESC']);

export const constantCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

function conditionName(attribute: Attribute): string {
  if (attribute.sensitive !== undefined) return 'SensitiveCondition';
  const { kind } = attribute.kind;
  if (RANGED.has(kind) || kind === 'boolean' || kind === 'reference') return `${pascalCase(kind)}Condition`;
  return WHOLE.has(kind) ? 'CodeCondition' : 'TextCondition';
}

function operand(operator: Operator, value: TypeThunk): FieldDeclaration {
  const description = DESCRIPTIONS[operator];
  if (operator === 'isNull') return { type: () => Boolean, description };
  if (operator === 'in') return { type: () => [value()], description };
  if (operator === 'startsWith' || operator === 'contains') return { type: () => String, description };
  return { type: value, description };
}

/** A filter as GraphQL gives it → as the reads take it: canonical ids become UUIDs. Throws InvalidInput. */
export function readFilter(
  model: Model,
  definition: EntityTypeDefinition,
  filter: Readonly<Record<string, unknown>> | null | undefined,
): GoldenFilter | undefined {
  if (!filter) return undefined;
  return Object.fromEntries(
    Object.entries(filter).map(([key, value]) => [key, readEntry(model, definition, key, value)]),
  ) as GoldenFilter;
}

function readEntry(model: Model, definition: EntityTypeDefinition, key: string, value: unknown): unknown {
  if (value === null || value === undefined || key === 'state') return value;
  if (Array.isArray(value)) return value.map((inner) => readFilter(model, definition, inner));
  if (key === 'not') return readFilter(model, definition, value as Record<string, unknown>);
  const attribute = definition.attributes[key];
  if (!attribute || comparisonOf(attribute) !== 'reference') return value;
  const target = model.entityTypes.get(attribute.kind.target ?? '');
  const read = (id: unknown) => (typeof id === 'string' ? parseGoldenId(model, id, target, `filter.${key}`).id : id);
  return Object.fromEntries(
    Object.entries(value).map(([operator, given]) => [operator, Array.isArray(given) ? given.map(read) : read(given)]),
  );
}
