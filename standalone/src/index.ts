export { startSystem } from './system.js';
export type { RunningSystem, SystemSettings } from './system.js';
export { fleetTypes, launchFleet, settleFleet } from './workloads.js';
