import {
  defineModel,
  ENTITY_TYPES,
  type EntityTypeRules,
  type Model,
  type SystemDefinition,
} from '../../../golden-records/index.js';
import { targetsOf } from '../../../sources/index.js';
import { SYSTEMS } from '../parties.js';
import { type TinyConnectorOptions, tinyConnector } from './connector.js';

export const TINY_SYSTEMS: readonly SystemDefinition[] = [
  ...SYSTEMS,
  { code: 'tiny', name: 'Tiny', scopes: { main: {} }, uniqueRecords: ['supplier', 'business_unit', 'warehouse'] },
];

/** erp owns names and states, tiny its websites; of currencies the latest word counts. */
export const TINY_RULES: Readonly<Record<string, EntityTypeRules>> = {
  supplier: {
    attributes: {
      name: { owner: ['erp'], onConflict: 'correct' },
      website: { owner: ['tiny'] },
      status: { owner: ['erp'], onConflict: 'propose' },
      statusReason: { owner: ['erp'], onConflict: 'raise' },
      legalForm: { owner: ['erp'], onConflict: 'correct' },
      parent: { owner: ['erp'], onConflict: 'correct' },
    },
  },
};

export const tinyModel = (options: TinyConnectorOptions): Model =>
  defineModel({
    entityTypes: ENTITY_TYPES,
    systems: TINY_SYSTEMS,
    rules: TINY_RULES,
    targets: targetsOf('tiny', tinyConnector(options)),
  });
