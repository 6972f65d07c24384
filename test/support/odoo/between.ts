import { RECORDED, type Recorded, type RecordedField } from '../../../src/demo/odoo/recorded.js';

/**
 * What servers of the versions between those that were recorded would answer, as far as the connector looks: 14's answers with
 * what changed since, by Odoo's own source and OpenUpgrade's analyses of it. Derived, not seen.
 */
export type VersionBetween = 15 | 16 | 17 | 18;

type Models = Readonly<Record<string, Readonly<Record<string, RecordedField>>>>;
type Rows = Recorded['rows'];

interface Change {
  readonly since: VersionBetween;
  fields(model: string, before: Models[string]): Models[string];
  rows?(rows: Rows): Rows;
}

const newest = RECORDED[19];
const without = <T>(fields: Readonly<Record<string, T>>, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
/** As 19 has them. */
const asNewest = (model: string, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, newest.fields[model]?.[name] ?? { type: 'char' }]));

const CHANGES: readonly Change[] = [
  {
    since: 15,
    fields(model, before) {
      if (model === 'res.partner') return { ...before, ...asNewest(model, 'comment') };
      const isProduct = model === 'product.product' || model === 'product.template';
      return isProduct ? { ...before, ...asNewest(model, 'description') } : before;
    },
  },
  {
    since: 16,
    fields(model, before) {
      if (model === 'product.supplierinfo') return { ...without(before, 'name'), ...asNewest(model, 'partner_id') };
      if (model === 'res.company') return { ...before, ...asNewest(model, 'active') };
      if (model !== 'account.payment.term.line') return before;
      const [whole, flag]: RecordedField[] = [{ type: 'integer' }, { type: 'boolean' }];
      const more = { months: whole, end_month: flag, days_after: whole, discount_days: whole };
      return { ...without(before, 'option'), ...more, discount_percentage: { type: 'float' } } as Models[string];
    },
    rows: (rows) => ({
      ...rows,
      'account.payment.term.line': (rows['account.payment.term.line'] ?? []).map(({ option, ...line }) => ({
        ...line,
        months: option === 'day_after_invoice_date' ? 0 : 1,
        end_month: option !== 'day_after_invoice_date',
        // Of the term "45 Days", which has none in 14.
        ...(line.id === 5
          ? { discount_days: 7, discount_percentage: 2 }
          : { discount_days: 0, discount_percentage: 0 }),
      })),
    }),
  },
  {
    since: 17,
    fields: (model, before) => (model.startsWith('account.payment.term') ? (newest.fields[model] ?? {}) : before),
    rows: (rows) => ({
      ...rows,
      'account.payment.term': newest.rows['account.payment.term'] ?? [],
      'account.payment.term.line': newest.rows['account.payment.term.line'] ?? [],
    }),
  },
  {
    since: 18,
    fields(model, before) {
      const isProduct = model === 'product.product' || model === 'product.template';
      return isProduct ? { ...before, ...asNewest(model, 'type', 'is_storable') } : before;
    },
  },
];

export function recordedBetween(version: VersionBetween): Recorded {
  const changes = CHANGES.filter(({ since }) => since <= version);
  const { fields, rows, ...rest } = RECORDED[14];
  return {
    ...rest,
    version: `${version}.0`,
    fields: Object.fromEntries(
      Object.entries(fields).map(([model, own]) => [
        model,
        changes.reduce((sofar, one) => one.fields(model, sofar), own),
      ]),
    ),
    rows: changes.reduce((sofar, one) => one.rows?.(sofar) ?? sofar, rows),
  };
}
