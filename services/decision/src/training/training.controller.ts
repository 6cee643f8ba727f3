import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  CreateTrainingSet,
  ListTrainingSets,
  RemakeTrainingSet,
  type RpcRequest,
  type RpcResponse,
  TrainingColumns,
  TrainingSetPiece,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { COLUMNS, COLUMNS_VERSION } from './columns.js';
import { ManageTrainingSets } from './manage-training-sets.js';

@Controller()
export class TrainingController {
  constructor(private readonly manage: ManageTrainingSets) {}

  @OnRpc(CreateTrainingSet)
  create(
    @Payload() request: RpcRequest<typeof CreateTrainingSet>,
  ): Promise<RpcResponse<typeof CreateTrainingSet>> {
    return this.manage.create(request);
  }

  @OnRpc(ListTrainingSets)
  list(
    @Payload() request: RpcRequest<typeof ListTrainingSets>,
  ): Promise<RpcResponse<typeof ListTrainingSets>> {
    return this.manage.list(request);
  }

  @OnRpc(RemakeTrainingSet)
  remake(
    @Payload() { setId }: RpcRequest<typeof RemakeTrainingSet>,
  ): Promise<RpcResponse<typeof RemakeTrainingSet>> {
    return this.manage.remake(setId);
  }

  @OnRpc(TrainingSetPiece)
  piece(
    @Payload() request: RpcRequest<typeof TrainingSetPiece>,
  ): Promise<RpcResponse<typeof TrainingSetPiece>> {
    return this.manage.piece(request);
  }

  @OnRpc(TrainingColumns)
  columns(): Promise<RpcResponse<typeof TrainingColumns>> {
    return Promise.resolve({
      version: COLUMNS_VERSION,
      columns: COLUMNS.map(({ of: _of, ...rest }) => rest),
    });
  }
}
