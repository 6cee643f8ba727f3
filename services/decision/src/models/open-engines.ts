import { AppError, type UnitOfWork } from '@spotopt/kernel';
import type { Observation, Proposal } from '../engine/ports.js';
import type { EngineArtifact, EngineHost, EngineRef, EngineRunner } from '../runtime/ports.js';
import { Turns } from '../runtime/turns.js';
import { warmUp } from '../runtime/warm-up.js';
import type { BuiltinEngines } from './builtin-engines.js';
import { unknownEngine } from './model-events.js';
import { type CurrentEngines, LiveEngines, type SessionStore, type ShadowStore } from './ports.js';
import type { ReadFiles } from './read-files.js';
import type { ReadSlots } from './read-slots.js';
import { engineOf } from './session-view.js';

export interface OpenEnginesDeps {
  readonly uow: UnitOfWork;
  readonly sessions: SessionStore;
  readonly shadows: ShadowStore;
  readonly builtins: BuiltinEngines;
  readonly readSlots: ReadSlots;
  readonly readFiles: ReadFiles;
  readonly host: EngineHost;
  readonly onError: (error: unknown, what: string) => void;
}

/** An engine that could not be opened is not tried again before that; it costs a file and a process each time. */
const PAUSE_MS = 10_000;
/** Below the time that callers give a replay of a decision. */
const APART_WAIT_MS = 20_000;

/** The engines that this process has open. Another process may change who decides: each look asks the database. */
export class OpenEngines extends LiveEngines {
  readonly #open = new Map<string, Promise<KeptRunner>>();
  readonly #failed = new Map<string, { readonly error: unknown; readonly untilMs: number }>();
  /** Open though no slot has them, and how many want that. */
  readonly #held = new Map<string, number>();
  /** Anyone may ask for replays: they neither hold many files in memory nor keep those that decide from starting. */
  readonly #apart = new Turns(1);
  /** Newest state of the slots that was seen. */
  #revision = 0;
  #closed = false;

  constructor(private readonly deps: OpenEnginesDeps) {
    super();
  }

  override async current(): Promise<CurrentEngines> {
    const { uow, shadows: store, builtins, readSlots } = this.deps;
    const { live, fallback, revision } = await readSlots.execute();
    const inShadow = (await uow.read((tx) => store.list(tx))).map((ref) => builtins.resolve(ref));
    const shadows = inShadow.filter(({ engineId }) => engineId !== live.engine.engineId);
    const current = { live: live.engine, fallback: fallback?.engine ?? null, shadows, revision };
    this.#letGoOfOthers(current);
    this.#keepWarm(current);
    return current;
  }

  override async runnerOf(ref: EngineRef): Promise<EngineRunner> {
    const builtin = this.deps.builtins.find(ref.engineId);
    if (builtin !== undefined) return builtin;
    const { engineId } = ref;
    const known = this.#open.get(engineId);
    if (known !== undefined) return known;
    const failed = this.#failed.get(engineId);
    if (failed !== undefined && performance.now() < failed.untilMs) throw failed.error;
    if (this.#closed) throw AppError.transient('engines-closed', 'the service is about to end');
    const opening = this.#openEngine(engineId);
    this.#open.set(engineId, opening);
    try {
      const runner = await opening;
      this.#failed.delete(engineId);
      return runner;
    } catch (error) {
      if (this.#open.get(engineId) === opening) this.#open.delete(engineId);
      this.#failed.set(engineId, { error, untilMs: performance.now() + PAUSE_MS });
      throw error;
    }
  }

  override async whileOpen<T>(ref: EngineRef, work: () => Promise<T>): Promise<T> {
    const { engineId } = ref;
    this.#held.set(engineId, (this.#held.get(engineId) ?? 0) + 1);
    try {
      await this.runnerOf(ref);
      const done = await work();
      // Whoever read the slots before that and comes to letting go of engines only now, knows less than this process.
      await this.current().catch((error: unknown) => {
        this.deps.onError(error, 'the slots could not be read after their change');
      });
      return done;
    } finally {
      const others = (this.#held.get(engineId) ?? 1) - 1;
      if (others === 0) this.#held.delete(engineId);
      else this.#held.set(engineId, others);
    }
  }

  override async openApart({ engineId }: EngineRef): Promise<EngineRunner> {
    if (!(await this.#apart.take(AbortSignal.timeout(APART_WAIT_MS)))) {
      throw AppError.transient('engine-busy', 'other engines are being opened for replays; try again later', {
        retryAfterMs: APART_WAIT_MS,
      });
    }
    try {
      return await this.#openEngine(engineId);
    } finally {
      this.#apart.release();
    }
  }

  /** Ends all of them; those in use end when they have answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open.keys()].map((engineId) => this.#letGo(engineId)));
  }

  async #openEngine(engineId: string): Promise<KeptRunner> {
    const { uow, sessions, readFiles, host } = this.deps;
    const session = await uow.read((tx) => sessions.find(tx, engineId));
    const ref = session === null ? null : engineOf(session);
    if (session === null || ref === null) throw unknownEngine(engineId);
    const stored = await readFiles.execute(session);
    const runner = new KeptRunner(host.open({ ...ref, ...stored } as EngineArtifact));
    try {
      await warmUp(runner);
    } catch (error) {
      await runner.close();
      throw error;
    }
    return runner;
  }

  #letGoOfOthers({ live, fallback, shadows, revision }: CurrentEngines): void {
    if (revision < this.#revision) return;
    this.#revision = revision;
    const inSlots = [live, ...(fallback === null ? [] : [fallback]), ...shadows].map(idOf);
    const wanted = new Set([...inSlots, ...this.#held.keys()]);
    for (const engineId of this.#open.keys()) if (!wanted.has(engineId)) void this.#letGo(engineId);
    for (const engineId of this.#failed.keys()) if (!wanted.has(engineId)) this.#failed.delete(engineId);
  }

  /** Engines in shadow are many, and must not push out those that decide. */
  #keepWarm({ live, fallback }: CurrentEngines): void {
    for (const [engineId, opening] of this.#open) {
      const decides = engineId === live.engineId || engineId === fallback?.engineId;
      void opening.then(
        (runner) => {
          runner.stayWarm(decides);
        },
        () => undefined,
      );
    }
  }

  async #letGo(engineId: string): Promise<void> {
    const opening = this.#open.get(engineId);
    this.#open.delete(engineId);
    try {
      await (await opening)?.close();
    } catch (error) {
      this.deps.onError(error, `engine ${engineId} was not closed cleanly`);
    }
  }
}

function idOf({ engineId }: EngineRef): string {
  return engineId;
}

/** A runner that ends only when nobody waits for its answer. */
class KeptRunner implements EngineRunner {
  readonly ref: EngineRef;
  readonly #calls = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(private readonly runner: EngineRunner) {
    this.ref = runner.ref;
  }

  /** @throws AppError `engine-retired` (transient) when another engine took its place meanwhile */
  async propose(observation: Observation, timeoutMs: number): Promise<Proposal> {
    if (this.#closing !== undefined) {
      throw AppError.transient('engine-retired', `${this.ref.name} was replaced meanwhile`);
    }
    const call = this.runner.propose(observation, timeoutMs);
    this.#calls.add(call);
    try {
      return await call;
    } finally {
      this.#calls.delete(call);
    }
  }

  stayWarm(wanted: boolean): void {
    this.runner.stayWarm?.(wanted);
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled([...this.#calls]).then(() => this.runner.close());
    return this.#closing;
  }
}
