import { type Json, resolveTask } from '../../../golden-records/index.js';
import { sweep } from '../../../sources/index.js';
import { goldenOf, STEWARD } from '../hub.js';
import type { SyncHub } from './hub.js';
import type { TinyRecord, TinyValue } from './server.js';

/** Numbers from a seed, the same on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WORDS = ['Acme', 'Borealis', 'Cedar', 'Delta', 'Evergreen', 'Fjord', 'Granite', 'Harbor'];
const CURRENCIES = ['USD', 'EUR', 'CHF', 'GBP'];
const STATUSES = ['ACTIVE', 'ON_HOLD', 'BLOCKED'];

/** A random script of people editing both sides at once, while the engine runs a step now and then. */
export class Script {
  private readonly random: () => number;
  private readonly erp = new Map<string, Record<string, Json>>();
  private next = 0;
  readonly log: string[] = [];

  constructor(
    private readonly at: SyncHub,
    seed: number,
  ) {
    this.random = randomFrom(seed);
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) await this.step();
  }

  private async step(): Promise<void> {
    const { at } = this;
    at.clock.advance(Math.floor(this.random() * 3_000));
    const dice = this.random();
    if (dice < 0.16) return this.erpCreates();
    if (dice < 0.42) return this.erpEdits();
    if (dice < 0.46) return this.erpDeletes();
    if (dice < 0.54) return this.tinyCreates();
    if (dice < 0.72) return this.tinyEdits();
    if (dice < 0.75) return this.tinyArchives();
    if (dice < 0.78) return this.tinyRemoves();
    if (dice < 0.81) return this.stewardMerges();
    if (dice < 0.9) return void (await at.deliver());
    await at.pullAll();
  }

  private pick<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.random() * all.length)];
  }
  private name = () => `${this.pick(WORDS)} ${this.pick(WORDS)} ${Math.floor(this.random() * 50)}`;
  private duns = () => String(100_000_000 + Math.floor(this.random() * 40));

  private async erpArrives(id: string): Promise<void> {
    const record = this.erp.get(id) ?? {};
    await this.at.hub.arrive('erp', 'supplier', { [id]: record }, { sourceTime: this.at.clock.now().toISOString() });
  }
  private async erpCreates(): Promise<void> {
    const id = `V${this.next++}`;
    this.erp.set(id, {
      name: this.name(),
      duns: this.duns(),
      currency: this.pick(CURRENCIES) ?? null,
      status: 'ACTIVE',
    });
    this.log.push(`erp creates ${id}`);
    await this.erpArrives(id);
  }
  private async erpEdits(): Promise<void> {
    const id = this.pick([...this.erp.keys()]);
    const record = id === undefined ? undefined : this.erp.get(id);
    if (id === undefined || !record) return;
    const attribute = this.pick(['name', 'currency', 'status', 'statusReason', 'parent']);
    if (attribute === 'name') record.name = this.name();
    else if (attribute === 'currency') record.currency = this.random() < 0.2 ? null : (this.pick(CURRENCIES) ?? null);
    else if (attribute === 'status') record.status = this.pick(STATUSES) ?? null;
    else if (attribute === 'statusReason') record.statusReason = this.random() < 0.3 ? null : this.name();
    else {
      const parent = this.pick([...this.erp.keys()].filter((other) => other < id));
      record.parent = parent === undefined ? null : { system: 'erp', scope: 'main', id: parent };
    }
    this.log.push(`erp edits ${id} ${attribute}`);
    await this.erpArrives(id);
  }
  private async erpDeletes(): Promise<void> {
    const id = this.pick([...this.erp.keys()]);
    if (id === undefined) return;
    this.log.push(`erp deletes ${id}`);
    const sourceTime = this.at.clock.now().toISOString();
    await this.at.hub.arrive('erp', 'supplier', { [id]: this.erp.get(id) ?? {} }, { deleted: true, sourceTime });
    this.erp.delete(id);
  }
  private tinyCreates(): void {
    const { id } = this.at.server.create('supplier', {
      name: this.name(),
      duns: this.duns(),
      website: 'https://a.example',
    });
    this.log.push(`tiny creates ${id}`);
  }
  private tinyRecord(): TinyRecord | undefined {
    return this.pick(this.at.server.of('supplier'));
  }
  private tinyEdits(): void {
    const record = this.tinyRecord();
    if (!record) return;
    const choices: Record<string, TinyValue>[] = [
      { name: this.name() },
      { currency: this.pick(CURRENCIES) ?? null },
      { website: this.random() < 0.3 ? null : `https://s${Math.floor(this.random() * 9)}.example` },
      { status: this.pick(STATUSES) ?? null },
      { reason: this.name() },
      { name: this.name(), website: 'https://both.example' },
    ];
    const fields = this.pick(choices) ?? {};
    this.log.push(`tiny edits ${record.id} ${JSON.stringify(fields)}`);
    this.at.server.edit(record.id, fields);
  }
  private tinyArchives(): void {
    const record = this.tinyRecord();
    if (record) this.at.server.archive(record.id, !record.archived);
  }
  private tinyRemoves(): void {
    const record = this.tinyRecord();
    if (!record) return;
    this.log.push(`tiny removes ${record.id}`);
    this.at.server.remove(record.id);
  }
  private async stewardMerges(): Promise<void> {
    const [left, right] = [this.pick([...this.erp.keys()]), this.pick([...this.erp.keys()])];
    if (left === undefined || right === undefined || left === right) return;
    const survivorId = await goldenOf(this.at.hub, 'erp', left);
    const mergedId = await goldenOf(this.at.hub, 'erp', right);
    if (survivorId === mergedId) return;
    this.log.push(`steward merges ${left} and ${right}`);
    await this.at.hub.decide('MERGE', { entityType: 'supplier', survivorId, mergedIds: [mergedId] });
  }
}

/** Nobody edits any more: pull, sweep, deliver and recompute until a whole round wrote nothing. Answers the rounds it took. */
export async function becomeStill(at: SyncHub, most = 12): Promise<number> {
  const [stream] = at.sync.connector.streams;
  if (!stream) throw new Error('the tiny connector has a stream');
  for (let round = 1; round <= most; round++) {
    const writes = at.server.writes.length;
    const changes = await changeCount(at);
    await at.pullAll();
    if ((await sweep(at.hub.db, at.sync, stream)).refused > 0) await sayTheyAreGone(at);
    await at.hub.settleAll();
    await at.deliverAll();
    at.clock.advance(60_000);
    if (at.server.writes.length === writes && (await changeCount(at)) === changes) return round;
  }
  throw new Error(`not still after ${most} rounds: ${JSON.stringify(at.server.writes.slice(-6))}`);
}

async function sayTheyAreGone({ hub }: SyncHub): Promise<void> {
  const task = await hub.db.prisma.stewardTask.findFirstOrThrow({ where: { kind: 'MASS_DELETE', state: 'OPEN' } });
  await resolveTask(hub.db, STEWARD, { correlationId: 'still' }, { taskId: task.id, resolution: 'ACCEPT_PROPOSED' });
}

async function changeCount({ hub }: SyncHub): Promise<number> {
  const { rows } = await hub.db.pool.query<{ n: number; waiting: number }>(
    `select (select count(*) from change)::int as n, (select count(*) from delivery where state = 'PENDING')::int as waiting`,
  );
  // What still waits is no rest.
  return rows[0]?.waiting === 0 ? rows[0].n : Number.NaN;
}

/** Where a linked record of the target and its golden record differ in what others decided, without a task that asks. */
export async function differences(at: SyncHub): Promise<string[]> {
  const { rows } = await at.hub.db.pool.query<{
    id: string;
    link: string;
    golden: string;
    attributes: Record<string, Json>;
    provenance: Record<string, { source: string | null; sources?: string[]; pending?: Json }>;
    members: string[];
    asked: string[];
  }>(
    `select s.external_id as id, s.id as link, g.id as golden, g.attributes, g.provenance, (select array_agg(m.id::text) from source_record m
         where m.golden_record_id = g.id and m.system = 'tiny') as members,
       array(select t.details->>'attribute' from steward_task t where t.golden_ids @> array[g.id] and t.open_key is not null) as asked
     from source_record s join golden_record g on g.id = s.golden_record_id
     where s.system = 'tiny' and s.state = 'ACTIVE' and g.state = 'ACTIVE'`,
  );
  const fieldOf = {
    name: 'name',
    duns: 'duns',
    currency: 'currency',
    status: 'status',
    statusReason: 'reason',
    website: 'website',
  };
  return rows.flatMap(({ id, golden, attributes, provenance, members, asked }) => {
    const record = at.server.records.get(id);
    if (!record) return [`${id} is known and not there`];
    return Object.entries(fieldOf).flatMap(([attribute, field]) => {
      const origin = provenance[attribute];
      if (!origin || origin.pending || asked.includes(attribute)) return [];
      if ([origin.source, ...(origin.sources ?? [])].some((source) => source !== null && members.includes(source)))
        return [];
      const [ours, theirs] = [attributes[attribute] ?? null, record.fields[field] ?? null];
      return ours === theirs
        ? []
        : [`${id} of ${golden}: ${attribute} is ${theirs}, should be ${JSON.stringify(ours)}`];
    });
  });
}
