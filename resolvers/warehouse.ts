import type { EntityAdditions } from './golden-record/relations.js';

export const warehouse: EntityAdditions = {
  entityType: 'warehouse',
  relations: [
    {
      name: 'subWarehouses',
      description: 'Warehouses that are part of it or supplied from it.',
      entityType: 'warehouse',
      by: 'parent',
    },
  ],
};
