import type { EngineRef } from '../runtime/ports.js';

/** An engine in a slot. */
export interface SlotHolder {
  readonly engine: EngineRef;
  readonly since: Date;
  /** Why the system itself took it out of the live slot; null where nobody complained. */
  readonly failure: string | null;
}

/** Which engine decides, and which one takes over when it fails. There is always one that decides. */
export interface Slots {
  readonly live: SlotHolder;
  readonly fallback: SlotHolder | null;
  /** Rises by one with every change. */
  readonly revision: number;
}

function holding(engine: EngineRef, since: Date): SlotHolder {
  return { engine, since, failure: null };
}

export function firstSlots(live: EngineRef, fallback: EngineRef | null, at: Date): Slots {
  return {
    live: holding(live, at),
    fallback: fallback === null ? null : holding(fallback, at),
    revision: 1,
  };
}

/** The engine decides from now on, and what did so before is the fallback. */
export function activated(slots: Slots, engine: EngineRef, at: Date): Slots {
  return {
    live: holding(engine, at),
    fallback: holding(slots.live.engine, at),
    revision: slots.revision + 1,
  };
}

/** Both change places; null when there is nothing to fall back to. */
export function swapped(slots: Slots, at: Date, failure: string | null): Slots | null {
  if (slots.fallback === null) return null;
  return {
    live: holding(slots.fallback.engine, at),
    fallback: { engine: slots.live.engine, since: at, failure },
    revision: slots.revision + 1,
  };
}
