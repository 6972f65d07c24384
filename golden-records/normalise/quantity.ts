import { decimal } from './decimal.js';
import { inField, onlyFields } from './fields.js';
import { invalid, type Normalised, valid } from './normalised.js';
import { unit } from './units.js';

export interface Quantity {
  value: string;
  unit: string;
}

const VALUE_FIRST = /^(-?[\d.]+)\s+(\S.*)$/;

/** `{ value, unit }`, or text such as "12 EA". Nothing is converted: 1000 MLT stays 1000 MLT. */
export function quantity(input: unknown): Normalised<Quantity> {
  const parts = typeof input === 'string' ? fromText(input.trim()) : onlyFields(input, ['value', 'unit']);
  if (parts === undefined) return invalid('a quantity: { value, unit }', input);
  const value = decimal(parts.value);
  if (!value.ok) return inField('value', value, input);
  const code = unit(parts.unit);
  if (!code.ok) return inField('unit', code, input);
  return valid({ value: value.value, unit: code.value });
}

function fromText(written: string): { value: unknown; unit: unknown } | undefined {
  const parts = VALUE_FIRST.exec(written);
  return parts ? { value: parts[1], unit: parts[2] } : undefined;
}
