import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';

/** How a deprecation reason says when the thing may go: "gone after 2027-01-31: use `other`". */
const GONE_AFTER = /\bgone after (\d{4}-\d{2}-\d{2})\b/;

/**
 * Whether what a breaking change removed had been deprecated in `before` with a date that has passed. Pure; reads the
 * first two-part name of graphql-js's description, e.g. "Supplier.fax was removed.".
 */
export function goneAsAnnounced(before: GraphQLSchema, description: string, now: Date): boolean {
  const [, typeName = '', name = ''] = /^(\w+)\.(\w+) was removed/.exec(description) ?? removedFromEnum(description);
  const reason = deprecationOf(before, typeName, name);
  const date = GONE_AFTER.exec(reason ?? '')?.[1];
  // The whole last day still counts.
  return date !== undefined && now.toISOString().slice(0, 10) > date;
}

function removedFromEnum(description: string): string[] {
  const [, value = '', type = ''] = /^(\w+) was removed from enum type (\w+)/.exec(description) ?? [];
  return ['', type, value];
}

function deprecationOf(schema: GraphQLSchema, typeName: string, name: string): string | null | undefined {
  const type = schema.getType(typeName);
  if (isEnumType(type)) return type.getValue(name)?.deprecationReason;
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))
    return type.getFields()[name]?.deprecationReason;
  return undefined;
}
