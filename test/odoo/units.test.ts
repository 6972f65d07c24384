import { describe, expect, test } from '@jest/globals';
import { HUB_ACTOR, type Json, newId } from '../../golden-records/index.js';
import { healOnce, setCode } from '../../sources/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import type { OpenOdoo } from '../../sources/odoo/connector.js';
import { idOf } from '../../sources/odoo/values.js';
import { type Scene, setScene } from '../support/odoo/each.js';
import type { OdooHub } from '../support/odoo/hub.js';
import { odooChoices } from '../support/odoo/targets.js';
import { unique } from '../support/odoo/words.js';

/** Units where Odoo is spoken to in German: its own are known all the same, and a steward's answer holds by the id. */
const context = { lang: 'en_US' };
const german = { lang: 'de_DE' };
const GTIN = '4006381333931';
const rules = {
  item: { attributes: { name: { owner: ['erp'] }, baseUnit: { owner: ['erp'], onConflict: 'correct' as const } } },
};

// A real server takes only languages that are installed there.
describe.each(odooChoices({ only: 'imitation' }))('$name', ({ start }) => {
  let admin: OdooClient;
  let at: OdooHub;
  let scene: Scene;
  const translated = async (name: string, word: string): Promise<number> => {
    const [unit = 0] = await admin.searchIds('uom.uom', [['name', '=', name]], context);
    await admin.write('uom.uom', [unit], { name: word }, german);
    return unit;
  };
  setScene(
    { start },
    (given) => {
      scene = given;
      ({ admin, at } = scene);
    },
    { rules, connector: { language: german.lang } },
  );

  const unitOf = async (name: string) => {
    const [row] = await admin.searchRead('product.product', [['name', '=', name]], ['uom_id'], german);
    return idOf(row?.uom_id);
  };
  const golden = async (name: string) => {
    const [found] = await at.query<{ unit: string | null }>(
      `select attributes->>'baseUnit' as unit from golden_record where attributes->>'name' = $1 and state <> 'MERGED'`,
      name,
    );
    return found?.unit;
  };
  const questions = () =>
    at.query<{ value: string; label: string }>(
      `select details->>'value' as value, details->>'label' as label from steward_task
         where kind = 'UNKNOWN_CODE' and state = 'OPEN' and details->>'list' = 'units'`,
    );
  const arrive = (id: string, attributes: Readonly<Record<string, Json>>) =>
    at.hub.arrive('erp', 'item', { [id]: { tracking: 'NONE', ...attributes } });

  test('a unit that Odoo brings is known by its English name, coming in and going out', async () => {
    const kilo = await translated('kg', 'Kilo');
    (at.sync.open as OpenOdoo).session.forgetLists();
    const [inward, outward] = [unique('Plaster bandage'), unique('Barium powder')];
    await admin.create('product.product', [{ name: inward, uom_id: kilo }], context);
    await arrive(outward, { name: outward, baseUnit: 'KGM' });
    await at.settle();
    expect(await golden(inward)).toBe('KGM');
    expect(await unitOf(outward)).toBe(kilo);
    expect(await questions()).toEqual([]);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
  });

  test('another unit is asked for in German once, and what the steward said costs no write', async () => {
    const unit = await translated('km', 'Kilometer');
    (at.sync.open as OpenOdoo).session.forgetLists();
    const [known, fresh] = [unique('Nylon suture'), unique('Drainage tube')];
    const [variant = 0] = await admin.create(
      'product.product',
      [{ name: known, uom_id: unit, barcode: GTIN }],
      context,
    );
    await at.settle();
    expect(await questions()).toEqual([{ value: String(unit), label: 'Kilometer' }]);
    await setCode(at.hub.db, HUB_ACTOR, newId(), { system: 'odoo', list: 'units', code: String(unit), word: 'KMT' });
    expect((await healOnce(at.hub.db, at.sync)).healed).toBe(1);
    expect(await golden(known)).toBe('KMT');

    // The ERP says the same, and another item for which Odoo has none yet.
    await arrive(known, { name: known, baseUnit: 'KMT', packagings: [{ level: 'BASE', gtin: GTIN }] });
    await arrive(fresh, { name: fresh, baseUnit: 'KMT' });
    const written = async () => {
      const [row] = await admin.read('product.product', [variant], ['write_date'], context);
      return row?.write_date;
    };
    const before = await written();
    await scene.odoo.nextSecond();
    await at.settle();
    expect(await unitOf(fresh)).toBe(unit);
    expect(await at.compareAll()).toMatchObject({ written: 0 });
    expect(await written()).toBe(before);
    // Somebody changes it there: that is corrected, to the unit that the steward named.
    await admin.write('product.product', [variant], { uom_id: 1 }, context);
    await at.settle();
    expect(await unitOf(known)).toBe(unit);
    expect(await questions()).toEqual([]);
  });

  test('a unit is written by its English name, by its id, and as it is shown', async () => {
    const lists = await (at.sync.open as OpenOdoo).session.codeLists();
    const [kilo = 0] = await admin.searchIds('uom.uom', [['name', '=', 'kg']], context);
    expect(lists.unit(kilo)).toEqual({ id: String(kilo), name: 'Kilo', english: 'kg' });
    expect(['kg', `#${kilo}`, `#${kilo} kg`, 'Kilo', `#${kilo}0`].map((text) => lists.unitId(text))).toEqual([
      kilo,
      kilo,
      kilo,
      undefined,
      undefined,
    ]);
    expect(lists.unit(1)).toEqual({ id: '1', name: 'Units' });
  });
});
