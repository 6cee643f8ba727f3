/**
 * Every number that the engine does not read from its observation. None is fitted to a scenario: they are half-lives
 * and priors, or come from one regression over recorded interruptions and prices (docs/decision-engine.md).
 * Times are hours, rates are per hour.
 */

export const SECONDS_PER_HOUR = 3600;

/** How fast what was seen loses weight. */
export const HALF_LIFE_HOURS = {
  /** A working day: what happens now is mostly what happened in the last hours. */
  recent: 8,
  /** A week, so that every hour of the day and each weekday was seen. */
  week: 168,
  /** Two days of samples on average (33 h · 1.44): what a pool's neighbours usually are. */
  usualUp: 33,
  recentDown: 4,
  usualPrice: 72,
  /** Pools rarely fail together: 20 days are needed to see a few cases. */
  coLoss: 480,
  /** How pools are lost changes with the years, not with the days. */
  lossKind: 480,
  /** As long as a restless market of the bidding years stayed restless. */
  moves: 4,
} as const;

/** What is assumed of a pool or market before anything was seen. */
export const PRIOR = {
  /** A market has lost once in four hours, which is worth two hours of watching: careful, and soon outweighed. */
  losses: 0.5,
  hoursUp: 2,
  /** A pool seen up for the first time has been up a while; most are, and the median spell of traces is some hours. */
  ageHours: 6,
  /** Middle between traces (0.4) and price histories (1). */
  usualUp: 0.7,
  /** A pool that is away at first has been away for an hour of the last four or so. */
  recentDown: 0.2,
  /** Prices return to their average within a day; worth 0.1 h of a price e-fold away. */
  returnPerHour: 1 / 24,
  returnWeight: 0.1,
  /** Chance that a second pool goes in the same step: of the same region, and of another one; worth four losses. */
  coLossSameRegion: 0.15,
  coLossOtherRegion: 0.01,
  coLossWeight: 4,
} as const;

/** Exponents and factors of the loss rate: Poisson regression over all traces and price histories. */
export const LOSS_RATE = {
  /** Rate at an age of about an hour, all else as usual. */
  scale: 0.9,
  /** Losses of the first minutes are no worse than those at 12 min: the shift of a Lomax law. */
  ageShiftHours: 0.2,
  ageExponent: 0.5,
  recentExponent: 0.15,
  recentWeightHours: 1,
  timeOfDayExponent: 0.3,
  timeOfDayWeightHours: 5,
  scarcity: 0.8,
  recentDown: 0.65,
  priceExcess: 1.5,
  /** However old, a pool keeps this share of the market's rate: regression to the mean. */
  floorShare: 0.025,
  /** Logarithms of price over average beyond these are not believed. */
  excessRange: [-1, 2],
} as const;

/**
 * Losses by price: where the machine goes to whoever bids more, the chance of a jump above the cap falls as a power of
 * the distance to it and rises with the restlessness of the price. Regression over the price histories of 2015.
 */
export const PRICE_LOSS = {
  scale: 2.25,
  /** Tail exponent of jumps: at half the cap the rate is 0.38 of that at the cap. */
  nearnessExponent: 1.4,
  restlessExponent: 0.6,
  /** A price that has not moved for hours is taken to move by 5 %. */
  restlessFloor: 0.05,
  timeOfDayExponent: 0.15,
  /** One jump counts as e³ at most. */
  largestSquaredMove: 9,
  /** Where all losses are by price, both rates are believed alike: their geometric mean. */
  share: 0.5,
  /** Losses of another kind that are assumed before any was seen. */
  otherLosses: 1,
  sameLogPrice: 1e-9,
} as const;

export const LOOK_AHEAD = {
  /** An opportunity lasts a day at most: prices and markets change by then. */
  horizonHours: 24,
  /** Where the costs ahead are worked out, in hours from now. */
  atHours: [0, 0.25, 0.75, 1.5, 3, 6, 12, 24, 48],
  /** The rate of a pool that survives falls faster than by its age alone: its recent losses fade as well. */
  ageExponent: 0.75,
  /** A gain that does not last must pay twice: for the way there and the way back. */
  returnTrip: 2,
  /** Pieces of the integral over the time that is spent waiting. */
  pieces: 6,
} as const;

export const CHOICE = {
  /** Pools that may become the standby: pairs are counted in squares. */
  standbys: 12,
  /** Partners that a pool remembers to have fallen with. */
  partners: 8,
  /** A machine of a pool under notice, blocked or priced out is taken to last an hour. */
  lossPerHourInDanger: 1,
  /**
   * `risk` is the chance to lose the machine within this time, in hours: the usual cooldown, in which no limit would
   * let it move again. 0.30 is then a loss in 5.6 h, at about which spot at a third of the price stops to pay.
   */
  riskHours: 2,
} as const;

/** Factor by which what was counted `hours` ago has faded. */
export function fading(hours: number, halfLifeHours: number): number {
  return Math.exp((-Math.LN2 * hours) / halfLifeHours);
}
