export type CleanUpStep = () => Promise<void>;

/** What has to be undone, last thing first, each once, whatever happens to the others. */
export class CleanUp {
  #steps: CleanUpStep[] = [];

  add(step: CleanUpStep): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
  }
}
