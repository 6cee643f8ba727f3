import { type AgentSettings, touchesWorkload } from '@spotopt/contracts';
import type { Switch } from './switch.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const LIMIT_WINDOW_MS = 7 * DAY_MS;

export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/**
 * Whether settings and recent history allow a program's switch now (CT-62). People and emergencies are never
 * limited. Every switch of the last week that touched the workload counts, forced ones and failed ones too.
 */
export function refuseByLimits(
  settings: AgentSettings,
  history: readonly Switch[],
  nowMs: number,
): Refusal | null {
  if (!settings.autoSwitchEnabled) {
    return { code: 'auto-switch-off', reason: 'automatic switching is off for this agent' };
  }
  const ages = history
    .filter(({ status, step }) => status !== 'failed' || touchesWorkload(step))
    .map((sw) => nowMs - sw.startedAt.getTime());
  if (ages.some((age) => age < settings.cooldownMinutes * 60_000)) {
    return {
      code: 'cooldown',
      reason: `the last switch is less than ${String(settings.cooldownMinutes)} min ago`,
    };
  }
  if (ages.filter((age) => age < DAY_MS).length >= settings.maxSwitchesPerDay) {
    return { code: 'daily-limit', reason: `${String(settings.maxSwitchesPerDay)} switches in 24 h` };
  }
  if (ages.filter((age) => age < LIMIT_WINDOW_MS).length >= settings.maxSwitchesPerWeek) {
    return { code: 'weekly-limit', reason: `${String(settings.maxSwitchesPerWeek)} switches in 7 days` };
  }
  return null;
}
