#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as modules from 'node:module';

const cli = new URL('../dist/src/cli.js', import.meta.url);
if (!('registerHooks' in modules)) {
  process.stderr.write(
    `Concord runs on the Node.js that it brings along; this is ${process.version}. Start it through npm, ` +
      'which takes that one: `npx concord …` or `npm run concord -- …`.\n',
  );
  process.exitCode = 1;
} else if (existsSync(cli)) {
  await import(cli.href);
} else {
  process.stderr.write('Concord is not built yet. Run `npm run build` first.\n');
  process.exitCode = 1;
}
