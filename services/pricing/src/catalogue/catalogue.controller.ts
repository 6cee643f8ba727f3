import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { PoolCatalogue, type RpcRequest, type RpcResponse } from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ReadCatalogue } from './read-catalogue.js';

@Controller()
export class CatalogueController {
  constructor(private readonly readCatalogue: ReadCatalogue) {}

  @OnRpc(PoolCatalogue)
  catalogue(
    @Payload() request: RpcRequest<typeof PoolCatalogue>,
  ): Promise<RpcResponse<typeof PoolCatalogue>> {
    return this.readCatalogue.execute(request);
  }
}
