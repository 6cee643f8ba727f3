export interface BackoffSettings {
  readonly initialMs: number;
  readonly maxMs: number;
  /** Growth per attempt. @default 2 */
  readonly factor?: number;
}

/**
 * Delay before retry number `attempt` (1 = first retry), with full jitter over its upper half so that
 * many clients that failed together do not come back together.
 * @param random value in [0, 1)
 */
export function backoffMs(attempt: number, settings: BackoffSettings, random: number): number {
  const factor = settings.factor ?? 2;
  const ceiling = Math.min(settings.maxMs, settings.initialMs * factor ** Math.max(0, attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
