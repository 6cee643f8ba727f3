import type { Gateway } from '../gateway/gateway.js';
import { toWireMode } from '../pricing-report/report-prices.js';
import type { Session } from '../registration/session.js';
import type { Serving } from '../workload/serving.js';

export interface SendHeartbeatDeps {
  readonly gateway: Gateway;
  readonly session: Session;
  readonly serving: Serving;
  readonly onPendingCommands: () => void;
}

export class SendHeartbeat {
  constructor(private readonly deps: SendHeartbeatDeps) {}

  async execute(): Promise<void> {
    const { gateway, session, serving, onPendingCommands } = this.deps;
    const { identity } = session;
    const disabled = session.role === 'PRIMARY' && !session.enabled;
    const answer = await gateway.heartbeat(session.agentKey, {
      status: disabled ? 'disabled' : 'online',
      ec2InstanceId: identity.ec2InstanceId,
      instanceType: identity.instanceType,
      mode: toWireMode(identity.market),
      az: identity.az,
      epoch: session.confirmedEpoch,
      serving: serving.active,
    });
    if (answer.hasPendingCommands) onPendingCommands();
  }

  /** The last one, before an orderly end. */
  async farewell(): Promise<void> {
    const { gateway, session, serving } = this.deps;
    await gateway.heartbeat(session.agentKey, {
      status: 'offline',
      ec2InstanceId: null,
      instanceType: null,
      mode: null,
      az: null,
      epoch: session.confirmedEpoch,
      serving: serving.active,
    });
  }
}
