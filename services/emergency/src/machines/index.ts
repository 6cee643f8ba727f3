export { FollowFleet, standbyOf } from './follow-fleet.js';
export { MachineStore } from './ports.js';
export type { Machine } from './ports.js';
