import { LeasedJob, type LeasedJobSettings, type LeasedRun } from '@spotopt/persistence';
import type { OpenEngines } from './open-engines.js';
import type { SweepUploads } from './sweep-uploads.js';

/** Deletes what is left of uploads on a schedule, in one process at a time; ends open engines with the service. */
export class ModelsJob extends LeasedJob {
  constructor(
    settings: LeasedJobSettings,
    private readonly sweepUploads: SweepUploads,
    private readonly engines: OpenEngines,
  ) {
    super('decision.sweep-uploads', settings);
  }

  protected override run({ signal }: LeasedRun): Promise<void> {
    return this.sweepUploads.execute(signal);
  }

  override async onModuleDestroy(): Promise<void> {
    await super.onModuleDestroy();
    await this.engines.close();
  }
}
