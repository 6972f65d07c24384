import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../golden-records/index.js';
import {
  type AttributeCase,
  afterAgreement,
  afterWrite,
  type Bases,
  decide,
  equalJson,
  type FieldBase,
  isEcho,
} from '../../../../sources/sync/decide.js';

const base = (wrote: Json, shown: Json = wrote, seen = 1, written = true): FieldBase => ({
  wrote,
  shown,
  seen,
  written,
});
const about = (given: Partial<AttributeCase>): AttributeCase => ({
  ours: { name: 'A' },
  theirs: { name: 'A' },
  bases: {},
  isAuthor: false,
  onConflict: undefined,
  question: 'UNKNOWN',
  ...given,
});

describe('three ways', () => {
  test.each<[string, Partial<AttributeCase>, object]>([
    ['equal', {}, { kind: 'EQUAL' }],
    ['nobody says anything of it', { ours: undefined, theirs: { name: 'B' } }, { kind: 'LEAVE' }],
    ['only ours moved', { theirs: { name: 'B' }, bases: { name: base('B') } }, { kind: 'WRITE', why: 'OURS' }],
    ['only theirs moved', { theirs: { name: 'B' }, bases: { name: base('A') } }, { kind: 'WRITE', why: 'THEIRS' }],
    ['both moved', { theirs: { name: 'B' }, bases: { name: base('C') } }, { kind: 'WRITE', why: 'BOTH' }],
    ['they meet', { theirs: { name: 'B' } }, { kind: 'WRITE', why: 'FIRST' }],
    ['its own word in our spelling', { theirs: { name: ' a' }, isAuthor: true }, { kind: 'LEAVE' }],
    [
      'propose: they meet, and theirs is empty',
      { theirs: { name: null }, onConflict: 'propose' },
      { kind: 'WRITE', why: 'FIRST' },
    ],
    [
      'propose: they meet, and theirs is no',
      { ours: { active: true }, theirs: { active: false }, onConflict: 'propose' },
      { kind: 'ASK', why: 'FIRST' },
    ],
    [
      'propose: theirs moved',
      { theirs: { name: 'B' }, bases: { name: base('A') }, onConflict: 'propose' },
      { kind: 'ASK' },
    ],
    ['raise: both moved', { theirs: { name: 'B' }, bases: { name: base('C') }, onConflict: 'raise' }, { kind: 'ASK' }],
    [
      'propose: only ours moved',
      { theirs: { name: 'B' }, bases: { name: base('B') }, onConflict: 'propose' },
      { kind: 'WRITE', why: 'OURS' },
    ],
    ['propose: it has nothing yet', { theirs: { name: null }, onConflict: 'propose' }, { kind: 'WRITE', why: 'FIRST' }],
    [
      'propose: a person said to keep ours',
      { theirs: { name: 'B' }, onConflict: 'propose', question: 'KEPT' },
      { kind: 'WRITE', why: 'KEPT' },
    ],
    [
      'propose: the question stands',
      { theirs: { name: 'B' }, onConflict: 'propose', question: 'OPEN' },
      { kind: 'ASK', why: 'FIRST' },
    ],
    [
      'propose: nobody is asked, so the owner decides',
      { theirs: { name: 'B' }, bases: { name: base('A') }, onConflict: 'propose', question: 'NONE' },
      { kind: 'WRITE', why: 'THEIRS' },
    ],
    [
      'raise: cleared there',
      { theirs: { name: '' }, bases: { name: base('A') }, onConflict: 'raise' },
      { kind: 'WRITE', why: 'THEIRS' },
    ],
    [
      'correct',
      { theirs: { name: 'B' }, bases: { name: base('A') }, onConflict: 'correct' },
      { kind: 'WRITE', why: 'THEIRS' },
    ],
    [
      'its spelling of what we wrote, once',
      { theirs: { name: 'a' }, bases: { name: base('A', 'a', 1) } },
      { kind: 'WRITE' },
    ],
    [
      'its spelling of what we wrote, twice',
      { theirs: { name: 'a' }, bases: { name: base('A', 'a', 2) } },
      { kind: 'EQUAL' },
    ],
  ])('%s', (_name, given, expected) => {
    expect(decide(about(given), equalJson)).toMatchObject(expected);
  });

  test('only the fields that differ are written: the others would revert an edit', () => {
    const given = about({ ours: { street: 'Main 1', city: 'Bern' }, theirs: { street: 'Main 2', city: 'Bern' } });
    expect(decide(given, equalJson)).toMatchObject({ kind: 'WRITE', fields: { street: 'Main 1' } });
  });
});

const value = fc.constantFrom<Json>('A', 'B', 'a', '', null, 1, 2.5);
const fields = fc.record({ x: value, y: value });
const bases = fc.dictionary(
  fc.constantFrom('x', 'y'),
  fc.record({ wrote: value, shown: value, seen: fc.nat(2), written: fc.boolean() }),
);
const cases = fc.record({
  ours: fc.option(fields, { nil: undefined }),
  theirs: fields,
  bases,
  isAuthor: fc.boolean(),
  onConflict: fc.constantFrom('correct' as const, 'propose' as const, 'raise' as const, undefined),
  question: fc.constantFrom('UNKNOWN' as const, 'NONE' as const, 'OPEN' as const, 'KEPT' as const),
});

describe('always', () => {
  test('law 7: what was written and is looked at again writes nothing', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const verdict = decide(given, equalJson);
        if (verdict.kind !== 'WRITE') return;
        const theirs: JsonObject = { ...given.theirs, ...verdict.fields };
        const after: Bases = {
          ...given.bases,
          ...Object.fromEntries(
            Object.entries(verdict.fields).map(([field, wrote]) => [
              field,
              afterWrite(given.bases[field], wrote, theirs[field] ?? null),
            ]),
          ),
        };
        expect(decide({ ...given, theirs, bases: after }, equalJson)).toEqual({ kind: 'EQUAL' });
        expect(isEcho(Object.keys(verdict.fields), theirs, after, equalJson)).toBe(true);
      }),
    );
  });

  test('law 7: a target that makes its own of what it gets is written to at most twice', () => {
    fc.assert(
      fc.property(cases, fc.func(value), (given, spell) => {
        let { theirs, bases: known }: { theirs: JsonObject; bases: Bases } = given;
        let writes = 0;
        for (let round = 0; round < 5; round++) {
          const verdict = decide({ ...given, theirs, bases: known }, equalJson);
          if (verdict.kind !== 'WRITE') break;
          writes++;
          const shown = Object.fromEntries(
            Object.entries(verdict.fields).map(([field, ours]) => [field, spell(field, ours)]),
          );
          known = {
            ...known,
            ...Object.fromEntries(
              Object.entries(verdict.fields).map(([field, wrote]) => [
                field,
                afterWrite(known[field], wrote, shown[field] ?? null),
              ]),
            ),
          };
          theirs = { ...theirs, ...shown };
        }
        expect(writes).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('law 4: an author is never written to, and propose and raise never write against a moved value without a person', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const verdict = decide(given, equalJson);
        if (given.isAuthor || given.ours === undefined) expect(verdict.kind).not.toBe('WRITE');
        const asks = given.onConflict === 'propose' || given.onConflict === 'raise';
        const isAsked = given.question === 'OPEN' || given.question === 'UNKNOWN';
        if (!asks || !isAsked || verdict.kind !== 'WRITE' || verdict.why === 'OURS') return;
        const overwritten = Object.keys(verdict.fields).map((field) => given.theirs[field as 'x' | 'y'] ?? '');
        expect(overwritten.filter((theirs) => theirs !== '')).toEqual([]);
      }),
    );
  });

  test('what they agree on by themselves is no echo of ours', () => {
    const agreed = afterAgreement(undefined, 'A', 'A', equalJson, 'x');
    expect(agreed).toMatchObject({ written: false });
    expect(isEcho(['x'], { x: 'A' }, agreed ? { x: agreed } : {}, equalJson)).toBe(false);
    expect(afterAgreement(agreed, 'A', 'A', equalJson, 'x')).toBeUndefined();
  });
});
