import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  CreatePriceAlert,
  DeletePriceAlert,
  ListPriceAlerts,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ManageAlerts } from './manage-alerts.js';

@Controller()
export class AlertsController {
  constructor(private readonly manageAlerts: ManageAlerts) {}

  @OnRpc(CreatePriceAlert)
  create(
    @Payload() request: RpcRequest<typeof CreatePriceAlert>,
  ): Promise<RpcResponse<typeof CreatePriceAlert>> {
    return this.manageAlerts.create(request);
  }

  @OnRpc(ListPriceAlerts)
  list(@Payload() request: RpcRequest<typeof ListPriceAlerts>): Promise<RpcResponse<typeof ListPriceAlerts>> {
    return this.manageAlerts.list(request);
  }

  @OnRpc(DeletePriceAlert)
  remove(
    @Payload() request: RpcRequest<typeof DeletePriceAlert>,
  ): Promise<RpcResponse<typeof DeletePriceAlert>> {
    return this.manageAlerts.remove(request);
  }
}
