import {
  AbandonModelUpload,
  ActivateModel,
  AddModelUploadPart,
  BeginModelUpload,
  FallBackModel,
  FinishModelUpload,
  ListModelSessions,
  ModelStatus,
  SetModelShadow,
} from '@spotopt/contracts';
import type { EngineIdentity, ModelSessionView, RpcRequest } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import type { GatewayHarness } from '../gateway-harness.contract.js';

const AT = '2026-11-21T12:00:00.000Z';

export const HAZARD: EngineIdentity = {
  engineId: 'builtin:hazard',
  kind: 'builtin',
  name: 'hazard',
  version: '1',
  sha256: null,
};

/** What the owner of the registry would answer; it keeps what it was sent. */
export class PlayedRegistry {
  readonly begun: RpcRequest<typeof BeginModelUpload>[] = [];
  readonly finished: RpcRequest<typeof FinishModelUpload>[] = [];
  readonly abandoned: string[] = [];
  readonly activated: RpcRequest<typeof ActivateModel>[] = [];
  readonly shadowed: RpcRequest<typeof SetModelShadow>[] = [];
  sessions: ModelSessionView[] = [];
  live = HAZARD;
  fallback: EngineIdentity | null = null;
  /** The next finished upload is refused for this. */
  refusal: string | null = null;
  /** Parts fail once on their way. */
  losesAnswers = 0;
  longestPart = 0;
  /** Activations answer no sooner. */
  ready: Promise<void> = Promise.resolve();
  readonly #contents = new Map<string, Buffer[]>();

  static async of(gateway: GatewayHarness): Promise<PlayedRegistry> {
    const registry = new PlayedRegistry();
    await registry.#answer(gateway);
    return registry;
  }

  /** What arrived of a file, with its name. */
  file(sessionId: string, file: number): Buffer {
    return Buffer.concat(this.#contents.get(`${sessionId} ${String(file)}`) ?? []);
  }

  get partsTaken(): number {
    return [...this.#contents.values()].reduce((sum, parts) => sum + parts.length, 0);
  }

  async #answer(gateway: GatewayHarness): Promise<void> {
    await gateway.answer(BeginModelUpload, (request) => {
      this.begun.push(request);
      const known = this.sessions.find(({ sessionId }) => sessionId === request.sessionId);
      return { session: known ?? sessionOf({ ...request, state: 'receiving' }) };
    });
    await gateway.answer(AddModelUploadPart, ({ sessionId, file, fileName, part, data }) => {
      if (fileName.endsWith('.pkl')) {
        throw AppError.permanent('unsupported-model-file', `${fileName}: export it to ONNX`);
      }
      const key = `${sessionId} ${String(file)}`;
      const parts = this.#contents.get(key) ?? [];
      this.#contents.set(key, parts);
      const bytes = Buffer.from(data, 'base64');
      this.longestPart = Math.max(this.longestPart, bytes.length);
      const stored = parts[part] === undefined;
      parts[part] = bytes;
      if (this.losesAnswers > 0) {
        this.losesAnswers -= 1;
        throw AppError.transient('rpc-timeout', 'the answer was lost');
      }
      return { stored };
    });
    await gateway.answer(FinishModelUpload, (request) => {
      this.finished.push(request);
      const { sessionId, files } = request;
      const begun = this.begun.find((one) => one.sessionId === sessionId);
      const engine = { ...HAZARD, engineId: sessionId, kind: 'onnx' as const, name: 'mine', version: '2' };
      const session = sessionOf({
        ...{ sessionId, files, declared: request.declared },
        sessionType: begun?.sessionType ?? 'models',
        state: this.refusal === null ? 'validated' : 'refused',
        reason: this.refusal,
        engine: { ...engine, sha256: files[0]?.sha256 ?? null },
        uploadedAt: AT,
      });
      this.refusal = null;
      this.sessions.push(session);
      return { session };
    });
    await gateway.answer(AbandonModelUpload, ({ sessionId }) => {
      this.abandoned.push(sessionId);
      return { abandoned: true };
    });
    await gateway.answer(ListModelSessions, ({ all }) => ({
      ...this.#slots(),
      sessions: this.sessions.filter(({ state }) => all || (state !== 'archived' && state !== 'refused')),
    }));
    await gateway.answer(ActivateModel, async (request) => {
      this.activated.push(request);
      await this.ready;
      const session = this.sessions.find(({ sessionId }) => sessionId === request.engineId);
      if (session?.engine == null) throw AppError.permanent('engine-unknown', 'there is no such engine');
      [this.live, this.fallback] = [session.engine, this.live];
      return { ...this.#slots(), changed: true };
    });
    await gateway.answer(FallBackModel, () => {
      const { live, fallback } = this;
      if (fallback === null) throw AppError.permanent('fallback-not-found', 'there is no fallback');
      [this.live, this.fallback] = [fallback, live];
      return { ...this.#slots(), previous: live };
    });
    await gateway.answer(SetModelShadow, (request) => {
      this.shadowed.push(request);
      return { engineId: request.engineId, shadow: request.enabled };
    });
    await gateway.answer(ModelStatus, () => ({
      ...this.#slots(),
      ...{ loaded: true, problem: null, shadows: [], builtins: [HAZARD] },
      ...{ uploads: this.sessions.length, lastUploadAt: this.sessions.length === 0 ? null : AT },
      files: this.sessions.flatMap(({ sessionId, sessionType, files }) =>
        files.map(({ name, sizeBytes }) => ({ sessionId, sessionType, name, sizeBytes, uploadedAt: AT })),
      ),
    }));
  }

  #slots() {
    return { live: this.live, fallback: this.fallback, since: AT, revision: 1 };
  }
}

export function sessionOf(facts: Partial<ModelSessionView>): ModelSessionView {
  const files = facts.files ?? [];
  return {
    ...{
      sessionId: 's1',
      sessionType: 'models',
      state: 'validated',
      engine: null,
      details: {},
      declared: {},
    },
    ...{ filesKept: true, shadow: false, reason: null, uploadedBy: 'admin' },
    ...{ createdAt: AT, uploadedAt: null, activatedAt: null, files },
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...facts,
  };
}
