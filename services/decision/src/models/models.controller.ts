import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  AbandonModelUpload,
  ActivateModel,
  AddModelUploadPart,
  BeginModelUpload,
  FallBackModel,
  FinishModelUpload,
  ListModelSessions,
  ModelStatus,
  type RpcRequest,
  type RpcResponse,
  SetModelShadow,
} from '@spotopt/contracts';
import { OnRpc } from '@spotopt/messaging';
import { ActivateEngine } from './activate-engine.js';
import { FallBack } from './fall-back.js';
import { FinishUpload } from './finish-upload.js';
import { ReadModels } from './read-models.js';
import { ReceiveUpload } from './receive-upload.js';
import { slotsView } from './session-view.js';
import { SetShadow } from './set-shadow.js';

@Controller()
export class ModelsController {
  constructor(
    private readonly receiveUpload: ReceiveUpload,
    private readonly finishUpload: FinishUpload,
    private readonly activateEngine: ActivateEngine,
    private readonly fallBack: FallBack,
    private readonly setShadow: SetShadow,
    private readonly readModels: ReadModels,
  ) {}

  @OnRpc(BeginModelUpload)
  async begin(
    @Payload() request: RpcRequest<typeof BeginModelUpload>,
  ): Promise<RpcResponse<typeof BeginModelUpload>> {
    return { session: await this.receiveUpload.begin(request) };
  }

  @OnRpc(AddModelUploadPart)
  async addPart(
    @Payload() request: RpcRequest<typeof AddModelUploadPart>,
  ): Promise<RpcResponse<typeof AddModelUploadPart>> {
    return { stored: await this.receiveUpload.addPart(request) };
  }

  @OnRpc(FinishModelUpload)
  async finish(
    @Payload() request: RpcRequest<typeof FinishModelUpload>,
  ): Promise<RpcResponse<typeof FinishModelUpload>> {
    return { session: await this.finishUpload.execute(request) };
  }

  @OnRpc(AbandonModelUpload)
  async abandon(
    @Payload() request: RpcRequest<typeof AbandonModelUpload>,
  ): Promise<RpcResponse<typeof AbandonModelUpload>> {
    return { abandoned: await this.receiveUpload.abandon(request.sessionId) };
  }

  @OnRpc(ListModelSessions)
  list(
    @Payload() request: RpcRequest<typeof ListModelSessions>,
  ): Promise<RpcResponse<typeof ListModelSessions>> {
    return this.readModels.list(request);
  }

  @OnRpc(ActivateModel)
  async activate(
    @Payload() request: RpcRequest<typeof ActivateModel>,
  ): Promise<RpcResponse<typeof ActivateModel>> {
    const { before, after } = await this.activateEngine.execute(request);
    return { ...slotsView(after), changed: after !== before };
  }

  @OnRpc(FallBackModel)
  async fallBackToPrevious(
    @Payload() request: RpcRequest<typeof FallBackModel>,
  ): Promise<RpcResponse<typeof FallBackModel>> {
    const { before, after } = await this.fallBack.execute(request);
    // Where the request had been carried out before, the fallback is what was live then.
    const previous = after === before ? (after.fallback ?? after.live) : before.live;
    return { ...slotsView(after), previous: previous.engine };
  }

  @OnRpc(SetModelShadow)
  async shadow(
    @Payload() request: RpcRequest<typeof SetModelShadow>,
  ): Promise<RpcResponse<typeof SetModelShadow>> {
    await this.setShadow.execute(request);
    return { engineId: request.engineId, shadow: request.enabled };
  }

  @OnRpc(ModelStatus)
  status(): Promise<RpcResponse<typeof ModelStatus>> {
    return this.readModels.status();
  }
}
