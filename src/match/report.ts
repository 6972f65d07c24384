import { textOf } from '../../golden-records/match/engine/columns.js';
import type { MatchResult, MatchSchema } from '../../golden-records/match/engine/index.js';

export interface Summary {
  readonly records: number;
  /** The fields that the file has. */
  readonly compared: readonly string[];
  readonly candidates: number;
  readonly links: number;
  readonly reviews: number;
  readonly clusters: number;
  readonly largestCluster: number;
  readonly skippedKeys: number;
  readonly seconds: number;
  readonly memoryMb: number;
  /** "estimated" or "shipped", and why. */
  readonly parameters: string;
  readonly notes: readonly string[];
}

const LABELS: Readonly<Record<keyof Summary, string>> = {
  records: 'Records',
  compared: 'Compared',
  candidates: 'Candidates',
  links: 'Links',
  reviews: 'To review',
  clusters: 'Clusters',
  largestCluster: 'Records of the largest cluster',
  skippedKeys: 'Keys in too many records',
  seconds: 'Seconds',
  memoryMb: 'Memory, MB',
  parameters: 'Parameters',
  notes: 'Notes',
};
const SAMPLES = 3;
const SHOWN_CLUSTERS = 10;
const LONGEST = 160;

/** A page about a run: how weights are spread, what was learnt, which clusters are large or uncertain, pairs at each weight. */
export function* report(
  title: string,
  summary: Summary,
  schema: MatchSchema,
  ids: readonly string[],
  result: MatchResult,
): Iterable<string> {
  const { pairs, clusters, parameters, probabilities } = result;
  const bins = new Map<number, number[]>();
  for (let pair = 0; pair < pairs.length; pair++) {
    const bin = Math.round(pairs.weight[pair] as number);
    const own = bins.get(bin) ?? [];
    own.push(pair);
    bins.set(bin, own);
  }
  const describe = (record: number) =>
    `<b>${html(ids[record] as string)}</b> ${html(described(schema, result, record))}`;
  yield `<!doctype html><html lang="en"><meta charset="utf-8"><title>${html(title)}</title>`;
  yield '<style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .6rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}td.n{text-align:right}rect{fill:#3b6ea5}text{font-size:10px}</style>';
  yield `<h1>${html(title)}</h1><h2>Summary</h2><table>`;
  for (const [name, label] of Object.entries(LABELS)) {
    const value = summary[name as keyof Summary];
    yield `<tr><th>${label}</th><td>${html(Array.isArray(value) ? value.join('; ') || 'none' : String(value))}</td></tr>`;
  }
  yield '</table><h2>Weights of the pairs</h2>';
  yield histogram([...bins].map(([bin, own]) => [bin, own.length]));
  yield '<h2>Parameters</h2><p>Weights are log2 odds: +10 is about 1000 to 1 for. m: share among true pairs; u: among other candidates.</p><table><tr><th>Comparison</th><th>Level</th><th>m</th><th>u</th><th>Weight</th></tr>';
  for (const { name, levels, m, u, weights } of parameters.comparisons) {
    for (const [at, level] of levels.entries()) {
      yield `<tr><td>${html(name)}</td><td>${html(level)}</td><td class="n">${fixed(m[at], 4)}</td><td class="n">${fixed(u[at], 4)}</td><td class="n">${fixed(weights[at], 1)}</td></tr>`;
    }
  }
  yield `</table><p>Before comparing: ${fixed(parameters.prior, 1)}.</p><h2>Sizes of the clusters</h2><table><tr><th>Records</th><th>Clusters</th></tr>`;
  const members = new Map<number, number[]>();
  for (let record = 0; record < clusters.length; record++) {
    const own = members.get(clusters[record] as number) ?? [];
    own.push(record);
    members.set(clusters[record] as number, own);
  }
  const sizes = new Map<number, number>();
  for (const { length } of members.values()) sizes.set(length, (sizes.get(length) ?? 0) + 1);
  for (const [size, count] of [...sizes].sort((a, b) => a[0] - b[0])) {
    yield `<tr><td class="n">${size}</td><td class="n">${count}</td></tr>`;
  }
  yield '</table>';
  const several = [...members.values()].filter(({ length }) => length > 1);
  const clusterRow = (records: readonly number[], note: string) =>
    `<tr><td>${note}</td><td>${records.slice(0, 8).map(describe).join('<br>')}${records.length > 8 ? '<br>…' : ''}</td></tr>`;
  yield '<h2>Largest clusters</h2><table>';
  for (const records of several.toSorted((a, b) => b.length - a.length).slice(0, SHOWN_CLUSTERS)) {
    yield clusterRow(records, `${records.length} records`);
  }
  yield '</table><h2>Least certain clusters</h2><table>';
  const weakest = new Map<number, number>();
  for (let pair = 0; pair < pairs.length; pair++) {
    const cluster = clusters[pairs.left[pair] as number] as number;
    if (cluster !== clusters[pairs.right[pair] as number]) continue;
    weakest.set(cluster, Math.min(weakest.get(cluster) ?? Number.POSITIVE_INFINITY, pairs.weight[pair] as number));
  }
  for (const [cluster, weight] of [...weakest].sort((a, b) => a[1] - b[1]).slice(0, SHOWN_CLUSTERS)) {
    yield clusterRow(members.get(cluster) ?? [], `weakest pair ${weight.toFixed(1)}`);
  }
  yield '</table><h2>Pairs at each weight</h2><p>The probability counts in what the cluster of both says, as in the file of the pairs.</p><table><tr><th>Weight</th><th>Probability</th><th>Became</th><th>Pairs</th></tr>';
  for (const [, own] of [...bins].sort((a, b) => b[0] - a[0])) {
    const step = Math.max(1, Math.floor(own.length / SAMPLES));
    const shown = own.filter((_, at) => at % step === 0).slice(0, SAMPLES);
    for (const pair of shown) {
      const [left, right] = [pairs.left[pair] as number, pairs.right[pair] as number];
      const became = clusters[left] === clusters[right] ? 'joined' : 'apart';
      yield `<tr><td class="n">${fixed(pairs.weight[pair], 1)}</td><td class="n">${fixed(probabilities[pair], 4)}</td><td>${became}</td><td>${describe(left)}<br>${describe(right)}</td></tr>`;
    }
  }
  yield '</table></html>';
}

const fixed = (value: number | undefined, digits: number) => (value ?? 0).toFixed(digits);

export function described(schema: MatchSchema, { block }: MatchResult, record: number): string {
  const parts = schema.fields.flatMap(({ name }, at) => {
    const column = block.columns[at];
    if (!column) return [];
    const values = column.values.subarray(column.rows[record], column.rows[record + 1]);
    return values.length === 0 ? [] : [`${name}: ${Array.from(values, (value) => textOf(column, value)).join(', ')}`];
  });
  const all = parts.join(' · ');
  return all.length > LONGEST ? `${all.slice(0, LONGEST)}…` : all;
}

function histogram(bins: readonly (readonly [number, number])[]): string {
  if (bins.length === 0) return '<p>No pairs.</p>';
  const from = Math.min(...bins.map(([bin]) => bin));
  const to = Math.max(...bins.map(([bin]) => bin));
  const most = Math.max(...bins.map(([, count]) => Math.log10(count + 1)));
  const width = 12;
  const bars = bins.map(([bin, count]) => {
    const height = Math.max(1, (Math.log10(count + 1) / most) * 180);
    return `<rect x="${(bin - from) * width}" y="${190 - height}" width="${width - 2}" height="${height}"><title>${bin}: ${count}</title></rect>`;
  });
  const labels = Array.from({ length: to - from + 1 }, (_, at) => from + at)
    .filter((bin) => bin % 5 === 0)
    .map((bin) => `<text x="${(bin - from) * width}" y="205">${bin}</text>`);
  return `<svg width="${(to - from + 2) * width}" height="210" role="img" aria-label="Pairs by weight, height on a logarithmic scale">${bars.join('')}${labels.join('')}</svg>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const html = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
