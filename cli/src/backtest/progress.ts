/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const BAR = 30;
const CLEAR_LINE = '\r\u001b[K';

/** A bar that moves on a terminal; a line for every tenth elsewhere. */
export class Progress {
  #shownTenth = -1;
  #shown = '';

  constructor(private readonly output: ProgressOutput) {}

  show(share: number, what: string): void {
    const percent = Math.floor(share * 100);
    if (this.output.isTTY === true) {
      const done = Math.round(share * BAR);
      const text = `[${'█'.repeat(done)}${'░'.repeat(BAR - done)}] ${String(percent).padStart(3)} % ${what}`;
      if (text === this.#shown) return;
      this.#shown = text;
      this.output.write(`${CLEAR_LINE}${text}`);
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth <= this.#shownTenth) return;
    this.#shownTenth = tenth;
    this.output.write(`${String(percent)} % ${what}\n`);
  }

  /** The bar makes room for what follows. */
  end(): void {
    if (this.output.isTTY === true && this.#shown !== '') this.output.write(CLEAR_LINE);
  }
}
