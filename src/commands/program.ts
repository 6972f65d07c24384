import { Command } from 'commander';
import { addCheck } from './check.js';
import { type Invocation, type Io, type Outcome, runCommand } from './command.js';
import { EXIT, type ExitCode, failureOf } from './exit.js';
import { addImport } from './import.js';
import { addKeys } from './keys.js';
import { addLineage } from './lineage.js';
import { addMatch } from './match.js';
import { addMigrate } from './migrate.js';
import { addOdoo } from './odoo.js';
import { addRecompute } from './recompute.js';
import { addParameters, addRematch } from './rematch.js';
import { addSchema } from './schema.js';
import { addStart } from './start.js';
import { addSync } from './sync.js';
import { addVerify } from './verify.js';

type Work<O, A extends readonly unknown[]> = (invocation: Invocation, options: O, ...args: A) => Promise<Outcome>;
/** Makes a commander action of a command's work: commander hands over the arguments, the options, the command. */
export type Run = <O, A extends readonly unknown[]>(
  work: Work<O, A>,
) => (...given: [...args: A, options: O, command: Command]) => Promise<void>;

/** The whole command line. Never ends the process: returns the exit code. */
export async function runProgram(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const run: Run =
    <O, A extends readonly unknown[]>(work: Work<O, A>) =>
    async (...given: [...args: A, options: O, command: Command]) => {
      const command = given.at(-1) as Command;
      const options = given.at(-2) as O;
      const args = given.slice(0, -2) as unknown as A;
      exit = await runCommand(io, command, (invocation) => work(invocation, options, ...args));
    };
  const program = makeProgram(run, io, version);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    const wrong = usageExit(error);
    if (wrong === EXIT.usage && argv.includes('--json')) {
      const { code, message } = failureOf(error);
      io.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    }
    return wrong;
  }
}

/** What commander throws has been told on standard error already; help and version are no errors. */
function usageExit(error: unknown): ExitCode {
  if (!(error instanceof Error && 'exitCode' in error)) throw error;
  return error.exitCode === 0 ? EXIT.done : EXIT.usage;
}

function makeProgram(run: Run, io: Io, version: string): Command {
  const program = new Command('concord')
    .description('Concord: one golden record for each real supplier, item, warehouse and business unit.')
    .version(version)
    .option('--config <file>', 'configuration; default: the nearest hub.config.ts from here upwards')
    .option('--json', 'one JSON document on standard output, for scripts')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .showHelpAfterError('(--help explains, with an example)')
    .exitOverride()
    .addHelpText('after', FURTHER);
  const records = [addImport, addMatch, addLineage, addVerify, addRecompute, addRematch, addParameters];
  const systems = [addSync, addOdoo];
  const add = [addStart, addCheck, addMigrate, addKeys, ...records, ...systems, addSchema];
  for (const addCommand of add) addCommand(program, run);
  inherit(program);
  return program;
}

/** Sub-commands made by `command()` take these over already, those of sub-commands too; help text is not among them. */
function inherit(program: Command): void {
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
    inherit(command);
  }
}

const FURTHER = `
Without DATABASE_URL every command uses the bundled PostgreSQL in .concord beside hub.config.ts: the one that a
running hub started, or one for as long as the command takes.

Exit codes: 0 done · 1 bug · 2 usage or configuration · 3 done, look at what it says · 4 database · 5 refused

First steps:
  concord start                      a hub with a demo, on http://127.0.0.1:4000/graphql
  concord check                      is everything as it should be; what to do if not
  concord lineage erp:main:supplier:V1001 name
`;
