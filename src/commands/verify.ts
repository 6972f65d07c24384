import type { Command } from 'commander';
import { type Finding, type Model, publicId, verify } from '../../golden-records/index.js';
import type { Invocation, Outcome } from './command.js';
import { EXIT } from './exit.js';
import type { Run } from './program.js';

export function addVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('check the laws over the whole database: one link, ids for ever, golden = f(sources), owners own')
    .addHelpText('after', '\nReads only. Exit code 3 when something is broken.\n\nExample:\n  concord verify --json\n')
    .action(run(verifyStore));
}

function verifyStore(invocation: Invocation): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const { findings, checked } = await verify(db, {
      onProgress: (progress) => invocation.progress.show(asLine(progress)),
    });
    const found = findings.map((finding) => withPublicId(db.model, finding));
    const exit = found.length > 0 ? EXIT.attention : EXIT.done;
    return { json: { ok: found.length === 0, findings: found, checked }, text: textOf(found, checked), exit };
  });
}

/** Golden records by the id that every other command and the API takes. */
function withPublicId(model: Model, finding: Finding): Finding {
  const definition = model.entityTypes.get(finding.entityType ?? '');
  if (!definition || finding.id === undefined || finding.subject !== 'golden record') return finding;
  return { ...finding, id: publicId(definition, finding.id) };
}

function textOf(findings: readonly Finding[], checked: object): string {
  const looked = `Checked: ${asLine(checked)}.`;
  if (findings.length === 0) return `${looked}\nEvery law holds.`;
  const lines = findings.map(({ law, entityType, subject: what, id, problem }) => {
    const subject = [entityType, what, id].filter(Boolean).join(' ');
    return `law ${law}: ${subject ? `${subject}: ` : ''}${problem}`;
  });
  return [looked, ...lines, `${findings.length} broken. docs/operations.md says what to do.`].join('\n');
}

const asLine = (value: unknown): string =>
  value !== null && typeof value === 'object'
    ? Object.entries(value)
        .map(([key, inner]) => `${key} ${String(inner)}`)
        .join(', ')
    : String(value);
