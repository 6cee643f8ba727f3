import {
  InterruptionReportedV1,
  ReportInterruption as ReportInterruptionRpc,
  createEvent,
} from '@spotopt/contracts';
import type { ResolvedAgent, RpcResponse } from '@spotopt/contracts';
import type { SignalBody } from '@spotopt/contracts/http';
import { isAppError } from '@spotopt/kernel';
import type { Clock, Ids, Outbox, UnitOfWork } from '@spotopt/kernel';
import type { DirectEvents, Log, ServiceRequests } from '../ports.js';
import { normaliseSignal } from './signal.js';
import type { ReportedSignal, SignalName } from './signal.js';

export interface ReportInterruptionParts {
  readonly requests: ServiceRequests;
  readonly events: DirectEvents;
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export type InterruptionAnswer = RpcResponse<typeof ReportInterruptionRpc>;

export type InterruptionOutcome =
  | { readonly kind: 'answered'; readonly answer: InterruptionAnswer }
  /** The owner did not answer in time; the signal is on its way to it all the same. */
  | { readonly kind: 'queued'; readonly reason: string }
  | { readonly kind: 'unusable'; readonly reason: string };

/** Two minutes are left: the agent must not wait for an owner that is away. */
const TIMEOUT_MS = 2_000;

/** Hands a signal to its owner at once, or makes sure that it arrives. */
export class ReportInterruption {
  constructor(private readonly parts: ReportInterruptionParts) {}

  /** @throws AppError (transient) only when neither broker nor database could take the signal */
  async execute(agent: ResolvedAgent, body: SignalBody, meant: SignalName): Promise<InterruptionOutcome> {
    const signal = normaliseSignal({ agent, body, meant, nowMs: this.parts.clock.nowMs() });
    if (signal === null) return { kind: 'unusable', reason: 'instance_id is missing and not known' };
    try {
      const answer = await this.parts.requests.ask(ReportInterruptionRpc, signal, { timeoutMs: TIMEOUT_MS });
      return { kind: 'answered', answer };
    } catch (error) {
      this.parts.log.warn({ error, agentId: agent.agentId, signal: signal.signal }, 'interruption is queued');
      if (isAppError(error) && error.kind === 'permanent') return { kind: 'unusable', reason: error.message };
      await this.#queue(signal);
      return { kind: 'queued', reason: 'accepted; the answer takes longer than expected' };
    }
  }

  async #queue(signal: ReportedSignal): Promise<void> {
    const { events, uow, outbox, clock, ids, log } = this.parts;
    const event = createEvent(InterruptionReportedV1, {
      id: ids.next(),
      time: clock.now(),
      subject: signal.agentId,
      severity: signal.signal === 'termination-notice' ? 'critical' : 'warning',
      data: signal,
    });
    try {
      await events.publish(event);
    } catch (error) {
      log.warn({ error, agentId: signal.agentId }, 'the broker did not take the signal; the outbox keeps it');
      await uow.run((tx) => outbox.add(tx, event));
    }
  }
}
