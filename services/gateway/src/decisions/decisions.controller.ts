import { Param, StreamableFile } from '@nestjs/common';
import { Advise, GetDecision, ListAgents, ReplayDecision } from '@spotopt/contracts';
import type { AgentView, DecisionView } from '@spotopt/contracts';
import type { BodyOf, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  DecideRoute,
  DecisionRoute,
  ReplayDecisionRoute,
  SwitchRecommendationRoute,
} from '@spotopt/contracts/http';
import { isAppError } from '@spotopt/kernel';
import { AgentDirectory } from '../agents/ports.js';
import { scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, By, QueryFor, Routes, Serves } from '../route.js';
import { decisionText } from './decision-text.js';
import { toDecideAnswer, toDecision, toRecommendation } from './decision-wire.js';

/** An uploaded engine is started for it, apart from the one that decides and at a tenth of the speed. */
const REPLAY_TIMEOUT_MS = 30_000;
/** An engine may think for a second, and a second one after it. */
const ADVICE_TIMEOUT_MS = 5_000;

/** Why something was decided, and what would be decided now. */
@Routes()
export class DecisionsController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly directory: AgentDirectory,
  ) {}

  @Serves(DecisionRoute)
  async find(
    @By() caller: Caller,
    @Param('decisionId') decisionId: string,
    @QueryFor(DecisionRoute) query: QueryOf<typeof DecisionRoute>,
  ): Promise<ResponseOf<typeof DecisionRoute> | StreamableFile> {
    const withInputs = query.inputs === 'true';
    const request = { clientId: scopeOf(caller), decisionId, withInputs };
    const { decision, inputs } = await this.requests.ask(GetDecision, request);
    if (query.format === 'json') return toDecision(decision, inputs);
    return new StreamableFile(Buffer.from(decisionText(decision)), { type: 'text/plain; charset=utf-8' });
  }

  @Serves(ReplayDecisionRoute)
  async replay(
    @By() caller: Caller,
    @Param('decisionId') decisionId: string,
  ): Promise<ResponseOf<typeof ReplayDecisionRoute>> {
    const request = { clientId: scopeOf(caller), decisionId };
    const answer = await this.requests.ask(ReplayDecision, request, { timeoutMs: REPLAY_TIMEOUT_MS });
    return {
      decision_id: answer.decisionId,
      identical: answer.identical,
      stored_sha256: answer.storedSha256,
      replayed_sha256: answer.replayedSha256,
    };
  }

  @Serves(DecideRoute)
  async decide(
    @By() caller: Caller,
    @Param('agentId') agentRef: string,
    @BodyFor(DecideRoute) body: BodyOf<typeof DecideRoute>,
  ): Promise<ResponseOf<typeof DecideRoute>> {
    const { agentId, ec2InstanceId } = await this.directory.resolve(caller, agentRef);
    const decision = await this.#advise(caller, agentId);
    return toDecideAnswer(decision, body?.instance?.instance_id ?? ec2InstanceId);
  }

  /** Always answers: who asks shows the answer to a person, to whom "stay, because …" says more than an error. */
  @Serves(SwitchRecommendationRoute)
  async recommend(
    @By() caller: Caller,
    @Param('agentId') agentRef: string,
  ): Promise<ResponseOf<typeof SwitchRecommendationRoute>> {
    const { agentId } = await this.directory.resolve(caller, agentRef);
    return toRecommendation(await this.#advise(caller, agentId));
  }

  async #advise(caller: Caller, agentId: string): Promise<DecisionView> {
    const request = { clientId: scopeOf(caller), agentId };
    try {
      return (await this.requests.ask(Advise, request, { timeoutMs: ADVICE_TIMEOUT_MS })).decision;
    } catch (error) {
      if (!isAppError(error) || error.kind === 'bug') throw error;
      return noAdvice({ agentId, message: error.message, agent: await this.#agent(caller, agentId) });
    }
  }

  /** Null also when the fleet cannot be asked: the answer then says less. */
  async #agent(caller: Caller, agentId: string): Promise<AgentView | null> {
    const { agents } = await this.requests
      .ask(ListAgents, { clientId: scopeOf(caller) })
      .catch((): { agents: AgentView[] } => ({ agents: [] }));
    return agents.find((agent) => agent.agentId === agentId) ?? null;
  }
}

interface WithoutAdvice {
  readonly agentId: string;
  readonly message: string;
  readonly agent: AgentView | null;
}

/** Without an engine nothing changes. */
function noAdvice({ agentId, message, agent }: WithoutAdvice): DecisionView {
  const place = agent?.poolId == null ? null : { mode: agent.mode, poolId: agent.poolId, usdPerHour: null };
  return {
    decisionId: 'none',
    agentId,
    clientId: 'none',
    decidedAt: new Date(0).toISOString(),
    engine: { engineId: 'none', kind: 'builtin', name: 'none', version: '0', sha256: null },
    attempts: [],
    action: 'stay',
    outcome: 'stay',
    target: null,
    standby: null,
    reason: `no engine gives advice now, so that nothing changes: ${message}`,
    heldBackBy: [],
    confidence: 0,
    estimated: false,
    expectedSaving: null,
    current: place,
    presentStandby: null,
    candidates: [],
    execution: null,
    autoSwitchEnabled: agent?.settings.autoSwitchEnabled ?? false,
  };
}
