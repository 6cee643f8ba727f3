import type { Clock } from '@spotopt/kernel';
import type { Simulator } from '@spotopt/simulator';
import type { Api } from './api.js';

export type Mode = 'standalone' | 'distributed';

export interface WorldSettings {
  readonly speed: number;
  readonly workloads: number;
  /** What the workloads run on at first. */
  readonly market: 'spot' | 'on-demand';
  readonly pricesFile: string | undefined;
  /** Whether the control plane may read AWS's price history. @default true */
  readonly readPriceHistory?: boolean;
  /** Distributed only: kills the promoting service between its commit and its publish. */
  readonly killPromotion: boolean;
  readonly log: (line: string) => void;
}

/** The system under a scenario: the same from outside, in one process or in many. */
export interface World {
  readonly mode: Mode;
  readonly clock: Clock;
  readonly simulator: Simulator;
  readonly api: Api;
  readonly gatewayUrl: string;
  readonly clientId: string;
  readonly workloads: readonly string[];
  /** Whether the promised kill happened; null when none was promised. */
  readonly killed: () => boolean | null;
  /** The agent process ends while its machine and workload go on. */
  stopAgent(ec2InstanceId: string): Promise<void>;
  startAgent(ec2InstanceId: string): void;
  stop(): Promise<void>;
}
