import type { InstanceIdentity, InstanceMetadata, Instances, SpotMarket } from '@spotopt/cloud';
import type { Clock } from '@spotopt/kernel';
import type { MessageBus } from '@spotopt/messaging';
import type { Gateway } from './gateway/gateway.js';
import type { AgentLogger } from './logging.js';
import type { StateStore } from './state/agent-state.js';
import type { Workload } from './workload/workload.js';

export interface AgentIntervals {
  readonly heartbeatMs: number;
  readonly configMs: number;
  readonly metadataMs: number;
  readonly pricesMs: number;
  readonly commandsMs: number;
  readonly resultsMs: number;
  readonly cleanupMs: number;
}

export const DEFAULT_INTERVALS: AgentIntervals = {
  heartbeatMs: 30_000,
  configMs: 60_000,
  metadataMs: 5_000,
  pricesMs: 300_000,
  commandsMs: 15_000,
  resultsMs: 5_000,
  cleanupMs: 60_000,
};

export interface AgentDeps {
  readonly clock: Clock;
  /** Value in [0, 1) for jitter. */
  readonly random: () => number;
  readonly logger: AgentLogger;
  readonly gateway: Gateway;
  readonly metadata: InstanceMetadata;
  readonly instances: Instances;
  readonly spotMarket: SpotMarket;
  readonly createWorkload: (identity: InstanceIdentity) => Workload;
  readonly stateStore: StateStore;
  /** Brings commands at once; without it they come with the next poll. A function is asked until it answers. */
  readonly bus?: MessageBus | (() => Promise<MessageBus>) | undefined;
  readonly intervals?: Partial<AgentIntervals>;
  /** @default the instance's tag `spotopt:logical-agent-id`, else the instance id */
  readonly logicalAgentId?: string | undefined;
  readonly agentVersion: string;
}
