export {
  changeSettings,
  ADVISED,
  DEMOTED,
  FleetStore,
  instanceLifecycle,
  newMachine,
  replicaStatusOf,
  roleOf,
  RUNNING_STATES,
  STANDBY_STATES,
  UNASKED,
} from './ports.js';
export type {
  Agent,
  AgentPatch,
  Installation,
  Instance,
  InstancePatch,
  InstanceState,
  TrafficTarget,
  UseCaseDeps,
} from './ports.js';
export { CommandAgent } from './command-agent.js';
export { FleetEvents, placementOf } from './fleet-events.js';
export { findScoped, requireScoped, toResolvedAgent } from './scope.js';
export type { AgentScope, ScopedAgent } from './scope.js';
export { replicaFacts, Standbys } from './standbys.js';
export { ManageAgent } from './manage-agent.js';
export { DetectSilence, RecordHeartbeats } from './record-heartbeats.js';
export { RegisterAgent } from './register-agent.js';
