import { businessUnit } from './business-unit.js';
import { item } from './item.js';
import { supplier } from './supplier.js';
import { warehouse } from './warehouse.js';

export type { BusinessUnitAttributes, BusinessUnitSourceAttributes } from './business-unit.js';
export type { ItemAttributes, ItemSourceAttributes } from './item.js';
export type { SupplierAttributes, SupplierSourceAttributes } from './supplier.js';
export type { WarehouseAttributes, WarehouseSourceAttributes } from './warehouse.js';
export { businessUnit, item, supplier, warehouse };

/** The entity types that every hub has. A configuration may add to them. */
export const ENTITY_TYPES = [supplier, item, warehouse, businessUnit] as const;
