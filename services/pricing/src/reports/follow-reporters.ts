import type { AgentRegisteredV1, EventOf, InstanceRoleChangedV1 } from '@spotopt/contracts';
import type { Inbox, UnitOfWork } from '@spotopt/kernel';
import type { ReportStore } from './ports.js';

export interface FollowReportersDeps {
  readonly uow: UnitOfWork;
  readonly inbox: Inbox;
  readonly reports: ReportStore;
}

/** Keeps up with the roles of the machines that report prices. */
export class FollowReporters {
  constructor(private readonly deps: FollowReportersDeps) {}

  async registered(event: EventOf<typeof AgentRegisteredV1>): Promise<void> {
    const { placement, agentKey, role, epoch } = event.data;
    await this.#save(event, { ...placement, agentKey, role, epoch });
  }

  async roleChanged(event: EventOf<typeof InstanceRoleChangedV1>): Promise<void> {
    const { placement, to, epoch } = event.data;
    await this.#save(event, { ...placement, agentKey: null, role: to, epoch });
  }

  async #save(
    event: { readonly id: string; readonly time: string },
    reporter: Pick<
      Parameters<ReportStore['saveReporter']>[1],
      'instanceId' | 'ec2InstanceId' | 'agentKey' | 'role' | 'epoch'
    >,
  ): Promise<void> {
    const { instanceId, ec2InstanceId, agentKey, role, epoch } = reporter;
    await this.deps.uow.run(async (tx) => {
      if (!(await this.deps.inbox.claim(tx, 'pricing.follow-reporters', event.id))) return;
      await this.deps.reports.saveReporter(tx, {
        instanceId,
        ec2InstanceId,
        agentKey,
        role,
        epoch,
        changedAt: new Date(event.time),
      });
    });
  }
}
