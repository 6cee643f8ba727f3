import type { LedgerFigures, SavingsPeriod } from '@spotopt/contracts';

export const FIGURES: LedgerFigures = {
  onDemandUsd: 10,
  actualUsd: 4,
  primaryUsd: 3,
  standbyUsd: 0.5,
  switchUsd: 0.3,
  interruptionUsd: 0.2,
  savingsUsd: 6,
  estimatedSavingsUsd: 1,
  spotHours: 100,
  onDemandHours: 5,
  standbyHours: 10,
  filledHours: 1.5,
  unpricedHours: 2,
  switches: 3,
  interruptions: 1,
  downtimeMs: 4_500,
};

/** A day or a month as the ledger reports it. */
export function savingsPeriod(period: string, more: Partial<SavingsPeriod> = {}): SavingsPeriod {
  return {
    period,
    ...FIGURES,
    savingsPercent: 60,
    settledActualUsd: null,
    settledSavingsUsd: null,
    open: false,
    revised: false,
    anomaly: false,
    ...more,
  };
}
