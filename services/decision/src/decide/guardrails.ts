import type { AgentSettings } from '@spotopt/contracts';
import type { Observation, Proposal } from '../engine/ports.js';

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
  | 'weekly-limit'
  | 'risk-too-high'
  | 'saving-too-small'
  | 'standby-too-young';
export type RecommendCode = 'auto-switch-off' | 'confidence-too-low';

/**
 * - `switch`: the move may be proposed to the coordinator.
 * - `replica`: the primary stays, and the change of standby may be proposed.
 * - `recommend`: shown to people only.
 * - `stay`: nothing happens.
 */
export interface Verdict {
  readonly outcome: 'switch' | 'replica' | 'recommend' | 'stay';
  readonly heldBackBy: readonly (StayCode | RecommendCode)[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;
const MIN_CONFIDENCE = 0.7;

/**
 * Whether the limits of the workload allow what the engine proposes.
 * @param limits what the workload's limits of risk, saving and standbys have against it
 */
export function judge(
  proposal: Proposal,
  facts: GuardrailFacts,
  standby: StandbyChange,
  limits: readonly StayCode[] = [],
): Verdict {
  const moves = proposal.target !== null;
  if (!moves && standby === 'none') return { outcome: 'stay', heldBackBy: [] };
  const stay = [...reasonsToWait(facts), ...(moves ? reasonsNotToMove(facts) : []), ...limits];
  const recommend = reasonsToRecommend(proposal, facts);
  const heldBackBy = [...stay, ...recommend];
  if (stay.length > 0) return { outcome: 'stay', heldBackBy };
  if (recommend.length > 0) return { outcome: 'recommend', heldBackBy };
  return { outcome: moves ? 'switch' : 'replica', heldBackBy };
}

/** What the proposal makes of the standby that is there: nothing, another one, or none. */
export type StandbyChange = 'none' | 'launch' | 'give-up';

export function standbyChangeOf(
  { standby: wanted }: Pick<Proposal, 'standby'>,
  { standby: present, standbyAllowed }: Pick<Observation, 'standby' | 'standbyAllowed'>,
): StandbyChange {
  // One of somebody else is not the engine's to give up.
  if (wanted === null) return present === null || !standbyAllowed ? 'none' : 'give-up';
  return present?.mode === wanted.mode && present.poolId === wanted.poolId ? 'none' : 'launch';
}

function reasonsToWait({
  nowMs,
  settings,
  online,
  switchUnderWay,
  proposalOpenUntilMs,
}: GuardrailFacts): StayCode[] {
  const codes: StayCode[] = [];
  if (!settings.enabled) codes.push('agent-disabled');
  if (!online) codes.push('agent-offline');
  if (switchUnderWay) codes.push('switch-under-way');
  if (proposalOpenUntilMs !== null && proposalOpenUntilMs > nowMs) codes.push('proposal-open');
  return codes;
}

/** The budget of planned moves; failovers count towards it, but never ask it. */
function reasonsNotToMove({ nowMs, settings, changesAtMs }: GuardrailFacts): StayCode[] {
  const within = (windowMs: number): number => changesAtMs.filter((at) => at > nowMs - windowMs).length;
  const codes: StayCode[] = [];
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
