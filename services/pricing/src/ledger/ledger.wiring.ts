import type { Type } from '@nestjs/common';
import type { ServiceContext } from '@spotopt/platform';
import { SqlOnDemandPriceStore } from '../on-demand/on-demand-price.store.js';
import { SqlOnDemandPrices } from '../on-demand/on-demand-prices.store.js';
import type { PricingConfig } from '../config.js';
import type { SeriesReader } from '../series/ports.js';
import { CloseDay } from './close-day.js';
import { CloseDueDays } from './close-due-days.js';
import { CloseOnDemand } from './close-on-demand.js';
import { ComputeDays } from './compute-days.js';
import { ForgetOldDays } from './forget-old-days.js';
import { ImportCosts } from './import-costs.js';
import { LedgerClosingRow, LedgerDayRow, LedgerLineRow } from './ledger-rows.store.js';
import { LedgerController } from './ledger.controller.js';
import { LedgerJob } from './ledger.job.js';
import { SqlLedgerStore } from './ledger.store.js';
import { LiveDays } from './live-days.js';
import { ReadLedger } from './read-ledger.js';
import { ReadSavings } from './read-savings.js';
import { RecordUsage } from './record-usage.js';
import { ReportDays } from './report-days.js';
import { SettledCostRow, SqlSettledCostStore } from './settled-cost.store.js';
import { UsageConsumer } from './usage.consumer.js';
import {
  LedgerAgentRow,
  OccurrenceRow,
  UsageFactRow,
  UsageIntervalRow,
  UsageMachineRow,
} from './usage-rows.store.js';
import { SqlUsageStore } from './usage.store.js';

const CHECK_EVERY_MS = 60_000;

export const LEDGER_LISTENERS: Type[] = [UsageConsumer, LedgerController];

export const LEDGER_ENTITIES = [
  UsageFactRow,
  UsageMachineRow,
  UsageIntervalRow,
  OccurrenceRow,
  LedgerAgentRow,
  LedgerDayRow,
  LedgerClosingRow,
  LedgerLineRow,
  SettledCostRow,
];

/** Makes everything that the listeners need, and the job that closes days. */
export function wireLedger(context: ServiceContext<PricingConfig>, series: SeriesReader): object[] {
  const { config, clock, ids, database, failpoints, logger, random } = context;
  const { uow, inbox, outbox, leases } = database;
  const stores = {
    usage: new SqlUsageStore(),
    ledger: new SqlLedgerStore(),
    settled: new SqlSettledCostStore(),
  };
  const deps = { uow, inbox, outbox, clock, ids, failpoints, ...stores };
  const computeDays = new ComputeDays({
    ...stores,
    series,
    onDemand: new SqlOnDemandPrices(new SqlOnDemandPriceStore()),
  });
  const live = new LiveDays({ clock, usage: stores.usage, computeDays });
  const closeDay = new CloseDay({ ...deps, computeDays }, config);
  const delayMs = config.dayCloseDelayMinutes * 60_000;
  const job = new LedgerJob(
    { intervalMs: CHECK_EVERY_MS, clock, leases, random, logger },
    new CloseDueDays({ ...deps, closeDay }, { delayMs }),
    new ForgetOldDays(deps, { keepDays: config.ledgerKeepDays }),
  );
  return [
    job,
    new RecordUsage(deps),
    new CloseOnDemand({ ...deps, closeDay }, config),
    new ReadSavings({ ...deps, live, reportDays: new ReportDays({ ...stores, live }) }),
    new ReadLedger({ ...deps, live }),
    new ImportCosts(deps),
  ];
}
