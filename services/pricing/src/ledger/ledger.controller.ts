import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  CloseDay,
  ImportCosts as ImportCostsRpc,
  InstanceCosts,
  LedgerDay,
  type RpcRequest,
  type RpcResponse,
  SavingsReport,
  SavingsTotals,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { CloseOnDemand } from './close-on-demand.js';
import { ImportCosts } from './import-costs.js';
import { ReadLedger } from './read-ledger.js';
import { ReadSavings } from './read-savings.js';

@Controller()
export class LedgerController {
  constructor(
    private readonly readSavings: ReadSavings,
    private readonly readLedger: ReadLedger,
    private readonly closeOnDemand: CloseOnDemand,
    private readonly importCosts: ImportCosts,
  ) {}

  @OnRpc(SavingsReport)
  report(@Payload() request: RpcRequest<typeof SavingsReport>): Promise<RpcResponse<typeof SavingsReport>> {
    return this.readSavings.report(request);
  }

  @OnRpc(SavingsTotals)
  totals(@Payload() request: RpcRequest<typeof SavingsTotals>): Promise<RpcResponse<typeof SavingsTotals>> {
    return this.readSavings.totals(request);
  }

  @OnRpc(LedgerDay)
  day(@Payload() request: RpcRequest<typeof LedgerDay>): Promise<RpcResponse<typeof LedgerDay>> {
    return this.readLedger.day(request);
  }

  @OnRpc(InstanceCosts)
  instance(@Payload() request: RpcRequest<typeof InstanceCosts>): Promise<RpcResponse<typeof InstanceCosts>> {
    return this.readLedger.instance(request);
  }

  @OnRpc(CloseDay)
  close(@Payload() request: RpcRequest<typeof CloseDay>): Promise<RpcResponse<typeof CloseDay>> {
    return this.closeOnDemand.execute(request);
  }

  @OnRpc(ImportCostsRpc)
  import(@Payload() request: RpcRequest<typeof ImportCostsRpc>): Promise<RpcResponse<typeof ImportCostsRpc>> {
    return this.importCosts.execute(request);
  }
}
