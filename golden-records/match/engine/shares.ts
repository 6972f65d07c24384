import type { ColumnSpec, Frequencies, Shares } from './columns.js';
import type { FieldKind } from './schema.js';

/**
 * Words that many organisations have in their name, and products in their title, with their usual share (per mille).
 * Without them a small file would take "General Trading" for a rare name.
 */
const USUAL: Readonly<Partial<Record<FieldKind, string>>> = {
  'organisation-name':
    'and 90 of 60 services 40 group 30 international 25 medical 25 center 25 company 20 solutions 15 trading 20 general 12 supplies 15 ' +
    'systems 12 national 10 health 20 healthcare 15 care 20 technology 10 technologies 10 global 10 pharmaceuticals 8 ' +
    'industries 10 products 10 hospital 12 school 12 foundation 8 american 8 united 8 laboratories 8 consulting 8 ' +
    'management 8 construction 8 engineering 8 equipment 8 association 8 university 8 manufacturing 6 logistics 8 ' +
    'distribution 6 holdings 10 enterprises 8 first 6 new 8 community 8 city 8 house 6 home 6 food 6 foods 6 transport 6 ' +
    'bank 6 capital 6 insurance 5 energy 6 electronics 5 properties 5 development 5 media 5 security 4 saint 8 the 60 de 20 la 10',
  title:
    'the 100 of 90 and 90 for 80 in 60 with 50 a 60 to 40 on 40 black 60 white 50 pack 40 set 30 size 30 large 25 small 25 blue 20 medium 20 new 20 red 15 ' +
    'silver 30 system 25 series 20 digital 25 edition 20 kit 20 box 25 sterile 20 case 20 standard 15 pro 15 plus 10',
  text: 'the 300 of 250 and 300 for 250 in 200 with 250 a 250 to 250 on 150 is 150 your 100 you 100',
};

/** As many records as the usual shares are worth against those at hand. */
const USUAL_RECORDS = 400;
const LEAST_FOUND = 0.5;

const USUAL_SHARES = new Map(
  Object.entries(USUAL).map(([kind, line]) => {
    const parts = line.split(' ');
    const shares = new Map<string, number>();
    for (let at = 0; at + 1 < parts.length; at += 2) shares.set(parts[at] ?? '', Number(parts[at + 1]) / 1000);
    return [kind as string, shares] as const;
  }),
);

/** Is it a word that many values of this kind have? */
export const isUsual = (kind: ColumnSpec['kind'], word: string): boolean => USUAL_SHARES.get(kind)?.has(word) ?? false;

/** Shares among the records themselves, held up by what is usual. */
export const sharesOfRecords = (spec: ColumnSpec, records: number): Shares => ({
  ...blended(
    spec,
    records,
    (_, found) => found,
    (_, found) => found,
  ),
  neighbours: (_first, _second, found) => found,
});

/** Shares where parameters were estimated: what a handful of records says by itself means nothing. */
export function sharesOfFrequencies(spec: ColumnSpec, known: Frequencies): Shares {
  // A shipped set has counted nothing, and is asked for every word of every record that arrives.
  const hasValues = !isEmpty(known.values);
  const hasTokens = !isEmpty(known.tokens);
  const hasNeighbours = !isEmpty(known.neighbours);
  return {
    ...blended(
      spec,
      known.records,
      hasValues ? (text) => known.values[text] ?? 1 : one,
      hasTokens ? (text) => known.tokens[text] ?? 1 : one,
    ),
    neighbours: hasNeighbours ? (first, second) => known.neighbours[`${first} ${second}`] ?? 1 : one,
  };
}
const one = () => 1;
function isEmpty(counts: Readonly<Record<string, number>>): boolean {
  for (const _ in counts) return false;
  return true;
}

type Count = (text: string, found: number) => number;

function blended(spec: ColumnSpec, records: number, value: Count, token: Count): Omit<Shares, 'neighbours'> {
  const usual = USUAL_SHARES.get(spec.kind);
  const total = records + USUAL_RECORDS;
  const share = (count: number, usually: number) =>
    Math.min(1, Math.max(LEAST_FOUND, count) / total + (usually * USUAL_RECORDS) / total);
  return {
    value: (text, found) => share(value(text, found), 0),
    token: (text, found) => share(token(text, found), usual?.get(text) ?? 0),
    records: () => total,
  };
}
