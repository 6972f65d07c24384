export { type OdooConnector, type OdooOptions, type OpenOdoo, odoo } from './connector.js';
