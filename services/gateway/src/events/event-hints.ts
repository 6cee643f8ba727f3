import type { Envelope } from '@spotopt/contracts';

export type HintListener = (event: Envelope) => void;

/** Tells the caches of this process that something happened. Losing a hint costs time, never truth. */
export class EventHints {
  readonly #listeners: HintListener[] = [];

  listen(listener: HintListener): void {
    this.#listeners.push(listener);
  }

  tell(event: Envelope): void {
    for (const listener of this.#listeners) listener(event);
  }
}
