import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { PeriodicTask } from '@spotopt/kernel';
import { LeasedTask, type LeasedTaskSettings } from '@spotopt/persistence';
import type { RiskCause } from '@spotopt/contracts';
import { ChangedPools } from './changed-pools.js';
import type { ScorePools } from './score-pools.js';

type Settings = Omit<LeasedTaskSettings, 'name'>;

/**
 * Scores every pool on schedule, in one process at a time, and a pool to which something happened at once, in the
 * process that heard of it.
 */
export class RiskJob implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #changed = new ChangedPools();
  readonly #schedule: LeasedTask;
  readonly #prompt: PeriodicTask;

  constructor(settings: Settings, scorePools: ScorePools) {
    const { clock, intervalMs, random, logger } = settings;
    this.#schedule = new LeasedTask({ ...settings, name: 'decision.score-pools' }, ({ signal }) =>
      scorePools.all(signal),
    );
    const onError = (error: unknown): void => {
      logger?.error({ err: error }, 'changed pools were not scored and are tried again');
    };
    this.#prompt = new PeriodicTask(
      clock,
      { name: 'decision.score-changed-pools', intervalMs, random, onError },
      (signal) => this.#scoreChanged(scorePools, signal),
    );
  }

  onApplicationBootstrap(): void {
    this.#schedule.start();
    this.#prompt.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#prompt.stop();
    await this.#schedule.stop();
  }

  /** Something happened in a pool: score it now. */
  poolChanged(poolId: string, cause: RiskCause): void {
    this.#changed.add(poolId, cause);
    this.#prompt.nudge();
  }

  async #scoreChanged(scorePools: ScorePools, signal: AbortSignal): Promise<void> {
    const causes = this.#changed.take();
    if (causes.size === 0) return;
    try {
      await scorePools.execute(causes, signal);
    } catch (error) {
      this.#changed.giveBack(causes);
      throw error;
    }
  }
}
