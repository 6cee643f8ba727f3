import { parsePoolId, SwitchStartedV1, type Trigger } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  type Agent,
  type CommandAgent,
  FleetEvents,
  type FleetStore,
  type Instance,
  placementOf,
  type UseCaseDeps,
} from '../fleet/index.js';
import type { SwitchStore } from './ports.js';
import type { Switch } from './switch.js';

export interface SwitchOrder {
  readonly agent: Agent;
  readonly from: Instance;
  /** Standby that takes over; null = one is launched first. */
  readonly to: Instance | null;
  readonly trigger: Trigger;
  readonly reason: string;
  readonly requestedBy: string;
  readonly targetMode: 'spot' | 'ondemand' | 'unknown';
  readonly targetPoolId: string | null;
  readonly requestId?: string | null;
  readonly decisionId?: string | null;
  readonly incident?: { readonly incidentId: string; readonly reclaimAt: Date | null };
  readonly correlationId?: string | undefined;
  readonly demoteOldPrimary?: boolean;
}

/** Creates the row of a switch. One at a time per workload, by a unique index. */
export class StartSwitch {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly fleet: FleetStore;
      readonly switches: SwitchStore;
      readonly commands: CommandAgent;
    },
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  /** @throws AppError `switch-under-way` (permanent) */
  async start(tx: Tx, order: SwitchOrder): Promise<Switch> {
    const running = await this.ports.switches.findRunning(tx, order.agent.id);
    if (running !== null) {
      throw AppError.permanent('switch-under-way', `switch ${running.id} of this agent is still running`, {
        details: { switchId: running.id },
      });
    }
    const canLaunch = await this.ports.commands.understands(tx, order.from, 'create_replica');
    const sw = newSwitch(order, { id: this.deps.ids.next(), now: this.deps.clock.now(), canLaunch });
    await this.ports.switches.insert(tx, sw);
    await this.deps.outbox.add(
      tx,
      this.#events.of(
        SwitchStartedV1,
        sw.agentId,
        {
          agentId: sw.agentId,
          clientId: sw.clientId,
          switchId: sw.id,
          trigger: sw.trigger,
          from: placementOf(order.from),
          decisionId: sw.decisionId,
          incidentId: sw.incidentId,
          reason: sw.reason,
          targetMode: sw.targetMode,
          targetPoolId: sw.targetPoolId,
        },
        { correlation: sw.correlationId, severity: sw.incidentId === null ? 'info' : 'critical' },
      ),
    );
    return sw;
  }
}

function newSwitch(
  order: SwitchOrder,
  { id, now, canLaunch }: { readonly id: string; readonly now: Date; readonly canLaunch: boolean },
): Switch {
  const { agent, from, to, trigger, reason, requestedBy, targetMode, targetPoolId } = order;
  return {
    id,
    agentId: agent.id,
    clientId: agent.clientId,
    trigger,
    reason,
    requestedBy,
    requestId: order.requestId ?? null,
    decisionId: order.decisionId ?? null,
    ...incidentOf(order),
    correlationId: order.correlationId ?? id,
    execution: to !== null || canLaunch ? 'standby' : 'agent',
    status: 'running',
    step: 'plan',
    fromInstanceId: from.id,
    toInstanceId: to?.id ?? null,
    targetMode,
    targetPoolId,
    demoteOldPrimary: order.demoteOldPrimary ?? false,
    epochAfter: null,
    startedAt: now,
    stepStartedAt: now,
    finishedAt: null,
    ...NOTHING_DONE_YET,
  };
}

function incidentOf({ incident }: SwitchOrder): Pick<Switch, 'incidentId' | 'reclaimAt'> {
  return incident ?? { incidentId: null, reclaimAt: null };
}

/** What a switch has to show for itself when it starts. */
export const NOTHING_DONE_YET = {
  launchCommandId: null,
  launchFailure: null,
  quiesceCommandId: null,
  quiesceOutcome: null,
  promoteCommandId: null,
  servedUntil: null,
  servingSince: null,
  trafficMovedAt: null,
  oldUsdPerHour: null,
  newUsdPerHour: null,
  onDemandUsdPerHour: null,
  error: null,
  rolledBack: false,
  version: 1,
} as const;

/** @throws AppError `invalid-target` (permanent) when the pool cannot replace this machine */
export function assertTarget(
  from: Instance,
  target: { mode: 'spot' | 'ondemand'; poolId: string | null },
): void {
  if (target.mode === 'spot' && target.poolId === null) {
    throw AppError.permanent('invalid-target', 'a switch to spot needs target_pool_id', {
      details: { field: 'target_pool_id' },
    });
  }
  if (target.poolId === null) return;
  const { az } = parsePoolId(target.poolId);
  if (!az.startsWith(from.region)) {
    throw AppError.permanent('invalid-target', `pool ${target.poolId} is not in ${from.region}`, {
      details: { field: 'target_pool_id' },
    });
  }
}
