const DAY_S = 86_400;
const COOLDOWN_S = 120 * 60;
const MAX_CHANGES_A_DAY = 3;

/** Times of changes of primary, oldest first, and the published rule's limits on them. */
export class ChangeLimits {
  readonly #changesAtS: number[] = [];
  #primary: string | null = null;

  constructor(private readonly keepS: number) {}

  get changesAtS(): readonly number[] {
    return this.#changesAtS;
  }

  /** @param primary null while there is none */
  see(primary: string | null, atS: number): void {
    if (primary !== null) {
      if (this.#primary !== null && primary !== this.#primary) this.#changesAtS.push(atS);
      this.#primary = primary;
    }
    while ((this.#changesAtS[0] ?? atS) <= atS - this.keepS) this.#changesAtS.shift();
  }

  /** Fewer than three in a day, and two hours since the last. */
  allowChange(atS: number): boolean {
    const last = this.#changesAtS.at(-1);
    if (last !== undefined && atS - last < COOLDOWN_S) return false;
    return this.#changesAtS.filter((changedAt) => changedAt > atS - DAY_S).length < MAX_CHANGES_A_DAY;
  }
}
