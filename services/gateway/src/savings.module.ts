import type { Provider } from '@nestjs/common';
import type { Clock, Ids } from '@spotopt/kernel';
import { ClientRegister } from './access/ports.js';
import { AgentDirectory } from './agents/ports.js';
import { ExportPrices } from './exports/export-prices.js';
import { ExportsController } from './exports/exports.controller.js';
import { OperationalMetrics } from './operations/operational-metrics.js';
import { OperationsController } from './operations/operations.controller.js';
import type { ServiceRequests } from './ports.js';
import { ClientCharts } from './savings/client-charts.js';
import { CostReportsController } from './savings/cost-reports.controller.js';
import { ImportCostReport } from './savings/import-cost-report.js';
import { ReadSavings } from './savings/read-savings.js';
import { SavingsController } from './savings/savings.controller.js';

export const SAVINGS_CONTROLLERS = [
  SavingsController,
  CostReportsController,
  ExportsController,
  OperationsController,
];

export interface SavingsBase {
  readonly requests: ServiceRequests;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly maxCostReportBytes: number;
}

/** What shows money, takes cost reports in and gives files out. */
export function savingsProviders(base: SavingsBase): Provider[] {
  const upload = new ImportCostReport({ ...base, maxBytes: base.maxCostReportBytes });
  return [
    {
      provide: ReadSavings,
      useFactory: (clients: ClientRegister, directory: AgentDirectory) =>
        new ReadSavings({ ...base, clients, directory }),
      inject: [ClientRegister, AgentDirectory],
    },
    {
      provide: ClientCharts,
      useFactory: (clients: ClientRegister, savings: ReadSavings) =>
        new ClientCharts({ ...base, clients, savings }),
      inject: [ClientRegister, ReadSavings],
    },
    { provide: ImportCostReport, useValue: upload },
    { provide: ExportPrices, useValue: new ExportPrices(base) },
    { provide: OperationalMetrics, useValue: new OperationalMetrics(base) },
  ];
}
