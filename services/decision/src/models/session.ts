import type { ModelFile, ModelSessionState } from '@spotopt/contracts';
import { StateMachine } from '@spotopt/kernel';
import type { EngineArtifact } from '../runtime/ports.js';

export type SessionType = 'models' | 'decision_engine';

/** `leaving`: nobody reads them any more, and they are about to be deleted. */
export type FilesState = 'kept' | 'leaving' | 'gone';

/** One upload. Its id is the id of the engine that it brings. */
export interface ModelSession {
  readonly sessionId: string;
  readonly sessionType: SessionType;
  readonly state: ModelSessionState;
  readonly kind: EngineArtifact['kind'] | null;
  readonly name: string | null;
  readonly engineVersion: string | null;
  /** Of the engine's file. */
  readonly sha256: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly declared: Readonly<Record<string, string>>;
  readonly files: readonly ModelFile[];
  readonly filesState: FilesState;
  readonly reason: string | null;
  readonly uploadedBy: string;
  readonly createdAt: Date;
  readonly uploadedAt: Date | null;
  readonly activatedAt: Date | null;
  /** Rises with every change. */
  readonly version: number;
}

export const SESSION_STATES = new StateMachine<ModelSessionState>('model session', {
  receiving: ['uploaded', 'refused'],
  uploaded: ['validated', 'refused', 'archived'],
  validated: ['live', 'archived'],
  live: ['fallback'],
  fallback: ['live', 'archived'],
  archived: [],
  refused: [],
});

export interface SessionFacts {
  readonly sessionId: string;
  readonly sessionType: SessionType;
  readonly uploadedBy: string;
  readonly createdAt: Date;
}

export function newSession(facts: SessionFacts): ModelSession {
  return {
    ...facts,
    state: 'receiving',
    ...{ kind: null, name: null, engineVersion: null, sha256: null },
    ...{ details: {}, declared: {}, files: [], filesState: 'kept', reason: null },
    ...{ uploadedAt: null, activatedAt: null, version: 1 },
  };
}

type Change = Partial<Omit<ModelSession, 'sessionId' | 'state' | 'version'>>;

/** @throws AppError `illegal-transition` (permanent) */
export function moved(session: ModelSession, to: ModelSessionState, change: Change = {}): ModelSession {
  SESSION_STATES.assert(session.state, to);
  return { ...session, ...change, state: to };
}

/** The files of a refused upload are of no use; its description stays. */
export function refused(session: ModelSession, reason: string): ModelSession {
  return moved(session, 'refused', { reason, filesState: 'leaving' });
}

/** The description stays for ever; the files only as long as the engine runs in shadow. */
export function archived(session: ModelSession, inShadow: boolean): ModelSession {
  return moved(session, 'archived', inShadow ? {} : { filesState: 'leaving' });
}

/** It is complete and waits for its activation. */
export function isPending({ state }: ModelSession): boolean {
  return state === 'uploaded' || state === 'validated';
}

export function isOver({ state }: ModelSession): boolean {
  return SESSION_STATES.isFinal(state);
}
