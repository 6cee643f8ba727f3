/** A machine that stands by for a workload, as far as the fleet's events tell. */
export interface Standby {
  readonly replicaId: string;
  readonly agentId: string;
  readonly mode: 'spot' | 'ondemand';
  readonly poolId: string;
  /** The decision engine asked for it; anybody else's is not an engine's to judge. */
  readonly advised: boolean;
  /** When it was asked for, or first heard of. */
  readonly requestedAt: Date;
  readonly readyAt: Date | null;
}

/** One step in the life of a standby. It ends by becoming the primary, or by failing. */
export interface StandbyNews {
  readonly replicaId: string;
  readonly agentId: string;
  readonly mode: 'spot' | 'ondemand';
  /** Null where only the end is told. */
  readonly poolId: string | null;
  readonly advised: boolean;
  /** `demoted`: the machine was the primary, and stands by from now on. */
  readonly step: 'requested' | 'ready' | 'demoted' | 'ended';
  readonly at: Date;
}
