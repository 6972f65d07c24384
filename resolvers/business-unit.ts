import type { EntityAdditions } from './golden-record/relations.js';

export const businessUnit: EntityAdditions = {
  entityType: 'business_unit',
  relations: [
    {
      name: 'warehouses',
      description: 'Its warehouses.',
      entityType: 'warehouse',
      by: 'businessUnit',
    },
    {
      name: 'subUnits',
      description: 'Units that belong to it.',
      entityType: 'business_unit',
      by: 'parent',
    },
  ],
};
