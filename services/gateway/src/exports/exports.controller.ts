import { Param, StreamableFile } from '@nestjs/common';
import type { QueryOf } from '@spotopt/contracts/http';
import {
  ExportGlobalStatsRoute,
  ExportPricesRoute,
  ExportSavingsRoute,
  ExportSwitchHistoryRoute,
} from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import { Readable } from 'node:stream';
import { ClientRegister } from '../access/ports.js';
import { tenantInPath } from '../caller.js';
import type { Caller } from '../caller.js';
import { ClientOverview } from '../overview/client-overview.js';
import { ServiceRequests } from '../ports.js';
import { By, QueryFor, Routes, Serves } from '../route.js';
import { ReadSavings } from '../savings/read-savings.js';
import { switchPages } from '../savings/switch-pages.js';
import { begun } from './begun.js';
import { ExportPrices } from './export-prices.js';
import { clientsCsv, savingsCsv, switchCsv } from './export-tables.js';

const CSV = 'text/csv; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

function attachment(body: Uint8Array | Readable, name: string, type: string = CSV): StreamableFile {
  const options = { type, disposition: `attachment; filename="${name}"` };
  return body instanceof Readable ? new StreamableFile(body, options) : new StreamableFile(body, options);
}

/** Files to take away (S7 to S9, and prices). */
@Routes()
export class ExportsController {
  constructor(
    private readonly exportPrices: ExportPrices,
    private readonly readSavings: ReadSavings,
    private readonly clients: ClientRegister,
    private readonly clientOverview: ClientOverview,
    private readonly requests: ServiceRequests,
  ) {}

  @Serves(ExportPricesRoute)
  async prices(
    @QueryFor(ExportPricesRoute) query: QueryOf<typeof ExportPricesRoute>,
  ): Promise<StreamableFile> {
    const stream = await begun(this.exportPrices.file(query));
    return query.format === 'csv'
      ? attachment(stream, 'spot-prices.csv')
      : attachment(stream, 'spot-price-history.json', JSON_TYPE);
  }

  @Serves(ExportSavingsRoute)
  async savings(@By() caller: Caller, @Param('clientId') clientId: string): Promise<StreamableFile> {
    const months = await this.readSavings.allMonths(caller, clientId);
    return attachment(Buffer.from(savingsCsv(months)), 'savings.csv');
  }

  @Serves(ExportSwitchHistoryRoute)
  async switches(@By() caller: Caller, @Param('clientId') clientId: string): Promise<StreamableFile> {
    const client = await this.clients.get(tenantInPath(caller, clientId));
    const pages = switchPages(this.requests, { clientId: client.id, agentId: null });
    return attachment(await begun(switchCsv(pages)), 'switch-history.csv');
  }

  /** @throws AppError `incomplete-figures` (transient) rather than writing zeros that nobody can tell from figures */
  @Serves(ExportGlobalStatsRoute)
  async globalStats(): Promise<StreamableFile> {
    const { clients, partial, missing } = await this.clientOverview.list();
    if (partial) {
      throw AppError.transient('incomplete-figures', `no answer from ${missing.join(' and ')}; try again`);
    }
    return attachment(Buffer.from(clientsCsv(clients)), 'global-stats.csv');
  }
}
