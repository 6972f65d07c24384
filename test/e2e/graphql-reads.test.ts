import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { advanceFeedOnce } from '../../golden-records/feed.js';
import { goldenId } from '../../resolvers/node-ids.js';
import { supplier } from '../../golden-records/entity-types/index.js';
import { type GraphQLHub, startGraphQLHub } from '../support/graphql-hub.js';

const ACME = {
  name: 'Acme Medical GmbH',
  legalName: 'Acme Medical Products GmbH',
  gln: '4006381333931',
  currency: 'EUR',
  status: 'ACTIVE',
  emails: ['sales@acme.example'],
  addresses: [{ kind: 'MAIN', line1: 'Hauptstr. 1', city: 'Berlin', postcode: '10115', country: 'DE' }],
  taxIds: [{ scheme: 'VAT', value: 'DE136695976', country: 'DE' }],
  bankAccounts: [{ iban: 'DE89370400440532013000', bic: 'COBADEFFXXX', holder: 'Acme Medical', currency: 'EUR' }],
  paymentTerms: [{ businessUnit: 'BU1', value: { code: 'NET30', netDays: 30 } }],
};

let hub: GraphQLHub;
let acme: string;
let beta: string;

beforeAll(async () => {
  hub = await startGraphQLHub();
  await hub.sync('business_unit', { BU1: { name: 'Saint Mary Hospital', code: 'SMH' } });
  const suppliers = await hub.sync('supplier', {
    S1: ACME,
    S2: { name: 'Beta Surgical Inc', currency: 'USD', status: 'ON_HOLD', parent: 'S1' },
    S3: { name: 'Gamma Pharma Ltd', currency: 'GBP' },
  });
  acme = goldenId(supplier, suppliers.get('S1') ?? '');
  beta = goldenId(supplier, suppliers.get('S2') ?? '');
  await hub.sync('item', {
    I1: {
      name: 'Gauze swab',
      kind: 'CONSUMABLE',
      preferredSupplier: 'S1',
      listPrice: { amount: '12.50', currency: 'EUR' },
      shelfLife: { value: '36', unit: 'MON' },
      supplierItems: [
        { supplier: 'S1', number: 'A-77', price: { amount: '11.9', currency: 'EUR' }, validFrom: '2026-01-01' },
      ],
      sterile: true,
    },
  });

  await advanceFeedOnce(hub.hub.db);
});
afterAll(() => hub.close());

describe('one record', () => {
  const FIELDS = `
    id state version createdAt updatedAt mergedIds
    attributes {
      name currency status emails gln parent { id }
      addresses { kind line1 city country }
      paymentTerms { businessUnit { attributes { code } } value { code netDays } }
    }
    crosswalk { id system scope externalId state linkKind linkedAt goldenRecord { id } }
    provenance(attributes: ["name", "status"]) { attribute value rule at provisional contested pending { externalId } source { externalId system } sources { externalId } decision { id } }`;

  test('by canonical id, typed through and through', async () => {
    const { supplier: found } = await hub.ask(`query ($id: ID!) { supplier(id: $id) { ${FIELDS} } }`, { id: acme });
    expect(found).toMatchObject({
      id: acme,
      state: 'ACTIVE',
      version: expect.any(Number),
      mergedIds: [],
      attributes: {
        name: 'Acme Medical GmbH',
        status: 'ACTIVE',
        emails: ['sales@acme.example'],
        parent: null,
        addresses: [{ kind: 'MAIN', city: 'Berlin', country: 'DE' }],
        paymentTerms: [{ businessUnit: { attributes: { code: 'SMH' } }, value: { code: 'NET30', netDays: 30 } }],
      },
      crosswalk: [
        {
          system: 'odoo',
          scope: 'main',
          externalId: 'S1',
          state: 'ACTIVE',
          linkKind: 'AUTO',
          goldenRecord: { id: acme },
        },
      ],
    });
    expect(found.provenance).toHaveLength(2);
    expect(found.provenance[0]).toMatchObject({
      attribute: 'name',
      value: 'Acme Medical GmbH',
      rule: 'MOST_RECENT',
      source: { externalId: 'S1', system: 'odoo' },
      sources: [{ externalId: 'S1' }],
      contested: false,
      pending: [],
      decision: null,
    });
    expect(found.createdAt).toMatch(/^\d{4}-.*Z$/);
  });

  test('by external id, the scope left out where the system has one', async () => {
    const query =
      'query ($s: String, $id: String!) { supplierByExternalId(system: "odoo", scope: $s, id: $id) { id } }';
    expect(await hub.ask(query, { s: 'main', id: 'S1' })).toEqual({ supplierByExternalId: { id: acme } });
    expect(await hub.ask(query, { id: 'S1' })).toEqual({ supplierByExternalId: { id: acme } });
    expect(await hub.ask(query, { id: 'nobody' })).toEqual({ supplierByExternalId: null });
    const { body } = await hub.answer('{ supplierByExternalId(system: "sap", id: "1") { id } }');
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', hubCode: 'UNKNOWN_SYSTEM' });
  });

  test('by identifier, in any spelling', async () => {
    const query = 'query ($s: IdentifierScheme!, $v: String!) { supplierByIdentifier(scheme: $s, value: $v) { id } }';
    for (const v of ['4006381333931', '4006381 333931'])
      expect(await hub.ask(query, { s: 'GLN', v })).toEqual({ supplierByIdentifier: [{ id: acme }] });
    const { body } = await hub.answer(query, { s: 'GLN', v: '4006381333932' });
    expect(body.errors[0].extensions.hubCode).toBe('INVALID_INPUT');
  });

  test('money, quantities, days and references inside lists', async () => {
    const { item } = await hub
      .ask(`{ itemByExternalId(system: "odoo", id: "I1") { id } }`)
      .then(({ itemByExternalId }) =>
        hub.ask(
          `query ($id: ID!) { item(id: $id) { attributes { kind sterile listPrice { amount currency } shelfLife { value unit }
          preferredSupplier { id attributes { name } } supplierItems { supplier { id } number price { amount } validFrom } } } }`,
          { id: itemByExternalId.id },
        ),
      );
    expect(item.attributes).toEqual({
      kind: 'CONSUMABLE',
      sterile: true,
      listPrice: { amount: '12.5', currency: 'EUR' },
      shelfLife: { value: '36', unit: 'MON' },
      preferredSupplier: { id: acme, attributes: { name: 'Acme Medical GmbH' } },
      supplierItems: [{ supplier: { id: acme }, number: 'A-77', price: { amount: '11.9' }, validFrom: '2026-01-01' }],
    });
  });

  test('node and nodes know everything with an id', async () => {
    const { supplier: found } = await hub.ask(
      'query ($id: ID!) { supplier(id: $id) { crosswalk { id } history { nodes { operation { id } } } } }',
      { id: acme },
    );
    const ids = [acme, found.crosswalk[0].id, found.history.nodes[0].operation.id, 'sup_01jdaaaaaaaaaaaaaaaaaaaaaa'];
    const { nodes } = await hub.ask(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on GoldenRecord { version } ... on Operation { kind } } }',
      { ids },
    );
    expect(nodes).toEqual([
      { __typename: 'Supplier', id: acme, version: expect.any(Number) },
      { __typename: 'SourceRecord', id: ids[1] },
      { __typename: 'Operation', id: ids[2], kind: 'INGEST' },
      null,
    ]);
    const { body } = await hub.answer('{ node(id: "xyz") { id } }');
    expect(body.errors[0].extensions.hubCode).toBe('INVALID_ID');
  });

  test('relations of the GraphQL file of a type', async () => {
    const query = `query ($id: ID!) { supplier(id: $id) { items(first: 5) { totalCount nodes { attributes { name } } pageInfo { hasNextPage } }
      subsidiaries { nodes { id } } } }`;
    expect((await hub.ask(query, { id: acme })).supplier).toEqual({
      items: { totalCount: 1, nodes: [{ attributes: { name: 'Gauze swab' } }], pageInfo: { hasNextPage: false } },
      subsidiaries: { nodes: [{ id: beta }] },
    });
  });
});

describe('lists', () => {
  const names = async (args: string, variables: object = {}) => {
    const declared = args.includes('$f') ? 'query ($f: SupplierFilter) ' : '';
    const { suppliers } = await hub.ask(
      `${declared}{ suppliers(${args}) { nodes { attributes { name } } } }`,
      variables,
    );
    return suppliers.nodes.map((node: { attributes: { name: string } }) => node.attributes.name);
  };

  test.each([
    ['{"name": {"eq": "acme medical gmbh"}}', ['Acme Medical GmbH']],
    ['{"name": {"startsWith": "BETA"}}', ['Beta Surgical Inc']],
    ['{"name": {"contains": "pharm"}}', ['Gamma Pharma Ltd']],
    ['{"currency": {"in": ["USD", "GBP"]}}', ['Beta Surgical Inc', 'Gamma Pharma Ltd']],
    ['{"currency": {"notEq": "USD"}}', ['Acme Medical GmbH', 'Gamma Pharma Ltd']],
    ['{"status": {"isNull": true}}', ['Gamma Pharma Ltd']],
    ['{"status": {"eq": null}}', ['Gamma Pharma Ltd']],
    ['{"or": [{"status": {"eq": "ON_HOLD"}}, {"currency": {"eq": "GBP"}}]}', ['Beta Surgical Inc', 'Gamma Pharma Ltd']],
    ['{"not": {"name": {"contains": "a"}}}', []],
    ['{"and": [{"name": {"contains": "a"}}, {"currency": {"eq": "EUR"}}]}', ['Acme Medical GmbH']],
    ['{"state": ["RETIRED"]}', []],
    ['{"name": {"startsWith": "%"}}', []],
  ])('filter %s', async (filter, expected) => {
    expect(await names('filter: $f, orderBy: { field: NAME }', { f: JSON.parse(filter) })).toEqual(expected);
  });

  test('filter by a reference', async () => {
    expect(await names('filter: $f', { f: { parent: { eq: acme } } })).toEqual(['Beta Surgical Inc']);
    expect(await names('filter: $f', { f: { parent: { notEq: acme } } })).toEqual([
      'Acme Medical GmbH',
      'Gamma Pharma Ltd',
    ]);
  });

  test('order, both ways', async () => {
    expect(await names('orderBy: { field: NAME, direction: DESC }')).toEqual([
      'Gamma Pharma Ltd',
      'Beta Surgical Inc',
      'Acme Medical GmbH',
    ]);
    // No status comes first.
    expect(await names('orderBy: { field: STATUS }')).toEqual([
      'Gamma Pharma Ltd',
      'Acme Medical GmbH',
      'Beta Surgical Inc',
    ]);
    expect(await names('orderBy: { field: CREATED_AT }')).toHaveLength(3);
    expect(await names('orderBy: { field: UPDATED_AT, direction: DESC }')).toHaveLength(3);
  });

  test('search finds the beginnings of words', async () => {
    expect(await names('search: "med acm"')).toEqual(['Acme Medical GmbH']);
    expect(await names('search: "surg"')).toEqual(['Beta Surgical Inc']);
    expect(await names(`search: "') or 1=1 --"`)).toEqual([]);
    expect(await names('search: "  "')).toHaveLength(3);
    expect(await names('search: "&|!:*"')).toEqual([]);
  });

  test('sizes are bounded, and the total is counted only when asked for', async () => {
    for (const args of ['first: 0', 'first: 101', 'last: 0', 'first: 1, last: 1', 'after: "x"']) {
      const { body } = await hub.answer(`{ suppliers(${args}) { nodes { id } } }`);
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
    expect((await hub.ask('{ suppliers(first: 1) { totalCount nodes { id } } }')).suppliers.totalCount).toBe(3);
    const statements = await hub.countStatements(() => hub.ask('{ suppliers(first: 1) { nodes { id } } }'));
    expect(statements.join()).not.toContain('count(*)');
  });

  test('what the database could not take is refused before it gets there', async () => {
    const cursor = (order: string, value: string) =>
      Buffer.from(JSON.stringify([order, value, '018f0000-0000-7000-8000-000000000000'])).toString('base64url');
    for (const [field, after] of [
      ['CREATED_AT', cursor('CREATED_AT', 'yesterday')],
      ['NAME', cursor('name', 'a\0b')],
      ['ID', cursor('ID', 'x')],
    ]) {
      const { body } = await hub.answer(
        'query ($a: String, $f: SupplierOrderField!) { suppliers(after: $a, orderBy: { field: $f }) { nodes { id } } }',
        { a: after, f: field },
      );
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
    for (const query of [
      'query ($t: String!) { supplierByExternalId(system: "odoo", id: $t) { id } }',
      'query ($t: String!) { sourceRecord(system: "odoo", entityType: SUPPLIER, id: $t) { id } }',
      'query ($t: String!) { suppliers(filter: { name: { eq: $t } }) { nodes { id } } }',
    ]) {
      const { body } = await hub.answer(query, { t: 'a\0b' });
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
    expect(
      (await hub.ask('query ($t: String!) { suppliers(search: $t) { nodes { id } } }', { t: 'a\0b' })).suppliers.nodes,
    ).toEqual([]);
  });

  test('a cursor of another order is refused', async () => {
    const { suppliers } = await hub.ask('{ suppliers(first: 1) { pageInfo { endCursor } } }');
    const { body } = await hub.answer(
      'query ($a: String) { suppliers(after: $a, orderBy: { field: NAME }) { nodes { id } } }',
      {
        a: suppliers.pageInfo.endCursor,
      },
    );
    expect(body.errors[0].extensions.hubCode).toBe('INVALID_CURSOR');
  });
});

describe('the hub itself', () => {
  test('systems, me', async () => {
    const { systems, me } = await hub.ask('{ systems { code scopes { code } } me { name role permissions unmasked } }');
    expect(systems.map(({ code }: { code: string }) => code)).toEqual(['hub', 'odoo']);
    expect(me).toMatchObject({ role: 'STEWARD', unmasked: [] });
  });

  test('the change feed, page by page', async () => {
    const { changes: head } = await hub.ask('{ changes { cursor changes { id } } }');
    expect(head.changes).toEqual([]);
    await hub.sync('supplier', { S9: { name: 'Delta Orthopaedics SA' } });
    await advanceFeedOnce(hub.hub.db);
    const { changes: page } = await hub.ask(
      'query ($a: String) { changes(after: $a, types: [SUPPLIER]) { hasMore cursor changes { kind entityType version attributes record { id ... on Supplier { attributes { name } } } diff { attribute before after } } } }',
      { a: head.cursor },
    );
    expect(page.hasMore).toBe(false);
    expect(page.changes).toEqual([
      {
        kind: 'CREATED',
        entityType: 'SUPPLIER',
        version: 1,
        attributes: ['name'],
        record: { id: expect.stringMatching(/^sup_/), attributes: { name: 'Delta Orthopaedics SA' } },
        diff: [{ attribute: 'name', before: null, after: 'Delta Orthopaedics SA' }],
      },
    ]);
    await hub.ask('mutation ($i: RetireInput!) { retire(input: $i) { userErrors { message } } }', {
      i: { id: page.changes[0].record.id, reason: 'a test record' },
    });
    expect((await hub.ask('{ suppliers { totalCount } }')).suppliers.totalCount).toBe(3);
    expect((await hub.ask('{ suppliers(filter: { state: [RETIRED] }) { totalCount } }')).suppliers.totalCount).toBe(1);
  });

  test('lineage: from what arrived to the golden value', async () => {
    const { lineage } = await hub.ask(
      `query ($id: ID!) { lineage(id: $id, attribute: "name") { value since operation { kind actor { name } } provenance { rule }
        contributions { won value sourceRecord { externalId } inboxEvents { outcome correlationId payload operation { kind } } } } }`,
      { id: acme },
    );
    expect(lineage).toMatchObject({
      value: 'Acme Medical GmbH',
      operation: { kind: 'INGEST', actor: { name: 'Odoo' } },
      contributions: [
        {
          won: true,
          value: 'Acme Medical GmbH',
          sourceRecord: { externalId: 'S1' },
          inboxEvents: [
            {
              outcome: 'APPLIED',
              correlationId: 'sync',
              payload: { name: 'Acme Medical GmbH' },
              operation: { kind: 'INGEST' },
            },
          ],
        },
      ],
    });
    const { body } = await hub.answer('query ($id: ID!) { lineage(id: $id, attribute: "nonsense") { value } }', {
      id: acme,
    });
    expect(body.errors[0].extensions.hubCode).toBe('UNKNOWN_ATTRIBUTE');
  });

  test('payloads are for those who may read them', async () => {
    const query =
      '{ sourceRecord(system: "odoo", entityType: ITEM, id: "I1") { externalId attributes { attribute value at } payload } }';
    const { body } = await hub.answer(query, {}, 'reader');
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
    expect(body.data.sourceRecord).toMatchObject({ externalId: 'I1', payload: null });
    expect((await hub.ask(query)).sourceRecord.payload).toMatchObject({ name: 'Gauze swab' });
  });
});

describe('no statement more for a longer page', () => {
  const PAGE = `query ($n: Int!) { suppliers(first: $n) { nodes {
    id attributes { name parent { id attributes { name } } paymentTerms { businessUnit { id } } }
    provenance { attribute rule source { externalId } decision { id } } crosswalk { externalId attributes { attribute } goldenRecord { id } }
    mergedIds openTasks { id } decisions { id } history(first: 2) { nodes { operation { kind } diff { attribute } } }
    items(first: 3) { totalCount nodes { id } } } } }`;

  test('two records or fifty: the same handful', async () => {
    const records = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `N${at}`,
        { name: `Numbered Supplier ${String.fromCharCode(65 + (at % 26))}${at}`, parent: 'S1' },
      ]),
    );
    await hub.sync('supplier', records);
    const two = await hub.countStatements(() => hub.ask(PAGE, { n: 2 }));
    const fifty = await hub.countStatements(() => hub.ask(PAGE, { n: 50 }));
    expect(fifty.length).toBeLessThanOrEqual(two.length + 2);
    expect(fifty.length).toBeLessThanOrEqual(14);
  });
});
