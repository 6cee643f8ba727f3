import type { ModelsWorld } from './models-world.contract.js';

interface SessionFacts {
  readonly session_id: string;
  readonly state: string;
  readonly files_state: string;
  readonly activated_at: unknown;
}

/** Checks, after every step, what must hold of the registry whatever happened; says what does not. */
export class RolloutInvariants {
  readonly #everComplete = new Set<string>();

  constructor(private readonly world: ModelsWorld) {}

  async violations(): Promise<string[]> {
    const sessions = await this.world.rows<SessionFacts>(
      'SELECT session_id, state, files_state, activated_at FROM model_session',
    );
    const slots = await this.world.slots();
    return [
      ...this.#slots(slots, sessions),
      ...this.#nothingForgotten(sessions),
      ...(await this.#files(sessions)),
      ...(await this.#chainOfEvents(slots)),
    ];
  }

  #slots(slots: Readonly<Record<string, string>>, sessions: readonly SessionFacts[]): string[] {
    if (Object.keys(slots).length === 0) return [];
    const found = ['live', 'fallback'].flatMap((state) =>
      slotProblems(
        state,
        slots[state] ?? '',
        sessions.filter((session) => session.state === state),
      ),
    );
    if (slots['live'] === undefined) found.push('nobody is live');
    if (slots['live'] === slots['fallback']) found.push('the fallback is the live engine');
    return found;
  }

  #nothingForgotten(sessions: readonly SessionFacts[]): string[] {
    const there = new Set(sessions.map((session) => session.session_id));
    const lost = [...this.#everComplete].filter((id) => !there.has(id));
    for (const { session_id: id, state } of sessions) if (state !== 'receiving') this.#everComplete.add(id);
    return lost.map((id) => `the description of ${id} is gone`);
  }

  async #files(sessions: readonly SessionFacts[]): Promise<string[]> {
    const shadows = await this.world.rows<{ engine_id: string }>('SELECT engine_id FROM shadow_engine');
    const inShadow = new Set(shadows.map((shadow) => shadow.engine_id));
    const stored = await this.world.rows<{ session_id: string }>(
      'SELECT DISTINCT session_id FROM model_part',
    );
    const withFiles = new Set(stored.map((part) => part.session_id));
    return sessions.flatMap((session) =>
      fileProblems(session, {
        stored: withFiles.has(session.session_id),
        inShadow: inShadow.has(session.session_id),
      }),
    );
  }

  /** Every change was told once, and each one begins where the one before ended. */
  async #chainOfEvents(slots: Readonly<Record<string, string>>): Promise<string[]> {
    const events = await this.world.events();
    let [live, revision] = ['builtin:hazard', 1];
    for (const { data } of events) {
      const { engine, previous } = data as Record<'engine' | 'previous', { engineId: string }>;
      if (previous.engineId !== live || data['revision'] !== revision + 1) return ['the events leave a gap'];
      [live, revision] = [engine.engineId, revision + 1];
    }
    return slots['live'] === undefined || slots['live'] === live ? [] : ['a change was not told'];
  }
}

function slotProblems(state: string, holder: string, sessions: readonly SessionFacts[]): string[] {
  const found: string[] = [];
  if (sessions.length > 1) found.push(`${String(sessions.length)} uploads are ${state}`);
  if (sessions.some((session) => session.activated_at === null)) found.push(`${state} since never`);
  const uploaded = holder !== '' && !holder.startsWith('builtin:');
  if (uploaded && sessions[0]?.session_id !== holder) found.push(`the ${state} slot and its upload differ`);
  if (!uploaded && sessions.length > 0) found.push(`an upload is ${state}, the slot holds ${holder}`);
  return found;
}

function fileProblems(
  { session_id: id, state, files_state: filesState }: SessionFacts,
  { stored, inShadow }: { readonly stored: boolean; readonly inShadow: boolean },
): string[] {
  const isKept = filesState === 'kept';
  const isOver = state === 'archived' || state === 'refused';
  const isNeeded = (!isOver && state !== 'receiving') || inShadow;
  if (isNeeded) return isKept && stored ? [] : [`files of ${id} (${state}) are gone`];
  if (isOver && isKept) return [`files of ${id} (${state}) are kept for nobody`];
  return filesState === 'gone' && stored ? [`files of ${id} are gone and there`] : [];
}
