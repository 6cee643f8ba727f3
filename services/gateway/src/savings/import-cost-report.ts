import { ImportCosts } from '@spotopt/contracts';
import type { ImportCostReportRoute, ResponseOf } from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
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

type Upload = Omit<CostReportUpload, 'maxBytes' | 'maxMachineHours'>;
type Imported = ResponseOf<typeof ImportCostReportRoute>;

/** What AWS charged, into the ledger. The same report again replaces what it stored. */
export class ImportCostReport {
  readonly #running = new Set<string>();

  constructor(private readonly parts: ImportCostReportParts) {}

  /** @throws AppError `import-running` (permanent) while this process takes in another report of the tenant */
  async execute(clientId: string, upload: Upload): Promise<Imported> {
    if (this.#running.has(clientId)) {
      // Its connection still has to carry the answer.
      upload.body.resume();
      throw AppError.permanent('import-running', 'another cost report is being read; try again later');
    }
    this.#running.add(clientId);
    try {
      return await this.#import(clientId, upload);
    } finally {
      this.#running.delete(clientId);
    }
  }

  async #import(clientId: string, upload: Upload): Promise<Imported> {
    const { requests, ids, maxBytes } = this.parts;
    const sums = await sumCostReport({ ...upload, maxBytes });
    const importId = ids.next();
    const unknown = new Set<string>();
    let stored = 0;
    for (let start = 0; start < sums.machineHours.length; start += PART_ROWS) {
      const rows = sums.machineHours.slice(start, start + PART_ROWS);
      const request = { clientId, importId, source: upload.source, rows };
      const answer = await requests.ask(ImportCosts, request, { timeoutMs: PART_TIMEOUT_MS });
      stored += answer.stored;
      for (const instance of answer.unknownInstances) unknown.add(instance);
    }
    return {
      import_id: importId,
      rows_read: sums.rowsRead,
      machine_days: sums.machineDays,
      machine_hours: sums.machineHours.length,
      stored,
      unknown_instances: [...unknown].sort(),
      skipped_rows: sums.skippedRows,
    };
  }
}
