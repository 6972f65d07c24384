import { expect } from '@jest/globals';
import { isJsonObject as isObject, type Json } from '../../golden-records/index.js';

/** A query of a document, with what the document says of it. */
export interface DocumentedQuery {
  readonly heading: string;
  readonly line: number;
  readonly query: string;
  readonly variables: Record<string, Json>;
  /** A list: the first answers of a subscription. Undefined where the document shows none. */
  readonly answer: Record<string, Json> | Json[] | undefined;
}

interface Block {
  readonly language: string;
  readonly text: string;
  readonly heading: string;
  readonly line: number;
}

/** Every query of a Markdown document, in order. The JSON that follows is variables, or with `data` or `errors` the answer. */
export function documentedQueries(markdown: string): DocumentedQuery[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap(({ language, text, heading, line }, at) => {
    if (language !== 'graphql') return [];
    const until = blocks.findIndex((block, other) => other > at && block.language !== 'json');
    const following = blocks
      .slice(at + 1, until < 0 ? undefined : until)
      .map((block) => JSON.parse(block.text) as Json);
    const variables = following.find((json) => isObject(json) && !isAnswer(json));
    const answer = following.find((json) => Array.isArray(json) || (isObject(json) && isAnswer(json)));
    return [{ heading, line, query: text, variables: variables ?? {}, answer } as DocumentedQuery];
  });
}

const isAnswer = (json: object) => 'data' in json || 'errors' in json;

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: { language: string; lines: string[]; line: number } | undefined;
  for (const [at, text] of markdown.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(text);
    if (fence && open) {
      blocks.push({ language: open.language, text: open.lines.join('\n'), heading, line: open.line });
      open = undefined;
    } else if (fence) open = { language: fence[1] ?? '', lines: [], line: at + 1 };
    else if (open) open.lines.push(text);
    else if (text.startsWith('#')) heading = text.replace(/^#+ /, '');
  }
  return blocks;
}

const LEFT_OUT = '…';
const TYPED_ID = /^[a-z]{3}_[0-7][0-9a-z]{25}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/**
 * What one document shows of one run. Ids, times and texts that hold a `…` stand for what this hub gives there: the first
 * answer that shows one says what it stands for, later ones must agree, and variables are filled in with it.
 */
export class Shown {
  private readonly meant = new Map<string, string>();

  inVariables(variables: Record<string, Json>): Record<string, Json> {
    return this.filledIn(variables) as Record<string, Json>;
  }

  /** Fails where `actual` isn't what the document shows. `…` in a list or an object stands for any others. */
  expect(shown: unknown, actual: unknown): void {
    expect(this.alike(actual as Json, shown as Json)).toEqual(shown);
  }

  private filledIn(value: Json): Json {
    if (typeof value === 'string') return this.meant.get(value) ?? value;
    if (Array.isArray(value)) return value.map((element) => this.filledIn(element));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.filledIn(inner ?? null)]));
  }

  /** The actual answer, with what the document shows put in wherever that stands for it: equal when all is. */
  private alike(actual: Json | undefined, shown: Json | undefined): Json | undefined {
    if (shown === LEFT_OUT) return shown;
    if (typeof shown === 'string' && typeof actual === 'string') return this.sameText(actual, shown) ? shown : actual;
    if (Array.isArray(shown) && Array.isArray(actual)) return this.alikeLists(actual, shown);
    if (isObject(shown) && isObject(actual)) return this.alikeObjects(actual, shown);
    return actual;
  }

  private alikeLists(actual: readonly Json[], shown: readonly Json[]): Json[] {
    const gap = shown.indexOf(LEFT_OUT);
    const after = gap < 0 ? 0 : shown.length - gap - 1;
    const kept = gap < 0 ? actual : [...actual.slice(0, gap), LEFT_OUT, ...(after > 0 ? actual.slice(-after) : [])];
    return kept.map((element, at) => this.alike(element, shown[at]) ?? null);
  }

  private alikeObjects(actual: { readonly [key: string]: Json }, shown: { readonly [key: string]: Json }): Json {
    const keys = LEFT_OUT in shown ? Object.keys(shown) : Object.keys(actual);
    const entries = keys.map((key) => {
      if (key === LEFT_OUT) return [key, shown[key]];
      const inner = key === 'changed' ? inOrderOf(actual[key], shown[key]) : actual[key];
      return [key, this.alike(inner, shown[key])];
    });
    return Object.fromEntries(entries) as Json;
  }

  private sameText(actual: string, shown: string): boolean {
    if (shown === actual) return true;
    if (INSTANT.test(shown) && INSTANT.test(actual)) return this.means(shown, actual, false);
    if (TYPED_ID.test(shown) && TYPED_ID.test(actual) && shown.slice(0, 4) === actual.slice(0, 4))
      return this.means(shown, actual, true);
    if (UUID.test(shown) && UUID.test(actual)) return this.means(shown, actual, true);
    if (!shown.includes(LEFT_OUT)) return false;
    return shown.includes(' ') ? fits(actual, shown) : this.means(shown, actual, true);
  }

  /** Two things may happen in one millisecond, or in two: times needn't agree. */
  private means(shown: string, actual: string, always: boolean): boolean {
    const before = this.meant.get(shown);
    this.meant.set(shown, actual);
    return !always || before === undefined || before === actual;
  }
}

/** What one operation changed comes in no particular order: what happened to each record tells them apart. */
function inOrderOf(actual: Json | undefined, shown: Json | undefined): Json | undefined {
  if (!Array.isArray(actual) || !Array.isArray(shown)) return actual;
  const kinds = shown.map(kindOf);
  const place = (change: Json) => (kinds.includes(kindOf(change)) ? kinds.indexOf(kindOf(change)) : kinds.length);
  return [...actual].sort((a, b) => place(a) - place(b));
}

const kindOf = (change: Json) => (isObject(change) ? change.kind : undefined);

const fits = (actual: string, shown: string) =>
  shown
    .split(LEFT_OUT)
    .every((part, at, parts) =>
      at === 0 ? actual.startsWith(part) : at === parts.length - 1 ? actual.endsWith(part) : actual.includes(part),
    );
