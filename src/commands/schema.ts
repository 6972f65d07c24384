import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Invocation, Outcome } from './command.js';
import type { Run } from './program.js';

interface EmitOptions {
  readonly out?: string;
}

export function addSchema(program: Command, run: Run): void {
  const schema = program.command('schema').description('the GraphQL schema that this configuration gives');
  schema
    .command('emit')
    .description('print it, sorted, so that two of them can be compared')
    .option('--out <file>', 'write it there instead')
    .addHelpText('after', '\nExample:\n  concord schema emit --out schema.graphql\n')
    .action(run(emit));
}

async function emit(invocation: Invocation, { out }: EmitOptions): Promise<Outcome> {
  const { config } = await invocation.hub();
  const { printHubSchema } = await import('../../resolvers/schema.js');
  const text = printHubSchema(config.model);
  if (out === undefined) return { json: { schema: text }, text: text.trimEnd() };
  const path = resolve(invocation.io.cwd, out);
  await writeFile(path, text);
  return { json: { path }, text: `Wrote ${path}.` };
}
