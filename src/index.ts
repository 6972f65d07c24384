/** What a `hub.config.ts` imports from `@concord-mdm/hub`. */
export {
  type BusinessUnitAttributes,
  type BusinessUnitSourceAttributes,
  businessUnit,
  ENTITY_TYPES,
  type ItemAttributes,
  type ItemSourceAttributes,
  item,
  type SupplierAttributes,
  type SupplierSourceAttributes,
  supplier,
  type WarehouseAttributes,
  type WarehouseSourceAttributes,
  warehouse,
} from '../golden-records/entity-types/index.js';
export { ConfigError, type ConfigProblem, HubError, RejectedRecord } from '../golden-records/errors.js';
/** What an attribute can be, for entity types of one's own: `kinds.text()`, `kinds.list(kinds.email())`. */
export * as kinds from '../golden-records/model.js';
export {
  attribute,
  defineEntityType,
  type EntityTypeDefinition,
  field,
  type GoldenAttributes,
  type SourceAttributes,
} from '../golden-records/model.js';
export type {
  ConflictAction,
  EntityTypeRules,
  ScopeDefinition,
  Strategy,
  SurvivorshipRule,
  SystemDefinition,
  Thresholds,
} from '../golden-records/rules.js';
export * from '../sources/index.js';
export { type DemoOdoo, demoOdoo } from './demo/odoo/connector.js';
export { defineConfig, type HubConfig, type SystemConfig } from './define-config.js';
