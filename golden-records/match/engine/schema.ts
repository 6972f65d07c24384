import { ConfigError, type ConfigProblem } from '../../errors.js';
import type { SchemeCode } from '../../normalise/index.js';

/** What a column holds; decides how it is normalised, which keys it gives and how two values of it are compared. */
export const FIELD_KINDS = [
  'organisation-name',
  'person-name',
  'text',
  'title',
  'address',
  'street',
  'house-number',
  'city',
  'postcode',
  'country',
  'phone',
  'email',
  'url',
  'date',
  'identifier',
  'code',
  'number',
  'price',
  'category',
  'list',
] as const;
export type FieldKind = (typeof FIELD_KINDS)[number];

/** Kinds of columns that are derived from others: what model numbers and measures the titles and texts of a record hold. */
export type ColumnKind = FieldKind | 'model-code' | 'measure' | 'all-words';

export const NAME_PARTS = ['full', 'given', 'family'] as const;
export type NamePart = (typeof NAME_PARTS)[number];

export interface FieldSpec {
  /** The column, or the path of an attribute. */
  readonly name: string;
  readonly kind: FieldKind;
  /** identifier: what issues it, e.g. "tax", "LEI", "social security". */
  readonly scheme?: string;
  /**
   * identifier: a real thing has only one, so two different values keep records apart, whatever else agrees. By itself
   * this holds for the schemes of EXCLUSIVE_SCHEMES; for others two values speak against, and can be outweighed.
   */
  readonly exclusive?: boolean;
  /** The hub's scheme of identifiers whose rules a value has to keep, check digit and all; what doesn't is no evidence. */
  readonly checkedAs?: SchemeCode;
  /** person-name: which part of the name; default: full. */
  readonly part?: NamePart;
}

/** What the records of one kind of thing look like. Holds no weights. */
export interface MatchSchema {
  readonly fields: readonly FieldSpec[];
}

/** Read a schema that somebody wrote. Throws ConfigError with every problem. */
export function parseMatchSchema(input: unknown, path = 'schema'): MatchSchema {
  const problems: ConfigProblem[] = [];
  const fields = (input as { fields?: unknown } | null)?.fields;
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new ConfigError([
      {
        path: `${path}.fields`,
        expected: 'a list of { "name", "kind" }, one for each column',
        found: describe(fields),
      },
    ]);
  }
  const parsed = fields.map((field: unknown, at): FieldSpec => {
    const { name, kind, scheme, exclusive, part } = (field ?? {}) as Record<string, unknown>;
    const here = `${path}.fields[${at}]`;
    if (typeof name !== 'string' || name === '') {
      problems.push({ path: `${here}.name`, expected: 'the name of a column', found: describe(name) });
    }
    if (!FIELD_KINDS.includes(kind as FieldKind)) {
      problems.push({ path: `${here}.kind`, expected: `one of ${FIELD_KINDS.join(', ')}`, found: describe(kind) });
    }
    if (part !== undefined && !NAME_PARTS.includes(part as NamePart)) {
      problems.push({ path: `${here}.part`, expected: `one of ${NAME_PARTS.join(', ')}`, found: describe(part) });
    }
    if (exclusive !== undefined && typeof exclusive !== 'boolean') {
      problems.push({ path: `${here}.exclusive`, expected: 'true or false', found: describe(exclusive) });
    }
    if (scheme !== undefined && typeof scheme !== 'string') {
      problems.push({ path: `${here}.scheme`, expected: 'text', found: describe(scheme) });
    }
    return {
      name: name as string,
      kind: kind as FieldKind,
      ...(scheme === undefined ? {} : { scheme: scheme as string }),
      ...(exclusive === undefined ? {} : { exclusive: exclusive as boolean }),
      ...(part === undefined ? {} : { part: part as NamePart }),
    };
  });
  const names = parsed.map(({ name }) => name);
  for (const name of new Set(names.filter((name, at) => names.indexOf(name) !== at))) {
    problems.push({ path: `${path}.fields`, expected: 'each column once', found: `"${name}" twice` });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { fields: parsed };
}

const describe = (value: unknown) => (value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)));

/** Numbers that an authority gives once to each organisation. */
export const EXCLUSIVE_SCHEMES: readonly string[] = ['tax', 'TAX_ID', 'VAT', 'EIN', 'LEI', 'NPI'];

/** Schemes whose values may begin with the code of the country that issued them. */
export const NATIONAL_SCHEMES: readonly string[] = ['VAT', 'TAX_ID'];

export const isExclusive = ({
  scheme,
  exclusive,
}: {
  readonly scheme?: string;
  readonly exclusive?: boolean;
}): boolean => exclusive ?? (scheme !== undefined && EXCLUSIVE_SCHEMES.includes(scheme));
