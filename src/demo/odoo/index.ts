export { keepWorld } from './journal.js';
export type { ImitatedVersion } from './recorded.js';
export { RECORDED } from './recorded.js';
export { Refusal } from './refusal.js';
export {
  mergePartners,
  type OdooImitation,
  startOdooImitation,
  type Trouble,
} from './server.js';
export { type Call, OdooWorld, odooTime, type WorldOptions } from './world.js';
