import { Param } from '@nestjs/common';
import { CloseDay, CreatePriceAlert, DeletePriceAlert, ListPriceAlerts } from '@spotopt/contracts';
import type { PriceAlertView } from '@spotopt/contracts';
import type { BodyOf, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  CloseSavingsRoute,
  CostsRoute,
  CreatePricingAlertRoute,
  DeletePricingAlertRoute,
  DowntimeRoute,
  ListPricingAlertsRoute,
  SavingsRoute,
  StatsChartsRoute,
} from '@spotopt/contracts/http';
import { Clock } from '@spotopt/kernel';
import { ClientRegister } from '../access/ports.js';
import { notFound, tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, By, QueryFor, Routes, Serves } from '../route.js';
import { ClientCharts } from './client-charts.js';
import { dayOf } from './days.js';
import { ReadSavings } from './read-savings.js';

const DEFAULT_DOWNTIME_HOURS = 24;
/** Closing goes through every machine of every tenant. */
const CLOSE_TIMEOUT_MS = 25_000;

@Routes()
export class SavingsController {
  constructor(
    private readonly readSavings: ReadSavings,
    private readonly clientCharts: ClientCharts,
    private readonly clients: ClientRegister,
    private readonly requests: ServiceRequests,
    private readonly clock: Clock,
  ) {}

  @Serves(SavingsRoute)
  async savings(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
    @QueryFor(SavingsRoute) query: QueryOf<typeof SavingsRoute>,
  ): Promise<ResponseOf<typeof SavingsRoute>> {
    return this.readSavings.savings(caller, clientId, query);
  }

  @Serves(CostsRoute)
  async costs(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
    @QueryFor(CostsRoute) query: QueryOf<typeof CostsRoute>,
  ): Promise<ResponseOf<typeof CostsRoute>> {
    return this.readSavings.costs(caller, clientId, query);
  }

  @Serves(CloseSavingsRoute)
  async close(
    @BodyFor(CloseSavingsRoute) body: BodyOf<typeof CloseSavingsRoute>,
  ): Promise<ResponseOf<typeof CloseSavingsRoute>> {
    const { day } = body;
    if (day >= dayOf(this.clock.nowMs())) {
      throw invalidRequest([{ path: ['day'], message: 'only a past day can be closed' }]);
    }
    const clientId = body.client_id ?? null;
    if (clientId !== null) await this.clients.get(clientId);
    const options = { timeoutMs: CLOSE_TIMEOUT_MS };
    const { agents, changed } = await this.requests.ask(CloseDay, { day, clientId }, options);
    return {
      success: true,
      status: 'success',
      day,
      agents,
      changed: changed.map((one) => ({
        client_id: one.clientId,
        agent_id: one.agentId,
        revision: one.revision,
        savings_before: one.savingsUsdBefore,
        savings_after: one.savingsUsdAfter,
      })),
      total: changed.length,
    };
  }

  @Serves(StatsChartsRoute)
  async charts(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
  ): Promise<ResponseOf<typeof StatsChartsRoute>> {
    return this.clientCharts.charts(caller, clientId);
  }

  @Serves(DowntimeRoute)
  async downtime(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
    @QueryFor(DowntimeRoute) query: QueryOf<typeof DowntimeRoute>,
  ): Promise<ResponseOf<typeof DowntimeRoute>> {
    const days = query.days === undefined ? undefined : query.days * 24;
    return this.clientCharts.downtime(caller, clientId, query.hours ?? days ?? DEFAULT_DOWNTIME_HOURS);
  }

  @Serves(CreatePricingAlertRoute)
  async createAlert(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
    @BodyFor(CreatePricingAlertRoute) body: BodyOf<typeof CreatePricingAlertRoute>,
  ): Promise<ResponseOf<typeof CreatePricingAlertRoute>> {
    const tenant = await this.#tenant(caller, clientId);
    const request = { poolId: body.pool_id, thresholdUsdPerHour: body.threshold_price };
    const { alert } = await this.requests.ask(CreatePriceAlert, { clientId: tenant, ...request });
    return { success: true, status: 'success', ...toAlertItem(alert) };
  }

  @Serves(ListPricingAlertsRoute)
  async alerts(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
  ): Promise<ResponseOf<typeof ListPricingAlertsRoute>> {
    const tenant = await this.#tenant(caller, clientId);
    const { alerts } = await this.requests.ask(ListPriceAlerts, { clientId: tenant });
    return { alerts: alerts.map(toAlertItem), total: alerts.length };
  }

  @Serves(DeletePricingAlertRoute)
  async deleteAlert(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
    @Param('alertId') alertId: string,
  ): Promise<ResponseOf<typeof DeletePricingAlertRoute>> {
    const tenant = await this.#tenant(caller, clientId);
    const { deleted } = await this.requests.ask(DeletePriceAlert, { clientId: tenant, alertId });
    if (!deleted) throw notFound('alert');
    return { success: true, status: 'success', alert_id: alertId };
  }

  /** An administrator may name a tenant that does not exist. */
  async #tenant(caller: Caller, clientId: string): Promise<string> {
    return (await this.clients.get(tenantInPath(caller, clientId))).id;
  }
}

function toAlertItem(alert: PriceAlertView): ResponseOf<typeof ListPricingAlertsRoute>['alerts'][number] {
  const { alertId, poolId, thresholdUsdPerHour, createdAt, lastFiredAt } = alert;
  return {
    id: alertId,
    alert_id: alertId,
    pool_id: poolId,
    threshold_price: thresholdUsdPerHour,
    created_at: createdAt,
    last_fired_at: lastFiredAt,
  };
}
