import type { Gateway } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';

export interface TerminateLeftoversDeps {
  readonly gateway: Gateway;
  readonly logger: AgentLogger;
  readonly agentKey: () => string;
  readonly ownInstanceId: () => string;
  /** Ends the instance and reports it. */
  readonly terminate: (ec2InstanceId: string) => Promise<void>;
}

/** Ends machines of this workload whose time is over, in case their command was lost. */
export class TerminateLeftovers {
  constructor(private readonly deps: TerminateLeftoversDeps) {}

  async execute(): Promise<void> {
    const { gateway, logger, agentKey, ownInstanceId, terminate } = this.deps;
    for (const { ec2InstanceId, reason } of await gateway.instancesToTerminate(agentKey())) {
      if (ec2InstanceId === ownInstanceId()) continue;
      try {
        await terminate(ec2InstanceId);
        logger.info({ ec2InstanceId, reason }, 'instance ended');
      } catch (error) {
        logger.warn({ ec2InstanceId, reason, error }, 'instance not ended');
      }
    }
  }
}
