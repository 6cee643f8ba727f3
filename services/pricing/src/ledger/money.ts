const MS_PER_HOUR = 3_600_000n;

/** A whole number of millionths of a dollar: sums of such numbers are exact. */
export type MicroUsd = number;

export function microUsdOf(usd: number): MicroUsd {
  return Math.round(usd * 1_000_000);
}

export function usdOf(microUsd: MicroUsd): number {
  return microUsd / 1_000_000;
}

/** Adds up running time at hourly prices without rounding before the end. */
export class Accrual {
  #microUsdPerHourMs = 0n;

  add(usdPerHour: number, durationMs: number): void {
    this.#microUsdPerHourMs += BigInt(microUsdOf(usdPerHour)) * BigInt(durationMs);
  }

  /** Rounded half up. */
  total(): MicroUsd {
    return Number((this.#microUsdPerHourMs + MS_PER_HOUR / 2n) / MS_PER_HOUR);
  }
}
