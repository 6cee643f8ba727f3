import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  type EventData,
  type EventOf,
  InterruptionReportedV1,
  ListIncidents,
  ReportInterruption,
  type RpcRequest,
  type RpcResponse,
  SwitchFinishedV1,
  SwitchStartedV1,
} from '@spotopt/contracts';
import { AppError, UnitOfWork } from '@spotopt/kernel';
import { OnEvent, OnRpc } from '@spotopt/messaging';
import { HandleSignal, type SignalOutcome } from './handle-signal.js';
import type { Signal } from './incident.js';
import { toIncidentView } from './incident-view.js';
import { IncidentStore } from './ports.js';
import { TrackFailover } from './track-failover.js';

type Report = EventData<typeof InterruptionReportedV1>;

@Controller()
export class IncidentConsumer {
  constructor(
    private readonly handle: HandleSignal,
    private readonly track: TrackFailover,
    private readonly incidents: IncidentStore,
    private readonly uow: UnitOfWork,
  ) {}

  @OnEvent(InterruptionReportedV1, { subscription: 'interruption-reported', prefetch: 50 })
  async onReported(@Payload() event: EventOf<typeof InterruptionReportedV1>): Promise<void> {
    await this.handle.execute(signalOf(event.data), event.data);
  }

  @OnRpc(ReportInterruption)
  async report(
    @Payload() request: RpcRequest<typeof ReportInterruption>,
  ): Promise<RpcResponse<typeof ReportInterruption>> {
    const outcome = await this.handle.execute(signalOf(request), request);
    return answerOf(outcome);
  }

  @OnRpc(ListIncidents)
  list(@Payload() request: RpcRequest<typeof ListIncidents>): Promise<RpcResponse<typeof ListIncidents>> {
    return this.uow.read(async (tx) => {
      const { clientId, agentId, limit } = request;
      const filter = { clientId: clientId ?? undefined, agentId: agentId ?? undefined };
      const { incidents, total } = await this.incidents.list(tx, filter, limit);
      return { incidents: incidents.map(toIncidentView), total };
    });
  }

  @OnEvent(SwitchStartedV1, { subscription: 'switch-started', prefetch: 50 })
  onSwitchStarted(@Payload() event: EventOf<typeof SwitchStartedV1>): Promise<void> {
    return this.track.started(event);
  }

  @OnEvent(SwitchFinishedV1, { subscription: 'switch-finished', prefetch: 50 })
  onSwitchFinished(@Payload() event: EventOf<typeof SwitchFinishedV1>): Promise<void> {
    return this.track.finished(event);
  }
}

function signalOf(report: Report): Signal {
  return {
    ec2InstanceId: report.ec2InstanceId,
    kind: report.signal,
    source: report.source,
    detectedAt: new Date(report.detectedAt),
    deadlineAt: report.deadlineAt === null ? null : new Date(report.deadlineAt),
  };
}

function answerOf(outcome: SignalOutcome | null): RpcResponse<typeof ReportInterruption> {
  if (outcome === null) {
    throw AppError.permanent('instance-not-found', 'no such instance of this agent');
  }
  const { incident, changed, standby } = outcome;
  return {
    incident: toIncidentView(incident),
    changed,
    standby:
      standby === null || standby.replicaId === null
        ? null
        : { replicaId: standby.replicaId, ec2InstanceId: standby.ec2InstanceId, ready: standby.ready },
    // The coordinator sends a launch or switch command instead; a second launch would be a second machine.
    askAgentToLaunch: false,
  };
}
