import { type Block, type Column } from './columns.js';
import { Amount, CalendarDate, Code, Identifier, Numeral } from './compare-numbers.js';
import { NamedElsewhere, OrganisationName } from './compare-organisations.js';
import { FullPersonName, ListOfNames, PersonNamePart } from './compare-persons.js';
import {
  AddressLine,
  City,
  Country,
  Email,
  HouseNumber,
  Phone,
  Postcode,
  Street,
  WebAddress,
} from './compare-places.js';
import { Category, LongText, Measures, ModelNumbers, Title } from './compare-things.js';
import { Comparison } from './comparison.js';
import { type ColumnKind } from './schema.js';

/** The comparisons that a block's columns ask for, in the order of its columns. */
export function comparisonsOf(block: Block): Comparison[] {
  return block.columns.flatMap((column) => comparisonsOfColumn(column, block));
}

function comparisonsOfColumn(column: Column, block: Block): Comparison[] {
  const { kind, part, name } = column.spec;
  const all = block.columns;
  if (kind === 'all-words') return [];
  if (kind === 'title') {
    const words = all.find(({ spec }) => spec.kind === 'all-words');
    const elsewhere = block.elsewhere.get(all.indexOf(column));
    return [new Title(name, column, words && elsewhere && { words, elsewhere })];
  }
  if (kind === 'organisation-name') {
    const names = new OrganisationName(
      name,
      column,
      all.find(({ spec }) => spec.kind === 'city'),
    );
    const words = all.find(({ spec }) => spec.kind === 'all-words');
    return words ? [names, new NamedElsewhere(column, words)] : [names];
  }
  if (kind === 'model-code') {
    return [
      new ModelNumbers(
        name,
        column,
        all.some(({ spec }) => spec.kind === 'code'),
      ),
    ];
  }
  if (kind === 'person-name' && part !== undefined && part !== 'full') {
    const counterpart = all.find(
      ({ spec }) => spec.kind === kind && spec.part !== part && spec.part !== 'full' && spec.part,
    );
    const full = all.find(({ spec }) => spec.kind === kind && (spec.part ?? 'full') === 'full');
    return [new PersonNamePart(column, counterpart, full)];
  }
  return [new COMPARISONS[kind](name, column)];
}

const COMPARISONS: Readonly<
  Record<
    Exclude<ColumnKind, 'title' | 'organisation-name' | 'model-code' | 'all-words'>,
    new (
      name: string,
      column: Column,
    ) => Comparison
  >
> = {
  'person-name': FullPersonName,
  text: LongText,
  address: AddressLine,
  street: Street,
  'house-number': HouseNumber,
  city: City,
  postcode: Postcode,
  country: Country,
  phone: Phone,
  email: Email,
  url: WebAddress,
  date: CalendarDate,
  identifier: Identifier,
  code: Code,
  number: Numeral,
  price: Amount,
  category: Category,
  list: ListOfNames,
  measure: Measures,
};
