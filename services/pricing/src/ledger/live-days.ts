import type { Clock, Tx } from '@spotopt/kernel';
import type { AgentDay, ComputeDays } from './compute-days.js';
import { DAY_MS, dayOf, earlierDay, laterDay, startOfDayMs } from './day.js';
import type { DayRange, LedgerAgent, UsageStore } from './ports.js';

export interface LiveDaysDeps {
  readonly clock: Clock;
  readonly usage: UsageStore;
  readonly computeDays: ComputeDays;
}

/** How long the running days may be behind, so that a crowd of readers does not work them out each. */
const FRESH_MS = 5_000;
const MAX_KEPT = 200;

/** What a reader puts beside the closed days. */
export interface OpenDays {
  /** Every earlier day is closed; of later ones, some may have been closed since. */
  readonly from: string;
  readonly days: readonly AgentDay[];
}

interface Kept {
  readonly untilMs: number;
  readonly open: OpenDays;
}

/** Those of the days that are not among the closed ones: a day counts once, also while it is being closed. */
export function stillOpen(
  days: readonly AgentDay[],
  closed: readonly { readonly agentId: string; readonly day: string }[],
): AgentDay[] {
  const isClosed = new Set(closed.map(({ agentId, day }) => `${agentId} ${day}`));
  return days.filter(({ agentId, day }) => !isClosed.has(`${agentId} ${day}`));
}

/** The days that are not closed: today up to now, and past ones whose closing is still to come. */
export class LiveDays {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly deps: LiveDaysDeps) {}

  async read(tx: Tx, range: DayRange): Promise<OpenDays> {
    const nowMs = this.deps.clock.nowMs();
    const key = JSON.stringify(range);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.open;
    const open = await this.#compute(tx, range, nowMs);
    this.#forgetStale(nowMs);
    this.#kept.set(key, { untilMs: nowMs + FRESH_MS, open });
    return open;
  }

  #forgetStale(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs <= nowMs || this.#kept.size >= MAX_KEPT) this.#kept.delete(key);
    }
  }

  async #compute(tx: Tx, range: DayRange, nowMs: number): Promise<OpenDays> {
    const { clientId, agentId } = range;
    const to = earlierDay(range.to, dayOf(nowMs));
    const open = await this.deps.usage.listOpen(tx, range, to);
    const openFrom = new Map(open.map((agent) => [agent.agentId, firstOpenDay(agent)]));
    const from = laterDay(range.from, [...openFrom.values()].reduce(earlierDay, to));
    if (open.length === 0 || from > to) return { from: NEVER, days: [] };
    const window = { fromMs: startOfDayMs(from), untilMs: Math.min(startOfDayMs(to) + DAY_MS, nowMs) };
    const days = await this.deps.computeDays.execute(tx, { clientId, agentId, ...window });
    return { from, days: days.filter(({ agentId: id, day }) => day >= (openFrom.get(id) ?? NEVER)) };
  }
}

const NEVER = '9999-12-31';

function firstOpenDay({ firstDay, nextDay }: LedgerAgent): string {
  return nextDay ?? firstDay ?? NEVER;
}
