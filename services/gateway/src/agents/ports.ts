import type { ResolvedAgent } from '@spotopt/contracts';
import type { Caller } from '../caller.js';

/** Who an agent id on the wire stands for. */
export abstract class AgentDirectory {
  /**
   * @param options.maxAgeMs how old an answer may be, in real time; telemetry tolerates more than commands.
   *   When the owner does not answer, an older answer serves if there is one.
   * @throws AppError `not-found` (permanent) for an id that is missing or somebody else’s
   */
  abstract resolve(
    caller: Caller,
    agentRef: string,
    options?: { readonly maxAgeMs?: number },
  ): Promise<ResolvedAgent>;
}

export interface Beat {
  readonly status: 'online' | 'disabled' | 'offline' | 'switching' | 'error';
  readonly ec2InstanceId: string | null;
  readonly mode: 'spot' | 'ondemand' | 'unknown';
  readonly epoch: number | null;
  readonly serving: boolean | null;
}
