import { exchangeHttp } from '@spotopt/cloud';
import { AppError } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import { Workload } from './workload.js';

export interface SimulatedWorkloadSettings {
  /** The simulator's control endpoint, for example `http://127.0.0.1:8081`. */
  readonly simulatorUrl: string;
  readonly ec2InstanceId: string;
  /** How long a new machine takes to copy the state. @default 20000 */
  readonly warmUpMs?: number;
  /** How long the program takes to stop or start. @default 300 */
  readonly transitionMs?: number;
}

const WARM_UP_STEPS = 4;

/** Tells the simulator when it serves and when not; the simulator measures downtime and overlap from that. */
export class SimulatedWorkload extends Workload {
  #serving = false;

  constructor(
    private readonly clock: Clock,
    private readonly settings: SimulatedWorkloadSettings,
  ) {
    super();
  }

  override async start(epoch: number): Promise<void> {
    if (!this.#serving) await this.#transition();
    await this.#tell({ serving: true, epoch });
    this.#serving = true;
  }

  override async stop(): Promise<void> {
    if (!this.#serving) return;
    await this.#transition();
    await this.#tell({ serving: false, epoch: 0 });
    this.#serving = false;
  }

  override async warmUp(onProgress: (percent: number) => void): Promise<void> {
    const stepMs = (this.settings.warmUpMs ?? 20_000) / WARM_UP_STEPS;
    for (let step = 0; step < WARM_UP_STEPS; step += 1) {
      onProgress((step * 100) / WARM_UP_STEPS);
      await this.clock.sleep(stepMs);
    }
    onProgress(100);
  }

  override isServing(): boolean {
    return this.#serving;
  }

  #transition(): Promise<void> {
    return this.clock.sleep(this.settings.transitionMs ?? 300);
  }

  async #tell(body: { serving: boolean; epoch: number }): Promise<void> {
    const { simulatorUrl, ec2InstanceId } = this.settings;
    try {
      const answer = await exchangeHttp({
        method: 'PUT',
        url: `${simulatorUrl}/_sim/instances/${ec2InstanceId}/workload`,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        timeoutMs: 5_000,
      });
      if (answer.status !== 200) {
        throw AppError.transient('workload-failed', `simulator: ${answer.body.toString('utf8')}`);
      }
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw AppError.transient('workload-failed', 'the simulator does not answer', { cause });
    }
  }
}
