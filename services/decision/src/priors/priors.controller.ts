import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  ActivateHazardPriors,
  FitHazardPriors,
  ListHazardPriors,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ManagePriors } from './manage-priors.js';

@Controller()
export class PriorsController {
  constructor(private readonly manage: ManagePriors) {}

  @OnRpc(FitHazardPriors)
  fit(@Payload() request: RpcRequest<typeof FitHazardPriors>): Promise<RpcResponse<typeof FitHazardPriors>> {
    return this.manage.fit(request);
  }

  @OnRpc(ListHazardPriors)
  list(
    @Payload() request: RpcRequest<typeof ListHazardPriors>,
  ): Promise<RpcResponse<typeof ListHazardPriors>> {
    return this.manage.list(request);
  }

  @OnRpc(ActivateHazardPriors)
  activate(
    @Payload() { fitId }: RpcRequest<typeof ActivateHazardPriors>,
  ): Promise<RpcResponse<typeof ActivateHazardPriors>> {
    return this.manage.activate(fitId);
  }
}
