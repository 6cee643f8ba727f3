import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  ChangeAgentSettings,
  DeleteAgent,
  FindInstance,
  GetAgentConfig,
  ListAgents,
  RegisterAgent as RegisterAgentRpc,
  ResolveAgent,
  type RpcRequest,
  type RpcResponse,
  SetTrafficTarget,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ManageAgent } from './manage-agent.js';
import { RegisterAgent } from './register-agent.js';
import { toResolvedAgent } from './scope.js';

@Controller()
export class FleetRpcController {
  constructor(
    private readonly registerAgent: RegisterAgent,
    private readonly manage: ManageAgent,
  ) {}

  @OnRpc(RegisterAgentRpc)
  register(
    @Payload() request: RpcRequest<typeof RegisterAgentRpc>,
  ): Promise<RpcResponse<typeof RegisterAgentRpc>> {
    return this.registerAgent.execute(request);
  }

  @OnRpc(ResolveAgent)
  async resolve(
    @Payload() request: RpcRequest<typeof ResolveAgent>,
  ): Promise<RpcResponse<typeof ResolveAgent>> {
    const scoped = await this.manage.resolve(request);
    return { agent: scoped === null ? null : toResolvedAgent(scoped) };
  }

  @OnRpc(GetAgentConfig)
  config(@Payload() request: RpcRequest<typeof GetAgentConfig>): Promise<RpcResponse<typeof GetAgentConfig>> {
    return this.manage.config(request);
  }

  @OnRpc(ChangeAgentSettings)
  async changeSettings(
    @Payload() request: RpcRequest<typeof ChangeAgentSettings>,
  ): Promise<RpcResponse<typeof ChangeAgentSettings>> {
    const { settings } = await this.manage.changeSettings(request);
    return { settings };
  }

  @OnRpc(SetTrafficTarget)
  setTrafficTarget(
    @Payload() request: RpcRequest<typeof SetTrafficTarget>,
  ): Promise<RpcResponse<typeof SetTrafficTarget>> {
    return this.manage.setTrafficTarget(request);
  }

  @OnRpc(ListAgents)
  list(@Payload() request: RpcRequest<typeof ListAgents>): Promise<RpcResponse<typeof ListAgents>> {
    return this.manage.list(request);
  }

  @OnRpc(FindInstance)
  find(@Payload() request: RpcRequest<typeof FindInstance>): Promise<RpcResponse<typeof FindInstance>> {
    return this.manage.findInstance(request);
  }

  @OnRpc(DeleteAgent)
  delete(@Payload() request: RpcRequest<typeof DeleteAgent>): Promise<RpcResponse<typeof DeleteAgent>> {
    return this.manage.delete(request);
  }
}
