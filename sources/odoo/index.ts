export { checkOdoo, type OdooReport } from './check.js';
export { clientOf, type OdooConnector, type OpenOdoo, odoo } from './connector.js';
export { told as odooTold } from './errors.js';
export type { OdooOptions } from './options.js';
export { setupOdoo, teardownOdoo } from './setup.js';
