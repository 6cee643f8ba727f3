import { type Clock, hasCode, type Ids, type Outbox, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { Engine } from '../engine/ports.js';
import {
  changesAtMs,
  isUnderWay,
  type Placement,
  type Workload,
  type WorkloadStore,
} from '../workload/ports.js';
import { eventsOf } from './decision-events.js';
import type { GuardrailFacts } from './guardrails.js';
import { judge } from './guardrails.js';
import type { Observe } from './observe.js';
import type { Decision, DecisionStore } from './ports.js';

export interface DecideWorkloadDeps {
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly workloads: WorkloadStore;
  readonly decisions: DecisionStore;
  readonly observe: Observe;
  readonly engine: Engine;
}

export interface DecideSettings {
  /** Between two decisions about a workload. */
  readonly cycleMs: number;
  /** How long a proposal may be taken up. */
  readonly proposalMs: number;
}

const WEEK_MS = 7 * 86_400_000;

/**
 * One decision about one workload: observe, let the engine propose, let the limits judge, keep all of it and tell.
 * Two processes that decide at the same time make one decision: the loser finds the workload changed.
 */
export class DecideWorkload {
  constructor(
    private readonly deps: DecideWorkloadDeps,
    private readonly settings: DecideSettings,
  ) {}

  /** Null when there is nothing to decide about: gone, no primary, or decided by somebody else meanwhile. */
  async execute(agentId: string): Promise<Decision | null> {
    try {
      return await this.deps.uow.run((tx) => this.#decide(tx, agentId));
    } catch (error) {
      if (hasCode(error, 'version-conflict')) return null;
      throw error;
    }
  }

  async #decide(tx: Tx, agentId: string): Promise<Decision | null> {
    const { clock, workloads, decisions, outbox, ids } = this.deps;
    const now = clock.now();
    const workload = await workloads.findForChange(tx, agentId);
    if (workload === null || workload.deleted || workload.nextDecisionAt > now) return null;
    const nextDecisionAt = new Date(now.getTime() + this.settings.cycleMs);
    if (workload.primary === null) {
      await workloads.save(tx, workload, { ...workload, nextDecisionAt });
      return null;
    }
    const decision = await this.#make(tx, workload, workload.primary, now);
    const proposes = decision.verdict.outcome === 'switch';
    const expiresAt = new Date(now.getTime() + this.settings.proposalMs);
    await workloads.save(tx, workload, {
      ...workload,
      nextDecisionAt,
      ...(proposes ? { proposalOpenUntil: expiresAt } : {}),
    });
    await decisions.add(tx, decision);
    await outbox.add(tx, ...eventsOf(decision, ids, expiresAt));
    return decision;
  }

  async #make(tx: Tx, workload: Workload, primary: Placement, now: Date): Promise<Decision> {
    const observation = await this.deps.observe.execute(tx, workload, primary, now);
    const facts = await this.#facts(tx, workload, now);
    const proposal = this.deps.engine.propose(observation);
    return {
      decisionId: this.deps.ids.next(),
      agentId: workload.agentId,
      clientId: workload.clientId,
      decidedAt: now,
      fromEc2InstanceId: primary.ec2InstanceId,
      observation,
      facts,
      proposal,
      verdict: judge(proposal, facts),
    };
  }

  async #facts(tx: Tx, workload: Workload, now: Date): Promise<GuardrailFacts> {
    const since = new Date(now.getTime() - WEEK_MS);
    const changes = await this.deps.workloads.listChanges(tx, workload.agentId, since);
    return {
      nowMs: now.getTime(),
      settings: workload.settings,
      online: workload.online,
      switchUnderWay: changes.some((change) => isUnderWay(change, now)),
      proposalOpenUntilMs: workload.proposalOpenUntil?.getTime() ?? null,
      changesAtMs: changesAtMs(changes),
    };
  }
}
