import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defineModel } from '../../../golden-records/define-model.js';
import { ENTITY_TYPES, supplier } from '../../../golden-records/entity-types/index.js';
import { publicId } from '../../../golden-records/ids.js';
import { goldenId, nodeId, nodeTypeOf, parseGoldenId, parseNodeId } from '../../../resolvers/node-ids.js';

const model = defineModel({ entityTypes: ENTITY_TYPES, systems: [] });

test('the fast encoding is the same as the library, and reads back', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      expect(goldenId(supplier, uuid)).toBe(publicId(supplier, uuid));
      expect(parseGoldenId(model, goldenId(supplier, uuid))).toEqual({ entityType: 'supplier', id: uuid });
      expect(parseNodeId('StewardTask', nodeId('StewardTask', uuid))).toBe(uuid);
    }),
  );
});

test.each([
  '',
  'sup_',
  'sup_nonsense',
  'itm_01jdaaaaaaaaaaaaaaaaaaaaaa',
  'sup_zzzzzzzzzzzzzzzzzzzzzzzzzz',
  'src_01jdaaaaaaaaaaaaaaaaaaaaaa',
])('"%s" is no id of a supplier', (text) => {
  expect(() => parseGoldenId(model, text, supplier, 'id')).toThrow(
    expect.objectContaining({ code: 'INVALID_ID', field: 'id' }),
  );
});

test('prefixes say what an id names', () => {
  expect(['src_x', 'tsk_x', 'opr_x', 'dec_x', 'sup_x'].map(nodeTypeOf)).toEqual([
    'SourceRecord',
    'StewardTask',
    'Operation',
    'Decision',
    undefined,
  ]);
});
