import type { Tx } from '@spotopt/kernel';
import type { PriceSighting } from '../pools/pool.js';
import type { PriceAlert } from './price-alert.js';

export abstract class PriceAlertStore {
  abstract add(tx: Tx, alert: PriceAlert): Promise<void>;
  abstract listOfClient(tx: Tx, clientId: string): Promise<PriceAlert[]>;
  abstract listOfPool(tx: Tx, poolId: string): Promise<PriceAlert[]>;
  abstract setState(tx: Tx, alertId: string, state: Pick<PriceAlert, 'armed' | 'lastFiredAt'>): Promise<void>;
  /** False when the tenant has none of that id. */
  abstract remove(tx: Tx, clientId: string, alertId: string): Promise<boolean>;
}

/** Whoever wants to know that a price came into force, in the transaction in which it does. */
export abstract class PriceWatchers {
  abstract priceInForce(tx: Tx, sighting: PriceSighting): Promise<void>;
}
