import type { WriteBatch, WriteResult, WriteRow } from '../connector.js';
import { Permanent, Retryable, type SourceError } from '../errors.js';
import { asSourceError } from './failure.js';

export type RowOutcome = Exclude<WriteResult, { kind: 'UNTRIED' }>;

/**
 * Send rows that share their fields, and find out what came of each. A row that the target names is dropped and the rest
 * goes again; a batch that is refused without a name is bisected down to the row at fault. `suspicious`: it failed before
 * for no reason that the target gave, so that even "the system failed" is bisected.
 */
export async function send(
  write: (batch: WriteBatch) => Promise<readonly WriteResult[]>,
  batch: WriteBatch,
  suspicious: boolean,
): Promise<Map<string, RowOutcome>> {
  const outcomes = new Map<string, RowOutcome>();
  await sendRows(batch.rows);
  return outcomes;

  async function sendRows(rows: readonly WriteRow[]): Promise<void> {
    if (rows.length === 0) return;
    const untried: WriteRow[] = [];
    try {
      const results = await write({ ...batch, rows });
      rows.forEach((row, at) => {
        const result = results[at] ?? { kind: 'UNTRIED' };
        if (result.kind === 'UNTRIED') untried.push(row);
        else outcomes.set(row.key, result);
      });
    } catch (cause) {
      const error = asSourceError(cause);
      if (rows.length > 1 && isWorthBisecting(error)) return halve(rows);
      for (const { key } of rows) outcomes.set(key, { kind: 'FAILED', error });
      return;
    }
    // As long as each round settles some rows it ends.
    if (untried.length < rows.length) return sendRows(untried);
    if (rows.length > 1) return halve(rows);
    for (const { key } of rows) outcomes.set(key, { kind: 'FAILED', error: untriedForever() });
  }

  async function halve(rows: readonly WriteRow[]): Promise<void> {
    const middle = Math.ceil(rows.length / 2);
    await sendRows(rows.slice(0, middle));
    await sendRows(rows.slice(middle));
  }

  function isWorthBisecting(error: SourceError): boolean {
    if (error instanceof Permanent) return error.code !== 'ACCESS_DENIED';
    return suspicious && error instanceof Retryable && error.code === 'SYSTEM_FAILED' && !error.outcomeUnknown;
  }
}

const untriedForever = () =>
  new Permanent('CONNECTOR_FAILED', 'the connector left the row untried although it was alone', { place: 'HUB' });

/** Rows by what is done with them: an update writes only what changed, so rows that share their changed fields go together. */
export function groupRows(
  rows: readonly (WriteRow & { readonly action: WriteBatch['action'] })[],
  most: number,
): WriteBatch[] {
  const groups = new Map<string, { action: WriteBatch['action']; fields: string[]; rows: WriteRow[] }>();
  for (const { action, ...row } of rows) {
    const fields = Object.keys(row.fields).sort();
    const key = action === 'CREATE' ? action : JSON.stringify(fields);
    const group = groups.get(key) ?? { action, fields: [], rows: [] };
    group.fields = [...new Set([...group.fields, ...fields])].sort();
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap((group) => {
    const batches: WriteBatch[] = [];
    for (let at = 0; at < group.rows.length; at += most)
      batches.push({ ...group, rows: group.rows.slice(at, at + most) });
    return batches;
  });
}
