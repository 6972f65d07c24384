import type { Json, JsonObject } from '../../../golden-records/index.js';
import type { OdooClient } from '../../../sources/odoo/client.js';
import type { OdooHub } from './hub.js';

/**
 * A random history of edits on both sides: what people do in Odoo, what another system says, and the hub pulling and
 * delivering in between, never in step. Every choice comes from the seed, so that a failure can be run again.
 */
export interface Script {
  run(steps: number): Promise<void>;
  /** What was done, for the message of a failure. */
  readonly log: readonly string[];
}

const context = { lang: 'en_US' };

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WORDS = [
  'Aster',
  'Birch',
  'Cedar',
  'Dahlia',
  'Elder',
  'Fern',
  'Gorse',
  'Hazel',
  'Iris',
  'Juniper',
  'Kale',
  'Laurel',
];
const CITIES = ['Chicago', 'Evanston', 'Joliet', 'Peoria'];

export function scriptOf(seed: number, admin: OdooClient, at: OdooHub): Script {
  const random = randomOf(seed);
  const log: string[] = [];
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const number = (below: number) => Math.floor(random() * below);
  /** Real telephone numbers of one exchange, so that none is refused. */
  const phone = () => `+1 312 555 0${String(100 + number(100))}`;
  const email = () => `${(pick(WORDS) ?? '').toLowerCase()}${number(50)}@example.com`;
  const site = () => `https://${(pick(WORDS) ?? '').toLowerCase()}${number(50)}.example.com`;
  /** Names far apart: whether two records are one is another matter than whether both sides agree. */
  let named = 0;
  const name = () => `${pick(WORDS)} ${seed}x${++named} ${pick(['Medical', 'Supply', 'Pharma', 'Devices'])}`;
  const partners: number[] = [];
  const erp = new Map<string, JsonObject>();

  const address = (): Json => ({
    kind: 'MAIN',
    line1: `${1 + number(99)} ${pick(WORDS)} St`,
    city: pick(CITIES) ?? 'Chicago',
    region: 'IL',
    postcode: `606${String(10 + number(89))}`,
    country: 'US',
  });

  const alive = async (): Promise<number | undefined> => {
    const there = await admin.searchIds('res.partner', [['id', 'in', partners]], context);
    return pick(there);
  };
  /** A partner that comes from the ERP too, so that both sides have a say. */
  const shared = async (): Promise<number | undefined> => {
    const rows = await at.query<{ id: string }>(
      `select o.external_id as id from source_record o join source_record e on e.golden_record_id = o.golden_record_id and e.system = 'erp'
         where o.system = 'odoo' and o.entity_type = 'supplier' and o.state = 'ACTIVE' order by 1`,
    );
    const id = pick(rows)?.id;
    if (id === undefined) return undefined;
    const [there] = await admin.searchIds('res.partner', [['id', '=', Number(id)]], context);
    return there;
  };

  const tell = async (id: string, values: JsonObject) => {
    erp.set(id, values);
    await at.hub.arrive('erp', 'supplier', { [id]: values }, { sourceTime: at.hub.db.now().toISOString() });
  };

  const steps: Readonly<Record<string, () => Promise<string | undefined>>> = {
    async odooCreates() {
      const values = {
        name: name(),
        is_company: true,
        supplier_rank: 1,
        phone: phone(),
        website: site(),
        city: pick(CITIES) ?? '',
      };
      const [id = 0] = await admin.create('res.partner', [values], context);
      partners.push(id);
      return `create ${id}`;
    },
    async erpCreates() {
      const id = `S${seed}-${erp.size}`;
      await tell(id, { name: name(), emails: [email()], addresses: [address()], website: site(), status: 'ACTIVE' });
      return id;
    },
    async erpKnowsPartner() {
      const id = await alive();
      if (id === undefined) return undefined;
      const [row] = await admin.read('res.partner', [id], ['name', 'vat'], context);
      const vat = `DE${String(100_000_000 + seed * 1_000 + named)}`;
      await admin.write('res.partner', [id], { vat: row?.vat || vat }, context);
      const taxIds = [{ scheme: 'VAT', value: String(row?.vat || vat) }];
      await tell(`K${seed}-${id}`, { name: String(row?.name), taxIds, emails: [email()], status: 'ACTIVE' });
      return `${id}`;
    },
    async erpChanges() {
      const id = pick([...erp.keys()]);
      if (id === undefined) return undefined;
      const before = erp.get(id) ?? {};
      const change = pick<JsonObject>([
        { name: name() },
        { emails: [email()] },
        { emails: null },
        { addresses: [address()] },
        { website: site() },
        { website: null },
        { status: pick(['ACTIVE', 'BLOCKED', 'ON_HOLD']) ?? 'ACTIVE' },
      ]);
      await tell(id, { ...before, ...change });
      return `${id} ${JSON.stringify(change)}`;
    },
    async erpDeletes() {
      const id = pick([...erp.keys()]);
      if (id === undefined) return undefined;
      await at.hub.arrive(
        'erp',
        'supplier',
        { [id]: {} },
        { deleted: true, sourceTime: at.hub.db.now().toISOString() },
      );
      erp.delete(id);
      return id;
    },
    async odooChanges() {
      const id = random() < 0.6 ? ((await shared()) ?? (await alive())) : await alive();
      if (id === undefined) return undefined;
      const change = pick<JsonObject>([
        { phone: phone() },
        { phone: false },
        { website: site() },
        { website: false },
        { email: email() },
        { name: name() },
        { street: `${number(99)} Other St`, city: pick(CITIES) ?? '' },
        { ref: `R${number(99)}` },
      ]);
      await admin.write('res.partner', [id], change as JsonObject, context);
      return `${id} ${JSON.stringify(change)}`;
    },
    async bothChangeOneField() {
      const id = await shared();
      if (id === undefined) return undefined;
      const [link] = await at.query<{ id: string }>(
        `select e.external_id as id from source_record o join source_record e on e.golden_record_id = o.golden_record_id and e.system = 'erp'
           where o.system = 'odoo' and o.external_id = $1 and e.state = 'ACTIVE' order by 1 limit 1`,
        String(id),
      );
      const before = link && erp.get(link.id);
      if (!link || !before) return undefined;
      await admin.write('res.partner', [id], { email: email(), website: site(), name: name() }, context);
      await tell(link.id, { ...before, emails: [email()], website: site(), name: name() });
      return `${id} ${link.id}`;
    },
    async odooArchives() {
      const id = (await shared()) ?? (await alive());
      if (id === undefined) return undefined;
      await admin.write('res.partner', [id], { active: random() < 0.4 }, context);
      return `${id}`;
    },
    async odooDeletes() {
      const id = await alive();
      if (id === undefined) return undefined;
      await admin.unlink('res.partner', [id], context);
      return `${id}`;
    },
    async odooMerges() {
      const [source, target] = [await alive(), await alive()];
      if (source === undefined || target === undefined || source === target) return undefined;
      const model = 'base.partner.merge.automatic.wizard';
      const [id = 0] = await admin.create(
        model,
        [{ partner_ids: [[6, 0, [source, target]]], dst_partner_id: target, state: 'selection' }],
        context,
      );
      await admin.call(model, 'action_merge', { ids: [id], context });
      return `${source} into ${target}`;
    },
    async odooContact() {
      const id = await alive();
      if (id === undefined) return undefined;
      const contacts = await admin.searchIds(
        'res.partner',
        [
          ['parent_id', 'in', partners],
          ['is_company', '=', false],
        ],
        context,
      );
      const contact = pick(contacts);
      if (contact !== undefined && random() < 0.5) {
        const change = pick<JsonObject>([{ parent_id: id }, { function: pick(WORDS) ?? '' }, { active: false }]);
        await admin.write('res.partner', [contact], change as JsonObject, context);
        return `${contact} ${JSON.stringify(change)}`;
      }
      await admin.create(
        'res.partner',
        [{ name: `${pick(WORDS)} Person`, email: email(), parent_id: id, type: 'contact' }],
        context,
      );
      return `of ${id}`;
    },
    async odooAccount() {
      const id = await alive();
      if (id === undefined) return undefined;
      await admin.create('res.partner.bank', [{ acc_number: `ACC ${seed} ${++named}`, partner_id: id }], context);
      return `of ${id}`;
    },
    async pulls() {
      return String(await at.pull());
    },
    async delivers() {
      return String((await at.deliver()).length);
    },
    async sweeps() {
      await at.sweep();
      return '';
    },
  };
  /** How often each of them happens. */
  const weights: Readonly<Record<string, number>> = {
    odooCreates: 3,
    erpCreates: 3,
    erpKnowsPartner: 2,
    erpChanges: 6,
    erpDeletes: 0.5,
    odooChanges: 6,
    bothChangeOneField: 3,
    odooArchives: 1,
    odooDeletes: 0.5,
    odooMerges: 0.7,
    odooContact: 2,
    odooAccount: 1,
    pulls: 3,
    delivers: 3,
    sweeps: 0.5,
  };
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const choose = (): string => {
    let left = random() * total;
    for (const [step, weight] of Object.entries(weights)) {
      left -= weight;
      if (left < 0) return step;
    }
    return 'pulls';
  };

  return {
    log,
    async run(count) {
      await steps.odooCreates?.();
      await steps.erpCreates?.();
      for (let nth = 0; nth < count; nth++) {
        const step = choose();
        const told = await steps[step]?.();
        if (told !== undefined) log.push(`${step} ${told}`);
      }
    },
  };
}
