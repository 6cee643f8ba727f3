import type { BacktestReport } from '@spotopt/contracts/http';

export interface BacktestOutcome {
  readonly report: BacktestReport;
  /** The picture, made or fetched when it is wanted. */
  readonly chart: () => Promise<string>;
}
