import type { Clock, Tx, UnitOfWork } from '@spotopt/kernel';
import type { Observation } from '../engine/ports.js';
import {
  type ChangeOfPrimary,
  changesAtMs,
  isUnderWay,
  type Placement,
  type StandbyStore,
  type Workload,
  type WorkloadStore,
} from '../workload/ports.js';
import type { GuardrailFacts } from './guardrails.js';
import type { Observe } from './observe.js';

/** All that a decision about a workload is made from, read at one time. */
export interface Situation {
  readonly workload: Workload;
  readonly primary: Placement;
  readonly observation: Observation;
  readonly facts: GuardrailFacts;
}

const WEEK_MS = 7 * 86_400_000;

/** Reads what an engine and the limits may look at, in one transaction. */
export class SurveyWorkload {
  constructor(
    private readonly deps: {
      readonly uow: UnitOfWork;
      readonly clock: Clock;
      readonly workloads: WorkloadStore;
      readonly standbys: StandbyStore;
      readonly observe: Observe;
    },
  ) {}

  /** Null when there is nothing to decide about: never heard of, deleted, or without a primary. */
  execute(agentId: string): Promise<Situation | null> {
    return this.deps.uow.read((tx) => this.#read(tx, agentId));
  }

  async #read(tx: Tx, agentId: string): Promise<Situation | null> {
    const { clock, workloads, standbys, observe } = this.deps;
    const now = clock.now();
    const workload = await workloads.find(tx, agentId);
    if (workload === null || workload.deleted || workload.primary === null) return null;
    const { primary } = workload;
    const changes = await workloads.listChanges(tx, agentId, new Date(now.getTime() - WEEK_MS));
    const living = await standbys.listLiving(tx, agentId);
    // With one of somebody else there is nothing for an engine to propose.
    const standby = living.findLast(({ advised }) => !advised) ?? living.at(-1) ?? null;
    const changesAt = changesAtMs(changes);
    const observation = await observe.execute(tx, {
      workload,
      primary,
      standby,
      changesAtMs: changesAt,
      primarySince: (await workloads.lastChangedAt(tx, agentId)) ?? workload.registeredAt,
      now,
    });
    return { workload, primary, observation, facts: factsOf(workload, changes, now) };
  }
}

function factsOf(workload: Workload, changes: readonly ChangeOfPrimary[], now: Date): GuardrailFacts {
  return {
    nowMs: now.getTime(),
    settings: workload.settings,
    online: workload.online,
    switchUnderWay: changes.some((change) => isUnderWay(change, now)),
    proposalOpenUntilMs: workload.proposalOpenUntil?.getTime() ?? null,
    changesAtMs: changesAtMs(changes),
  };
}
