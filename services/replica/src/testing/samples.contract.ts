import { DEFAULT_SETTINGS, type Agent, type Instance } from '../fleet/ports.js';
import { NOTHING_DONE_YET } from '../switching/start-switch.js';
import type { Switch } from '../switching/switch.js';

const AT = new Date('2026-11-21T12:00:00.000Z');

export function sampleInstance(change: Partial<Instance>): Instance {
  return {
    id: 'instance-1',
    agentId: 'agent-1',
    clientId: 'client-1',
    ec2InstanceId: 'i-0001',
    state: 'primary',
    replicaType: null,
    poolId: 't3.medium.us-east-1a',
    instanceType: 't3.medium',
    region: 'us-east-1',
    az: 'us-east-1a',
    mode: 'spot',
    amiId: null,
    syncStatus: 'initializing',
    syncLatencyMs: null,
    stateTransferProgress: 0,
    createdBy: 'registration',
    requestId: null,
    failureReason: null,
    launchCommandId: null,
    createdAt: AT,
    launchedAt: AT,
    readyAt: null,
    promotedAt: null,
    zombieSince: null,
    terminationRequestedAt: null,
    terminatedAt: null,
    lastHeartbeatAt: null,
    confirmedEpoch: null,
    version: 1,
    ...change,
  };
}

export function sampleAgent(change: Partial<Agent>): Agent {
  return {
    id: 'agent-1',
    clientId: 'client-1',
    logicalAgentId: 'web-1',
    status: 'online',
    region: 'us-east-1',
    instanceType: 't3.medium',
    hostname: null,
    agentVersion: null,
    settings: DEFAULT_SETTINGS,
    epoch: 1,
    trafficTarget: null,
    lastHeartbeatAt: null,
    createdAt: AT,
    version: 1,
    ...change,
  };
}

export function sampleSwitch(change: Partial<Switch>): Switch {
  return {
    id: 'switch-1',
    agentId: 'agent-1',
    clientId: 'client-1',
    trigger: 'manual',
    reason: 'test',
    requestedBy: 'test',
    requestId: null,
    decisionId: null,
    incidentId: null,
    correlationId: 'switch-1',
    execution: 'standby',
    status: 'running',
    step: 'plan',
    fromInstanceId: 'old',
    toInstanceId: null,
    targetMode: 'spot',
    targetPoolId: null,
    demoteOldPrimary: false,
    reclaimAt: null,
    epochAfter: null,
    startedAt: AT,
    stepStartedAt: AT,
    finishedAt: null,
    ...NOTHING_DONE_YET,
    ...change,
  };
}
