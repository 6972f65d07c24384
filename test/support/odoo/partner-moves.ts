import type { Json, JsonObject } from '../../../golden-records/index.js';
import { untoldKey } from './agreement.js';
import { type Board, context, erpReference, type Moves, move, sharedOf } from './moves.js';

const MODEL = 'res.partner';
const KINDS = ['Medical', 'Supply', 'Pharma', 'Devices'];
const CITIES = ['Chicago', 'Evanston', 'Joliet', 'Peoria'];
/** Ids of the ERP: suppliers of its own, those that it knows from Odoo, and groups, which have no parent. */
const SINGLE = 'SK';

/** Suppliers: what people do with partners in Odoo, and what the ERP says of them. */
export function partnerMoves(board: Board): Moves {
  const { admin, dice, erp } = board;
  /** Made here in Odoo; groups are parents only, so that no circle arises. */
  const partners: number[] = [];
  const groups: number[] = [];
  let told = 0;

  /** Real telephone numbers of one exchange, so that none is refused. */
  const phone = () => `+1 312 555 0${String(100 + dice.below(100))}`;
  const email = () => `${dice.word().toLowerCase()}${dice.below(50)}@example.com`;
  const site = () => `https://${dice.word().toLowerCase()}${dice.below(50)}.example.com`;
  const name = () => dice.name(KINDS);
  const city = () => dice.pick(CITIES) ?? '';
  const address = (): Json => ({
    kind: 'MAIN',
    line1: `${1 + dice.below(99)} ${dice.word()} St`,
    city: city(),
    region: 'IL',
    postcode: `606${String(10 + dice.below(89))}`,
    country: 'US',
  });

  const there = (ids: readonly number[]) => admin.searchIds(MODEL, [['id', 'in', [...ids]]], context);
  const childrenOf = (id: number) => admin.searchIds(MODEL, [['parent_id', '=', id]], context);
  const alive = async () => dice.pick(await there(partners));
  const shared = () => sharedOf(board, 'supplier', SINGLE, async (id) => (await there([id])).length > 0);
  const either = async (share: number) => (dice.next() < share ? (await shared())?.odooId : undefined) ?? alive();
  const write = async (id: number, values: JsonObject) => {
    await admin.write(MODEL, [id], values, context);
    return `${id} ${JSON.stringify(values)}`;
  };
  const create = async (values: JsonObject): Promise<number> => {
    const [id = 0] = await admin.create(MODEL, [values], context);
    return id;
  };
  const say = async (id: string, change: JsonObject) => {
    await erp.change('supplier', id, change);
    return `${id} ${JSON.stringify(change)}`;
  };
  const moveContact = async (contact: number, to: number) => {
    const [row] = await admin.read(MODEL, [contact], ['parent_id'], context);
    const from = Array.isArray(row?.parent_id) ? Number(row.parent_id[0]) : 0;
    board.untold.add(untoldKey('supplier', from, 'contacts'));
    return write(contact, { parent_id: to });
  };
  const vendor = () => ({ name: name(), is_company: true, supplier_rank: 1 });

  const odoo: Moves = {
    odooCreatesPartner: move(3, async () => {
      const id = await create({ ...vendor(), phone: phone(), website: site(), city: city() });
      partners.push(id);
      return `${id}`;
    }),
    odooCreatesGroup: move(0.7, async () => {
      const id = await create({ ...vendor(), city: city() });
      groups.push(id);
      return `${id}`;
    }),
    odooChangesPartner: move(6, async () => {
      const id = await either(0.6);
      if (id === undefined) return undefined;
      const change = dice.pick<JsonObject>([
        { phone: phone() },
        { phone: false },
        { website: site() },
        { website: false },
        { email: email() },
        { email: false },
        { name: name() },
        { street: `${dice.below(99)} Other St`, city: city() },
        { ref: `R${dice.below(99)}` },
      ]);
      return write(id, change as JsonObject);
    }),
    odooReparents: move(1.5, async () => {
      const id = await either(0.5);
      const group = dice.next() < 0.3 ? false : dice.pick(await there(groups));
      return id === undefined || group === undefined ? undefined : write(id, { parent_id: group });
    }),
    odooChangesGroup: move(0.7, async () => {
      const id = dice.pick(await there(groups));
      if (id === undefined) return undefined;
      return write(id, dice.next() < 0.5 ? { street: `${dice.below(99)} Group St`, city: city() } : { name: name() });
    }),
    odooArchivesPartner: move(1, async () => {
      const id = await either(1);
      return id === undefined ? undefined : write(id, { active: dice.next() < 0.4 });
    }),
    odooDeletesPartner: move(0.6, async () => {
      const id = dice.pick(await there([...partners, ...groups]));
      if (id === undefined) return undefined;
      // Who loses its parent by that moves no date there, and nothing tells.
      for (const child of await childrenOf(id)) board.untold.add(untoldKey('supplier', child, 'parent'));
      await admin.unlink(MODEL, [id], context);
      return `${id}`;
    }),
    odooMergesPartners: move(0.7, async () => {
      const [source, target] = [await alive(), await alive()];
      if (source === undefined || target === undefined || source === target) return undefined;
      const wizard = 'base.partner.merge.automatic.wizard';
      const values = { partner_ids: [[6, 0, [source, target]]], dst_partner_id: target, state: 'selection' };
      const [id = 0] = await admin.create(wizard, [values], context);
      await admin.call(wizard, 'action_merge', { ids: [id], context });
      return `${source} into ${target}`;
    }),
    odooContact: move(2, async () => {
      const id = await alive();
      if (id === undefined) return undefined;
      const domain = [
        ['parent_id', 'in', partners],
        ['is_company', '=', false],
      ];
      const contact = dice.pick(await admin.searchIds(MODEL, domain, context));
      if (contact === undefined || dice.next() < 0.5) {
        const made = await create({ name: `${dice.word()} Person`, email: email(), parent_id: id, type: 'contact' });
        return `${made} of ${id}`;
      }
      if (dice.next() < 0.4) return moveContact(contact, id);
      return write(contact, dice.next() < 0.5 ? { function: dice.word() } : { active: false });
    }),
    odooAccount: move(1, async () => {
      const id = await alive();
      if (id === undefined) return undefined;
      const account = { acc_number: `ACC ${dice.serial()}`, partner_id: id };
      await admin.create('res.partner.bank', [account], context);
      return `of ${id}`;
    }),
  };

  const other: Moves = {
    erpCreatesSupplier: move(3, async () => {
      const id = `S${dice.label}-${++told}`;
      const values = { name: name(), emails: [email()], addresses: [address()], website: site(), status: 'ACTIVE' };
      await erp.say('supplier', id, values);
      return id;
    }),
    erpCreatesGroup: move(0.7, async () => {
      const id = `G${dice.label}-${++told}`;
      await erp.say('supplier', id, { name: name(), addresses: [address()], status: 'ACTIVE' });
      return id;
    }),
    erpKnowsPartner: move(2, async () => {
      const id = await alive();
      if (id === undefined) return undefined;
      const [row] = await admin.read(MODEL, [id], ['name', 'vat'], context);
      const vat = String(row?.vat || vatNumber(dice.serial()));
      await write(id, { vat });
      const taxIds = [{ scheme: 'VAT', value: vat }];
      await erp.change('supplier', `K${dice.label}-${id}`, {
        name: String(row?.name),
        taxIds,
        emails: [email()],
        status: 'ACTIVE',
      });
      return `${id}`;
    }),
    erpChangesSupplier: move(6, async () => {
      const id = dice.pick(erp.ids('supplier', SINGLE));
      if (id === undefined) return undefined;
      const change = dice.pick<JsonObject>([
        { name: name() },
        { emails: [email()] },
        { emails: null },
        { addresses: [address()] },
        { website: site() },
        { website: null },
        { status: dice.pick(['ACTIVE', 'BLOCKED', 'ON_HOLD']) ?? 'ACTIVE' },
      ]);
      return say(id, change as JsonObject);
    }),
    erpReparents: move(1.5, async () => {
      const id = dice.pick(erp.ids('supplier', SINGLE));
      const group = dice.pick(erp.ids('supplier', 'G'));
      if (id === undefined || group === undefined) return undefined;
      return say(id, { parent: dice.next() < 0.3 ? null : erpReference(group) });
    }),
    erpDeletesSupplier: move(0.5, async () => {
      const id = dice.pick(erp.ids('supplier'));
      if (id === undefined) return undefined;
      await erp.delete('supplier', id);
      return id;
    }),
    bothChangePartner: move(3, async () => {
      const found = await shared();
      if (!found || !erp.get('supplier', found.erpId)) return undefined;
      await write(found.odooId, { email: email(), website: site(), name: name() });
      await say(found.erpId, { emails: [email()], website: site(), name: name() });
      return `${found.odooId} ${found.erpId}`;
    }),
  };
  return { ...odoo, ...other };
}

/** A German one, its last digit the check digit (ISO 7064, mod 11,10). */
function vatNumber(serial: number): string {
  const body = String(10_000_000 + (serial % 90_000_000));
  const product = [...body].reduce((sofar, digit) => (((Number(digit) + sofar) % 10 || 10) * 2) % 11, 10);
  return `DE${body}${(11 - product) % 10}`;
}
