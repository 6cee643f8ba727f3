import { AppError, isAppError } from '@spotopt/kernel';
import { type ReplayAction, ReplayPolicy, type StepObservation } from '../replay/index.js';

/** After so many an engine is not worth waiting for. */
const MAX_FAULTS = 20;

/** Plays on when an engine fails: everything stays as it is, as in production, and the fault is counted. */
export class TolerantPolicy extends ReplayPolicy {
  override readonly name: string;
  #faults = 0;

  constructor(private readonly policy: ReplayPolicy) {
    super();
    this.name = policy.name;
  }

  get faults(): number {
    return this.#faults;
  }

  /** @throws AppError `engine-keeps-failing` */
  override act(observation: StepObservation): ReplayAction | Promise<ReplayAction> {
    try {
      const action = this.policy.act(observation);
      if (!(action instanceof Promise)) return action;
      return action.catch((error: unknown) => this.#stay(observation, error));
    } catch (error) {
      return this.#stay(observation, error);
    }
  }

  #stay({ step, replica }: StepObservation, error: unknown): ReplayAction {
    this.#faults += 1;
    if (this.#faults < MAX_FAULTS) return { primary: null, replica: replica?.pool ?? null };
    const code = isAppError(error) ? `${error.code}: ` : '';
    const message = error instanceof Error ? error.message : String(error);
    throw AppError.permanent(
      'engine-keeps-failing',
      `given up in step ${String(step)} after ${String(MAX_FAULTS)} faults, the last one ${code}${message}`,
    );
  }
}
