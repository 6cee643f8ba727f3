/** One price that came into force, USD per hour. */
export interface PriceChange {
  readonly usdPerHour: number;
  readonly observedAtMs: number;
}

export interface RiskInput {
  /** Notices that hit the pool in 30 days. */
  readonly interruptions30d: number;
  /** Prices of the last 24 hours with the one in force before them, oldest first; empty = unknown. */
  readonly prices: readonly PriceChange[];
  /** Age of the machine in hours. */
  readonly ageHours: number;
  readonly nowMs: number;
}

export interface Risk {
  /** 0 to 1. */
  readonly score: number;
  readonly components: {
    readonly interruptions: number;
    readonly volatility: number;
    readonly youth: number;
    readonly trend: number;
  };
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const UNKNOWN = 0.5;

/**
 * Risk that a machine is taken back soon, by the published formula (EM-20, CT-70): 0.40 · interruptions of 30
 * days / 30 + 0.30 · price volatility of 24 h + 0.20 / (age in hours + 1) + 0.10 · trend (1 when the price rose
 * within the last hour, else 0.5). Each component is held within 0 to 1; what is unknown counts 0.5.
 */
export function riskOf(input: RiskInput): Risk {
  const components = {
    interruptions: clamp(input.interruptions30d / 30),
    volatility: volatilityOf(input.prices, input.nowMs),
    youth: clamp(1 / (Math.max(0, input.ageHours) + 1)),
    trend: isRising(input.prices, input.nowMs) ? 1 : 0.5,
  };
  const score =
    0.4 * components.interruptions +
    0.3 * components.volatility +
    0.2 * components.youth +
    0.1 * components.trend;
  return { score: clamp(score), components };
}

/** Standard deviation over mean of the price, weighted by how long each was in force. */
function volatilityOf(prices: readonly PriceChange[], nowMs: number): number {
  const fromMs = nowMs - DAY_MS;
  const spans = prices.map((price, index) => {
    const startMs = Math.max(fromMs, price.observedAtMs);
    const endMs = Math.min(nowMs, prices[index + 1]?.observedAtMs ?? nowMs);
    return { usdPerHour: price.usdPerHour, weight: Math.max(0, endMs - startMs) };
  });
  const total = spans.reduce((sum, span) => sum + span.weight, 0);
  if (total === 0) return UNKNOWN;
  const mean = spans.reduce((sum, span) => sum + span.usdPerHour * span.weight, 0) / total;
  const variance = spans.reduce((sum, span) => sum + (span.usdPerHour - mean) ** 2 * span.weight, 0) / total;
  return mean === 0 ? UNKNOWN : clamp(Math.sqrt(variance) / mean);
}

function isRising(prices: readonly PriceChange[], nowMs: number): boolean {
  const last = prices.at(-1);
  const before = prices.findLast((price) => price.observedAtMs <= nowMs - HOUR_MS);
  return last !== undefined && before !== undefined && last.usdPerHour > before.usdPerHour;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
