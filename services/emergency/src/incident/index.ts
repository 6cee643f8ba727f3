export { HandleSignal } from './handle-signal.js';
export type { EmergencyDeps, SignalOutcome } from './handle-signal.js';
export type { Signal } from './incident.js';
export { TrackFailover } from './track-failover.js';
