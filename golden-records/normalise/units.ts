import { createRequire } from 'node:module';
import { invalid, type Normalised, valid } from './normalised.js';
import { UNITS, type UnitOfMeasure } from './unit-table.js';

export { UNITS, type UnitOfMeasure } from './unit-table.js';

const EXPECTED = 'a unit of measure: UNECE Recommendation 20 code, a usual name, or UCUM';
const MOST_CHARACTERS = 40;
const BLANKS = /\s+/g;

const BY_CODE = new Map<string, UnitOfMeasure>(UNITS.map((unit) => [unit.code, unit]));
const BY_SPELLING = new Map<string, UnitOfMeasure>();
for (const unit of UNITS) {
  for (const spelling of [unit.code, unit.label, unit.ucum ?? unit.code, ...unit.aliases]) {
    const key = spellingKey(spelling);
    // An earlier unit keeps a spelling that a later one would take.
    if (!BY_SPELLING.has(key)) BY_SPELLING.set(key, unit);
  }
}

/** Case doesn't matter, except in a single letter: "m" is a metre, "M" may be a thousand. */
function spellingKey(spelling: string): string {
  const key = spelling.replace(/\.$/, '').replace(BLANKS, ' ');
  return key.length === 1 ? key : key.toLowerCase();
}

/**
 * Code of a unit of measure: "each", "EA" and "H87" are C62, "box" is BX, "mL" is MLT. What the table doesn't have
 * must be valid UCUM and stays as written ("mg/dL"), case included.
 */
export function unit(input: unknown): Normalised<string> {
  const written = typeof input === 'string' ? input.trim() : '';
  if (written === '' || written.length > MOST_CHARACTERS) return invalid(EXPECTED, input);
  const known = BY_CODE.get(written) ?? BY_SPELLING.get(spellingKey(written));
  if (known !== undefined) return valid(known.code);
  return isUcum(written) ? valid(written) : invalid(EXPECTED, input);
}

/** The unit of a code that `unit` answered, where it is in the table. */
export const unitOfMeasure = (code: string): UnitOfMeasure | undefined => BY_CODE.get(code);

interface UcumPackage {
  UcumLhcUtils: {
    getInstance(): { validateUnitString(unit: string, suggest: boolean): { status: string; ucumCode: string | null } };
  };
}

// A record set uses a handful of units; validating one takes up to a millisecond.
const MOST_REMEMBERED = 1_000;
const remembered = new Map<string, boolean>();

// A number alone is valid UCUM, and never what somebody means by a unit; nor is one letter (T: tesla, tonne, thousand).
const UCUM_CHARACTERS = /^(?=.*[A-Za-z%'"[{])[!-~]{2,}$/;

function isUcum(code: string): boolean {
  if (!UCUM_CHARACTERS.test(code)) return false;
  const known = remembered.get(code);
  if (known !== undefined) return known;
  const { status, ucumCode } = ucum().validateUnitString(code, false);
  const isValid = status === 'valid' && ucumCode === code;
  if (remembered.size < MOST_REMEMBERED) remembered.set(code, isValid);
  return isValid;
}

type Ucum = ReturnType<UcumPackage['UcumLhcUtils']['getInstance']>;
let loaded: Ucum | undefined;

/** Loaded at the first use: its tables take some 40 ms and several megabytes, and few hubs leave the table above. */
function ucum(): Ucum {
  if (loaded === undefined) {
    const required: UcumPackage = createRequire(import.meta.url)('@lhncbc/ucum-lhc');
    loaded = required.UcumLhcUtils.getInstance();
  }
  return loaded;
}
