import { Param } from '@nestjs/common';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import { ImportCostReportRoute } from '@spotopt/contracts/http';
import { Readable } from 'node:stream';
import { ClientRegister } from '../access/ports.js';
import { tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import { By, QueryFor, Routes, Serves, Uploaded } from '../route.js';
import type { UploadedBody } from '../route.js';
import { ImportCostReport } from './import-cost-report.js';

const PACKED: Readonly<Record<string, boolean>> = { identity: false, gzip: true, 'x-gzip': true };

@Routes()
export class CostReportsController {
  constructor(
    private readonly importCostReport: ImportCostReport,
    private readonly clients: ClientRegister,
  ) {}

  @Serves(ImportCostReportRoute)
  async upload(
    @By() caller: Caller,
    @Param('clientId') clientId: string,
    @QueryFor(ImportCostReportRoute) query: QueryOf<typeof ImportCostReportRoute>,
    @Uploaded() { body, encoding }: UploadedBody,
  ): Promise<ResponseOf<typeof ImportCostReportRoute>> {
    const client = await this.clients.get(tenantInPath(caller, clientId));
    if (!(body instanceof Readable)) {
      const message = `expected ${ImportCostReportRoute.consumes.join(', ')}`;
      throw invalidRequest([{ path: ['content-type'], message }]);
    }
    const gzip = PACKED[encoding];
    if (gzip === undefined) throw invalidRequest([{ path: ['content-encoding'], message: 'expected gzip' }]);
    return this.importCostReport.execute(client.id, { source: query.source, body, gzip });
  }
}
