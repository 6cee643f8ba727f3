import type { SavingsPeriod, SwitchView } from '@spotopt/contracts';
import type { ListClientsRoute, ResponseOf } from '@spotopt/contracts/http';
import { monthName } from '../savings/days.js';
import { csvLines } from './csv.js';

type ClientItem = ResponseOf<typeof ListClientsRoute>['clients'][number];

/** By month (S7). */
export function savingsCsv(months: readonly SavingsPeriod[]): string {
  const rows = months.map(({ period, onDemandUsd, actualUsd, savingsUsd }) => [
    Number(period.slice(0, 4)),
    Number(period.slice(5, 7)),
    monthName(period),
    onDemandUsd,
    actualUsd,
    savingsUsd,
  ]);
  return csvLines([
    ['Year', 'Month', 'Month Name', 'On-Demand Cost ($)', 'Actual Cost ($)', 'Savings ($)'],
    ...rows,
  ]);
}

const SWITCH_HEADER = [
  'Timestamp',
  'Old Instance ID',
  'New Instance ID',
  'From Mode',
  'To Mode',
  'From Pool',
  'To Pool',
  'Trigger',
  'Price ($)',
  'Savings Impact ($/hr)',
];

/** Switches page by page (S8). */
export async function* switchCsv(pages: AsyncIterable<readonly SwitchView[]>): AsyncGenerator<string> {
  let header = csvLines([SWITCH_HEADER]);
  for await (const page of pages) {
    const rows = page.map((view) => [
      view.startedAt,
      view.fromEc2InstanceId,
      view.toEc2InstanceId,
      view.fromMode,
      view.toMode,
      view.fromPoolId,
      view.toPoolId,
      view.trigger,
      view.newUsdPerHour,
      view.savingsUsdPerHour,
    ]);
    yield header + csvLines(rows);
    header = '';
  }
}

/** A line per tenant (S9). */
export function clientsCsv(clients: readonly ClientItem[]): string {
  const rows = clients.map((client) => [
    client.id,
    client.name,
    client.email ?? null,
    client.totalSavings,
    client.instances,
    client.agentsOnline,
    client.created_at,
  ]);
  return csvLines([
    ['Client ID', 'Name', 'Email', 'Total Savings ($)', 'Active Instances', 'Active Agents', 'Created At'],
    ...rows,
  ]);
}
