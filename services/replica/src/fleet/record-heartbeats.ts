import { AgentOfflineV1, AgentOnlineV1, type EventData, type HeartbeatsV1 } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import { FleetEvents } from './fleet-events.js';
import type { Agent, FleetStore, Installation, Instance, UseCaseDeps } from './ports.js';

type Beat = EventData<typeof HeartbeatsV1>['beats'][number];

interface Speaker {
  readonly agent: Agent;
  readonly installation: Installation;
  readonly instance: Instance;
}

/** What a batch of heartbeats changed that somebody may be waiting for. */
export interface HeartbeatOutcome {
  /** Agents whose primary obeys the present epoch since this batch. */
  readonly confirmedAgentIds: readonly string[];
}

/**
 * Heartbeats are facts about a machine. Only those of the primary touch the workload's own status: a zombie
 * that still talks must not look like the workload.
 */
export class RecordHeartbeats {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly fleet: FleetStore,
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  async execute(beats: readonly Beat[]): Promise<HeartbeatOutcome> {
    const confirmed = new Set<string>();
    const newest = new Map<string, Beat>();
    for (const beat of beats) newest.set(beat.agentKey, beat);
    for (const beat of newest.values()) {
      const agentId = await this.deps.uow.run((tx) => this.#record(tx, beat));
      if (agentId !== null) confirmed.add(agentId);
    }
    return { confirmedAgentIds: [...confirmed] };
  }

  /** @returns the agent's id when this beat confirmed the present epoch for the first time */
  async #record(tx: Tx, beat: Beat): Promise<string | null> {
    const speaker = await this.#speaker(tx, beat.agentKey);
    if (speaker === null) return null;
    const { agent, instance } = speaker;
    const at = new Date(beat.receivedAt);
    if (instance.lastHeartbeatAt !== null && instance.lastHeartbeatAt > at) return null;
    const before = instance.confirmedEpoch ?? 0;
    const confirmedEpoch = Math.max(before, obeyedEpoch(speaker, beat));
    const next = await this.fleet.updateInstance(tx, instance, instance.state, {
      lastHeartbeatAt: at,
      ...(confirmedEpoch > 0 ? { confirmedEpoch } : {}),
      ...(instance.mode === 'unknown' ? { mode: beat.mode } : {}),
    });
    if (next.mode !== instance.mode) {
      const reason = 'its purchase option became known';
      await this.deps.outbox.add(tx, this.#events.roleChanged(agent, instance, next, { reason }));
    }
    if (instance.state !== 'primary') return null;
    await this.#recordStatus(tx, agent, beat, at);
    return before < agent.epoch && confirmedEpoch >= agent.epoch ? agent.id : null;
  }

  async #speaker(tx: Tx, agentKey: string): Promise<Speaker | null> {
    const installation = await this.fleet.findInstallation(tx, agentKey);
    if (installation === null) return null;
    const instance = await this.fleet.findInstanceByEc2Id(tx, installation.ec2InstanceId);
    const agent = await this.fleet.findAgent(tx, installation.agentId);
    if (instance === null || agent === null || agent.status === 'deleted') return null;
    return { agent, installation, instance };
  }

  async #recordStatus(tx: Tx, agent: Agent, beat: Beat, at: Date): Promise<void> {
    const status = beat.status === 'offline' ? 'offline' : 'online';
    await this.fleet.updateAgent(tx, agent, { status, lastHeartbeatAt: at });
    if (status === agent.status) return;
    const common = { agentId: agent.id, clientId: agent.clientId, lastHeartbeatAt: at.toISOString() };
    await this.deps.outbox.add(
      tx,
      status === 'online'
        ? this.#events.of(AgentOnlineV1, agent.id, common)
        : this.#events.of(
            AgentOfflineV1,
            agent.id,
            { ...common, reason: 'goodbye' },
            { severity: 'warning' },
          ),
    );
  }
}

/** An agent that knows no epochs obeys whatever it is told last, so what it says as the primary confirms. */
function obeyedEpoch({ agent, installation, instance }: Speaker, beat: Beat): number {
  if (beat.epoch !== null) return beat.epoch;
  if (installation.commandTypes.includes('promote') || instance.state !== 'primary') return 0;
  const primarySince = instance.promotedAt ?? instance.createdAt;
  return Date.parse(beat.receivedAt) >= primarySince.getTime() ? agent.epoch : 0;
}

/** Declares workloads offline whose primary has been silent for too long. */
export class DetectSilence {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly fleet: FleetStore,
    private readonly offlineAfterMs: number,
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  async execute(): Promise<void> {
    const silentSince = this.deps.clock.nowMs() - this.offlineAfterMs;
    const isSilent = (agent: Agent): boolean =>
      agent.lastHeartbeatAt !== null && agent.lastHeartbeatAt.getTime() < silentSince;
    const heardBefore = new Date(silentSince);
    const silent = await this.deps.uow.read((tx) =>
      this.fleet.listAgents(tx, { status: 'online', heardBefore }),
    );
    for (const { id } of silent) {
      await this.deps.uow.run(async (tx) => {
        const agent = await this.fleet.findAgent(tx, id);
        if (agent === null || agent.status !== 'online' || !isSilent(agent)) return;
        await this.fleet.updateAgent(tx, agent, { status: 'offline' });
        await this.deps.outbox.add(
          tx,
          this.#events.of(
            AgentOfflineV1,
            id,
            {
              agentId: id,
              clientId: agent.clientId,
              lastHeartbeatAt: agent.lastHeartbeatAt?.toISOString() ?? null,
              reason: 'timeout',
            },
            { severity: 'warning' },
          ),
        );
      });
    }
  }
}
