/** Columns under each other, for people; the last one is not padded. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  ');
  return rows.map((row) => `${indent}${line(row).trimEnd()}`).join('\n');
}

/** 12345 → "12,345". */
export const count = (value: number): string => value.toLocaleString('en-GB');
