// The public interface is a promise: resolvers/schema.graphql must be what the code gives, and must break nothing of
// what was released (resolvers/schema.released.graphql, written with `--release`). `--write` takes the code's schema over.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, findBreakingChanges } from 'graphql';
import './typescript.mjs';

const { printHubSchema } = await import('../resolvers/schema.ts');
const { defineModel } = await import('../golden-records/define-model.ts');
const { ENTITY_TYPES } = await import('../golden-records/entity-types/index.ts');
const { goneAsAnnounced } = await import('../resolvers/deprecations.ts');

const folder = fileURLToPath(new URL('../resolvers/', import.meta.url));
const committed = join(folder, 'schema.graphql');
const released = join(folder, 'schema.released.graphql');
const text = printHubSchema(defineModel({ entityTypes: ENTITY_TYPES, systems: [] }));

if (process.argv.includes('--write')) writeFileSync(committed, text);
if (process.argv.includes('--release')) writeFileSync(released, text);

const problems = [...difference(), ...breakingChanges()];
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length === 0)
  process.stdout.write('The GraphQL schema is as committed, and breaks nothing that was released.\n');
process.exitCode = problems.length === 0 ? 0 : 1;

function difference() {
  const lines = readFileSync(committed, 'utf8').split('\n');
  const at = text.split('\n').findIndex((line, index) => line !== lines[index]);
  if (at === -1 && text.split('\n').length === lines.length) return [];
  return [
    `resolvers/schema.graphql:${at + 1}: the code gives another schema (${JSON.stringify(text.split('\n')[at] ?? '')}). Look at the difference, then: node scripts/check-graphql.mjs --write`,
  ];
}

function breakingChanges() {
  const before = buildSchema(readFileSync(released, 'utf8'));
  return findBreakingChanges(before, buildSchema(text))
    .filter(({ description }) => !goneAsAnnounced(before, description, new Date()))
    .map(
      ({ type, description }) =>
        `${type}: ${description} Deprecate with a date ("gone after 2027-01-31: …") and wait for it.`,
    );
}
