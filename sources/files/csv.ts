/** What a line, or several joined by a quoted line break, turned out to be. */
export type SplitRecord =
  | { readonly cells: readonly string[] }
  /** A quote is open at the end: the record may go on in the next line. */
  | { readonly open: true }
  | { readonly problem: string };

/**
 * Split one record of CSV (RFC 4180). A quote inside an unquoted cell is text, as in `12" drape`.
 *
 * By hand, because a bad row must cost nothing but itself: csv-parse, told to skip records with errors, also swallows
 * the good rows between a stray quote and the next one, and can't say which those were.
 */
export function splitRecord(text: string, delimiter: string): SplitRecord {
  if (!text.includes('"')) return { cells: text.split(delimiter) };
  const cells: string[] = [];
  for (let at = 0; ; ) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at, delimiter);
    if (!('end' in cell)) return cell;
    cells.push(cell.value);
    if (cell.end === text.length) return { cells };
    if (!text.startsWith(delimiter, cell.end)) {
      return { problem: `text after the closing quote of cell ${cells.length}` };
    }
    at = cell.end + delimiter.length;
  }
}

type CellEnd = { value: string; end: number };

function quotedCell(text: string, at: number): CellEnd | { open: true } {
  let value = '';
  for (let from = at + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return { open: true };
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

function plainCell(text: string, at: number, delimiter: string): CellEnd | { problem: string } {
  const found = text.indexOf(delimiter, at);
  const end = found === -1 ? text.length : found;
  const value = text.slice(at, end);
  if (value.trimStart().startsWith('"')) return { problem: 'a blank before an opening quote' };
  return { value, end };
}
