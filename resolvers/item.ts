import type { EntityAdditions } from './golden-record/relations.js';

export const item: EntityAdditions = {
  entityType: 'item',
  relations: [
    {
      name: 'replaces',
      description: 'Items that it replaces.',
      entityType: 'item',
      by: 'replacedBy',
    },
  ],
};
