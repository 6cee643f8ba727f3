import { AppError, backoffMs, isAppError } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { Gateway } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import type { Workload } from '../workload/workload.js';

export interface PrepareStandbyDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly gateway: Gateway;
  readonly workload: Workload;
  readonly logger: AgentLogger;
  readonly agentKey: () => string;
}

/** Brings a standby up to date and says so, until the control plane knows that it is ready. */
export class PrepareStandby {
  constructor(private readonly deps: PrepareStandbyDeps) {}

  async execute(replicaId: string, signal: AbortSignal): Promise<void> {
    const { clock, gateway, workload, logger, agentKey } = this.deps;
    const syncStartedAt = clock.now();
    await this.#insist(signal, () =>
      gateway.reportReplicaStatus(agentKey(), replicaId, { status: 'syncing', syncStartedAt }),
    );
    try {
      await workload.warmUp((percent) => {
        if (percent < 100) this.#progress(replicaId, percent);
      });
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error);
      logger.error({ replicaId, error }, 'standby cannot be prepared');
      await this.#insist(signal, () =>
        gateway.reportReplicaStatus(agentKey(), replicaId, { status: 'failed', errorMessage }),
      );
      return;
    }
    await this.#insist(signal, () => gateway.reportReplicaSync(agentKey(), replicaId, 100));
    await this.#insist(signal, () =>
      gateway.reportReplicaStatus(agentKey(), replicaId, {
        status: 'ready',
        syncStartedAt,
        syncCompletedAt: clock.now(),
      }),
    );
    logger.info({ replicaId }, 'standby is ready');
  }

  #progress(replicaId: string, percent: number): void {
    const { gateway, agentKey, logger } = this.deps;
    gateway.reportReplicaSync(agentKey(), replicaId, percent).catch((error: unknown) => {
      logger.debug({ replicaId, percent, error }, 'progress not reported; the next one replaces it');
    });
  }

  /** Repeats until it is done. What was refused for good is left: the standby may be given up already. */
  async #insist(signal: AbortSignal, call: () => Promise<void>): Promise<void> {
    const { clock, random, logger } = this.deps;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await call();
        return;
      } catch (error) {
        logger.warn({ error, attempt }, 'state of the standby not reported yet');
        // The instance id of a new standby may be stored a little later than its agent starts.
        const refused = isAppError(error) && error.kind === 'permanent' && attempt >= 20;
        if (refused)
          throw AppError.permanent('standby-unknown', 'the standby is not known', { cause: error });
        await clock.sleep(backoffMs(attempt, { initialMs: 1_000, maxMs: 10_000 }, random()), signal);
      }
    }
  }
}
