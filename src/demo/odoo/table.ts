import type { Json } from '../../../golden-records/index.js';

export type Values = Record<string, Json>;
/** Undoes one step; a call that fails is taken back step by step. */
export type Undo = (step: () => void) => void;

/** The rows of one model, with an index for each many2one that other models look back through. */
export class Table {
  readonly rows = new Map<number, Values>();
  /** Ids of rows that were changed since somebody emptied this. */
  readonly touched = new Set<number>();
  private nextId = 1;
  private readonly indexes = new Map<string, Map<Json, Set<number>>>();

  constructor(readonly indexed: readonly string[]) {
    for (const field of indexed) this.indexes.set(field, new Map());
  }

  /** As a sequence of PostgreSQL does: an id that was drawn is gone, also when its row is taken back. */
  drawId(): number {
    return this.nextId++;
  }

  insert(id: number, values: Values, undo: Undo): void {
    this.nextId = Math.max(this.nextId, id + 1);
    this.rows.set(id, values);
    this.touched.add(id);
    for (const field of this.indexed) this.index(field, id, undefined, values[field]);
    undo(() => this.drop(id));
  }

  set(id: number, field: string, value: Json, undo: Undo): void {
    const row = this.rows.get(id);
    if (!row || row[field] === value) return;
    const before = row[field];
    this.put(row, id, field, value);
    undo(() => this.put(row, id, field, before));
  }

  remove(id: number, undo: Undo): void {
    const row = this.rows.get(id);
    if (!row) return;
    this.drop(id);
    undo(() => this.insert(id, row, () => undefined));
  }

  /** A row as it was told of a transaction; null: it went, and its id with it. */
  restore(id: number, values: Values | null): void {
    this.remove(id, () => undefined);
    this.nextId = Math.max(this.nextId, id + 1);
    if (values) this.insert(id, values, () => undefined);
  }

  /** Ids whose `field` is `value`, ascending. */
  idsBy(field: string, value: Json): number[] {
    return [...(this.indexes.get(field)?.get(value) ?? [])].sort((left, right) => left - right);
  }

  private put(row: Values, id: number, field: string, value: Json | undefined): void {
    const before = row[field];
    if (value === undefined) delete row[field];
    else row[field] = value;
    this.touched.add(id);
    if (this.indexes.has(field)) this.index(field, id, before, value);
  }

  private drop(id: number): void {
    const row = this.rows.get(id);
    this.rows.delete(id);
    this.touched.add(id);
    for (const field of this.indexed) this.index(field, id, row?.[field], undefined);
  }

  private index(field: string, id: number, before: Json | undefined, after: Json | undefined): void {
    const index = this.indexes.get(field);
    if (before !== undefined) index?.get(before)?.delete(id);
    if (after === undefined) return;
    const ids = index?.get(after) ?? new Set();
    ids.add(id);
    index?.set(after, ids);
  }
}
