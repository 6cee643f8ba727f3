import { PricingReportedV1, SwitchReportedV1, createEvent, sealEvent } from '@spotopt/contracts';
import type { ResolvedAgent } from '@spotopt/contracts';
import type { PricingReportBody, SwitchReportBody } from '@spotopt/contracts/http';
import type { Clock, Ids, Outbox, UnitOfWork } from '@spotopt/kernel';
import type { CommandStore } from '../commands/ports.js';
import type { AuditTrail, NewActivity } from '../events/ports.js';
import type { DirectEvents } from '../ports.js';
import { normalisePricingReport } from './pricing-report.js';
import { normaliseSwitchReport } from './switch-report.js';

export interface AcceptReportsParts {
  readonly events: DirectEvents;
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly commands: CommandStore;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface AcceptedPrices {
  /** Prices of spot pools. */
  readonly accepted: number;
  readonly rejected: number;
  /** The report carried any price at all, be it the on-demand one. */
  readonly usable: boolean;
}

/** What agents tell. Nothing is answered with success before it is safe. */
export class AcceptReports {
  constructor(private readonly parts: AcceptReportsParts) {}

  /** The broker has the report when this resolves. @throws AppError (transient) when it could not take it */
  async prices(agent: ResolvedAgent, body: PricingReportBody): Promise<AcceptedPrices> {
    const { events, clock, ids } = this.parts;
    const receivedAt = clock.now().toISOString();
    const data = normalisePricingReport({ reportId: ids.next(), agent, body, receivedAt });
    const event = { id: ids.next(), time: clock.now(), subject: agent.agentId, data };
    await events.publish(sealEvent(PricingReportedV1, event));
    const accepted = data.prices.length;
    const usable = accepted > 0 || data.onDemandUsdPerHour !== null;
    return { accepted, rejected: data.rejected.length, usable };
  }

  async switched(agent: ResolvedAgent, body: SwitchReportBody): Promise<void> {
    const { uow, outbox, commands, clock, ids } = this.parts;
    const receivedAt = clock.now().toISOString();
    const data = normaliseSwitchReport({ reportId: ids.next(), agent, body, receivedAt });
    const event = createEvent(SwitchReportedV1, {
      id: ids.next(),
      time: clock.now(),
      subject: agent.agentId,
      data,
    });
    await uow.run(async (tx) => {
      await outbox.add(tx, event);
      // The agent acknowledges only after its termination wait; until then nobody may switch again (AG-61).
      await commands.markExecuting(tx, agent.agentKey);
    });
  }

  async cleanedUp(
    agent: ResolvedAgent,
    cleanup: { snapshots: number; images: number; failed: number },
  ): Promise<void> {
    const { snapshots, images, failed } = cleanup;
    const entry: NewActivity = {
      type: 'agent',
      text: `clean-up removed ${String(snapshots)} snapshots and ${String(images)} images, ${String(failed)} failed`,
      severity: failed > 0 ? 'warning' : 'info',
      clientId: agent.clientId,
      agentId: agent.agentId,
    };
    await this.parts.uow.run((tx) => this.parts.audit.record(tx, entry));
  }
}
