import { KeyedLanes } from '@spotopt/kernel';
import type { UseCaseDeps } from '../fleet/index.js';
import type { AdvanceSwitch } from './advance-switch.js';
import type { FailOver } from './fail-over.js';
import type { SwitchStore } from './ports.js';

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
      readonly failOver: FailOver;
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
      if (outcome !== 'failed') return null;
      const failed = await this.deps.uow.read((tx) => this.ports.switches.find(tx, switchId));
      return failed === null ? null : this.ports.failOver.retry(failed);
    });
    if (next !== null) await this.now(next);
  }

  async sweep(): Promise<void> {
    const running = await this.deps.uow.read((tx) => this.ports.switches.listRunning(tx));
    for (const { id } of running)
      await this.now(id).catch((error: unknown) => {
        this.ports.reporter.failed(error, id);
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
