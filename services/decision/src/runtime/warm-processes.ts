/** Something that holds a process and can do without it. */
export interface Warm {
  /** Answers false while it needs its process. */
  rest(): boolean;
}

/** At most so many warm processes: the one that was not used for longest makes room. */
export class WarmProcesses {
  /** In the order of last use. */
  readonly #warm = new Set<Warm>();

  constructor(private readonly size: number) {}

  use(process: Warm): void {
    this.#warm.delete(process);
    this.#warm.add(process);
    for (const oldest of this.#warm) {
      if (this.#warm.size <= this.size) return;
      if (oldest !== process && oldest.rest()) this.#warm.delete(oldest);
    }
  }

  forget(process: Warm): void {
    this.#warm.delete(process);
  }
}
