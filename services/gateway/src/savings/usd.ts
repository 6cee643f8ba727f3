const USD_DECIMALS = 6;

/** Sums of amounts, free of the noise of binary fractions. */
export function roundUsd(usd: number): number {
  return Number(usd.toFixed(USD_DECIMALS));
}
