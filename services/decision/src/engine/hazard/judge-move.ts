import type { RejectionCode } from '../engine.js';
import { LOOK_AHEAD } from './constants.js';
import { aheadAt, outlookOf, savedAhead } from './lookahead.js';
import { endsPerHour, type Option, type Present, type Situation } from './option.js';

/** What speaks against going there now: the workload's own limits, and what it costs. */
export function objections(option: Option, situation: Situation): RejectionCode[] {
  const { present } = situation;
  const codes = present === null ? [] : costsAgainst(option, present, situation);
  for (const code of limitsAgainst(option, situation)) if (!codes.includes(code)) codes.push(code);
  return codes;
}

/** The limits are about spot; on demand is the way out that is always open. */
function limitsAgainst(option: Option, { observation: { limits }, present }: Situation): RejectionCode[] {
  if (option.place.mode === 'ondemand') return [];
  const codes: RejectionCode[] = [];
  if (limits.maxRisk < 1 && option.risk >= limits.maxRisk) codes.push('risk-too-high');
  if (present !== null && isForPrice(option, present)) {
    const saved = present.place.usdPerHour - option.place.usdPerHour;
    if (saved <= (present.place.usdPerHour * limits.minSavingsPercent) / 100) codes.push('saving-too-small');
  }
  return codes;
}

/** Whether most of what a move brings is a lower price; otherwise it leaves a danger, which no limit may forbid. */
function isForPrice(option: Option, present: Present): boolean {
  if (present.inDanger) return false;
  const gain = present.cost.usdPerHour - option.cost.usdPerHour;
  return present.place.usdPerHour - option.place.usdPerHour >= gain / 2;
}

/** It must pay at this moment: f_p − f_x > (λ_p + λ_x + 1/H)·K_x, which is spread over the score. */
function costsAgainst(option: Option, present: Present, situation: Situation): RejectionCode[] {
  if (option.scoreUsdPerHour < present.cost.usdPerHour) return [];
  return [paysOnceOlder(option, present, situation) ? 'too-young' : 'saving-too-small'];
}

/** And over the time ahead it must save more than it costs: ∫S·(f_p − f_x) > K_x, or twice that for a while. */
export function repaysItself(option: Option, { present, losses, returnRate }: Situation): boolean {
  if (present === null) return true;
  const { most, total } = savedAhead(present.outlook, outlookOf(option, losses, returnRate));
  return total > option.moveUsd || most > LOOK_AHEAD.returnTrip * option.moveUsd;
}

/** Whether it would pay if the pool stays up for a day. */
function paysOnceOlder(option: Option, present: Present, { losses, returnRate }: Situation): boolean {
  if (option.place.usdPerHour >= present.cost.usdPerHour) return false;
  const later = aheadAt(option, LOOK_AHEAD.horizonHours, losses, returnRate);
  return later.usdPerHour + endsPerHour(present.place, later) * option.moveUsd < present.cost.usdPerHour;
}
