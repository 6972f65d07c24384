import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc; the same on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Processor seconds that this process and the server `postmaster` with its children have used so far. On a machine
 * that others use too, they say more than the clock. NaN where there is no /proc.
 */
export function cpuSeconds(postmaster: number): { node: number; postgres: number } {
  const { user, system } = process.cpuUsage();
  return { node: (user + system) / 1e6, postgres: serverSeconds(postmaster) };
}

function serverSeconds(postmaster: number): number {
  try {
    const own = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(name) ?? [])
      .filter(({ pid, parent }) => pid === postmaster || parent === postmaster);
    return own.reduce((total, { ticks, waited, pid }) => total + ticks + (pid === postmaster ? waited : 0), 0) / TICKS;
  } catch {
    return Number.NaN;
  }
}

/** Undefined for a process that ended meanwhile. */
function statOf(pid: string): { pid: number; parent: number; ticks: number; waited: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const at = (nth: number) => fields[nth - 3] ?? 0;
    return { pid: Number(pid), parent: at(4), ticks: at(14) + at(15), waited: at(16) + at(17) };
  } catch {
    return undefined;
  }
}
