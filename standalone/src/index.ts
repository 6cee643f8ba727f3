export { NOTICE_QUEUE, startRegion } from './region.js';
export type { RegionSettings, StartedRegion } from './region.js';
export { SIMULATED_CREDENTIALS } from './services.js';
export { startSystem } from './system.js';
export type { RunningSystem, SystemSettings } from './system.js';
export { fleetTypes, launchFleet, settleFleet } from './workloads.js';
export type { FleetPlan } from './workloads.js';
