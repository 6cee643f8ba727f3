import type { EventOf, PricingReportedV1 } from '@spotopt/contracts';
import type { RecordReports } from './record-reports.js';

type Report = EventOf<typeof PricingReportedV1>;

interface Waiting {
  readonly report: Report;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const GROUP_SIZE = 100;

/**
 * Records reports in groups: while one transaction is under way, what arrives waits for the next. Each report is done
 * when its group is committed; one that cannot be recorded fails alone.
 */
export class GroupReports {
  readonly #waiting: Waiting[] = [];
  #busy = false;

  constructor(private readonly recordReports: Pick<RecordReports, 'execute'>) {}

  record(report: Report): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ report, done, failed });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) await this.#group(this.#waiting.splice(0, GROUP_SIZE));
    this.#busy = false;
  }

  async #group(group: readonly Waiting[]): Promise<void> {
    try {
      await this.recordReports.execute(...group.map(({ report }) => report));
      for (const { done } of group) done();
    } catch (error) {
      if (group.length === 1) for (const { failed } of group) failed(error);
      else for (const one of group) await this.#group([one]);
    }
  }
}
