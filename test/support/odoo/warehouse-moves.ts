import type { JsonObject } from '../../../golden-records/index.js';
import { type Board, context, type Moves, move, sharedOf } from './moves.js';

const MODEL = 'stock.warehouse';
const KINDS = ['Store', 'Ward', 'Pharmacy', 'Theatre'];

/** Warehouses: few, and never deleted, as Odoo hardly lets anybody. */
export function warehouseMoves(board: Board): Moves {
  const { admin, dice, erp } = board;
  const warehouses: number[] = [];
  let told = 0;

  const name = () => dice.name(KINDS);
  /** Five characters at most there, and no two alike. */
  const code = () => `Q${(dice.serial() % 36 ** 4).toString(36).padStart(4, '0').toUpperCase()}`;
  const shared = () => sharedOf(board, 'warehouse', 'W', () => Promise.resolve(true));
  const either = async () => (dice.next() < 0.6 ? (await shared())?.odooId : undefined) ?? dice.pick(warehouses);
  const write = async (id: number, values: JsonObject) => {
    await admin.write(MODEL, [id], values, context);
    return `${id} ${JSON.stringify(values)}`;
  };
  const say = async (id: string, change: JsonObject) => {
    await erp.change('warehouse', id, change);
    return `${id} ${JSON.stringify(change)}`;
  };

  return {
    odooCreatesWarehouse: move(0.5, async () => {
      const [id = 0] = await admin.create(MODEL, [{ name: name(), code: code() }], context);
      warehouses.push(id);
      return `${id}`;
    }),
    odooChangesWarehouse: move(1.5, async () => {
      const id = await either();
      if (id === undefined) return undefined;
      const change = dice.pick<JsonObject>([{ name: name() }, { code: code() }, { active: dice.next() < 0.5 }]);
      return write(id, change as JsonObject);
    }),
    erpCreatesWarehouse: move(0.5, async () => {
      const id = `W${dice.label}-${++told}`;
      await erp.say('warehouse', id, { name: name(), code: code(), status: 'ACTIVE' });
      return id;
    }),
    erpChangesWarehouse: move(1, async () => {
      const id = dice.pick(erp.ids('warehouse'));
      if (id === undefined) return undefined;
      const change = dice.pick<JsonObject>([{ name: name() }, { status: dice.pick(['ACTIVE', 'CLOSED']) ?? 'ACTIVE' }]);
      return say(id, change as JsonObject);
    }),
    bothChangeWarehouse: move(0.5, async () => {
      const found = await shared();
      if (!found || !erp.get('warehouse', found.erpId)) return undefined;
      await write(found.odooId, { name: name(), code: code() });
      return say(found.erpId, { name: name() });
    }),
  };
}
