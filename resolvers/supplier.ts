import type { EntityAdditions } from './golden-record/relations.js';

export const supplier: EntityAdditions = {
  entityType: 'supplier',
  relations: [
    {
      name: 'items',
      description: 'Items that are ordered from it first.',
      entityType: 'item',
      by: 'preferredSupplier',
    },
    {
      name: 'subsidiaries',
      description: 'Suppliers that belong to it.',
      entityType: 'supplier',
      by: 'parent',
    },
  ],
};
