import {
  type EventOf,
  poolIdOf,
  type RequestSwitch as RequestSwitchRpc,
  type RpcRequest,
  type RpcResponse,
  type SwitchProposedV1,
} from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  type Agent,
  type FleetStore,
  type Instance,
  requireScoped,
  UNASKED,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { PoolStore } from '../pools/index.js';
import { LIMIT_WINDOW_MS, type Refusal, refuseByLimits } from './limits.js';
import type { SwitchStore } from './ports.js';
import { assertTarget, type StartSwitch } from './start-switch.js';

export const PROPOSAL_CONSUMER = 'replica.switch-proposed';

type Response = RpcResponse<typeof RequestSwitchRpc>;

interface Wish {
  readonly agent: Agent;
  readonly from: Instance | null;
  readonly targetMode: 'spot' | 'ondemand';
  readonly targetPoolId: string | null;
  readonly trigger: 'manual' | 'model';
}

/** Takes wishes for a planned switch, from people and from the decision engine, and checks them again. */
export class RequestSwitch {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly pools: PoolStore;
      readonly start: StartSwitch;
    },
  ) {}

  execute(request: RpcRequest<typeof RequestSwitchRpc>): Promise<Response> {
    return this.deps.uow.run(async (tx) => {
      const { agent } = await requireScoped(tx, this.ports.fleet, request);
      if (request.requestId !== null) {
        const earlier = await this.ports.switches.findByRequestId(tx, agent.id, request.requestId);
        if (earlier !== null) return { outcome: 'started', switchId: earlier.id };
      }
      const from = await this.ports.fleet.findPrimary(tx, agent.id);
      const refusal = await this.#refuse(tx, { ...request, agent, from });
      if (refusal !== null || from === null) return refused(refusal ?? NO_PRIMARY);
      const sw = await this.ports.start.start(tx, {
        agent,
        from,
        to: await this.#readyStandby(tx, agent, request),
        trigger: request.trigger,
        reason: request.reason,
        requestedBy: request.requestedBy,
        requestId: request.requestId,
        targetMode: request.targetMode,
        targetPoolId: poolOf(from, request),
      });
      return { outcome: 'started', switchId: sw.id };
    });
  }

  /** @returns the id of the switch that the proposal started, or null when it is stale, refused or known */
  propose(event: EventOf<typeof SwitchProposedV1>): Promise<string | null> {
    const proposal = event.data;
    return this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, PROPOSAL_CONSUMER, event.id))) return null;
      if (Date.parse(proposal.expiresAt) <= this.deps.clock.nowMs()) return null;
      const agent = await this.ports.fleet.findAgent(tx, proposal.agentId);
      if (agent === null || agent.status === 'deleted') return null;
      const from = await this.ports.fleet.findPrimary(tx, agent.id);
      if (from === null || from.ec2InstanceId !== proposal.fromEc2InstanceId) return null;
      const refusal = await this.#refuse(tx, { ...proposal, agent, from, trigger: 'model' });
      if (refusal !== null) return null;
      const sw = await this.ports.start.start(tx, {
        agent,
        from,
        to: await this.#readyStandby(tx, agent, proposal),
        trigger: 'model',
        reason: proposal.reason,
        requestedBy: 'decision',
        decisionId: proposal.decisionId,
        targetMode: proposal.targetMode,
        targetPoolId: proposal.targetPoolId,
        correlationId: event.correlation ?? proposal.decisionId,
      });
      return sw.id;
    });
  }

  async #refuse(tx: Tx, wish: Wish): Promise<Refusal | null> {
    const { agent, from } = wish;
    if (!agent.settings.enabled) return { code: 'agent-disabled', reason: 'the agent is disabled' };
    if (from === null) return NO_PRIMARY;
    assertTarget(from, { mode: wish.targetMode, poolId: wish.targetPoolId });
    if (from.mode === wish.targetMode && from.poolId === poolOf(from, wish)) {
      return {
        code: 'already-there',
        reason: `the workload already runs ${wish.targetMode} in ${from.poolId}`,
      };
    }
    const running = await this.ports.switches.findRunning(tx, agent.id);
    if (running !== null) {
      return { code: 'switch-under-way', reason: `switch ${running.id} is still running` };
    }
    if (wish.trigger === 'manual') return null;
    const nowMs = this.deps.clock.nowMs();
    const blocks = await this.ports.pools.listBlocks(tx, new Date(nowMs), agent.clientId);
    const block = blocks.find(({ poolId }) => poolId === wish.targetPoolId);
    if (block !== undefined && wish.targetMode === 'spot') {
      return { code: 'pool-blocked', reason: `${block.poolId} lately failed: ${block.reason}` };
    }
    const history = await this.ports.switches.listSince(tx, agent.id, new Date(nowMs - LIMIT_WINDOW_MS));
    return refuseByLimits(agent.settings, history, nowMs);
  }

  async #readyStandby(
    tx: Tx,
    agent: Agent,
    target: { readonly targetMode: string; readonly targetPoolId: string | null },
  ): Promise<Instance | null> {
    const ready = await this.ports.fleet.listInstances(tx, { agentId: agent.id, states: ['ready'] });
    return (
      ready.find(
        (standby) =>
          standby.createdBy !== UNASKED &&
          standby.poolId === target.targetPoolId &&
          standby.mode === target.targetMode,
      ) ?? null
    );
  }
}

const NO_PRIMARY: Refusal = { code: 'no-primary', reason: 'the agent has no running primary' };

function refused(refusal: Refusal): Response {
  return { outcome: 'refused', code: refusal.code, reason: refusal.reason };
}

function poolOf(
  from: Instance,
  target: { readonly targetMode: 'spot' | 'ondemand'; readonly targetPoolId: string | null },
): string {
  return target.targetPoolId ?? poolIdOf(from.instanceType, from.az);
}
