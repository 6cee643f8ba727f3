import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  FleetSummary,
  ListSwitches,
  PromoteReplica as PromoteReplicaRpc,
  RequestSwitch as RequestSwitchRpc,
  type RpcRequest,
  type RpcResponse,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { DriveSwitches } from './drive-switches.js';
import { PromoteByHand } from './promote-by-hand.js';
import { RequestSwitch } from './request-switch.js';
import { SwitchHistory } from './switch-history.js';

@Controller()
export class SwitchingRpcController {
  constructor(
    private readonly requestSwitch: RequestSwitch,
    private readonly promoteByHand: PromoteByHand,
    private readonly history: SwitchHistory,
    private readonly drive: DriveSwitches,
  ) {}

  @OnRpc(RequestSwitchRpc)
  async request(
    @Payload() request: RpcRequest<typeof RequestSwitchRpc>,
  ): Promise<RpcResponse<typeof RequestSwitchRpc>> {
    const answer = await this.requestSwitch.execute(request);
    if (answer.outcome === 'started') this.drive.soon(answer.switchId);
    return answer;
  }

  @OnRpc(PromoteReplicaRpc)
  async promote(
    @Payload() request: RpcRequest<typeof PromoteReplicaRpc>,
  ): Promise<RpcResponse<typeof PromoteReplicaRpc>> {
    const answer = await this.promoteByHand.execute(request);
    this.drive.soon(answer.switchId);
    return answer;
  }

  @OnRpc(ListSwitches)
  list(@Payload() request: RpcRequest<typeof ListSwitches>): Promise<RpcResponse<typeof ListSwitches>> {
    return this.history.list(request);
  }

  @OnRpc(FleetSummary)
  summary(@Payload() request: RpcRequest<typeof FleetSummary>): Promise<RpcResponse<typeof FleetSummary>> {
    return this.history.summary(request);
  }
}
