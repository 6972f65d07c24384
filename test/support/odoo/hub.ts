import { type EntityTypeRules, withoutTransaction } from '../../../golden-records/index.js';
import {
  backfillOnce,
  type DeliverStep,
  deliverOnce,
  type OdooOptions,
  odoo as odooConnector,
  openSystem,
  pullOnce,
  registerStreams,
  type Synchronised,
  sweep,
} from '../../../sources/index.js';
import { createTestHub, type TestHub } from '../hub.js';
import { silentLog } from '../log.js';
import { odooModel } from './model.js';
import type { Login, OdooTarget } from './targets.js';

export { ODOO_RULES, ODOO_SYSTEMS } from './model.js';

export interface OdooHub {
  readonly hub: TestHub;
  readonly sync: Synchronised;
  /** Everything that is there now, and what changed since the last time. Answers how many records were news. */
  pull(): Promise<number>;
  /** The same, without waiting for the next second. */
  pullNow(): Promise<number>;
  deliver(): Promise<DeliverStep[]>;
  sweep(): Promise<void>;
  /** Both ways until nothing moves. */
  settle(): Promise<void>;
  /** Compare every link again, as if all had changed: what would be written? */
  compareAll(): Promise<{ written: number; waiting: number }>;
  query<T>(sql: string, ...values: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

export interface OdooHubOptions {
  readonly login?: Login;
  readonly rules?: Readonly<Record<string, EntityTypeRules>>;
  readonly connector?: Partial<OdooOptions>;
  /** In the place of the user's own. */
  readonly key?: string;
}

const MOST_ROUNDS = 30;

/** Records that the hub didn't know as they are. */
const newsIn = ({ UNCHANGED: _same, STALE: _older, ...news }: Readonly<Record<string, number>>): number =>
  Object.values(news).reduce((sum, count) => sum + count, 0);

export async function createOdooHub(target: OdooTarget, options: OdooHubOptions = {}): Promise<OdooHub> {
  const login = options.login ?? 'admin';
  const { url, database, keys } = target;
  const connector = odooConnector({ url, database, login, keyEnv: 'ODOO_KEY', ...options.connector });
  const model = odooModel(connector, options.rules);
  const hub = await createTestHub({ model });
  const sync = openSystem('odoo', 'Odoo', connector, { log: silentLog, env: { ODOO_KEY: options.key ?? keys[login] } });
  await registerStreams(hub.db, sync);
  const now = target.imitation?.world.now;
  if (now) Object.assign(hub.db, { now: () => new Date(now()) });
  const query = <T>(sql: string, ...values: unknown[]) => withoutTransaction(hub.db).query<T>(sql, ...values);

  /** Of the machine's clock: the second in which the last pull ended. */
  let readIn = 0;
  const second = () => Math.floor(Date.now() / 1_000);

  async function pull(): Promise<number> {
    // A window ends with the second that it is asked for in: within that one the next would bring nothing.
    if (target.imitation || readIn === second()) await target.nextSecond();
    return pullNow();
  }

  async function pullNow(): Promise<number> {
    let news = 0;
    for (const stream of connector.streams) {
      for (;;) {
        const step = await pullOnce(hub.db, sync, stream, 'LIVE');
        news += step ? newsIn(step.counts) : 0;
        if (!step?.more) break;
      }
    }
    for (let step = await backfillOnce(hub.db, sync); step; step = await backfillOnce(hub.db, sync))
      news += step.records;
    readIn = second();
    return news;
  }

  async function deliver(): Promise<DeliverStep[]> {
    const steps: DeliverStep[] = [];
    for (const lane of ['LIVE', 'BACKFILL'] as const) {
      for (;;) {
        const step = await deliverOnce(hub.db, sync, { lane, random: () => 0, wait: (ms) => target.pass(ms) });
        if (!step) break;
        steps.push(step);
      }
    }
    return steps;
  }

  async function sweepAll(): Promise<void> {
    for (const stream of connector.streams) if (stream.sweepEveryMs !== undefined) await sweep(hub.db, sync, stream);
  }

  const isQuiet = (steps: readonly DeliverStep[]) => steps.every(({ created, updated }) => created + updated === 0);

  async function settle(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const news = await pull();
      await hub.settleAll();
      const steps = await deliver();
      await hub.settleAll();
      const [due] = await query<{ at: Date | null }>(`select min(due_at) as at from delivery where state = 'PENDING'`);
      // The worker does the same: what waits for a sweep has it soon.
      const gone = await query(
        `select 1 from delivery where state = 'PENDING' and (waits_for = 'sweep' or error->>'code' = 'RECORD_GONE')`,
      );
      if (gone.length > 0) await sweepAll();
      const wait = due?.at ? due.at.getTime() - hub.db.now().getTime() : 0;
      if (news === 0 && isQuiet(steps) && !due?.at) return;
      if (wait > 0) await target.pass(wait + 1);
    }
    throw new Error(`not quiet after ${MOST_ROUNDS} rounds`);
  }

  return {
    hub,
    sync,
    pull,
    pullNow,
    deliver,
    settle,
    query,
    sweep: sweepAll,
    async compareAll() {
      await query(
        `update delivery set state = 'PENDING', generation = generation + 1, due_at = $1::timestamptz, finished_at = null, error = null,
           place = null, reason = null where state in ('DONE', 'PENDING')`,
        hub.db.now().toISOString(),
      );
      const steps = await deliver();
      const written = steps.reduce((sum, { created, updated }) => sum + created + updated, 0);
      return { written, waiting: steps.reduce((sum, { waiting }) => sum + waiting, 0) };
    },
    async close() {
      await sync.open.close();
      await hub.close();
    },
  };
}
