import { AgentCommand } from '@spotopt/contracts';
import { backoffMs, toAppError } from '@spotopt/kernel';
import type { Clock } from '@spotopt/kernel';
import type { Gateway } from '../gateway/gateway.js';
import type { AgentLogger } from '../logging.js';
import { toWireMode } from '../pricing-report/report-prices.js';
import type { StateKeeper } from '../state/agent-state.js';
import type { Session } from './session.js';

export interface RegisterInstallationDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly gateway: Gateway;
  readonly state: StateKeeper;
  readonly session: Session;
  readonly logger: AgentLogger;
  readonly agentVersion: string;
}

/** Every command type of the contract: what the control plane may send to this agent. */
export const COMMAND_TYPES: readonly string[] = AgentCommand.options.map(
  (option) => option.shape.commandType.value,
);

/** Registers until it is accepted or told to stop. A repeated reason is logged once. */
export class RegisterInstallation {
  constructor(private readonly deps: RegisterInstallationDeps) {}

  async execute(signal: AbortSignal): Promise<void> {
    const { clock, random, logger, session } = this.deps;
    let lastMessage = '';
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.#register();
        const { agentKey, role, enabled } = session;
        logger.info({ agentKey, role, enabled, logicalAgentId: session.logicalAgentId }, 'registered');
        return;
      } catch (error) {
        const { message } = toAppError(error);
        if (message !== lastMessage) logger.error({ error }, 'registration failed; it will be tried again');
        lastMessage = message;
        await clock.sleep(backoffMs(attempt, { initialMs: 1_000, maxMs: 60_000 }, random()), signal);
      }
    }
  }

  async #register(): Promise<void> {
    const { gateway, session, state, agentVersion } = this.deps;
    const { identity, logicalAgentId } = session;
    session.register(
      await gateway.register({
        hostname: identity.hostname,
        ec2InstanceId: identity.ec2InstanceId,
        instanceType: identity.instanceType,
        region: identity.region,
        az: identity.az,
        amiId: identity.imageId,
        agentVersion,
        logicalAgentId,
        mode: toWireMode(identity.market),
        privateIp: identity.privateIp,
        publicIp: identity.publicIp,
        commandTypes: COMMAND_TYPES,
        epoch: state.current.epoch,
      }),
    );
  }
}
