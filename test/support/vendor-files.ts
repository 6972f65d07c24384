import { createHash } from 'node:crypto';
import { supplier } from '../../golden-records/entity-types/index.js';
import { cell, fileStream, listOf, qualified } from '../../sources/index.js';

/** Vendors as CSV, for tests of the file connector. */
export const vendors = fileStream(supplier, {
  scope: 'main',
  pattern: 'vendors*.csv',
  format: 'csv',
  id: 'no',
  map: (row) => ({ name: cell(row, 'name'), taxIds: listOf(qualified('EIN', cell(row, 'ein'))) }),
});
export const VENDOR_MODEL = {
  entityTypes: [supplier],
  systems: [{ code: 'erp', name: 'ERP', scopes: { main: {} } }],
};

/** Names and numbers that don't resemble each other: matching is not what these files are about. */
const wordOf = (no: number) =>
  createHash('sha256')
    .update(String(no))
    .digest('base64')
    .replace(/[^a-z]/g, '');

/** `count` rows; every hundredth has nothing to know it by. */
export function vendorRows(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, at) => {
    const no = from + at;
    return no % 100 === 0 ? `V${no},,` : `V${no},Vendor ${wordOf(no)},20-${1_000_000 + ((no * 738_271) % 8_000_000)}`;
  });
}
export const vendorCsv = (...rows: readonly string[]) => `no,name,ein\n${rows.map((row) => `${row}\n`).join('')}`;
