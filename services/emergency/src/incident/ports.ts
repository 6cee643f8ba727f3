import type { Tx } from '@spotopt/kernel';
import type { Incident, IncidentState, Signal } from './incident.js';

export type IncidentPatch = Partial<Omit<Incident, 'id' | 'agentId' | 'clientId' | 'version'>>;

export interface IncidentFilter {
  readonly clientId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly states?: readonly IncidentState[];
}

export abstract class IncidentStore {
  /** @throws AppError `version-conflict` (transient) when the machine has an open incident by now */
  abstract insert(tx: Tx, incident: Incident): Promise<void>;
  abstract find(tx: Tx, incidentId: string): Promise<Incident | null>;
  /** The open incident of the machine, else the one that was heard of last. */
  abstract findLatest(tx: Tx, ec2InstanceId: string): Promise<Incident | null>;
  /** Newest first. */
  abstract list(
    tx: Tx,
    filter: IncidentFilter,
    limit: number,
  ): Promise<{ incidents: Incident[]; total: number }>;
  /** Notices that hit a pool since `since`, for its risk. */
  abstract countNotices(tx: Tx, poolId: string, since: Date): Promise<number>;
  /** Guarded by the version that was read: `version-conflict` (transient) starts the unit of work anew. */
  abstract update(tx: Tx, incident: Incident, patch: IncidentPatch): Promise<Incident>;
  abstract addSignal(
    tx: Tx,
    incident: Incident,
    signal: Signal & { readonly receivedAt: Date },
  ): Promise<void>;
}
