import { PeriodicTask, isAppError } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { Gateway } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import type { ExecutedCommand, StateKeeper } from '../state/agent-state.js';

export interface ReportResultsDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly gateway: Gateway;
  readonly state: StateKeeper;
  readonly logger: AgentLogger;
  readonly agentKey: () => string;
  readonly retryMs: number;
}

/** Tells outcomes until the control plane has taken note, also after a restart. */
export class ReportResults {
  readonly #task: PeriodicTask;

  constructor(private readonly deps: ReportResultsDeps) {
    const { clock, random, logger, retryMs } = deps;
    const onError = (error: unknown): void => {
      logger.warn({ error }, 'outcome of a command not delivered yet');
    };
    this.#task = new PeriodicTask(
      clock,
      { name: 'command-results', intervalMs: retryMs, maxDelayMs: retryMs * 4, random, onError },
      () => this.#reportAll(),
    );
  }

  start(): void {
    this.#task.start();
  }

  nudge(): void {
    this.#task.nudge();
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  async #reportAll(): Promise<void> {
    for (const outcome of this.deps.state.current.executed) {
      if (!outcome.reported) await this.#report(outcome);
    }
  }

  async #report(outcome: ExecutedCommand): Promise<void> {
    const { gateway, agentKey, state, logger } = this.deps;
    const { commandId, success, message, result } = outcome;
    try {
      await gateway.reportCommand(agentKey(), commandId, { success, message, result });
    } catch (error) {
      const hopeless =
        isAppError(error) && (error.code === 'gateway-not-found' || error.code === 'gateway-refused');
      if (!hopeless) throw error;
      logger.warn({ commandId, error }, 'the control plane does not want this outcome');
    }
    await state.remember({ ...outcome, reported: true });
  }
}
