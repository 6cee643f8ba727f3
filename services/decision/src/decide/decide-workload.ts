import { hasCode, type Ids, type Outbox, type UnitOfWork, type Clock } from '@spotopt/kernel';
import type { Observation } from '../engine/ports.js';
import type { Workload, WorkloadStore } from '../workload/ports.js';
import { type Answer, askEngines } from './ask-engines.js';
import { eventsOf } from './decision-events.js';
import { type GuardrailFacts, judge, standbyChangeOf, type Verdict } from './guardrails.js';
import type { Decision, DecisionStore, EngineRoster } from './ports.js';
import type { Situation, SurveyWorkload } from './survey-workload.js';
import { limitsAgainst } from './workload-limits.js';

export interface DecideWorkloadDeps {
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly workloads: WorkloadStore;
  readonly decisions: DecisionStore;
  readonly survey: SurveyWorkload;
  readonly engines: EngineRoster;
  /** Told of every decision that was stored. */
  readonly onDecided?: (decision: Decision) => void;
}

export interface DecideSettings {
  /** Between two decisions about a workload. */
  readonly cycleMs: number;
  /** How long a proposal may be taken up. */
  readonly proposalMs: number;
  /** How long one engine may think, in real time. */
  readonly engineTimeoutMs: number;
}

/** What changes faster than an engine thinks is decided about in the next pass. */
const ATTEMPTS = 3;

/**
 * One decision about one workload: observe, let an engine propose, let the limits judge, keep all of it and tell. The
 * engine runs between two transactions; when the workload changed meanwhile, it is looked at anew. So two processes
 * that decide at the same time make one decision.
 */
export class DecideWorkload {
  constructor(
    private readonly deps: DecideWorkloadDeps,
    private readonly settings: DecideSettings,
  ) {}

  /** Null when there is nothing to decide about: gone, not due, no primary, or decided by somebody else meanwhile. */
  async execute(agentId: string): Promise<Decision | null> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const situation = await this.#due(agentId);
      if (situation === null) return null;
      const decision = await this.decide(situation);
      for (const { engine, failure } of decision.attempts) await this.deps.engines.report(engine, failure);
      if (!(await this.#isKept(situation.workload, decision))) continue;
      this.deps.onDecided?.(decision);
      return decision;
    }
    return null;
  }

  /** The decision that would be made now; neither stored nor told, nor held against an engine. Null when there is nothing to decide about. */
  async advise(agentId: string): Promise<Decision | null> {
    const situation = await this.deps.survey.execute(agentId);
    return situation === null ? null : this.decide(situation);
  }

  async decide({ workload, primary, observation, facts }: Situation): Promise<Decision> {
    const { engines, ids } = this.deps;
    const answer = await askEngines(await engines.inCharge(), observation, this.settings.engineTimeoutMs);
    return {
      decisionId: ids.next(),
      agentId: workload.agentId,
      clientId: workload.clientId,
      decidedAt: new Date(observation.at),
      fromEc2InstanceId: primary.ec2InstanceId,
      observation,
      facts,
      ...answer,
      verdict: verdictOf(answer, observation, facts),
    };
  }

  async #due(agentId: string): Promise<Situation | null> {
    const { survey, clock, uow, workloads } = this.deps;
    const situation = await survey.execute(agentId);
    if (situation !== null) {
      return situation.workload.nextDecisionAt > clock.now() ? null : situation;
    }
    await uow.run(async (tx) => {
      const workload = await workloads.findForChange(tx, agentId);
      if (workload === null || workload.deleted || workload.primary !== null) return;
      await workloads.save(tx, workload, { ...workload, nextDecisionAt: this.#next(clock.now()) });
    });
    return null;
  }

  /** False when the workload changed while the engine thought. */
  async #isKept(workload: Workload, decision: Decision): Promise<boolean> {
    try {
      await this.#keep(workload, decision);
      return true;
    } catch (error) {
      if (hasCode(error, 'version-conflict')) return false;
      throw error;
    }
  }

  async #keep(workload: Workload, decision: Decision): Promise<void> {
    const { uow, workloads, decisions, outbox, ids } = this.deps;
    const proposes = decision.verdict.outcome === 'switch' && decision.proposal.target !== null;
    const expiresAt = new Date(decision.decidedAt.getTime() + this.settings.proposalMs);
    await uow.run(async (tx) => {
      await workloads.save(tx, workload, {
        ...workload,
        nextDecisionAt: this.#next(decision.decidedAt),
        ...(proposes ? { proposalOpenUntil: expiresAt } : {}),
      });
      await decisions.add(tx, decision);
      await outbox.add(tx, ...eventsOf(decision, ids, expiresAt));
    });
  }

  #next(now: Date): Date {
    return new Date(now.getTime() + this.settings.cycleMs);
  }
}

function verdictOf({ proposal, engine }: Answer, observation: Observation, facts: GuardrailFacts): Verdict {
  const standby = standbyChangeOf(proposal, observation);
  // A move decides about the standby with the next decision.
  const change = proposal.target === null ? standby : 'none';
  return judge(
    proposal,
    facts,
    standby,
    limitsAgainst(proposal, observation, { kind: engine.kind, standby: change }),
  );
}
