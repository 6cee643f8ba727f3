import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AdoptReplica as AdoptReplicaRpc,
  InstancesToTerminate,
  ListReplicas as ListReplicasRpc,
  ReportTermination,
  RequestReplica as RequestReplicaRpc,
  type RpcRequest,
  type RpcResponse,
  TerminateReplica as TerminateReplicaRpc,
  UpdateReplica as UpdateReplicaRpc,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ListReplicas } from './list-replicas.js';
import { AdoptReplica, RequestReplica } from './request-replica.js';
import { RetireMachines } from './retire-machines.js';
import { TerminateReplica, UpdateReplica } from './update-replica.js';

@Controller()
export class StandbyRpcController {
  constructor(
    private readonly listReplicas: ListReplicas,
    private readonly requestReplica: RequestReplica,
    private readonly adoptReplica: AdoptReplica,
    private readonly updateReplica: UpdateReplica,
    private readonly terminateReplica: TerminateReplica,
    private readonly retire: RetireMachines,
  ) {}

  @OnRpc(ListReplicasRpc)
  list(@Payload() request: RpcRequest<typeof ListReplicasRpc>): Promise<RpcResponse<typeof ListReplicasRpc>> {
    return this.listReplicas.execute(request);
  }

  @OnRpc(RequestReplicaRpc)
  request(
    @Payload() request: RpcRequest<typeof RequestReplicaRpc>,
  ): Promise<RpcResponse<typeof RequestReplicaRpc>> {
    return this.requestReplica.execute(request);
  }

  @OnRpc(AdoptReplicaRpc)
  adopt(
    @Payload() request: RpcRequest<typeof AdoptReplicaRpc>,
  ): Promise<RpcResponse<typeof AdoptReplicaRpc>> {
    return this.adoptReplica.execute(request);
  }

  @OnRpc(UpdateReplicaRpc)
  update(
    @Payload() request: RpcRequest<typeof UpdateReplicaRpc>,
  ): Promise<RpcResponse<typeof UpdateReplicaRpc>> {
    return this.updateReplica.execute(request);
  }

  @OnRpc(TerminateReplicaRpc)
  terminate(
    @Payload() request: RpcRequest<typeof TerminateReplicaRpc>,
  ): Promise<RpcResponse<typeof TerminateReplicaRpc>> {
    return this.terminateReplica.execute(request);
  }

  @OnRpc(InstancesToTerminate)
  toTerminate(
    @Payload() request: RpcRequest<typeof InstancesToTerminate>,
  ): Promise<RpcResponse<typeof InstancesToTerminate>> {
    return this.retire.toTerminate(request);
  }

  @OnRpc(ReportTermination)
  reportTermination(
    @Payload() request: RpcRequest<typeof ReportTermination>,
  ): Promise<RpcResponse<typeof ReportTermination>> {
    return this.retire.report(request);
  }
}
