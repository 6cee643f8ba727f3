import { AppError, type Clock, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { BuiltinEngines } from './builtin-engines.js';
import type { SlotStore } from './ports.js';
import { firstSlots, type SlotHolder, type Slots } from './slots.js';

export interface ReadSlotsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly slots: SlotStore;
  readonly builtins: BuiltinEngines;
}

/** The slots, which a new installation fills with built-in engines. */
export class ReadSlots {
  constructor(private readonly deps: ReadSlotsDeps) {}

  async execute(): Promise<Slots> {
    const { uow, slots, clock, builtins } = this.deps;
    const known = await uow.read((tx) => slots.find(tx));
    if (known !== null) return this.#resolved(known);
    const first = firstSlots(builtins.first, builtins.second, clock.now());
    const stored = await uow.run(async (tx) => {
      await slots.addFirst(tx, first);
      return slots.find(tx);
    });
    return this.#resolved(stored ?? first);
  }

  /** Inside of a transaction that is about to change them. */
  async forChange(tx: Tx): Promise<Slots> {
    const found = await this.deps.slots.findForChange(tx);
    if (found === null) throw AppError.bug('no-live-engine', 'the slots were not filled before the change');
    return this.#resolved(found);
  }

  #resolved({ live, fallback, revision }: Slots): Slots {
    const resolve = (holder: SlotHolder): SlotHolder => ({
      ...holder,
      engine: this.deps.builtins.resolve(holder.engine),
    });
    return { live: resolve(live), fallback: fallback === null ? null : resolve(fallback), revision };
  }
}
