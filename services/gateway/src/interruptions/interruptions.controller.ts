import { Param } from '@nestjs/common';
import type { BodyOf, ResponseOf, SignalBody } from '@spotopt/contracts/http';
import {
  EmergencyReplicaRoute,
  EmergencyStatusRoute,
  InterruptionRoute,
  RebalanceRoute,
  TerminationImminentRoute,
  TerminationRoute,
} from '@spotopt/contracts/http';
import { AgentDirectory } from '../agents/ports.js';
import type { Caller } from '../caller.js';
import { BodyFor, By, Routes, Serves } from '../route.js';
import { GetEmergencyStatus } from './get-emergency-status.js';
import { emergencyReplicaAnswer, signalAnswer, terminationAnswer } from './interruption-answers.js';
import { ReportInterruption } from './report-interruption.js';
import type { InterruptionOutcome } from './report-interruption.js';
import type { SignalName } from './signal.js';

/** Who reports must be known even while the owner of the fleet is away. */
const SIGNAL_MAX_AGE_MS = 300_000;

@Routes()
export class InterruptionsController {
  constructor(
    private readonly directory: AgentDirectory,
    private readonly reportInterruption: ReportInterruption,
    private readonly getEmergencyStatus: GetEmergencyStatus,
  ) {}

  @Serves(RebalanceRoute)
  async rebalance(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(RebalanceRoute) body: BodyOf<typeof RebalanceRoute>,
  ): Promise<ResponseOf<typeof RebalanceRoute>> {
    return signalAnswer(await this.#report(caller, agentId, { body, meant: 'rebalance-recommendation' }));
  }

  @Serves(EmergencyReplicaRoute)
  async emergencyReplica(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(EmergencyReplicaRoute) body: BodyOf<typeof EmergencyReplicaRoute>,
  ): Promise<ResponseOf<typeof EmergencyReplicaRoute>> {
    const meant = body?.termination_time == null ? 'rebalance-recommendation' : 'termination-notice';
    return emergencyReplicaAnswer(await this.#report(caller, agentId, { body, meant }));
  }

  @Serves(TerminationImminentRoute)
  async terminationImminent(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(TerminationImminentRoute) body: BodyOf<typeof TerminationImminentRoute>,
  ): Promise<ResponseOf<typeof TerminationImminentRoute>> {
    return terminationAnswer(await this.#report(caller, agentId, { body, meant: 'termination-notice' }));
  }

  /** CT-69: without a signal or a time it says that the instance is gone, which its heartbeats say too. */
  @Serves(TerminationRoute)
  async termination(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(TerminationRoute) body: BodyOf<typeof TerminationRoute>,
  ): Promise<ResponseOf<typeof TerminationRoute>> {
    const isNotice = body?.signal_type != null || body?.termination_time != null || body?.time != null;
    if (isNotice)
      return terminationAnswer(await this.#report(caller, agentId, { body, meant: 'termination-notice' }));
    await this.directory.resolve(caller, agentId, { maxAgeMs: SIGNAL_MAX_AGE_MS });
    return { success: true, status: 'success', message: 'recorded', action: 'none', incident_id: null };
  }

  @Serves(InterruptionRoute)
  async interruption(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(InterruptionRoute) body: BodyOf<typeof InterruptionRoute>,
  ): Promise<ResponseOf<typeof InterruptionRoute>> {
    return terminationAnswer(await this.#report(caller, agentId, { body, meant: 'termination-notice' }));
  }

  @Serves(EmergencyStatusRoute)
  async status(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
  ): Promise<ResponseOf<typeof EmergencyStatusRoute>> {
    return this.getEmergencyStatus.execute(await this.directory.resolve(caller, agentId));
  }

  async #report(
    caller: Caller,
    agentId: string,
    signal: { body: SignalBody; meant: SignalName },
  ): Promise<InterruptionOutcome> {
    const agent = await this.directory.resolve(caller, agentId, { maxAgeMs: SIGNAL_MAX_AGE_MS });
    return this.reportInterruption.execute(agent, signal.body, signal.meant);
  }
}
