import { AsyncMutex } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { Standing } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import type { StateKeeper } from '../state/agent-state.js';
import type { Workload } from './workload.js';

export interface ServingDeps {
  readonly clock: Clock;
  readonly workload: Workload;
  readonly state: StateKeeper;
  readonly logger: AgentLogger;
}

/**
 * Decides whether the workload may serve here. A switch silences it before another machine takes over;
 * the control plane's word that this machine is no longer the primary stops it even when every command
 * was lost.
 */
export class Serving {
  readonly #mutex = new AsyncMutex();

  constructor(private readonly deps: ServingDeps) {}

  get active(): boolean {
    return this.deps.workload.isServing();
  }

  /** Remembers the silence before it begins, so that a restart in between does not break it. */
  quiesce(switchId: string): Promise<{ servedUntil: Date }> {
    return this.#mutex.run(async () => {
      const { state, workload, clock } = this.deps;
      await state.change((old) => ({ ...old, quiesced: { switchId, epoch: old.epoch } }));
      await workload.stop();
      return { servedUntil: clock.now() };
    });
  }

  /** Starts serving at this epoch and ends any silence. */
  serve(epoch: number): Promise<{ servingSince: Date }> {
    return this.#mutex.run(async () => {
      const { state, workload, clock } = this.deps;
      await workload.start(epoch);
      await state.change((old) => (old.quiesced === null ? old : { ...old, quiesced: null }));
      return { servingSince: clock.now() };
    });
  }

  /** Makes the workload agree with what the control plane says of this installation. */
  reconcile(standing: Standing): Promise<void> {
    return this.#mutex.run(async () => {
      const { state, workload, logger } = this.deps;
      const { role, epoch } = standing;
      // An answer older than a command that was obeyed since says nothing about now.
      if (role === null || (epoch !== null && epoch < state.current.epoch)) return;
      if (epoch !== null) await state.raiseEpoch(epoch);
      if (role !== 'PRIMARY') {
        if (!workload.isServing()) return;
        logger.warn({ role, epoch }, 'no longer the primary: stopping the workload');
        await workload.stop();
        return;
      }
      const { quiesced } = state.current;
      const silenced = quiesced !== null && (epoch === null || epoch <= quiesced.epoch);
      if (silenced || workload.isServing()) return;
      await workload.start(state.current.epoch);
      await state.change((old) => (old.quiesced === null ? old : { ...old, quiesced: null }));
      logger.info({ epoch: state.current.epoch }, 'workload started');
    });
  }
}
