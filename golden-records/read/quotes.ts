import type { Json, JsonObject } from '../json.js';
import type { EntityTypeDefinition, Sensitivity } from '../model.js';
import { collect, comparable, DOTS, hiddenAttributes, hiddenTexts, LEAST_PART } from './masking.js';

/** Messages of other systems quote what they were sent; what is sensitive of it is taken out before anybody keeps them. Pure. */

const NO_GRANTS: ReadonlySet<Sensitivity> = new Set();

/** What a record's sensitive attributes say that no message may quote; to be handed to `maskQuotes`. */
export const secretTexts = (definition: EntityTypeDefinition, attributes: JsonObject): string[] =>
  hiddenTexts(hiddenAttributes(definition, NO_GRANTS), { attributes, issues: null });

/** The same for fields of a system, whose kinds nobody knows: numbers are what accounts and tax numbers are told by. */
export function secretTextsIn(value: Json): string[] {
  const texts: string[] = [];
  collect({ kind: 'text' }, value, texts);
  return texts.map(comparable).filter((text) => FEW_DIGITS.test(text));
}

/** A message of another system without these texts, however it spells them and wherever it cuts them off. */
export function maskQuotes(message: string, secrets: readonly string[]): string {
  const plain = comparable(message);
  let masked = message;
  for (const secret of [...secrets].sort((one, other) => other.length - one.length)) {
    if (plain.includes(secret.slice(0, LEAST_PART))) masked = masked.replace(spelled(secret), DOTS);
  }
  return masked.replace(/[\p{L}\p{N}]{6,}/gu, (word) =>
    /\d/.test(word) && secrets.some((secret) => secret.includes(comparable(word))) ? DOTS : word,
  );
}

/** A message about a sensitive value without anything that could be one. */
export const maskNumbers = (message: string): string => message.replace(/\S*\d(?:[^\s\d]*\d){3}\S*/g, DOTS);

/** With blanks and dots between its characters, and with whatever follows the first of them. */
function spelled(secret: string): RegExp {
  const characters = [...secret];
  const between = '[^\\p{L}\\p{N}]{0,2}';
  const first = characters.slice(0, LEAST_PART).join(between);
  const rest = characters.slice(LEAST_PART).reduceRight((tail, one) => `(?:${between}${one}${tail})?`, '');
  return new RegExp(`${first}${rest}`, 'giu');
}

const FEW_DIGITS = /(?:\d.*){4}/s;
