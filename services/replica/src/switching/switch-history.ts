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
  RUNNING_STATES,
  STANDBY_STATES,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { SwitchStore } from './ports.js';
import type { Switch } from './switch.js';
import { downtimeMsOf, savingsUsdPerHourOf } from './switch-progress.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
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
      const nowMs = this.deps.clock.nowMs();
      const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
      const now = new Date(nowMs);
      const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
      const by = (trigger: Switch['trigger']): number => done.filter((sw) => sw.trigger === trigger).length;
      return {
        agentsTotal: agents.length,
        agentsOnline: agents.filter((agent) => agent.status === 'online').length,
        instancesRunning: running.filter((machine) => machine.ec2InstanceId !== null).length,
        replicasActive: running.filter((machine) => STANDBY_STATES.includes(machine.state)).length,
        switchesTotal: done.length,
        switchesToday: done.filter((sw) => sw.startedAt.getTime() >= today).length,
        modelSwitches: by('model'),
        manualSwitches: by('manual') + by('replica_promotion'),
        emergencySwitches: by('emergency'),
        downtimeMsTotal: done.reduce((sum, sw) => sum + (downtimeMsOf(sw) ?? 0), 0),
        savingsUsdTotal: accruedSavingsUsd(done, 0, nowMs),
        savingsUsdThisMonth: accruedSavingsUsd(done, month, nowMs),
        averageSavingsPercent: averageSavingsPercent(done),
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

/** Of the last switch of each workload; 0 while none was moved or no price is known. */
export function averageSavingsPercent(newestFirst: readonly Switch[]): number {
  const latest = new Map<string, Switch>();
  for (const sw of newestFirst) if (!latest.has(sw.agentId)) latest.set(sw.agentId, sw);
  const percents = [...latest.values()].flatMap(({ onDemandUsdPerHour, newUsdPerHour }) =>
    onDemandUsdPerHour === null || newUsdPerHour === null
      ? []
      : [(100 * (onDemandUsdPerHour - newUsdPerHour)) / onDemandUsdPerHour],
  );
  const sum = percents.reduce((total, percent) => total + percent, 0);
  return percents.length === 0 ? 0 : Number((sum / percents.length).toFixed(1));
}

/**
 * USD saved against on-demand between `fromMs` and `untilMs`: from each switch until the next one of the same
 * agent, the on-demand price less the price of the place it moved to (CT-100, CT-112). Spans whose prices are
 * unknown count nothing.
 */
export function accruedSavingsUsd(switches: readonly Switch[], fromMs: number, untilMs: number): number {
  let total = 0;
  for (const agentId of new Set(switches.map((sw) => sw.agentId))) {
    const ordered = switches
      .filter((sw) => sw.agentId === agentId)
      .flatMap((sw) => (sw.finishedAt === null ? [] : [{ sw, atMs: sw.finishedAt.getTime() }]))
      .sort((a, b) => a.atMs - b.atMs);
    ordered.forEach(({ sw, atMs }, index) => {
      const endMs = Math.min(untilMs, ordered[index + 1]?.atMs ?? untilMs);
      const spanMs = endMs - Math.max(atMs, fromMs);
      if (spanMs <= 0 || sw.onDemandUsdPerHour === null || sw.newUsdPerHour === null) return;
      total += ((sw.onDemandUsdPerHour - sw.newUsdPerHour) * spanMs) / HOUR_MS;
    });
  }
  return Number(total.toFixed(6));
}
