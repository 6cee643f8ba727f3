import { Param } from '@nestjs/common';
import { InstancesToTerminate, ReportTermination } from '@spotopt/contracts';
import type { BodyOf, ResponseOf } from '@spotopt/contracts/http';
import {
  CleanupReportRoute,
  InstancesToTerminateRoute,
  PricingReportRoute,
  SwitchReportRoute,
  TerminationReportRoute,
} from '@spotopt/contracts/http';
import { AgentDirectory } from '../agents/ports.js';
import { notFound, scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, By, Routes, Serves } from '../route.js';
import { AcceptReports } from './accept-reports.js';
import { cleanupOf } from './cleanup-report.js';

/** Who reports is known for a while: a report changes nothing by itself. */
const REPORT_MAX_AGE_MS = 30_000;

@Routes()
export class ReportsController {
  constructor(
    private readonly directory: AgentDirectory,
    private readonly acceptReports: AcceptReports,
    private readonly requests: ServiceRequests,
  ) {}

  @Serves(PricingReportRoute)
  async prices(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(PricingReportRoute) body: BodyOf<typeof PricingReportRoute>,
  ): Promise<ResponseOf<typeof PricingReportRoute>> {
    const agent = await this.directory.resolve(caller, agentId, { maxAgeMs: REPORT_MAX_AGE_MS });
    const { accepted, rejected, usable } = await this.acceptReports.prices(agent, body);
    return {
      success: true,
      status: 'success',
      processed: usable,
      // Of what was accepted (CT-92); how much was not stands in `rejected`.
      data_quality_flag: usable ? 'normal' : 'rejected',
      accepted,
      rejected,
    };
  }

  @Serves(SwitchReportRoute)
  async switched(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(SwitchReportRoute) body: BodyOf<typeof SwitchReportRoute>,
  ): Promise<ResponseOf<typeof SwitchReportRoute>> {
    const agent = await this.directory.resolve(caller, agentId, { maxAgeMs: REPORT_MAX_AGE_MS });
    await this.acceptReports.switched(agent, body);
    return { success: true, status: 'success', message: 'switch recorded' };
  }

  @Serves(CleanupReportRoute)
  async cleanup(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(CleanupReportRoute) body: BodyOf<typeof CleanupReportRoute>,
  ): Promise<ResponseOf<typeof CleanupReportRoute>> {
    const agent = await this.directory.resolve(caller, agentId, { maxAgeMs: REPORT_MAX_AGE_MS });
    const cleanup = cleanupOf(body);
    await this.acceptReports.cleanedUp(agent, cleanup);
    return {
      success: true,
      status: 'success',
      message: 'clean-up recorded',
      deleted_snapshots: cleanup.snapshots,
      deleted_amis: cleanup.images,
      failed_count: cleanup.failed,
    };
  }

  @Serves(InstancesToTerminateRoute)
  async instancesToTerminate(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
  ): Promise<ResponseOf<typeof InstancesToTerminateRoute>> {
    const request = { clientId: scopeOf(caller), agentRef: agentId };
    const answer = await this.requests.ask(InstancesToTerminate, request);
    return {
      auto_terminate_enabled: answer.autoTerminateEnabled,
      terminate_wait_seconds: answer.terminateWaitSeconds,
      instances: answer.instances.map((instance) => ({
        instance_id: instance.ec2InstanceId,
        instance_type: instance.instanceType,
        az: instance.az,
        reason: instance.reason,
        seconds_waiting: instance.secondsWaiting,
        seconds_since_marked: instance.secondsWaiting,
      })),
    };
  }

  @Serves(TerminationReportRoute)
  async terminated(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(TerminationReportRoute) body: BodyOf<typeof TerminationReportRoute>,
  ): Promise<ResponseOf<typeof TerminationReportRoute>> {
    const { accepted } = await this.requests.ask(ReportTermination, {
      clientId: scopeOf(caller),
      agentRef: agentId,
      ec2InstanceId: body.instance_id,
      success: body.success,
      error: body.error ?? null,
      terminatedAt: body.terminated_at ?? null,
    });
    if (!accepted) throw notFound('instance');
    return { success: true, status: 'success', message: 'termination recorded' };
  }
}
