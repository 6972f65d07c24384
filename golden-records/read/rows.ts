import pg from 'pg';

/** Puts rows into the order of the ids that were asked for, undefined where there is none. */
export function inOrder<Row extends { id: string }>(ids: readonly string[], rows: readonly Row[]): (Row | undefined)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id));
}

/** The rows of each key, in their own order. */
export function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

const TIMESTAMPTZ = 1184;

/**
 * For statements that bring pages of records: instants come as ISO text, as they will leave. Making and printing Date
 * objects was a tenth of the work for a page. Hand it to the driver as `types`.
 */
export const INSTANTS_AS_TEXT: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string) =>
    oid === TIMESTAMPTZ && format !== 'binary'
      ? isoInstant
      : pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text'),
};

/** "2026-11-23 08:00:00.5+00" → "2026-11-23T08:00:00.500Z". */
export function isoInstant(text: string): string {
  if (!text.endsWith('+00') || text.length < 22) return new Date(text).toISOString();
  const time = text.slice(11, -3);
  return `${text.slice(0, 10)}T${time.length === 8 ? `${time}.000` : `${time}00`.slice(0, 12)}Z`;
}
