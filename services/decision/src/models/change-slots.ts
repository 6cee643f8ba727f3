import type { Clock, Failpoints, Ids, Inbox, Outbox, OutgoingEvent, Tx, UnitOfWork } from '@spotopt/kernel';
import type { EngineRef } from '../runtime/ports.js';
import type { SessionStore, ShadowStore, SlotStore } from './ports.js';
import type { ReadSlots } from './read-slots.js';
import { archived, type ModelSession, moved } from './session.js';
import type { Slots } from './slots.js';

export interface ChangeSlotsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly slots: SlotStore;
  readonly sessions: SessionStore;
  readonly shadows: ShadowStore;
  readonly readSlots: ReadSlots;
  readonly failpoints: Failpoints;
  readonly onFilesLeft: () => void;
}

export interface SlotsChange {
  readonly before: Slots;
  readonly after: Slots;
}

export interface WantedChange {
  /** A request of this id changes something once, however often it is delivered. */
  readonly requestId?: string;
  /** The slots after it; null to leave them as they are. */
  readonly next: (slots: Slots, at: Date) => Slots | null;
  readonly event: (change: SlotsChange & { readonly id: string }) => OutgoingEvent;
}

const CONSUMER = 'decision.change-slots';

/** Changes who decides: slots, uploads and the event in one transaction, one change after another. */
export class ChangeSlots {
  constructor(private readonly deps: ChangeSlotsDeps) {}

  /** Before and after are the same when nothing was to be changed. */
  async execute({ requestId, next, event }: WantedChange): Promise<SlotsChange> {
    const { uow, clock, ids, slots, outbox, inbox, readSlots, failpoints, onFilesLeft } = this.deps;
    await readSlots.execute();
    const change = await uow.run(async (tx) => {
      const before = await readSlots.forChange(tx);
      const isRepeated = requestId !== undefined && !(await inbox.claim(tx, CONSUMER, requestId));
      if (isRepeated) return { before, after: before };
      const at = clock.now();
      const after = next(before, at);
      if (after === null) return { before, after: before };
      await this.#moveSessions(tx, { before, after }, at);
      failpoints.hit('decision.model-sessions-moved');
      await slots.save(tx, before, after);
      failpoints.hit('decision.model-slots-moved');
      await outbox.add(tx, event({ before, after, id: ids.next() }));
      return { before, after };
    });
    failpoints.hit('decision.model-slots-committed');
    if (change.after !== change.before) onFilesLeft();
    return change;
  }

  async #moveSessions(tx: Tx, { before, after }: SlotsChange, at: Date): Promise<void> {
    const stays = (engine: EngineRef): boolean =>
      [after.live, after.fallback].some((holder) => holder?.engine.engineId === engine.engineId);
    const left = before.fallback?.engine;
    if (left !== undefined && !stays(left)) {
      // Looked at under the lock of the session, which whoever puts it in shadow takes as well.
      await this.#move(tx, left, async (session) =>
        archived(session, await this.deps.shadows.has(tx, left.engineId)),
      );
    }
    // What was live goes first: between the two there is none rather than two.
    await this.#move(tx, before.live.engine, (session) => moved(session, 'fallback'));
    await this.#move(tx, after.live.engine, (session) => moved(session, 'live', { activatedAt: at }));
  }

  /** Built-in engines have no upload. */
  async #move(
    tx: Tx,
    engine: EngineRef,
    change: (session: ModelSession) => ModelSession | Promise<ModelSession>,
  ): Promise<void> {
    if (engine.kind === 'builtin') return;
    const { sessions } = this.deps;
    const session = await sessions.findForChange(tx, engine.engineId);
    if (session !== null) await sessions.save(tx, session, await change(session));
  }
}
