import { currency } from './currency.js';
import { decimal } from './decimal.js';
import { inField, onlyFields } from './fields.js';
import { invalid, type Normalised, valid } from './normalised.js';

export interface Money {
  amount: string;
  currency: string;
}

const AMOUNT_FIRST = /^(\S+)\s+([A-Za-z]{3})$/;
const CURRENCY_FIRST = /^([A-Za-z]{3})\s+(\S+)$/;

/** `{ amount, currency }`, or text such as "12.50 USD" or "USD 12.50". The amount keeps all its digits. */
export function money(input: unknown): Normalised<Money> {
  const parts = typeof input === 'string' ? fromText(input.trim()) : onlyFields(input, ['amount', 'currency']);
  if (parts === undefined) return invalid('money: { amount, currency }', input);
  const amount = decimal(parts.amount);
  if (!amount.ok) return inField('amount', amount, input);
  const code = currency(parts.currency);
  if (!code.ok) return inField('currency', code, input);
  return valid({ amount: amount.value, currency: code.value });
}

function fromText(written: string): { amount: unknown; currency: unknown } | undefined {
  const amountFirst = AMOUNT_FIRST.exec(written);
  if (amountFirst) return { amount: amountFirst[1], currency: amountFirst[2] };
  const currencyFirst = CURRENCY_FIRST.exec(written);
  return currencyFirst ? { amount: currencyFirst[2], currency: currencyFirst[1] } : undefined;
}
