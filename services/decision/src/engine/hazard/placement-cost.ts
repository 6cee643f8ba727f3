import { coLossChance } from './co-loss.js';
import { LOOK_AHEAD } from './constants.js';
import type { LossCosts } from './loss-costs.js';
import type { Place } from './place.js';
import type { Standbys } from './standbys.js';

/** What it costs to run on a place, with the standby that makes it cheapest. */
export interface PlacementCost {
  /** All in, as a rate: machines, losses at the price of their downtime, and the warm-up of a new standby. */
  readonly usdPerHour: number;
  readonly standby: Place | null;
  /** Of one loss of the primary. */
  readonly lossUsd: number;
  /** Chance that the standby is gone as well; 1 without one. */
  readonly coldChance: number;
}

/** f = r + min(λ·cold, min over standbys j of r_j + λ·(promote + κ·(cold − promote)) + warming up j) */
export function placementCost(place: Place, standbys: Standbys, losses: LossCosts): PlacementCost {
  const { promoteUsd, coldUsd, cycleHours } = losses;
  let best = {
    extra: place.lossPerHour * coldUsd,
    standby: null as Place | null,
    lossUsd: coldUsd,
    coldChance: 1,
  };
  for (const standby of standbys.places) {
    // The cheapest comes first; most pools are so safe that not even that one pays.
    if (standby.usdPerHour + place.lossPerHour * promoteUsd >= best.extra) break;
    if (standby.poolId === place.poolId) continue;
    const isThere = standby.poolId === standbys.presentPoolId;
    const warmUp = isThere ? 0 : warmUpUsdPerHour(place, standby, losses);
    const coldChance = coLossChance(place, standby, cycleHours);
    const lossUsd = promoteUsd + coldChance * (coldUsd - promoteUsd);
    const extra = standby.usdPerHour + place.lossPerHour * lossUsd + warmUp;
    if (extra < best.extra) best = { extra, standby, lossUsd, coldChance };
  }
  const { extra, standby, lossUsd, coldChance } = best;
  return { usdPerHour: place.usdPerHour + extra, standby, lossUsd, coldChance };
}

/** A new standby costs and does not help yet; as long as either machine lasts, or the opportunity, it is paid once. */
function warmUpUsdPerHour(primary: Place, standby: Place, { coldUsd, coldHours }: LossCosts): number {
  const timesPerHour = primary.lossPerHour + standby.lossPerHour + 1 / LOOK_AHEAD.horizonHours;
  const onceUsd = primary.lossPerHour * coldHours * coldUsd + standby.usdPerHour * coldHours;
  return timesPerHour * onceUsd;
}
