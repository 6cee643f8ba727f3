/**
 * What was learned of one pool so far, as a few numbers that JSON can hold: stored between two samples, and with
 * every decision, so that the decision can be made again. Only `learn` writes it. Counts fade: what is long ago
 * counts less, by half after the half-life that the comment names.
 */
export interface PoolBelief {
  /** Epoch seconds of the sample that it was last brought up to. */
  readonly at: number;
  /** It gave machines then. */
  readonly up: boolean;
  /** Epoch seconds of the sample that first saw it up; of a pool that was up at first, some time before that. */
  readonly upSince: number;
  /** Times that it went away, half-life 8 h. */
  readonly recentLosses: number;
  /** Hours that it was up, half-life 8 h. */
  readonly recentHours: number;
  /** Share of the time that it is up, half-life 33 h. */
  readonly usualUp: number;
  /** Share of the time that it was down, half-life 4 h. */
  readonly recentDown: number;
  /** Logarithm of the last known price; null before any. */
  readonly logUsd: number | null;
  /** The same on average, half-life 3 days. */
  readonly usualLogUsd: number | null;
  /** Squared changes of that logarithm, added up, half-life 4 h: how restless the price is. */
  readonly squaredMoves: number;
  readonly byHour: HourlyLosses;
  readonly coLosses: CoLosses;
}

/** Losses and hours up by hour of the day in UTC, half-life a week. */
export interface HourlyLosses {
  /** Epoch seconds at which a count has the weight 1; later ones weigh more, so that nothing else need be touched. */
  readonly since: number;
  readonly losses: readonly number[];
  readonly hours: readonly number[];
}

/** Whom this pool took along when it went away, half-life 20 days. */
export interface CoLosses {
  /** Epoch seconds of the last loss, up to which the counts have faded. */
  readonly at: number;
  /** Times that this pool went away. */
  readonly losses: number;
  /** Of these, times that the other one was lost in the same sample; only pools of which that was seen. */
  readonly together: Readonly<Record<string, number>>;
}

/** What was learned of all pools of a market together, half-life a week where nothing else is said. */
export interface MarketBelief {
  /** Epoch seconds. */
  readonly at: number;
  /** Times that any pool went away. */
  readonly losses: number;
  /** Losses expected before anything was seen, beside the built-in assumption. */
  readonly priorFactor: number;
  /** Hours that pools were up, added up. */
  readonly hoursUp: number;
  /** Times that a pool went away, half-life 20 days. */
  readonly allLosses: number;
  /** Of these, times that its price had just risen above the on-demand price; half-life 20 days. */
  readonly priceLosses: number;
  /** How far prices came back to their average, and how long they were away from it: a rate, once divided. */
  readonly returned: number;
  readonly away: number;
}
