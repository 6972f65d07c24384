import { cpus, loadavg, totalmem } from 'node:os';

/** One measured value beside what it is asked to be. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly least?: number;
  readonly most?: number;
}

export interface BenchReport {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** How far single rounds lie apart, and what else a reader should know. */
  readonly notes: readonly string[];
}

export function reportText({ name, figures, notes }: BenchReport): string {
  const rows = figures.map((figure) => [figure.what, valueText(figure), targetText(figure), verdict(figure)]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map(([what = '', value = '', target = '', met = '']) =>
    `  ${what.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${target.padEnd(widths[2] ?? 0)}  ${met}`.trimEnd(),
  );
  return [`${name}`, ...lines, ...notes.map((note) => `  - ${note}`), ''].join('\n');
}

const valueText = ({ value, unit }: Figure) => `${numberText(value)}${unit ? ` ${unit}` : ''}`;

export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

function targetText({ least, most }: Figure): string {
  if (least !== undefined) return `>= ${least.toLocaleString('en')}`;
  return most === undefined ? '' : `<= ${most.toLocaleString('en')}`;
}

function verdict({ value, least, most }: Figure): string {
  if (least === undefined && most === undefined) return '';
  return value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY) ? 'met' : 'SHORT';
}

/** What the figures were measured on. The load tells how much of the machine others had. */
export function machineText(postgres: string): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const [load = 0] = loadavg();
  return `${cpus().length} x ${first?.model.trim() ?? 'unknown processor'}, ${memory} GiB, load ${load.toFixed(1)} at start; Node ${process.versions.node}, ${postgres}`;
}
