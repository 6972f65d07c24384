/** One metric of the page /metrics. Labels take few values: systems, streams, entity types and words of the hub itself. */
export interface Metric {
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
}

export interface Sample<Name extends string> {
  readonly name: Name;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format 0.0.4, which every Prometheus reads. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Samples as text; a metric of the catalogue without any has only its help and type. */
export function exposition<Name extends string>(
  catalogue: Readonly<Record<Name, Metric>>,
  samples: readonly Sample<NoInfer<Name>>[],
): string {
  const lines: string[] = [];
  for (const [name, { type, help }] of Object.entries<Metric>(catalogue)) {
    lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`, `# TYPE ${name} ${type}`);
    for (const { labels = {}, value } of samples.filter((sample) => sample.name === name))
      lines.push(`${name}${labelled(labels)} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (value: string) => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
