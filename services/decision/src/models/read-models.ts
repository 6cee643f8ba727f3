import type {
  ListModelSessions,
  ModelSessionView,
  ModelStatus,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import type { Tx, UnitOfWork } from '@spotopt/kernel';
import type { BuiltinEngines } from './builtin-engines.js';
import type { LiveEngines, SessionStore, ShadowStore } from './ports.js';
import type { ReadSlots } from './read-slots.js';
import type { ModelSession } from './session.js';
import { slotsView, viewOf } from './session-view.js';
import type { Slots } from './slots.js';

export interface ReadModelsDeps {
  readonly uow: UnitOfWork;
  readonly sessions: SessionStore;
  readonly shadows: ShadowStore;
  readonly builtins: BuiltinEngines;
  readonly readSlots: ReadSlots;
  readonly engines: LiveEngines;
}

const MAX_SESSIONS_WITH_FILES = 100;
/** Nobody changes who decides as often as that. */
const MAX_LOOKS = 5;

/** What is there to be shown. */
export class ReadModels {
  constructor(private readonly deps: ReadModelsDeps) {}

  async list(request: RpcRequest<typeof ListModelSessions>): Promise<RpcResponse<typeof ListModelSessions>> {
    const { sessions, shadows } = this.deps;
    const { slots, value } = await this.#steadily(async (tx): Promise<ModelSessionView[]> => {
      const inShadow = new Set((await shadows.list(tx)).map(({ engineId }) => engineId));
      const found = await sessions.list(tx, request);
      return found.map((session) => viewOf(session, inShadow.has(session.sessionId)));
    });
    return { sessions: value, ...slotsView(slots) };
  }

  /** What is read together with the slots must be of the same moment, or it would show two lives. */
  async #steadily<T>(read: (tx: Tx) => Promise<T>): Promise<{ slots: Slots; value: T }> {
    const { uow, readSlots } = this.deps;
    for (let attempt = 1; ; attempt += 1) {
      const before = await readSlots.execute();
      const value = await uow.read(read);
      const slots = await readSlots.execute();
      if (slots.revision === before.revision || attempt === MAX_LOOKS) return { slots, value };
    }
  }

  async status(): Promise<RpcResponse<typeof ModelStatus>> {
    const { uow, sessions, builtins, readSlots, engines } = this.deps;
    const { shadows } = await engines.current();
    const slots = await readSlots.execute();
    const problem = await this.#problemOf(slots.live.engine);
    const { figures, kept } = await uow.read(async (tx) => ({
      figures: await sessions.figures(tx),
      kept: await sessions.list(tx, { all: true, limit: MAX_SESSIONS_WITH_FILES }),
    }));
    return {
      ...slotsView(slots),
      ...{ loaded: problem === null, problem },
      shadows: [...shadows],
      builtins: builtins.refs(),
      uploads: figures.uploads,
      lastUploadAt: figures.lastUploadAt?.toISOString() ?? null,
      files: kept.flatMap(filesOf),
    };
  }

  /** Why the live engine cannot be asked; null when it can. */
  async #problemOf(live: Parameters<LiveEngines['runnerOf']>[0]): Promise<string | null> {
    try {
      await this.deps.engines.runnerOf(live);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function filesOf(session: ModelSession): RpcResponse<typeof ModelStatus>['files'] {
  const { sessionId, sessionType, files, filesState, uploadedAt, createdAt } = session;
  if (filesState !== 'kept') return [];
  const at = (uploadedAt ?? createdAt).toISOString();
  return files.map(({ name, sizeBytes }) => ({ sessionId, sessionType, name, sizeBytes, uploadedAt: at }));
}
