import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { supplier } from '../../golden-records/entity-types/index.js';
import { goldenId } from '../../resolvers/node-ids.js';
import { type GraphQLHub, startGraphQLHub } from '../support/graphql-hub.js';

const IBAN = 'DE89370400440532013000';
const VAT = 'DE136695976';
const ERRORS = 'userErrors { code field message }';

let hub: GraphQLHub;
let clock = Date.parse('2026-03-01T08:00:00.000Z');
const later = () => {
  clock += 60_000;
  return new Date(clock).toISOString();
};

beforeAll(async () => {
  hub = await startGraphQLHub({ now: () => new Date(clock) });
});
afterAll(() => hub.close());

const made = async (records: Parameters<GraphQLHub['sync']>[1]): Promise<Record<string, string>> => {
  const ids = await hub.sync('supplier', records, later());
  return Object.fromEntries([...ids].map(([externalId, uuid]) => [externalId, goldenId(supplier, uuid)]));
};
const run = async (name: string, input: object, fields: string, as = 'steward') => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  return (await hub.ask(`mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} } }`, { input }, as))[name];
};

describe('decisions', () => {
  test('law 2: a merged id answers with its survivor everywhere; undo gives it back', async () => {
    const { M1, M2 } = (await made({ M1: { name: 'Merge One Ltd' }, M2: { name: 'Second Thing SA' } })) as {
      M1: string;
      M2: string;
    };
    await hub.sync('item', { MI: { name: 'Belongs to two', preferredSupplier: 'M2' } });
    const merge = { survivorId: M1, mergedIds: [M2], reason: 'the same company' };
    const dry = await run(
      'mergeGoldenRecords',
      { ...merge, dryRun: true },
      `dryRun operation { id } changed { id kind mergedIntoId } ${ERRORS}`,
    );
    expect(dry).toMatchObject({ dryRun: true, operation: null, userErrors: [] });
    expect(dry.changed).toContainEqual({ id: M2, kind: 'MERGED', mergedIntoId: M1 });
    expect((await hub.ask('query ($id: ID!) { supplier(id: $id) { id } }', { id: M2 })).supplier.id).toBe(M2);

    const done = await run(
      'mergeGoldenRecords',
      merge,
      `operation { id kind reason actor { kind } } changed { id record { id } } ${ERRORS}`,
    );
    expect(done).toMatchObject({
      userErrors: [],
      operation: { kind: 'MERGE', reason: 'the same company', actor: { kind: 'PERSON' } },
    });
    const seen = await hub.ask(
      `query ($id: ID!) { supplier(id: $id) { id mergedIds crosswalk { externalId } decisions { kind reason standing members { side sourceRecord { externalId } } } }
        node(id: $id) { id } supplierByExternalId(system: "odoo", id: "M2") { id }
        itemByExternalId(system: "odoo", id: "MI") { attributes { preferredSupplier { id } } }
        items(filter: { preferredSupplier: { eq: $id } }) { nodes { attributes { name } } } }`,
      { id: M2 },
    );
    expect(seen).toMatchObject({
      supplier: { id: M1, mergedIds: [M2], decisions: [{ kind: 'MERGE', reason: 'the same company', standing: true }] },
      node: { id: M1 },
      supplierByExternalId: { id: M1 },
      itemByExternalId: { attributes: { preferredSupplier: { id: M1 } } },
      items: { nodes: [{ attributes: { name: 'Belongs to two' } }] },
    });
    expect(seen.supplier.crosswalk).toHaveLength(2);
    const { suppliers } = await hub.ask(
      '{ suppliers(first: 100, filter: { state: [ACTIVE, MERGED, RETIRED] }) { nodes { id } } }',
    );
    expect(suppliers.nodes).not.toContainEqual({ id: M2 });

    const undone = await run('undo', { operationId: done.operation.id, reason: 'not so' }, ERRORS);
    expect(undone.userErrors).toEqual([]);
    expect((await hub.ask('query ($id: ID!) { supplier(id: $id) { id } }', { id: M2 })).supplier.id).toBe(M2);
  });

  test('override with typed values, one for each attribute; cleared again', async () => {
    const { O1 } = (await made({ O1: { name: 'Overridden Oy', currency: 'EUR' } })) as { O1: string };
    const fields = `supplier { version attributes { name currency status parent { id } } provenance(attributes: ["status"]) { rule source { id } decision { kind value expiresAt } } } changed { version diff { attribute before after } } ${ERRORS}`;
    const input = {
      id: O1,
      attributes: { status: 'BLOCKED', statusReason: 'Bankrupt' },
      reason: 'court notice',
      expiresAt: '2027-01-01T00:00:00Z',
    };
    const dry = await run('overrideSupplier', { ...input, dryRun: true }, fields);
    expect(dry.changed[0].diff).toEqual([
      { attribute: 'status', before: null, after: 'BLOCKED' },
      { attribute: 'statusReason', before: null, after: 'Bankrupt' },
    ]);
    expect(dry.supplier).toMatchObject({ version: 1, attributes: { status: null } });
    const done = await run('overrideSupplier', { ...input, expectedVersion: 1 }, fields);
    expect(done).toMatchObject({
      userErrors: [],
      supplier: {
        attributes: { name: 'Overridden Oy', status: 'BLOCKED' },
        provenance: [
          {
            rule: 'OVERRIDE',
            source: null,
            decision: { kind: 'OVERRIDE', value: 'BLOCKED', expiresAt: '2027-01-01T00:00:00.000Z' },
          },
        ],
      },
    });
    const stale = await run('overrideSupplier', { ...input, expectedVersion: 1 }, fields);
    expect(stale.userErrors).toMatchObject([{ code: 'STALE_VERSION' }]);
    const cleared = await run(
      'clearOverride',
      { id: O1, attribute: 'status', reason: 'paid' },
      `changed { record { ... on Supplier { attributes { status } } } } ${ERRORS}`,
    );
    expect(cleared).toEqual({ userErrors: [], changed: [{ record: { attributes: { status: null } } }] });
  });

  test('references of an override are canonical ids, in and out', async () => {
    const { R1, R2 } = (await made({ R1: { name: 'Parent Holding AG' }, R2: { name: 'Daughter Kft' } })) as {
      R1: string;
      R2: string;
    };
    const done = await run(
      'overrideAttribute',
      { id: R2, attribute: 'parent', value: R1, reason: 'group chart' },
      `changed { diff { attribute before after } } ${ERRORS}`,
    );
    expect(done).toEqual({ userErrors: [], changed: [{ diff: [{ attribute: 'parent', before: null, after: R1 }] }] });
  });

  test('expected refusals are user errors, missing permissions are errors', async () => {
    const { U1 } = (await made({ U1: { name: 'Unhappy Path NV' } })) as { U1: string };
    expect((await run('unmerge', { mergedId: U1, reason: 'x' }, ERRORS)).userErrors).toMatchObject([
      { code: 'NOT_MERGED' },
    ]);
    expect((await run('retire', { id: U1, reason: ' ' }, ERRORS)).userErrors).toMatchObject([
      { code: 'INVALID_INPUT', field: 'reason' },
    ]);
    expect((await run('retire', { id: 'sup_nonsense', reason: 'x' }, ERRORS)).userErrors).toMatchObject([
      { code: 'INVALID_ID' },
    ]);
    const { body } = await hub.answer(
      'mutation ($i: RetireInput!) { retire(input: $i) { userErrors { code } } }',
      { i: { id: U1, reason: 'x' } },
      'reader',
    );
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
  });

  test('an idempotency key makes a repeat safe', async () => {
    const { K1, K2 } = (await made({ K1: { name: 'Keyed BV' }, K2: { name: 'Other Spa' } })) as {
      K1: string;
      K2: string;
    };
    const input = { id: K1, reason: 'gone', idempotencyKey: 'retire-k1' };
    const first = await run('retire', input, `repeated operation { id } ${ERRORS}`);
    const second = await run('retire', input, `repeated operation { id } ${ERRORS}`);
    expect(second).toEqual({ ...first, repeated: true });
    expect((await run('retire', { ...input, id: K2 }, ERRORS)).userErrors).toMatchObject([
      { code: 'IDEMPOTENCY_KEY_REUSED' },
    ]);
    const { supplier: kept } = await hub.ask('query ($id: ID!) { supplier(id: $id) { state } }', { id: K2 });
    expect(kept.state).toBe('ACTIVE');
    expect((await run('retire', { ...input, idempotencyKey: '' }, ERRORS)).userErrors).toMatchObject([
      { code: 'INVALID_INPUT', field: 'idempotencyKey' },
    ]);
  });

  test('an idempotency key stands for all attributes of an override', async () => {
    const { KO } = (await made({ KO: { name: 'Keyed Override BV' } })) as { KO: string };
    const input = {
      id: KO,
      reason: 'x',
      idempotencyKey: 'o-1',
      attributes: { currency: 'EUR', legalName: 'Keyed BV' },
    };
    expect(await run('overrideSupplier', input, `repeated ${ERRORS}`)).toEqual({ repeated: false, userErrors: [] });
    expect(await run('overrideSupplier', input, `repeated ${ERRORS}`)).toEqual({ repeated: true, userErrors: [] });
    for (const attributes of [{ status: 'BLOCKED' }, { currency: 'EUR' }, { ...input.attributes, currency: 'USD' }]) {
      const other = await run('overrideSupplier', { ...input, attributes }, ERRORS);
      expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    }
  });

  test('a repeat that comes while the first request is under way gets its answer', async () => {
    const records = { KT: { name: 12 } } as unknown as Parameters<typeof made>[0];
    await hub.sync('supplier', records, later());
    const { stewardTasks } = await hub.ask(
      '{ stewardTasks(filter: { kind: [REJECTED_RECORD], state: [OPEN] }) { nodes { id details } } }',
    );
    const { id: taskId } = stewardTasks.nodes.find((task: { details: object }) => 'externalId' in task.details);
    const four = (name: string, input: object) =>
      Promise.all([1, 2, 3, 4].map(() => run(name, { taskId, ...input }, `repeated operation { id } ${ERRORS}`)));
    for (const answers of [
      await four('claimTask', { idempotencyKey: 'claim-kt' }),
      await four('resolveTask', { idempotencyKey: 'resolve-kt', resolution: 'DISMISS' }),
    ]) {
      expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
      expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
      expect(new Set(answers.map(({ operation }) => operation.id)).size).toBe(1);
    }
  });

  test('a key used for two entity types at once is refused to one of them', async () => {
    const create = (type: string) =>
      run(`create${type}`, { attributes: { name: `Keyed ${type}` }, idempotencyKey: 'two-types' }, ERRORS);
    const answers = await Promise.all([create('Supplier'), create('Warehouse'), create('BusinessUnit')]);
    const codes = answers.flatMap(({ userErrors }) => userErrors.map(({ code }: { code: string }) => code));
    expect(codes).toEqual(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED']);
  });

  test.each([
    ['createSupplier', { attributes: { name: 'N\0L' } }, 'attributes.name'],
    ['createSupplier', { attributes: { name: 'Half', contacts: [{ name: '\ud800' }] } }, 'attributes.contacts.name'],
    ['createSupplier', { attributes: { name: 'Reason' }, reason: 'x\0' }, 'reason'],
    ['createSupplier', { attributes: { name: 'Key' }, idempotencyKey: 'x\0' }, 'idempotencyKey'],
    ['overrideAttribute', { id: 'sup_x', attribute: 'name', value: { a: ['\0'] }, reason: 'x' }, 'value.a'],
  ])('%s refuses text that can not be stored: %j', async (name, input, field) => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const { body } = await hub.answer(`mutation ($i: ${type}!) { ${name}(input: $i) { ${ERRORS} } }`, { i: input });
    expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', hubCode: 'INVALID_INPUT', field } }]);
  });

  test.each(['constructor', '__proto__', 'shoeSize'])('there is no attribute %s to override', async (attribute) => {
    const { KP } = (await made({ KP: { name: 'Proto Parts Oy' } })) as { KP: string };
    const refused = await run('overrideAttribute', { id: KP, attribute, value: 'x', reason: 'x' }, ERRORS);
    expect(refused.userErrors).toMatchObject([{ code: 'UNKNOWN_ATTRIBUTE' }]);
  });
});

describe('the hub as a system', () => {
  const FIELDS = `supplier { id version attributes { name currency parent { id } } crosswalk { system scope } } outcome repeated changed { kind diff { attribute } } operation { kind } ${ERRORS}`;

  test('create, repeat, update', async () => {
    const input = {
      attributes: { name: 'Handmade Supplies Ltd', currency: 'GBP', gln: '5000000000012' },
      reason: 'new vendor',
      idempotencyKey: 'c-1',
    };
    const dry = await run('createSupplier', { ...input, idempotencyKey: null, dryRun: true }, FIELDS);
    expect(dry).toMatchObject({
      supplier: null,
      outcome: 'CREATED',
      changed: [{ kind: 'CREATED' }],
      operation: null,
      userErrors: [],
    });
    const created = await run('createSupplier', input, FIELDS);
    expect(created).toMatchObject({
      outcome: 'CREATED',
      supplier: { attributes: { name: 'Handmade Supplies Ltd' }, crosswalk: [{ system: 'hub', scope: 'hub' }] },
      operation: { kind: 'INGEST' },
      userErrors: [],
    });
    const { id } = created.supplier;
    expect(await run('createSupplier', input, FIELDS)).toMatchObject({ repeated: true, supplier: { id } });
    const other = await run('createSupplier', { ...input, attributes: { name: 'Another' } }, FIELDS);
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);

    const parent = await run('createSupplier', { attributes: { name: 'Parent of Handmade PLC' } }, FIELDS);
    clock += 60_000;
    const change = {
      id,
      attributes: { currency: 'EUR', parent: { id: parent.supplier.id } },
      expectedVersion: 1,
      idempotencyKey: 'u-1',
    };
    const updated = await run('updateSupplier', change, FIELDS);
    expect(updated).toMatchObject({
      outcome: 'UPDATED',
      supplier: {
        id,
        version: 2,
        attributes: { name: 'Handmade Supplies Ltd', currency: 'EUR', parent: { id: parent.supplier.id } },
      },
      userErrors: [],
    });
    expect(await run('updateSupplier', change, FIELDS)).toMatchObject({
      repeated: true,
      userErrors: [],
      supplier: { version: 2 },
    });
    const stale = await run('updateSupplier', { ...change, idempotencyKey: null }, FIELDS);
    expect(stale.userErrors).toMatchObject([{ code: 'STALE_VERSION', field: 'expectedVersion' }]);
  });

  test('what a source would have been forgiven, a person is told', async () => {
    const wrong = await run('createSupplier', { attributes: { name: 'Wrong GLN Ltd', gln: '4006381333932' } }, FIELDS);
    expect(wrong.userErrors).toMatchObject([{ code: 'INVALID_ATTRIBUTE', field: 'attributes.gln' }]);
    const empty = await run('createSupplier', { attributes: {} }, FIELDS);
    expect(empty.userErrors).toHaveLength(1);
    const { N1 } = (await made({ N1: { name: 'Not Ours Sarl' } })) as { N1: string };
    expect((await run('updateSupplier', { id: N1, attributes: { currency: 'EUR' } }, FIELDS)).userErrors).toMatchObject(
      [{ code: 'NOT_A_MEMBER' }],
    );
  });

  test('a supplier that is known is linked, not doubled', async () => {
    const { L1 } = (await made({ L1: { name: 'Linked Laboratories Inc', lei: '5493001KJTIIGC8Y1R12' } })) as {
      L1: string;
    };
    const found = await run(
      'createSupplier',
      { attributes: { name: 'Linked Laboratories', lei: '5493001KJTIIGC8Y1R12' } },
      FIELDS,
    );
    expect(found).toMatchObject({ outcome: 'LINKED', supplier: { id: L1 } });
  });
});

describe('history', () => {
  test('every version with its diff and operation, and the record as it was', async () => {
    const { H1 } = (await made({ H1: { name: 'History Ltd', currency: 'EUR' } })) as { H1: string };
    const between = later();
    await made({ H1: { name: 'History Ltd', currency: 'USD' } });
    await made({ H1: { name: 'History Limited', currency: 'USD' } });
    const { supplier: now } = await hub.ask(
      `query ($id: ID!) { supplier(id: $id) { history(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { version validTo diff { attribute before after } operation { kind correlationId } } } } }`,
      { id: H1 },
    );
    expect(now.history).toMatchObject({
      totalCount: 3,
      pageInfo: { hasNextPage: true },
      nodes: [
        { version: 3, validTo: null, diff: [{ attribute: 'name', before: 'History Ltd', after: 'History Limited' }] },
        {
          version: 2,
          diff: [{ attribute: 'currency', before: 'EUR', after: 'USD' }],
          operation: { kind: 'INGEST', correlationId: 'sync' },
        },
      ],
    });
    const { supplier: rest } = await hub.ask(
      'query ($id: ID!, $after: String) { supplier(id: $id) { history(after: $after) { pageInfo { hasNextPage hasPreviousPage } nodes { version } } } }',
      { id: H1, after: now.history.pageInfo.endCursor },
    );
    expect(rest.history).toEqual({ pageInfo: { hasNextPage: false, hasPreviousPage: true }, nodes: [{ version: 1 }] });
    const past = await hub.ask(
      'query ($id: ID!, $t: DateTime, $b: DateTime) { past: supplier(id: $id, asOf: $t) { version attributes { name currency } crosswalk { externalId } provenance(attributes: ["name"]) { source { externalId } } } before: supplier(id: $id, asOf: $b) { id } }',
      { id: H1, t: between, b: '2020-01-01T00:00:00Z' },
    );
    expect(past).toEqual({
      past: {
        version: 1,
        attributes: { name: 'History Ltd', currency: 'EUR' },
        crosswalk: [{ externalId: 'H1' }],
        provenance: [{ source: { externalId: 'H1' } }],
      },
      before: null,
    });
  });
});

describe('sensitive values', () => {
  const QUERY = `query ($id: ID!) { supplier(id: $id) {
    attributes { name taxIds { scheme value country } bankAccounts { iban bic holder bankName currency country } }
    provenance { attribute value }
    history { nodes { values diff { attribute before after } } }
    crosswalk { attributes { attribute value } issues payload inboxEvents { payload } }
    decisions { value details evidence } openTasks { details } }
    tax: lineage(id: $id, attribute: "taxIds") { value provenance { value } contributions { value inboxEvents { payload } } }
    bank: lineage(id: $id, attribute: "bankAccounts") { value contributions { value } } }`;
  let id: string;

  beforeAll(async () => {
    const { P1 } = (await made({
      P1: {
        name: 'Private Matters GmbH',
        taxIds: [{ scheme: 'VAT', value: 'DE 136 695 976', country: 'DE' }],
        bankAccounts: [
          { iban: 'DE89 3704 0044 0532 0130 00', bic: 'COBADEFFXXX', holder: 'Private Matters GmbH', currency: 'EUR' },
        ],
      },
    })) as { P1: string };
    id = P1;
    await run(
      'overrideSupplier',
      { id, attributes: { bankAccounts: [{ iban: IBAN, currency: 'EUR' }] }, reason: 'letter' },
      ERRORS,
      'unmasked',
    );
  });

  test('masked everywhere without a grant', async () => {
    const { text, body } = await hub.answer(QUERY, { id });
    expect(body.errors).toBeUndefined();
    for (const secret of [IBAN, 'DE89 3704', VAT, '136695976', '136 695 976', 'COBADEFFXXX'])
      expect(text).not.toContain(secret);
    expect(body.data.supplier.attributes).toMatchObject({
      name: 'Private Matters GmbH',
      taxIds: [{ scheme: 'VAT', value: '••••5976', country: 'DE' }],
      bankAccounts: [{ iban: '••••3000', currency: 'EUR' }],
    });
    expect(text).toContain('••••3000');
  });

  test('as they are with a grant, and one audit entry tells of it', async () => {
    const audits = () => hub.hub.db.prisma.auditEntry.count({ where: { action: 'UNMASKED_READ' } });
    const before = await audits();
    const { body } = await hub.answer(QUERY, { id }, 'unmasked');
    expect(body.data.supplier.attributes.bankAccounts[0].iban).toBe(IBAN);
    expect(body.data.tax.value[0].value).toBe(VAT);
    expect(await audits()).toBe(before + 1);
    const entry = await hub.hub.db.prisma.auditEntry.findFirst({
      where: { action: 'UNMASKED_READ' },
      orderBy: { seq: 'desc' },
    });
    expect(Object.keys(entry?.subject as object).sort()).toEqual(['BANK_ACCOUNT', 'TAX_ID']);
    expect(JSON.stringify(entry?.subject)).toContain(id);
  });

  test('reading what is not sensitive leaves no entry', async () => {
    const audits = () => hub.hub.db.prisma.auditEntry.count({ where: { action: 'UNMASKED_READ' } });
    const before = await audits();
    await hub.ask(
      'query ($id: ID!) { supplier(id: $id) { attributes { name } provenance { attribute rule } } }',
      { id },
      'unmasked',
    );
    expect(await audits()).toBe(before);
  });

  test('a rejected record tells nothing either', async () => {
    await hub.sync(
      'supplier',
      {
        X1: {
          name: 'Rejected AG',
          taxIds: [{ scheme: 'NONSENSE', value: '99-8877665', country: 'DE' }],
          status: 'NOPE',
        },
      },
      later(),
    );
    const { text } = await hub.answer(
      `{ stewardTasks(filter: { kind: [REJECTED_RECORD] }) { nodes { details sourceRecords { state heldReason payload goldenRecord { id } } } } }`,
    );
    expect(text).toContain('HELD');
    expect(text).not.toContain('99-8877665');
  });
});

describe('steward tasks', () => {
  const task = async (): Promise<string> => {
    const { stewardTasks } = await hub.ask(
      '{ stewardTasks(first: 1, filter: { kind: [REJECTED_RECORD], state: [OPEN, CLAIMED] }) { nodes { id } } }',
    );
    return stewardTasks.nodes[0].id;
  };
  const FIELDS = `task { state assignee snoozedUntil resolution } operation { kind } ${ERRORS}`;

  test('claim, release, assign, snooze, resolve', async () => {
    const taskId = await task();
    expect(await run('claimTask', { taskId }, FIELDS)).toMatchObject({
      task: { state: 'CLAIMED' },
      operation: { kind: 'CLAIM_TASK' },
      userErrors: [],
    });
    expect((await run('claimTask', { taskId }, FIELDS)).userErrors).toMatchObject([{ code: 'TASK_STATE' }]);
    expect(await run('releaseTask', { taskId }, FIELDS)).toMatchObject({ task: { state: 'OPEN', assignee: null } });
    expect(await run('assignTask', { taskId, assignee: 'somebody' }, FIELDS)).toMatchObject({
      task: { assignee: 'somebody' },
    });
    expect(await run('snoozeTask', { taskId, until: '2030-01-01T00:00:00Z' }, FIELDS)).toMatchObject({
      task: { snoozedUntil: '2030-01-01T00:00:00.000Z' },
    });
    const hidden = await hub.ask(
      '{ stewardTasks { nodes { id } } snoozed: stewardTasks(filter: { snoozed: true }) { totalCount nodes { id } } }',
    );
    expect(hidden.stewardTasks.nodes).not.toContainEqual({ id: taskId });
    expect(hidden.snoozed.nodes).toContainEqual({ id: taskId });
    const bulk = await run(
      'bulkResolveTasks',
      { taskIds: [taskId, 'tsk_nonsense'], resolution: 'DISMISS', note: 'a test' },
      `resolved refused results { task { id state } ${ERRORS} }`,
    );
    expect(bulk).toMatchObject({
      resolved: 1,
      refused: 1,
      results: [{ task: { id: taskId, state: 'RESOLVED' } }, { task: null }],
    });
  });

  test('a question shows why two records look alike, and its answer acts', async () => {
    const iban = 'GB29NWBK60161331926819';
    const { D1, D2 } = (await made({
      D1: { name: 'Doubtful Dental', bankAccounts: [{ iban }] },
      D2: { name: 'Dubious Orthodontics', bankAccounts: [{ iban }] },
    })) as { D1: string; D2: string };
    const { text, body } = await hub.answer(
      `query ($id: ID!) { stewardTasks(filter: { goldenId: $id }) { nodes { id kind details goldenRecords { id }
        evidence { weight outcome left { id externalId } right { id externalId } waterfall { comparison level weight left right } } } } }`,
      { id: D2 },
    );
    expect(body.errors).toBeUndefined();
    expect(text).not.toContain(iban);
    const [question] = body.data.stewardTasks.nodes;
    expect(question.goldenRecords.map(({ id }: { id: string }) => id).sort()).toEqual([D1, D2].sort());
    expect([question.evidence.left.id, question.evidence.right.id].sort()).toEqual(
      [question.details.left, question.details.right].sort(),
    );
    expect(question.evidence.waterfall).toContainEqual({
      comparison: 'iban',
      level: 'EQUAL',
      weight: expect.any(Number),
      left: '••••6819',
      right: '••••6819',
    });
    const done = await run(
      'resolveTask',
      { taskId: question.id, resolution: 'MERGE', survivorId: D1, reason: 'renamed' },
      `task { state } changed { id kind } ${ERRORS}`,
    );
    expect(done).toMatchObject({ task: { state: 'RESOLVED' }, userErrors: [] });
    const merged = await hub.answer(
      'query ($id: ID!) { supplier(id: $id) { id decisions { kind details evidence } } }',
      { id: D2 },
    );
    expect(merged.body.data.supplier).toMatchObject({
      id: D1,
      decisions: [{ kind: 'MERGE', details: { survivorId: D1, mergedIds: [D2] } }],
    });
    expect(merged.text).toContain('IBAN:••••6819');
    expect(merged.text).not.toContain(iban);
  });

  test('recompute changes nothing by itself', async () => {
    const done = await run('recompute', { entityType: 'SUPPLIER' }, `recomputed changedCount ${ERRORS}`, 'integrator');
    expect(done).toMatchObject({ changedCount: 0, userErrors: [] });
    expect(done.recomputed).toBeGreaterThan(5);
  });
});
