import { Param } from '@nestjs/common';
import {
  ActivateModel,
  FallBackModel,
  ListModelSessions,
  ModelStatus,
  SetModelShadow,
} from '@spotopt/contracts';
import type { ModelSessionView } from '@spotopt/contracts';
import type { BodyOf, QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  ActivateModelRoute,
  FallBackModelRoute,
  ModelSessionsRoute,
  ShadowModelRoute,
  UploadEngineRoute,
  UploadModelRoute,
} from '@spotopt/contracts/http';
import { nameOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { firstGiven } from '../first-given.js';
import { invalidRequest } from '../invalid-body.js';
import { askAll } from '../overview/ask-all.js';
import { ServiceRequests } from '../ports.js';
import { At, BodyFor, By, MultipartBody, QueryFor, Routes, Serves } from '../route.js';
import type { Target } from '../route.js';
import { builtinItem, labelOf, toSessionItem, uploadAnswer } from './model-wire.js';
import type { UploadedParts } from './ports.js';
import { ReceiveModel } from './receive-model.js';
import { UploadIds } from './upload-ids.js';

/** The file of a model is read and compared before it goes live. */
const CHANGE_TIMEOUT_MS = 30_000;
const MAX_LISTED = 500;
const UNEXPLAINED = 'asked for by an administrator';

@Routes()
export class ModelsController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly receiveModel: ReceiveModel,
    private readonly uploadIds: UploadIds,
  ) {}

  @Serves(UploadEngineRoute)
  async uploadEngine(
    @By() caller: Caller,
    @At() at: Target,
    @MultipartBody() body: UploadedParts,
  ): Promise<ResponseOf<typeof UploadEngineRoute>> {
    const sessionId = this.uploadIds.of(caller, at.requestId, UploadEngineRoute.id);
    return this.#upload(caller, at, body, { sessionType: 'decision_engine', sessionId });
  }

  @Serves(UploadModelRoute)
  async uploadModel(
    @By() caller: Caller,
    @At() at: Target,
    @MultipartBody() body: UploadedParts,
  ): Promise<ResponseOf<typeof UploadModelRoute>> {
    const sessionId = this.uploadIds.of(caller, at.requestId, UploadModelRoute.id);
    return this.#upload(caller, at, body, { sessionType: 'models', sessionId });
  }

  @Serves(ActivateModelRoute)
  async activate(
    @By() caller: Caller,
    @BodyFor(ActivateModelRoute) body: BodyOf<typeof ActivateModelRoute>,
  ): Promise<ResponseOf<typeof ActivateModelRoute>> {
    const engineId = firstGiven(body.sessionId, body.session_id, body.model_id) ?? '';
    if (engineId === '' || engineId.length > 64) {
      throw invalidRequest([{ path: ['sessionId'], message: 'expected the id of an upload' }]);
    }
    const request = { engineId, requestedBy: nameOf(caller) };
    const answer = await this.requests.ask(ActivateModel, request, { timeoutMs: CHANGE_TIMEOUT_MS });
    const active = labelOf(answer.live);
    return {
      ...{ success: true, status: 'success', changed: answer.changed },
      message: answer.changed ? `${active} is live` : `${active} was live already`,
      model_activated: answer.live.engineId === engineId,
      ...{ sessionId: engineId, session_id: engineId },
      active_model: active,
      previous_model: answer.fallback === null ? null : labelOf(answer.fallback),
      ...{ restarting: false, requiresRestart: false },
    };
  }

  @Serves(FallBackModelRoute)
  async fallBack(
    @By() caller: Caller,
    @At() at: Target,
    @BodyFor(FallBackModelRoute) body: BodyOf<typeof FallBackModelRoute>,
  ): Promise<ResponseOf<typeof FallBackModelRoute>> {
    const reason = body?.reason ?? '';
    const request = {
      requestId: this.uploadIds.of(caller, at.requestId, FallBackModelRoute.id),
      reason: reason === '' ? UNEXPLAINED : reason,
      requestedBy: nameOf(caller),
    };
    const answer = await this.requests.ask(FallBackModel, request, { timeoutMs: CHANGE_TIMEOUT_MS });
    const [active, previous] = [labelOf(answer.live), labelOf(answer.previous)];
    return {
      ...{ success: true, status: 'success', active_model: active, previous_model: previous },
      message: `fell back from ${previous} to ${active}`,
    };
  }

  @Serves(ShadowModelRoute)
  async shadow(
    @Param('sessionId') sessionId: string,
    @BodyFor(ShadowModelRoute) body: BodyOf<typeof ShadowModelRoute>,
  ): Promise<ResponseOf<typeof ShadowModelRoute>> {
    const request = { engineId: sessionId, enabled: body.enabled };
    const { shadow } = await this.requests.ask(SetModelShadow, request);
    return { success: true, status: 'success', sessionId, session_id: sessionId, shadow };
  }

  @Serves(ModelSessionsRoute)
  async sessions(
    @By() caller: Caller,
    @QueryFor(ModelSessionsRoute) query: QueryOf<typeof ModelSessionsRoute>,
  ): Promise<ResponseOf<typeof ModelSessionsRoute>> {
    const found = await this.requests.ask(ListModelSessions, { all: query.all, limit: MAX_LISTED });
    const { live, fallback, since } = found;
    const builtins = [
      ...(live.kind === 'builtin' ? [builtinItem(live, true, since)] : []),
      ...(fallback?.kind === 'builtin' ? [builtinItem(fallback, false, since)] : []),
    ];
    const sessions = [...found.sessions.map(toSessionItem), ...builtins];
    // Who sends no token is the older dashboard, which reads an array.
    return isTokenless(caller) ? sessions : { sessions, total: sessions.length };
  }

  async #upload(
    caller: Caller,
    at: Target,
    body: UploadedParts,
    upload: { readonly sessionId: string; readonly sessionType: ModelSessionView['sessionType'] },
  ): Promise<ResponseOf<typeof UploadModelRoute>> {
    const session = await this.receiveModel.execute({
      ...upload,
      body,
      uploadedBy: nameOf(caller),
      repeatable: at.requestId !== null,
    });
    const { values } = await askAll({ status: this.requests.ask(ModelStatus, {}) });
    return uploadAnswer(session, values.status);
  }
}

function isTokenless(caller: Caller): boolean {
  return caller.kind === 'admin' && caller.via === 'loopback';
}
