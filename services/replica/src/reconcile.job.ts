import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '@spotopt/kernel';
import { LeasedTask, type Leases } from '@spotopt/persistence';
import type { Logger } from '@spotopt/platform';
import type { DetectSilence } from './fleet/index.js';
import type { EndFailedLaunches } from './standby/end-failed-launches.js';
import type { EndUnwantedStandbys } from './standby/end-unwanted-standbys.js';
import type { KeepStandby } from './standby/keep-standby.js';
import type { RetireMachines } from './standby/retire-machines.js';
import type { DriveSwitches } from './switching/drive-switches.js';

export interface ReconcileParts {
  readonly clock: Clock;
  readonly leases: Leases;
  readonly logger: Logger;
  readonly random: () => number;
  readonly drive: DriveSwitches;
  readonly keep: KeepStandby;
  readonly endFailed: EndFailedLaunches;
  readonly endUnwanted: EndUnwantedStandbys;
  readonly retire: RetireMachines;
  readonly silence: DetectSilence;
  readonly sweepMs: number;
}

const REAL_FLOOR_MS = 500;

/** The guarantee behind every event: whatever an event would have started, the next sweep starts. */
@Injectable()
export class ReconcileJob implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #tasks: readonly LeasedTask[];

  constructor(private readonly parts: ReconcileParts) {
    this.#tasks = [
      this.#task('drive-switches', () => parts.drive.sweep()),
      this.#task('end-failed-launches', () => parts.endFailed.sweep()),
      this.#task('end-unwanted-standbys', () => parts.endUnwanted.sweep()),
      this.#task('keep-standbys', () => parts.keep.sweep()),
      this.#task('retire-machines', () => parts.retire.execute()),
      this.#task('detect-silence', () => parts.silence.execute()),
    ];
  }

  onApplicationBootstrap(): void {
    for (const task of this.#tasks) task.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
    await this.parts.drive.settle();
  }

  #task(name: string, work: () => Promise<void>): LeasedTask {
    const { clock, leases, logger, random, sweepMs } = this.parts;
    const intervalMs = clock.noShorterThan(REAL_FLOOR_MS, sweepMs);
    return new LeasedTask({ name, intervalMs, clock, leases, logger, random }, work);
  }
}
