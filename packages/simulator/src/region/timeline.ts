export interface TimelineEntry {
  readonly sequence: number;
  readonly atMs: number;
  readonly event: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const MOST_ENTRIES = 20_000;

/** What happened in the region, oldest first; the oldest entries are dropped when it grows too long. */
export class Timeline {
  #entries: TimelineEntry[] = [];
  #sequence = 0;

  add(atMs: number, event: string, subject: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.#sequence += 1;
    this.#entries.push({ sequence: this.#sequence, atMs, event, subject, detail });
    if (this.#entries.length > MOST_ENTRIES) this.#entries = this.#entries.slice(-MOST_ENTRIES / 2);
  }

  after(sequence: number): TimelineEntry[] {
    return this.#entries.filter((entry) => entry.sequence > sequence);
  }
}
