/**
 * `npm run bench [-- --smoke] [-- name…]`: measures the hub against floors of the same run. `--smoke` only shows that
 * every benchmark still runs. The figures of record are in docs/benchmarks.md.
 */
import { parseArgs } from 'node:util';
import { type Environment, openEnvironment } from './environment.js';
import { ingestBench } from './ingest.js';
import { latencyBench } from './latency.js';
import { benchConfig } from './model.js';
import { lookupBench, pageBench } from './read.js';
import { type BenchReport, machineText, reportText } from './report.js';
import { subscribersBench } from './subscribers.js';

const BENCHES: Readonly<Record<string, (env: Environment) => Promise<BenchReport>>> = {
  ingest: ingestBench,
  lookup: lookupBench,
  page: pageBench,
  latency: latencyBench,
  subscribers: subscribersBench,
};

const { values, positionals } = parseArgs({ options: { smoke: { type: 'boolean' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}

const { model } = await benchConfig();
const env = await openEnvironment(model, values.smoke ?? false);
try {
  process.stdout.write(`${machineText(env.postgres)}\n\n`);
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    env.say(`${name} …`);
    process.stdout.write(`${reportText(await bench(env))}\n`);
  }
} finally {
  await env.close();
}
