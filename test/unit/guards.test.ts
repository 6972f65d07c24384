import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { Authorized, Field, ObjectType } from 'type-graphql';
import { assertGuardsHold } from '../../resolvers/authorization.js';

// A file of its own: what is declared here stays declared.

@ObjectType()
class Guarded {
  @Authorized('decide')
  @Field(() => String, { simple: true })
  open!: string;

  @Authorized('decide')
  @Field(() => String)
  closed!: string;
}

@ObjectType({ simpleResolvers: true })
class SimpleType {
  @Authorized('decide')
  @Field(() => String)
  open!: string;

  @Authorized('decide')
  @Field(() => String, { simple: false })
  closed!: string;
}

test('a guarded field that is simple stops the start, named', () => {
  expect(() => assertGuardsHold()).toThrow(/Guarded\.open, SimpleType\.open$/);
  expect(() => assertGuardsHold(true)).toThrow(/Guarded\.open, Guarded\.closed, SimpleType\.open$/);
  expect([Guarded.name, SimpleType.name]).toEqual(['Guarded', 'SimpleType']);
});
