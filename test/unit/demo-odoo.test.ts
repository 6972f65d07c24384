import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../golden-records/index.js';
import { demoWorld } from '../../src/demo/index.js';
import { keepWorld, OdooWorld, Refusal } from '../../src/demo/odoo/index.js';
import { fillOdoo } from '../../src/demo/systems/odoo.js';

const dir = mkdtempSync(join(tmpdir(), 'concord-odoo-'));
afterAll(() => rmSync(dir, { recursive: true }));

let file: string;
let made = 0;
beforeEach(() => {
  file = join(dir, `odoo-${++made}.jsonl`);
});

const nothing = () => undefined;
function opened(begin: (odoo: OdooWorld) => void = nothing): OdooWorld {
  const odoo = new OdooWorld({ version: 19 });
  keepWorld(odoo, file, begin);
  return odoo;
}
const create = (odoo: OdooWorld, values: JsonObject) =>
  odoo.as('admin', (call) => odoo.create(call, 'res.partner', values));
const nameOf = (odoo: OdooWorld, id: number) => odoo.table('res.partner').rows.get(id)?.name;

describe('the Odoo of the demo, from one start to the next', () => {
  test('knows what it acknowledged, and begins once', () => {
    let begun = 0;
    const begin = (odoo: OdooWorld) => {
      begun++;
      create(odoo, { name: 'From the beginning' });
    };
    const first = opened(begin);
    const later = create(first, { name: 'Later' });
    first.as('admin', (call) => first.write(call, 'res.partner', [later], { phone: '+1 312 555 0100' }));
    const again = opened(begin);
    expect(begun).toBe(1);
    expect([...again.table('res.partner').rows]).toEqual([...first.table('res.partner').rows]);
    expect(again.table('res.partner').idsBy('parent_id', false)).toEqual(
      first.table('res.partner').idsBy('parent_id', false),
    );
  });

  test('writes nothing for a call that only reads, or that it refused', () => {
    const odoo = opened((one) => void create(one, { name: 'There' }));
    const before = readFileSync(file, 'utf8');
    odoo.as('admin', (call) => odoo.search(call, 'res.partner', []));
    const refused = () =>
      odoo.as('admin', (call) => {
        odoo.create(call, 'res.partner', { name: 'Taken back' });
        odoo.write(call, 'res.partner', [999_999], { name: 'Nobody' });
      });
    expect(refused).toThrow(Refusal);
    create(odoo, { name: 'After it' });
    const added = readFileSync(file, 'utf8').slice(before.length);
    expect(added.split('\n')).toHaveLength(2);
    expect([...opened().table('res.partner').rows.values()].map(({ name }) => name)).not.toContain('Taken back');
  });

  test('never gives the id of a deleted record again', () => {
    const odoo = opened();
    const id = create(odoo, { name: 'Gone soon' });
    odoo.as('admin', (call) => odoo.unlink(call, 'res.partner', [id]));
    const again = opened();
    expect(nameOf(again, id)).toBeUndefined();
    expect(create(again, { name: 'Next' })).toBe(id + 1);
  });

  test('drops a last line that a kill cut short, and goes on after it', () => {
    const id = create(opened(), { name: 'Whole' });
    appendFileSync(file, '[["res.partner",4711,{"name":"Cut sh');
    const next = opened();
    expect(nameOf(next, id)).toBe('Whole');
    const later = create(next, { name: 'After the cut' });
    expect(nameOf(opened(), later)).toBe('After the cut');
  });
});

describe('its vendors and products', () => {
  const filled = (seed: number) =>
    opened((odoo) => {
      const { world, random } = demoWorld({ seed, scale: 0.1 });
      fillOdoo(odoo, world, random.fork('odoo'));
    });

  test('are the same for the same seed, at any time, and others for another', () => {
    const rows = [2026, 2026, 7].map((seed) => {
      file = join(dir, `odoo-${++made}.jsonl`);
      return [...filled(seed).table('res.partner').rows].filter(([, { supplier_rank }]) => supplier_rank === 1);
    });
    expect(rows[0]?.length).toBeGreaterThan(10);
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).not.toEqual(rows[0]);
  });

  test('are dated in the year of the demo, and its company is the one of the other systems', () => {
    const odoo = filled(2026);
    const read = (model: string, fields: string[], domain: (string | number)[][] = []) =>
      odoo.as('admin', (call) => odoo.read(call, model, odoo.search(call, model, domain), fields));
    const dates = read('res.partner', ['write_date'], [['supplier_rank', '>', 0]]).map(({ write_date }) => write_date);
    expect(dates.filter((date) => !/^2026-0[1-3]-/.test(String(date)))).toEqual([]);
    expect(read('res.company', ['name'])).toEqual([{ id: 1, name: 'Lakeshore Health' }]);
    expect(read('product.product', ['categ_id']).map(({ categ_id }) => categ_id)).not.toContain(false);
  });
});
