import type { Clock, Tx } from '@spotopt/kernel';
import type { AgentDay, ComputeDays } from './compute-days.js';
import { DAY_MS, dayOf, earlierDay, laterDay, startOfDayMs } from './day.js';
import type { DayRange, LedgerAgent, LedgerStore, UsageStore } from './ports.js';

export interface LiveDaysDeps {
  readonly clock: Clock;
  readonly usage: UsageStore;
  readonly ledger: LedgerStore;
  readonly computeDays: ComputeDays;
}

/** How long the running days may be behind, so that a crowd of readers does not work them out each. */
const FRESH_MS = 5_000;
const MAX_KEPT = 200;

interface Kept {
  readonly untilMs: number;
  readonly days: readonly AgentDay[];
}

/** The days that are not closed: today up to now, and past ones whose closing is still to come. */
export class LiveDays {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly deps: LiveDaysDeps) {}

  async read(tx: Tx, range: DayRange): Promise<readonly AgentDay[]> {
    const nowMs = this.deps.clock.nowMs();
    const key = JSON.stringify(range);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.days;
    const days = await this.#compute(tx, range, nowMs);
    this.#forgetStale(nowMs);
    this.#kept.set(key, { untilMs: nowMs + FRESH_MS, days });
    return days;
  }

  #forgetStale(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs <= nowMs || this.#kept.size >= MAX_KEPT) this.#kept.delete(key);
    }
  }

  async #compute(tx: Tx, range: DayRange, nowMs: number): Promise<AgentDay[]> {
    const to = earlierDay(range.to, dayOf(nowMs));
    const open = await this.deps.usage.listOpen(tx, range, to);
    const openFrom = new Map(open.map((agent) => [agent.agentId, firstOpenDay(agent)]));
    const from = laterDay(range.from, [...openFrom.values()].reduce(earlierDay, to));
    if (open.length === 0 || from > to) return [];
    const closed = await this.deps.ledger.closedDays(tx, { ...range, from, to });
    const isClosed = new Set(closed.map(({ agentId, day }) => `${agentId} ${day}`));
    const window = { fromMs: startOfDayMs(from), untilMs: Math.min(startOfDayMs(to) + DAY_MS, nowMs) };
    const { clientId, agentId } = range;
    const days = await this.deps.computeDays.execute(tx, { clientId, agentId, ...window });
    return days.filter(
      (day) => day.day >= (openFrom.get(day.agentId) ?? '9999') && !isClosed.has(`${day.agentId} ${day.day}`),
    );
  }
}

function firstOpenDay({ firstDay, nextDay }: LedgerAgent): string {
  return nextDay ?? firstDay ?? '9999-12-31';
}
