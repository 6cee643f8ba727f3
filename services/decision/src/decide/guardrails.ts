import type { AgentSettings } from '@spotopt/contracts';
import type { Proposal } from '../engine/ports.js';

/** What the limits look at. They never judge the proposal's merit, only whether it may be carried out now. */
export interface GuardrailFacts {
  readonly nowMs: number;
  readonly settings: AgentSettings;
  readonly online: boolean;
  readonly switchUnderWay: boolean;
  /** A proposal made earlier may still be taken up until then. */
  readonly proposalOpenUntilMs: number | null;
  /** Every change of primary of the last 7 days, failovers included, as times of completion. */
  readonly changesAtMs: readonly number[];
}

export type StayCode =
  | 'agent-disabled'
  | 'agent-offline'
  | 'switch-under-way'
  | 'proposal-open'
  | 'cooldown'
  | 'daily-limit'
  | 'weekly-limit';
export type RecommendCode = 'auto-switch-off' | 'confidence-too-low';

/**
 * - `switch`: the move may be proposed to the coordinator.
 * - `recommend`: shown to people only.
 * - `stay`: nothing happens.
 */
export interface Verdict {
  readonly outcome: 'switch' | 'recommend' | 'stay';
  readonly heldBackBy: readonly (StayCode | RecommendCode)[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;
const MIN_CONFIDENCE = 0.7;

/** Whether the limits of the workload allow what the engine proposes. */
export function judge(proposal: Proposal, facts: GuardrailFacts): Verdict {
  if (proposal.action === 'stay') return { outcome: 'stay', heldBackBy: [] };
  const stay = reasonsToStay(facts);
  const recommend = reasonsToRecommend(proposal, facts);
  const heldBackBy = [...stay, ...recommend];
  if (stay.length > 0) return { outcome: 'stay', heldBackBy };
  return { outcome: recommend.length > 0 ? 'recommend' : 'switch', heldBackBy };
}

function reasonsToStay(facts: GuardrailFacts): StayCode[] {
  const { nowMs, settings, changesAtMs } = facts;
  const within = (windowMs: number): number => changesAtMs.filter((at) => at > nowMs - windowMs).length;
  const codes: StayCode[] = [];
  if (!settings.enabled) codes.push('agent-disabled');
  if (!facts.online) codes.push('agent-offline');
  if (facts.switchUnderWay) codes.push('switch-under-way');
  if (facts.proposalOpenUntilMs !== null && facts.proposalOpenUntilMs > nowMs) codes.push('proposal-open');
  if (within(settings.cooldownMinutes * MINUTE_MS) > 0) codes.push('cooldown');
  if (within(DAY_MS) >= settings.maxSwitchesPerDay) codes.push('daily-limit');
  if (within(WEEK_MS) >= settings.maxSwitchesPerWeek) codes.push('weekly-limit');
  return codes;
}

function reasonsToRecommend(proposal: Proposal, facts: GuardrailFacts): RecommendCode[] {
  const codes: RecommendCode[] = [];
  if (!facts.settings.autoSwitchEnabled) codes.push('auto-switch-off');
  if (proposal.confidence < MIN_CONFIDENCE) codes.push('confidence-too-low');
  return codes;
}
