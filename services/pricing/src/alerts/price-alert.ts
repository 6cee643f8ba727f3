/** What a tenant wants to be told. */
export interface PriceAlert {
  readonly id: string;
  readonly clientId: string;
  readonly poolId: string;
  readonly thresholdUsdPerHour: number;
  readonly createdAt: Date;
  readonly lastFiredAt: Date | null;
  /** Fires once when the price reaches the threshold, and again only after it was above. */
  readonly armed: boolean;
}

export type AlertReaction = 'fire' | 'arm' | 'none';

export function reactionOf(alert: PriceAlert, usdPerHour: number): AlertReaction {
  if (usdPerHour > alert.thresholdUsdPerHour) return alert.armed ? 'none' : 'arm';
  return alert.armed ? 'fire' : 'none';
}
