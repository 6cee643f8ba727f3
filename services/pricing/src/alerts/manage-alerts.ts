import type {
  CreatePriceAlert,
  DeletePriceAlert,
  ListPriceAlerts,
  PriceAlertView,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import { AppError, type Clock, type Ids, type UnitOfWork } from '@spotopt/kernel';
import type { PoolStore } from '../pools/ports.js';
import type { PriceAlertStore, PriceWatchers } from './ports.js';
import type { PriceAlert } from './price-alert.js';

export interface ManageAlertsDeps {
  readonly uow: UnitOfWork;
  readonly alerts: PriceAlertStore;
  readonly pools: PoolStore;
  readonly watchers: PriceWatchers;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** They are judged where prices come into force: one tenant must not slow that down for all. */
const MAX_ALERTS = 100;

export class ManageAlerts {
  constructor(private readonly deps: ManageAlertsDeps) {}

  async create(request: RpcRequest<typeof CreatePriceAlert>): Promise<RpcResponse<typeof CreatePriceAlert>> {
    const { uow, alerts, clock, ids } = this.deps;
    const alert = { ...request, id: ids.next(), createdAt: clock.now(), lastFiredAt: null, armed: true };
    const stored = await uow.run(async (tx) => {
      const own = await alerts.listOfClient(tx, request.clientId);
      if (own.length >= MAX_ALERTS) {
        throw AppError.permanent(
          'too-many-alerts',
          `a tenant may have ${String(MAX_ALERTS)} alerts; delete one first`,
        );
      }
      const same = own.find(
        ({ poolId, thresholdUsdPerHour }) =>
          poolId === request.poolId && thresholdUsdPerHour === request.thresholdUsdPerHour,
      );
      if (same !== undefined) return same;
      // Held until the end, so that a price that comes meanwhile is judged after it.
      const [current] = await this.deps.pools.findForChange(tx, [request.poolId]);
      await alerts.add(tx, alert);
      const inForce = current?.inForce ?? null;
      if (inForce !== null) await this.deps.watchers.priceInForce(tx, inForce);
      return alert;
    });
    return { alert: toView(stored) };
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
