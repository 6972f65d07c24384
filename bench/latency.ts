import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKey } from '../golden-records/api-keys.js';
import { HUB_ACTOR } from '../golden-records/index.js';
import { startChild } from './child.js';
import { type Environment, openHub } from './environment.js';
import { type FeedSocket, openFeedSocket } from './feed-socket.js';
import type { HubReady } from './hub-process.js';
import { type BenchReport, numberText } from './report.js';
import { median, quantile } from './statistics.js';
import { ingestUnits, writeSuppliers } from './suppliers.js';

const CREATE = `mutation ($input: CreateSupplierInput!) {
  createSupplier(input: $input) { supplier { id } userErrors { code message } }
}`;
const CHANGES = 'subscription { changes(types: [SUPPLIER]) { cursor change { id kind version record { id } } } }';

/**
 * The time from sending `createSupplier` over HTTP until a subscriber over WebSocket holds the change: on an idle hub,
 * while the same process imports a file from its watched folder, and while a second process imports one.
 */
export async function latencyBench(env: Environment): Promise<BenchReport> {
  const databaseUrl = await env.createDatabase('latency');
  const watch = join(env.folder, 'watched');
  await mkdir(watch, { recursive: true });
  const key = await prepare(databaseUrl, env);
  const hub = await startChild<HubReady>('hub-process', { databaseUrl, watch });
  const probe = await Probe.open(hub.ready.url, key);
  const [samples, rows] = env.isSmoke ? [5, 1_500] : [300, 40_000];
  try {
    await probe.samples(env.isSmoke ? 5 : 50);
    const idle = await probe.samples(samples);
    env.say(`  idle: p50 ${numberText(median(idle))} ms`);
    const sameProcess = await duringWatchedImport(env, probe, watch, rows);
    env.say(`  import in the same process: p95 ${numberText(quantile(sameProcess, 0.95))} ms`);
    const secondProcess = await duringOtherImport(env, probe, databaseUrl, rows);
    return report(idle, sameProcess, secondProcess);
  } finally {
    await probe.close();
    await hub.child.stop();
    await env.dropDatabase('latency');
  }
}

async function prepare(databaseUrl: string, env: Environment): Promise<string> {
  const { database, db } = openHub(databaseUrl, env.model);
  await ingestUnits(db);
  const { key } = await createKey(db, HUB_ACTOR, { name: 'bench', role: 'administrator' });
  await database.close();
  return key;
}

async function duringWatchedImport(env: Environment, probe: Probe, watch: string, rows: number): Promise<number[]> {
  const path = join(env.folder, 'bench-suppliers-watched.csv');
  await writeSuppliers(path, 1_000_000, rows);
  const before = probe.received;
  await rename(path, join(watch, 'bench-suppliers-watched.csv'));
  await probe.receivedMoreThan(before);
  return probe.samplesUntil(() => probe.received >= before + rows);
}

async function duringOtherImport(env: Environment, probe: Probe, databaseUrl: string, rows: number): Promise<number[]> {
  const path = join(env.folder, 'bench-suppliers-second.csv');
  await writeSuppliers(path, 2_000_000, rows);
  const { child } = await startChild('import-process', { databaseUrl });
  const before = probe.received;
  let done = false;
  const importing = child.ask({ path }).then(() => {
    done = true;
  });
  await probe.receivedMoreThan(before);
  const samples = await probe.samplesUntil(() => done);
  await importing;
  await child.stop();
  return samples;
}

function report(idle: number[], sameProcess: number[], secondProcess: number[]): BenchReport {
  const figure = (what: string, values: number[], share: number, most?: number) => ({
    what: `${what} p${share * 100} of ${values.length}`,
    value: quantile(values, share),
    unit: 'ms',
    ...(most === undefined ? {} : { most }),
  });
  return {
    name: 'latency: createSupplier over HTTP until a subscriber holds the change',
    figures: [
      figure('idle', idle, 0.5, 25),
      figure('idle', idle, 0.99, 100),
      figure('import in the same process', sameProcess, 0.5),
      figure('import in the same process', sameProcess, 0.95, 250),
      figure('import in a second process', secondProcess, 0.5),
      figure('import in a second process', secondProcess, 0.95, 250),
    ],
    notes: ['one request at a time, the subscriber gets every change of the import too'],
  };
}

/** Breath between two samples: an idle hub is one that isn't asked without pause. */
const PAUSE_MS = 20;

/** One client that writes, and one that is subscribed. */
class Probe {
  /** Changes that reached the subscriber. */
  received = 0;
  private readonly arrivals = new Map<string, number>();
  private waiting: (() => void)[] = [];
  private feed: FeedSocket | undefined;
  private made = 0;

  private constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  static async open(url: string, key: string): Promise<Probe> {
    const probe = new Probe(url, key);
    probe.feed = await openFeedSocket({ url, key, query: CHANGES, receive: (text) => probe.take(text) });
    return probe;
  }

  async samples(count: number): Promise<number[]> {
    const values: number[] = [];
    while (values.length < count) values.push(await this.sample());
    return values;
  }

  /** Samples that were taken wholly before `isOver`; at least one. */
  async samplesUntil(isOver: () => boolean): Promise<number[]> {
    const values: number[] = [];
    while (!isOver() || values.length === 0) values.push(await this.sample());
    return values;
  }

  async receivedMoreThan(count: number): Promise<void> {
    while (this.received <= count) await this.nextMessage();
  }

  close(): Promise<void> {
    return this.feed?.close() ?? Promise.resolve();
  }

  private async sample(): Promise<number> {
    await sleep(PAUSE_MS);
    const name = `Probe ${process.pid} number ${this.made++} Medical`;
    const startedAt = performance.now();
    const id = await this.create(name);
    while (!this.arrivals.has(id)) await this.nextMessage();
    return (this.arrivals.get(id) ?? Number.NaN) - startedAt;
  }

  private async create(name: string): Promise<string> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
      body: JSON.stringify({ query: CREATE, variables: { input: { attributes: { name }, reason: 'bench' } } }),
    });
    const text = await response.text();
    const id = (JSON.parse(text) as { data?: { createSupplier?: { supplier?: { id: string } } } }).data?.createSupplier
      ?.supplier?.id;
    if (id === undefined) throw new Error(`createSupplier answered ${text.slice(0, 500)}`);
    return id;
  }

  private take(text: string): void {
    const id = /"change":\{"id":"([^"]+)"/.exec(text)?.[1];
    if (id === undefined) return;
    this.received++;
    this.arrivals.set(id, performance.now());
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private nextMessage(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
