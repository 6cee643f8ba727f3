import { ImportCosts } from '@spotopt/contracts';
import type { ImportCostReportRoute, ResponseOf } from '@spotopt/contracts/http';
import type { Ids } from '@spotopt/kernel';
import type { ServiceRequests } from '../ports.js';
import { sumCostReport } from './sum-cost-report.js';
import type { CostReportUpload } from './sum-cost-report.js';

export interface ImportCostReportParts {
  readonly requests: ServiceRequests;
  readonly ids: Ids;
  readonly maxBytes: number;
}

/** What the owner takes at once. */
const PART_ROWS = 2_000;
const PART_TIMEOUT_MS = 10_000;

/** What AWS charged, into the ledger. The same report again replaces what it stored. */
export class ImportCostReport {
  constructor(private readonly parts: ImportCostReportParts) {}

  async execute(
    clientId: string,
    upload: Omit<CostReportUpload, 'maxBytes'>,
  ): Promise<ResponseOf<typeof ImportCostReportRoute>> {
    const { requests, ids, maxBytes } = this.parts;
    const { rowsRead, skippedRows, machineDays } = await sumCostReport({ ...upload, maxBytes });
    const importId = ids.next();
    const unknown = new Set<string>();
    let stored = 0;
    for (let start = 0; start < machineDays.length; start += PART_ROWS) {
      const rows = machineDays.slice(start, start + PART_ROWS).map(({ day, ...row }) => ({
        ...row,
        hourAt: `${day}T00:00:00.000Z`,
      }));
      const request = { clientId, importId, source: upload.source, rows };
      const answer = await requests.ask(ImportCosts, request, { timeoutMs: PART_TIMEOUT_MS });
      stored += answer.stored;
      for (const instance of answer.unknownInstances) unknown.add(instance);
    }
    return {
      import_id: importId,
      rows_read: rowsRead,
      machine_days: machineDays.length,
      stored,
      unknown_instances: [...unknown].sort(),
      skipped_rows: skippedRows,
    };
  }
}
