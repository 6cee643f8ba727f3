import type { EventData, InterruptionReportedV1, ResolvedAgent } from '@spotopt/contracts';
import type { SignalBody } from '@spotopt/contracts/http';
import { firstGiven } from '../first-given.js';

export type ReportedSignal = EventData<typeof InterruptionReportedV1>;
export type SignalName = ReportedSignal['signal'];

export interface ReceivedSignal {
  readonly agent: ResolvedAgent;
  readonly body: SignalBody;
  /** What the route means when the body does not say. */
  readonly meant: SignalName;
  readonly nowMs: number;
}

/** The signal in any of the words that agents and documents use (CT-68). */
export function signalNamed(word: string | null | undefined): SignalName | undefined {
  const text = (word ?? '').toLowerCase();
  if (text.includes('rebalance')) return 'rebalance-recommendation';
  if (text.includes('maintenance')) return 'scheduled-maintenance';
  return /terminat|interruption|stop|hibernate/.test(text) ? 'termination-notice' : undefined;
}

function deadlineOf(body: SignalBody, detectedAt: string): string | null {
  const stated = body?.termination_time ?? body?.time;
  if (stated !== null && stated !== undefined) return stated;
  const seconds = body?.time_until_termination_seconds;
  if (seconds === null || seconds === undefined) return null;
  return new Date(Date.parse(detectedAt) + Math.max(0, seconds) * 1_000).toISOString();
}

/** Null when nobody knows which instance is meant. */
export function normaliseSignal({ agent, body, meant, nowMs }: ReceivedSignal): ReportedSignal | null {
  const ec2InstanceId = firstGiven(body?.instance_id, agent.ec2InstanceId) ?? '';
  if (ec2InstanceId === '') return null;
  const signal = signalNamed(body?.signal_type) ?? meant;
  const detectedAt = firstGiven(body?.detected_at, body?.notice_time) ?? new Date(nowMs).toISOString();
  return {
    agentKey: agent.agentKey,
    agentId: agent.agentId,
    clientId: agent.clientId,
    ec2InstanceId,
    signal,
    source: 'imds',
    detectedAt,
    deadlineAt: signal === 'rebalance-recommendation' ? null : deadlineOf(body, detectedAt),
  };
}
