import type { RpcResponse, SavingsTotals } from '@spotopt/contracts';
import { roundUsd } from './usd.js';

type Totals = RpcResponse<typeof SavingsTotals>['clients'][number];
export type SavingsSums = Omit<Totals, 'clientId'>;

export const NO_SAVINGS: SavingsSums = {
  savingsUsdTotal: 0,
  savingsUsdThisMonth: 0,
  onDemandUsdThisMonth: 0,
  actualUsdThisMonth: 0,
  estimatedSavingsUsdTotal: 0,
};

/** Over all the given tenants. */
export function sumTotals(tenants: readonly SavingsSums[]): SavingsSums {
  const sum = (key: keyof SavingsSums): number =>
    roundUsd(tenants.reduce((total, tenant) => total + tenant[key], 0));
  return {
    savingsUsdTotal: sum('savingsUsdTotal'),
    savingsUsdThisMonth: sum('savingsUsdThisMonth'),
    onDemandUsdThisMonth: sum('onDemandUsdThisMonth'),
    actualUsdThisMonth: sum('actualUsdThisMonth'),
    estimatedSavingsUsdTotal: sum('estimatedSavingsUsdTotal'),
  };
}

/** Of what on-demand would have cost this month; 0 while nothing ran (M8 has no way to say unknown). */
export function monthSavingsPercent({ onDemandUsdThisMonth, actualUsdThisMonth }: SavingsSums): number {
  if (onDemandUsdThisMonth === 0) return 0;
  const percent = ((onDemandUsdThisMonth - actualUsdThisMonth) / onDemandUsdThisMonth) * 100;
  return Number(percent.toFixed(2));
}
