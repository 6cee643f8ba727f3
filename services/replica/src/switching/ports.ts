import type { SwitchStep } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { Switch } from './switch.js';

export type SwitchPatch = Partial<Omit<Switch, 'id' | 'agentId' | 'clientId' | 'startedAt' | 'version'>>;

export interface StepRecord {
  readonly switchId: string;
  readonly step: SwitchStep;
  readonly outcome: 'done' | 'skipped' | 'failed';
  readonly detail: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

export interface SwitchFilter {
  readonly clientId?: string | undefined;
  readonly agentId?: string | undefined;
}

export interface MachineKey {
  readonly id: string;
  readonly agentId: string;
}

export abstract class SwitchStore {
  /** @throws AppError `switch-under-way` (permanent) when the agent already has a running switch */
  abstract insert(tx: Tx, sw: Switch): Promise<void>;
  abstract find(tx: Tx, switchId: string): Promise<Switch | null>;
  abstract findRunning(tx: Tx, agentId: string): Promise<Switch | null>;
  abstract findByRequestId(tx: Tx, agentId: string, requestId: string): Promise<Switch | null>;
  /** The switch that ordered this command, running or not. */
  abstract findByCommand(tx: Tx, commandId: string): Promise<Switch | null>;
  abstract listRunning(tx: Tx): Promise<Switch[]>;
  /** Switches that failed at or after `since`. */
  abstract listFailed(tx: Tx, since: Date): Promise<Switch[]>;
  /** How many switches away from this machine failed at or after `since`. */
  abstract countFailedFrom(tx: Tx, machine: MachineKey, since: Date): Promise<number>;
  /** When AWS takes this machine, as the newest switch away from it was told; null = nobody said so. */
  abstract findReclaimAt(tx: Tx, machine: MachineKey): Promise<Date | null>;
  /** Newest first. */
  abstract list(
    tx: Tx,
    filter: SwitchFilter,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<{ switches: Switch[]; total: number }>;
  /** Switches of an agent that began at or after `since`, also those that were given up, oldest first. */
  abstract listSince(tx: Tx, agentId: string, since: Date): Promise<Switch[]>;
  /** Guarded by the version that was read; `version-conflict` (transient) starts the unit of work anew. */
  abstract update(tx: Tx, sw: Switch, patch: SwitchPatch): Promise<Switch>;
  abstract recordStep(tx: Tx, record: StepRecord): Promise<void>;
  abstract listSteps(tx: Tx, switchId: string): Promise<StepRecord[]>;
}
