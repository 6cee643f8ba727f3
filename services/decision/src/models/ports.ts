import type { Tx, UnitOfWork } from '@spotopt/kernel';
import type { EngineRef, EngineRunner } from '../runtime/ports.js';
import type { ModelSession } from './session.js';
import type { Slots } from './slots.js';

/** For whoever decides. */
export abstract class LiveEngines {
  /** As the database has it now; not to be called inside of a transaction. */
  abstract current(): Promise<CurrentEngines>;

  /**
   * An open engine; opened engines are kept as long as somebody may ask them. Not to be called inside of a
   * transaction, and not to be closed by the caller.
   * @throws AppError `engine-unknown` (permanent), `model-files-damaged` (permanent)
   */
  abstract runnerOf(ref: EngineRef): Promise<EngineRunner>;

  /**
   * Does the work while the engine is open, whether or not a slot has it: for what puts it into one.
   * @throws AppError why it cannot be started; the work is not begun then
   */
  abstract whileOpen<T>(ref: EngineRef, work: () => Promise<T>): Promise<T>;

  /** The same engine in another process, for whoever must not disturb those that decide; to be closed by the caller. */
  abstract openApart(ref: EngineRef): Promise<EngineRunner>;
}

export interface CurrentEngines {
  readonly live: EngineRef;
  readonly fallback: EngineRef | null;
  /** Without the live one. */
  readonly shadows: readonly EngineRef[];
  readonly revision: number;
}

export interface SessionFilter {
  /** With those that are archived or were refused. */
  readonly all: boolean;
  readonly limit: number;
}

export abstract class SessionStore {
  /** False when there is one with this id already. */
  abstract add(tx: Tx, session: ModelSession): Promise<boolean>;
  abstract find(tx: Tx, sessionId: string): Promise<ModelSession | null>;
  /** Holds the session against other writers until the transaction ends. */
  abstract findForChange(tx: Tx, sessionId: string): Promise<ModelSession | null>;
  /** @throws AppError `version-conflict` (transient) when somebody else wrote it since `known` was read */
  abstract save(tx: Tx, known: ModelSession, next: ModelSession): Promise<void>;
  /** Uploads that are complete, newest first. */
  abstract list(tx: Tx, filter: SessionFilter): Promise<ModelSession[]>;
  /** Uploads that wait for their activation, newest first. */
  abstract listPending(tx: Tx): Promise<ModelSession[]>;
  abstract listLeaving(tx: Tx, limit: number): Promise<ModelSession[]>;
  abstract countReceiving(tx: Tx): Promise<number>;
  /** Uploads that were begun before then and never became complete. */
  abstract listUnfinished(tx: Tx, before: Date, limit: number): Promise<ModelSession[]>;
  /** Removes an upload that is still being received; false when it is not. */
  abstract deleteUnfinished(tx: Tx, sessionId: string): Promise<boolean>;
  abstract figures(tx: Tx): Promise<{ uploads: number; lastUploadAt: Date | null }>;
}

/** Files in pieces small enough for every server; any process of the service reads them. */
export abstract class FileStore {
  /**
   * False when the same part is there already.
   * @throws AppError `upload-part-conflict` (permanent) when it is there with another content
   */
  abstract addPart(tx: Tx, at: PartPlace, content: Buffer): Promise<boolean>;
  /** Null when it is not there. */
  abstract readPart(tx: Tx, at: PartPlace): Promise<Buffer | null>;
  /** In small transactions; answers how many parts went. */
  abstract deleteAll(uow: UnitOfWork, sessionId: string): Promise<number>;
}

export interface PartPlace {
  readonly sessionId: string;
  /** Position of the file in the upload. */
  readonly file: number;
  readonly part: number;
}

export abstract class SlotStore {
  /** Null before the first start. */
  abstract find(tx: Tx): Promise<Slots | null>;
  /** Holds the slots against other writers until the transaction ends. */
  abstract findForChange(tx: Tx): Promise<Slots | null>;
  /** Of no effect when there are slots already. */
  abstract addFirst(tx: Tx, slots: Slots): Promise<void>;
  /** @throws AppError `version-conflict` (transient) when somebody else changed them since `known` was read */
  abstract save(tx: Tx, known: Slots, next: Slots): Promise<void>;
}

export abstract class ShadowStore {
  abstract list(tx: Tx): Promise<EngineRef[]>;
  abstract has(tx: Tx, engineId: string): Promise<boolean>;
  abstract add(tx: Tx, engine: EngineRef, since: Date): Promise<void>;
  /** False when it was in no shadow. */
  abstract remove(tx: Tx, engineId: string): Promise<boolean>;
}

/** The bytes of an upload, checked against what was stored. */
export interface StoredEngine {
  readonly content: Uint8Array;
  readonly manifest: string | null;
}

export type { ModelFile } from '@spotopt/contracts';
