import {
  defineModel,
  ENTITY_TYPES,
  type EntityTypeRules,
  type Model,
  type SystemDefinition,
} from '../../../golden-records/index.js';
import { type OdooConnector, targetsOf } from '../../../sources/index.js';
import { SYSTEMS } from '../parties.js';

export const ODOO_SYSTEMS: readonly SystemDefinition[] = [
  ...SYSTEMS,
  { code: 'odoo', name: 'Odoo', scopes: { main: {} } },
];

/** The ERP owns names and addresses, Odoo telephone numbers, contacts and accounts; of home pages the latest word counts. */
export const ODOO_RULES: Readonly<Record<string, EntityTypeRules>> = {
  supplier: {
    attributes: {
      name: { owner: ['erp'], onConflict: 'correct' },
      taxIds: { owner: ['erp'], onConflict: 'correct' },
      addresses: { owner: ['erp'], onConflict: 'correct' },
      emails: { owner: ['erp'], onConflict: 'propose' },
      status: { owner: ['erp'], onConflict: 'correct' },
      phones: { owner: ['odoo'] },
      contacts: { owner: ['odoo'] },
      bankAccounts: { owner: ['odoo'] },
      website: { strategy: 'mostRecent' },
    },
  },
  item: {
    attributes: {
      name: { owner: ['erp'], onConflict: 'correct' },
      packagings: { owner: ['erp'], onConflict: 'correct' },
      category: { owner: ['erp'], onConflict: 'correct' },
      tracking: { owner: ['odoo'] },
      description: { strategy: 'mostRecent' },
    },
  },
};

/** Without jest, for processes of their own. */
export const odooModel = (
  connector: OdooConnector,
  rules: Readonly<Record<string, EntityTypeRules>> = ODOO_RULES,
): Model =>
  defineModel({ entityTypes: ENTITY_TYPES, systems: ODOO_SYSTEMS, rules, targets: targetsOf('odoo', connector) });
