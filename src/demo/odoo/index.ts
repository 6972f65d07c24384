export type { ImitatedVersion } from './recorded.js';
export { RECORDED } from './recorded.js';
export { Refusal } from './refusal.js';
export {
  type ImitationOptions,
  mergePartners,
  type OdooImitation,
  startOdooImitation,
  type Trouble,
} from './server.js';
export { type Call, OdooWorld, odooTime } from './world.js';
