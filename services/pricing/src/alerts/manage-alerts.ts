import type {
  CreatePriceAlert,
  DeletePriceAlert,
  ListPriceAlerts,
  PriceAlertView,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import type { Clock, Ids, UnitOfWork } from '@spotopt/kernel';
import type { PriceAlertStore } from './ports.js';
import type { PriceAlert } from './price-alert.js';

export interface ManageAlertsDeps {
  readonly uow: UnitOfWork;
  readonly alerts: PriceAlertStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

export class ManageAlerts {
  constructor(private readonly deps: ManageAlertsDeps) {}

  async create(request: RpcRequest<typeof CreatePriceAlert>): Promise<RpcResponse<typeof CreatePriceAlert>> {
    const { uow, alerts, clock, ids } = this.deps;
    const alert = { ...request, id: ids.next(), createdAt: clock.now(), lastFiredAt: null, armed: true };
    await uow.run((tx) => alerts.add(tx, alert));
    return { alert: toView(alert) };
  }

  async list({ clientId }: RpcRequest<typeof ListPriceAlerts>): Promise<RpcResponse<typeof ListPriceAlerts>> {
    const found = await this.deps.uow.read((tx) => this.deps.alerts.listOfClient(tx, clientId));
    return { alerts: found.map(toView) };
  }

  async remove(request: RpcRequest<typeof DeletePriceAlert>): Promise<RpcResponse<typeof DeletePriceAlert>> {
    const { clientId, alertId } = request;
    return { deleted: await this.deps.uow.run((tx) => this.deps.alerts.remove(tx, clientId, alertId)) };
  }
}

function toView(alert: PriceAlert): PriceAlertView {
  return {
    alertId: alert.id,
    clientId: alert.clientId,
    poolId: alert.poolId,
    thresholdUsdPerHour: alert.thresholdUsdPerHour,
    createdAt: alert.createdAt.toISOString(),
    lastFiredAt: alert.lastFiredAt?.toISOString() ?? null,
  };
}
