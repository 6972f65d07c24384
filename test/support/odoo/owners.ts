import type { EntityTypeRules } from '../../../golden-records/index.js';
import { ODOO_RULES } from './model.js';

/** Who owns what in the random scripts: each type has attributes of either side, and some of whoever spoke last. */
export const SCRIPT_RULES: Readonly<Record<string, EntityTypeRules>> = {
  supplier: {
    attributes: {
      ...ODOO_RULES.supplier?.attributes,
      website: { owner: ['erp'], onConflict: 'propose' },
      parent: { owner: ['erp'], onConflict: 'correct' },
    },
  },
  item: {
    attributes: {
      ...ODOO_RULES.item?.attributes,
      supplierItems: { owner: ['erp'], onConflict: 'correct' },
      status: { owner: ['odoo'] },
    },
  },
  warehouse: {
    attributes: {
      name: { owner: ['erp'], onConflict: 'correct' },
      status: { owner: ['erp'], onConflict: 'correct' },
      code: { owner: ['odoo'] },
    },
  },
};
