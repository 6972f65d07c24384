import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { buildSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType, validateSchema } from 'graphql';
import { defineModel } from '../../../golden-records/define-model.js';
import { ENTITY_TYPES } from '../../../golden-records/entity-types/index.js';
import {
  attribute,
  byBusinessUnit,
  decimal,
  defineEntityType,
  enumeration,
  instant,
  list,
  reference,
  text,
} from '../../../golden-records/model.js';
import { goneAsAnnounced } from '../../../resolvers/deprecations.js';
import { buildHubSchema, printHubSchema } from '../../../resolvers/schema.js';

const model = defineModel({ entityTypes: ENTITY_TYPES, systems: [] });

test('schema.graphql is what the code gives', () => {
  expect(printHubSchema(model)).toBe(readFileSync('resolvers/schema.graphql', 'utf8'));
});

test('every type, field, argument and value that is not plain has a description', () => {
  const silent: string[] = [];
  const schema = buildHubSchema(model);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['Query', 'Mutation', 'Subscription'].includes(type.name)) continue;
    if (!type.description) silent.push(type.name);
    if (isEnumType(type) || !(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))) continue;
    for (const field of Object.values(type.getFields()))
      if (!field.description) silent.push(`${type.name}.${field.name}`);
  }
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const field of Object.values(root?.getFields() ?? {})) {
      if (!field.description) silent.push(field.name);
      for (const argument of field.args) if (!argument.description) silent.push(`${field.name}(${argument.name})`);
    }
  expect(silent).toEqual([]);
});

test('no input has a default: the compiled queries could not see it', () => {
  for (const type of Object.values(buildHubSchema(model).getTypeMap()))
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) expect(field.defaultValue).toBeUndefined();
});

describe('a fifth type', () => {
  const clinician = defineEntityType({
    code: 'clinician',
    name: 'Clinician',
    plural: 'Clinicians',
    idPrefix: 'cln',
    description: 'A person who treats patients.',
    attributes: {
      name: attribute(text(), 'Name.', { required: true, filter: true, order: true, search: true }),
      grade: attribute(enumeration('A-1', '2nd'), 'Grade.', { filter: true }),
      rate: attribute(decimal(), 'Rate.', { filter: true, order: true }),
      since: attribute(instant(), 'Since.', { filter: true }),
      units: attribute(list(reference('business_unit')), 'Where.'),
      limits: attribute(byBusinessUnit(decimal()), 'Limits.'),
    },
    matching: { identifiers: {}, compared: { fields: [{ name: 'name', kind: 'text', from: ['name'] }] } },
  });
  const wider = defineModel({ entityTypes: [...ENTITY_TYPES, clinician], systems: [] });

  test('has everything that the others have, from its definition alone', () => {
    const text = printHubSchema(wider);
    for (const name of [
      'clinician(',
      'clinicians(',
      'clinicianByExternalId(',
      'clinicianByIdentifier(',
      'createClinician(',
      'updateClinician(',
      'overrideClinician(',
      'type Clinician implements GoldenRecord & Node',
      'input ClinicianFilter',
    ])
      expect(text).toContain(name);
    expect(text).toMatch(/enum ClinicianGrade \{\s+A_1\s+_2nd/);
    expect(text).toMatch(/enum EntityType \{[^}]*CLINICIAN/);
    expect(validateSchema(buildHubSchema(wider))).toEqual([]);
  });

  test('leaves the schema of another model as it was', () => {
    expect(printHubSchema(wider)).not.toBe(printHubSchema(model));
    expect(printHubSchema(model)).toBe(readFileSync('resolvers/schema.graphql', 'utf8'));
    expect(buildHubSchema(model)).toBe(buildHubSchema(model));
  });
});

describe('what may go', () => {
  const before =
    buildSchema(`type Query { a: String @deprecated(reason: "gone after 2026-06-30: use \`b\`") b: String c: E d: String @deprecated }
    enum E { X @deprecated(reason: "gone after 2026-06-30: use Y") Y }`);
  const on = (day: string) => new Date(`${day}T12:00:00Z`);
  test.each([
    ['Query.a was removed.', '2026-07-01', true],
    ['Query.a was removed.', '2026-06-30', false],
    ['Query.b was removed.', '2026-07-01', false],
    ['Query.d was removed.', '2026-07-01', false],
    ['X was removed from enum type E.', '2026-07-01', true],
    ['Y was removed from enum type E.', '2026-07-01', false],
    ['Query.a changed type from String to Int.', '2026-07-01', false],
  ])('%s on %s: %s', (description, day, may) => expect(goneAsAnnounced(before, description, on(day))).toBe(may));
});
