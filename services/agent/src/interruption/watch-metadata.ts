import type { InstanceMetadata } from '@spotopt/cloud';
import { PeriodicTask } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { Gateway, InterruptionReport } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';

export interface WatchMetadataDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly metadata: InstanceMetadata;
  readonly gateway: Gateway;
  readonly logger: AgentLogger;
  readonly agentKey: () => string;
  readonly ownInstanceId: () => string;
  readonly intervalMs: number;
}

interface Sighting {
  readonly report: InterruptionReport;
  acknowledged: boolean;
  inFlight: Promise<void> | undefined;
}

/** Signals remembered; a faulty metadata service may invent a new time on every read. */
const REMEMBERED = 100;

/**
 * Looks for AWS's signals and tells each until it is taken note of. A report that hangs does not delay the
 * next look: the seconds before the end are few.
 */
export class WatchMetadata {
  readonly #task: PeriodicTask;
  readonly #sightings = new Map<string, Sighting>();

  constructor(private readonly deps: WatchMetadataDeps) {
    const { clock, random, intervalMs, logger } = deps;
    const onError = (error: unknown, failures: number): void => {
      if (failures === 1 || failures % 12 === 0) logger.warn({ error, failures }, 'metadata not read');
    };
    this.#task = new PeriodicTask(
      clock,
      { name: 'metadata', intervalMs, maxDelayMs: intervalMs * 3, random, onError },
      () => this.#look(),
    );
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    await Promise.allSettled([...this.#sightings.values()].flatMap(({ inFlight }) => inFlight ?? []));
  }

  async #look(): Promise<void> {
    const { metadata } = this.deps;
    const [action, rebalance] = await Promise.allSettled([
      metadata.spotInstanceAction(),
      metadata.rebalanceRecommendation(),
    ]);
    if (action.status === 'fulfilled' && action.value !== null) {
      this.#saw('termination-notice', action.value.at);
    }
    if (rebalance.status === 'fulfilled' && rebalance.value !== null) {
      this.#saw('rebalance-recommendation', rebalance.value.noticedAt);
    }
    this.#reportOpen();
    if (action.status === 'rejected') throw action.reason;
    if (rebalance.status === 'rejected') throw rebalance.reason;
  }

  #saw(signal: InterruptionReport['signal'], noticeAt: Date): void {
    const { clock, logger, ownInstanceId } = this.deps;
    const key = `${signal}|${String(noticeAt.getTime())}`;
    if (this.#sightings.has(key)) return;
    const detectedAt = clock.now();
    logger.warn({ signal, noticeAt: noticeAt.toISOString() }, 'AWS announced an interruption');
    const report = { signal, ec2InstanceId: ownInstanceId(), detectedAt, noticeAt };
    this.#sightings.set(key, { report, acknowledged: false, inFlight: undefined });
    const oldest = this.#sightings.keys().next();
    if (this.#sightings.size > REMEMBERED && oldest.done !== true) this.#sightings.delete(oldest.value);
  }

  #reportOpen(): void {
    for (const sighting of this.#sightings.values()) {
      if (sighting.acknowledged || sighting.inFlight !== undefined) continue;
      sighting.inFlight = this.#report(sighting).finally(() => {
        sighting.inFlight = undefined;
      });
    }
  }

  async #report(sighting: Sighting): Promise<void> {
    const { gateway, agentKey, logger } = this.deps;
    const { report } = sighting;
    try {
      await gateway.reportInterruption(agentKey(), report);
      sighting.acknowledged = true;
      logger.info({ signal: report.signal }, 'interruption reported');
    } catch (error) {
      logger.error({ signal: report.signal, error }, 'interruption not reported yet');
    }
  }
}
