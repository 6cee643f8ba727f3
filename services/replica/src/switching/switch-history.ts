import type {
  FleetSummary as FleetSummaryRpc,
  ListSwitches as ListSwitchesRpc,
  RpcRequest,
  RpcResponse,
  SwitchView,
} from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  type FleetStore,
  type Instance,
  type InstanceState,
  RUNNING_STATES,
  STANDBY_STATES,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { SwitchStore } from './ports.js';
import type { Switch } from './switch.js';
import { downtimeMsOf, savingsUsdPerHourOf } from './switch-progress.js';

const DAY_MS = 86_400_000;
const ALL = { limit: 100_000, offset: 0 };

/** Reads switches for pages and sums. */
export class SwitchHistory {
  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: { readonly fleet: FleetStore; readonly switches: SwitchStore },
  ) {}

  list(request: RpcRequest<typeof ListSwitchesRpc>): Promise<RpcResponse<typeof ListSwitchesRpc>> {
    return this.deps.uow.read(async (tx) => {
      const page = await this.ports.switches.list(
        tx,
        { clientId: request.clientId ?? undefined, agentId: request.agentId ?? undefined },
        request,
      );
      const views: SwitchView[] = [];
      for (const sw of page.switches) views.push(await this.#view(tx, sw));
      return { switches: views, total: page.total };
    });
  }

  summary(request: RpcRequest<typeof FleetSummaryRpc>): Promise<RpcResponse<typeof FleetSummaryRpc>> {
    const clientId = request.clientId ?? undefined;
    return this.deps.uow.read(async (tx) => {
      const agents = await this.ports.fleet.listAgents(tx, { clientId });
      const mine = new Set(agents.map((agent) => agent.id));
      const running = (await this.ports.fleet.listInstances(tx, { states: RUNNING_STATES })).filter(
        (machine) => mine.has(machine.agentId),
      );
      const { switches } = await this.ports.switches.list(tx, { clientId }, ALL);
      const done = switches.filter((sw) => sw.status === 'finished');
      const standbys = running.filter((machine) => STANDBY_STATES.includes(machine.state));
      const standbysIn = (...states: readonly InstanceState[]): number =>
        standbys.filter(({ state }) => states.includes(state)).length;
      const today = Math.floor(this.deps.clock.nowMs() / DAY_MS) * DAY_MS;
      const by = (trigger: Switch['trigger']): number => done.filter((sw) => sw.trigger === trigger).length;
      return {
        agentsTotal: agents.length,
        agentsOnline: agents.filter((agent) => agent.status === 'online').length,
        instancesRunning: running.filter((machine) => machine.ec2InstanceId !== null).length,
        replicasActive: standbys.length,
        replicasReady: standbysIn('ready', 'promoting'),
        replicasSyncing: standbysIn('launching', 'syncing'),
        switchesTotal: done.length,
        switchesToday: done.filter((sw) => sw.startedAt.getTime() >= today).length,
        modelSwitches: by('model'),
        manualSwitches: by('manual') + by('replica_promotion'),
        emergencySwitches: by('emergency'),
        downtimeMsTotal: done.reduce((sum, sw) => sum + (downtimeMsOf(sw) ?? 0), 0),
      };
    });
  }

  async #view(tx: Tx, sw: Switch): Promise<SwitchView> {
    const from = await this.ports.fleet.findInstance(tx, sw.fromInstanceId);
    const to = sw.toInstanceId === null ? null : await this.ports.fleet.findInstance(tx, sw.toInstanceId);
    return {
      switchId: sw.id,
      agentId: sw.agentId,
      clientId: sw.clientId,
      trigger: sw.trigger,
      reason: sw.reason,
      status: sw.status,
      step: sw.step,
      ...fromOf(from),
      toMode: to?.mode ?? sw.targetMode,
      toPoolId: to?.poolId ?? sw.targetPoolId,
      toEc2InstanceId: to?.ec2InstanceId ?? null,
      startedAt: sw.startedAt.toISOString(),
      finishedAt: sw.finishedAt?.toISOString() ?? null,
      downtimeMs: downtimeMsOf(sw),
      newUsdPerHour: sw.newUsdPerHour,
      savingsUsdPerHour: savingsUsdPerHourOf(sw),
    };
  }
}

function fromOf(from: Instance | null): Pick<SwitchView, 'fromMode' | 'fromPoolId' | 'fromEc2InstanceId'> {
  return {
    fromMode: from?.mode ?? 'unknown',
    fromPoolId: from?.poolId ?? 'unknown.unknown',
    fromEc2InstanceId: from?.ec2InstanceId ?? null,
  };
}
