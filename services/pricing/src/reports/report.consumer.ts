import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AgentRegisteredV1,
  type EventOf,
  InstanceRoleChangedV1,
  PricingReportedV1,
} from '@spotopt/contracts';
import { OnEvent } from '@spotopt/messaging';
import { FollowReporters } from './follow-reporters.js';
import { GroupReports } from './group-reports.js';

@Controller()
export class ReportConsumer {
  constructor(
    private readonly groupReports: GroupReports,
    private readonly followReporters: FollowReporters,
  ) {}

  @OnEvent(PricingReportedV1, { subscription: 'reports', prefetch: 100 })
  async onReport(@Payload() event: EventOf<typeof PricingReportedV1>): Promise<void> {
    await this.groupReports.record(event);
  }

  @OnEvent(AgentRegisteredV1, { subscription: 'reporters-registered' })
  async onRegistered(@Payload() event: EventOf<typeof AgentRegisteredV1>): Promise<void> {
    await this.followReporters.registered(event);
  }

  @OnEvent(InstanceRoleChangedV1, { subscription: 'reporters-role-changed' })
  async onRoleChanged(@Payload() event: EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    await this.followReporters.roleChanged(event);
  }
}
