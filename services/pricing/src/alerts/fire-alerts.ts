import { createEvent, PriceAlertFiredV1 } from '@spotopt/contracts';
import { assertNever, type Clock, type Ids, type Outbox, type Tx } from '@spotopt/kernel';
import type { PriceSighting } from '../pools/pool.js';
import { type PriceAlertStore, PriceWatchers } from './ports.js';
import { type PriceAlert, reactionOf } from './price-alert.js';

export interface FireAlertsDeps {
  readonly alerts: PriceAlertStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Tells tenants of prices that fell to what they had set. */
export class FireAlerts extends PriceWatchers {
  constructor(private readonly deps: FireAlertsDeps) {
    super();
  }

  override async priceInForce(tx: Tx, sighting: PriceSighting): Promise<void> {
    for (const alert of await this.deps.alerts.listOfPool(tx, sighting.poolId)) {
      const reaction = reactionOf(alert, sighting.usdPerHour);
      switch (reaction) {
        case 'fire':
          await this.#fire(tx, alert, sighting);
          break;
        case 'arm':
          await this.deps.alerts.setState(tx, alert.id, { armed: true, lastFiredAt: alert.lastFiredAt });
          break;
        case 'none':
          break;
        default:
          assertNever(reaction);
      }
    }
  }

  async #fire(tx: Tx, alert: PriceAlert, sighting: PriceSighting): Promise<void> {
    const now = this.deps.clock.now();
    await this.deps.alerts.setState(tx, alert.id, { armed: false, lastFiredAt: now });
    const event = createEvent(PriceAlertFiredV1, {
      id: this.deps.ids.next(),
      time: now,
      subject: alert.poolId,
      data: {
        alertId: alert.id,
        clientId: alert.clientId,
        poolId: alert.poolId,
        thresholdUsdPerHour: alert.thresholdUsdPerHour,
        spotUsdPerHour: sighting.usdPerHour,
        observedAt: sighting.observedAt.toISOString(),
      },
    });
    await this.deps.outbox.add(tx, event);
  }
}
