/**
 * `npm run bench:match`: pairs a second on one core, against a bare Jaro-Winkler over the same names. With
 * `-- --live <folder> [--records 1000000]`: records of the folder arriving at a hub that knows so many of them. With
 * `-- --load <folder> [--records 1000000]`: so many of them into an empty hub.
 */
import { parseArgs } from 'node:util';
import { openEnvironment } from './environment.js';
import { liveMatchBench } from './match-live.js';
import { matchLoadBench } from './match-load.js';
import { benchConfig } from './model.js';
import { machineText, reportText } from './report.js';

const { values } = parseArgs({
  options: { live: { type: 'string' }, load: { type: 'string' }, records: { type: 'string', default: '1000000' } },
});
if (values.live === undefined && values.load === undefined) await import('./match-pairs.js');
else {
  const { model } = await benchConfig();
  const env = await openEnvironment(model, false);
  try {
    process.stdout.write(`${machineText(env.postgres)}\n\n`);
    const [bench, folder] = values.live === undefined ? [matchLoadBench, values.load] : [liveMatchBench, values.live];
    process.stdout.write(`${reportText(await bench(env, folder ?? '', Number(values.records)))}\n`);
  } finally {
    await env.close();
  }
}
