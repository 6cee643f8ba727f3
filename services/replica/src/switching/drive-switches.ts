import { KeyedLanes } from '@spotopt/kernel';
import type { UseCaseDeps } from '../fleet/index.js';
import type { AdvanceSwitch } from './advance-switch.js';
import type { SwitchStore } from './ports.js';
import { RETRY_WINDOW_MS, type RetryFailover } from './retry-failover.js';
import type { TakeOver } from './take-over.js';

/** Told about what has to go on although nobody waits for it. */
export interface DriveReporter {
  failed(error: unknown, switchId: string): void;
}

/**
 * Keeps switches moving: at once when something happened, and by a sweep that finds the ones whose event was
 * lost or whose process died. A failed failover is started anew.
 */
export class DriveSwitches {
  readonly #lanes = new KeyedLanes();
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly ports: {
      readonly switches: SwitchStore;
      readonly advance: AdvanceSwitch;
      readonly retry: RetryFailover;
      readonly takeOver: TakeOver;
      readonly reporter: DriveReporter;
    },
  ) {}

  /** Drives in the background; what fails is reported and left to the sweep. */
  soon(switchId: string): void {
    const run = this.now(switchId).catch((error: unknown) => {
      this.ports.reporter.failed(error, switchId);
    });
    this.#underWay.add(run);
    void run.finally(() => this.#underWay.delete(run));
  }

  async now(switchId: string): Promise<void> {
    const next = await this.#lanes.run(switchId, async () => {
      const outcome = await this.ports.advance.execute(switchId);
      return outcome === 'failed' ? this.ports.retry.execute(switchId) : null;
    });
    if (next !== null) await this.now(next);
  }

  /** One switch that cannot go on holds up no other. */
  async sweep(): Promise<void> {
    const { switches, retry, takeOver } = this.ports;
    const running = await this.deps.uow.read((tx) => switches.listRunning(tx));
    for (const { id } of running) await this.#attempt(id, () => this.now(id));
    const since = new Date(this.deps.clock.nowMs() - RETRY_WINDOW_MS);
    const failed = await this.deps.uow.read((tx) => switches.listFailed(tx, since));
    for (const { id } of failed) {
      await this.#attempt(id, async () => {
        const next = await retry.execute(id);
        if (next !== null) await this.now(next);
      });
    }
    for (const id of await takeOver.sweep()) await this.#attempt(id, () => this.now(id));
  }

  async #attempt(switchId: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => {
      this.ports.reporter.failed(error, switchId);
    });
  }

  async agentChanged(agentId: string): Promise<void> {
    const running = await this.deps.uow.read((tx) => this.ports.switches.findRunning(tx, agentId));
    if (running !== null) await this.now(running.id);
  }

  async settle(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }
}
