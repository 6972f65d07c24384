import type { EntityTypeDefinition, Json, JsonObject } from '../../golden-records/index.js';
import { maskNumbers, maskQuotes, secretTexts, secretTextsIn } from '../../golden-records/read/index.js';
import type { SourceError } from '../errors.js';
import type { OutwardStream } from './plan-link.js';

/**
 * What the records of a batch say in sensitive attributes. A system that refuses an account quotes it, for one row or for
 * all of them; no row, task, log or answer may do so.
 */
export class Unquotable {
  private readonly records: JsonObject[] = [];
  private readonly fields: JsonObject[] = [];
  /** Of the system, and attributes that are written to them. */
  private readonly sensitive: ReadonlySet<string>;

  constructor(
    private readonly definition: EntityTypeDefinition,
    { outward }: OutwardStream,
  ) {
    const names = Object.keys(definition.attributes).filter((name) => definition.attributes[name]?.sensitive);
    this.sensitive = new Set([...names, ...names.flatMap((name) => outward.attributes[name]?.fields ?? [])]);
  }

  /** Golden attributes of a record that is on its way. */
  ofRecord(attributes: JsonObject): void {
    this.records.push(attributes);
  }

  /** Fields as the system has them, or shall have them. */
  ofFields(fields: JsonObject): void {
    this.fields.push(fields);
  }

  /** The error without what it quotes. Where it speaks of a sensitive field, whose value it was doesn't matter. */
  without(error: SourceError): SourceError {
    return error.inWords(this.masked(error.message, this.isAbout(error)));
  }

  /** For the log: with its stack and its causes. */
  withoutIn(error: unknown): unknown {
    if (typeof error !== 'object' || error === null || !('message' in error)) return error;
    const { message, name = 'Error', stack, cause, code } = error as Error & { code?: unknown };
    const isAbout = 'field' in error && this.isAbout(error as { field?: string });
    const copy = new Error(this.masked(message, isAbout));
    if (stack !== undefined) copy.stack = this.masked(stack, isAbout);
    return Object.assign(copy, {
      name,
      ...(code === undefined ? {} : { code }),
      ...(cause === undefined ? {} : { cause: this.withoutIn(cause) }),
    });
  }

  private isAbout({ field }: { readonly field?: string | undefined }): boolean {
    return field !== undefined && this.sensitive.has(field);
  }

  private masked(text: string, isAbout: boolean): string {
    const known = maskQuotes(text, this.texts());
    return isAbout ? maskNumbers(known) : known;
  }

  /** Worked out when something failed: mostly nothing does. */
  private texts(): string[] {
    const ofFields = (fields: JsonObject): Json =>
      Object.entries(fields).flatMap(([name, value]) => (this.sensitive.has(name) ? [value] : []));
    return [
      ...new Set([
        ...this.records.flatMap((attributes) => secretTexts(this.definition, attributes)),
        ...this.fields.flatMap((fields) => secretTextsIn(ofFields(fields))),
      ]),
    ];
  }
}
