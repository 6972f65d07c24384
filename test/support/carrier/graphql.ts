import type { EntityAdditions } from '../../../resolvers/golden-record/relations.js';

/** What a query can follow from other records to carriers. */
export const billedCarriers: EntityAdditions = {
  entityType: 'supplier',
  relations: [
    { name: 'carriers', description: 'Carriers that bill through it.', entityType: 'carrier', by: 'billedAs' },
  ],
};
