import { emptyTally, type Figures, figuresOf, type Tally } from './figures.js';
import type { PromptPolicy, ReplayAction, ReplayEvent, ReplayPolicy, StepObservation } from './policy.js';
import { ON_DEMAND, REPLAY_RULES, type ReplayRules, type Scenario, stepAtS } from './scenario.js';

/** A machine, and the step that it was launched in. */
interface Machine {
  readonly pool: string;
  readonly launchedAt: number;
}

/** What one step came to. */
export interface StepRecord {
  readonly step: number;
  readonly events: readonly ReplayEvent[];
  readonly primary: string;
  readonly replica: string | null;
  readonly costUsd: number;
  readonly downtimeSeconds: number;
}

/**
 * Plays one scenario step by step: `observe` moves the world, `apply` does what was decided and sends the bill.
 * Both in turn, until `isOver`.
 */
export class Replay {
  readonly #index: ReadonlyMap<string, number>;
  readonly #tally: Tally = emptyTally();
  #step = 0;
  #primary: Machine | null = null;
  #replica: Machine | null = null;
  #downtime = 0;
  #events: ReplayEvent[] = [];

  constructor(
    private readonly scenario: Scenario,
    private readonly rules: ReplayRules = REPLAY_RULES,
  ) {
    this.#index = new Map(scenario.pools.map(({ id }, index) => [id, index]));
  }

  get step(): number {
    return this.#step;
  }

  get isOver(): boolean {
    return this.#step >= this.scenario.steps;
  }

  figures(): Figures {
    const hours = (this.#step * this.scenario.stepSeconds) / 3600;
    const onDemandUsdPerHour = this.scenario.onDemand.usdPerHour;
    return figuresOf(this.#tally, { hours, onDemandUsdPerHour }, this.rules);
  }

  /** Losses happen first; a ready replica takes over in the same step. */
  observe(): StepObservation {
    this.#downtime = 0;
    this.#events = [];
    this.#loseReplica();
    this.#interruptPrimary();
    const { prices, available, onDemand } = this.scenario;
    const step = this.#step;
    return {
      step,
      atS: stepAtS(this.scenario, step),
      prices: prices.map((ofPool) => ofPool[step] ?? 0),
      available: available.map((ofPool) => ofPool[step] === 1),
      onDemandUsdPerHour: onDemand.usdPerHour,
      primary:
        this.#primary === null ? null : { pool: this.#primary.pool, ageSeconds: this.#ageOf(this.#primary) },
      replica:
        this.#replica === null
          ? null
          : {
              pool: this.#replica.pool,
              ageSeconds: this.#ageOf(this.#replica),
              ready: this.#isReady(this.#replica),
            },
      events: this.#events,
    };
  }

  apply(action: ReplayAction): StepRecord {
    const wanted = this.#known(action.primary);
    if (this.#step === 0) this.#placeFirst(wanted);
    else if (this.#primary === null) this.#recover(wanted);
    else this.#move(this.#primary, wanted);
    this.#keepReplica(this.#known(action.replica));
    return this.#bill();
  }

  #loseReplica(): void {
    if (this.#replica === null || this.#isUp(this.#replica.pool)) return;
    this.#events.push({ kind: 'replica_lost', pool: this.#replica.pool });
    this.#tally.replicaLosses += 1;
    this.#replica = null;
  }

  #interruptPrimary(): void {
    if (this.#primary === null || this.#isUp(this.#primary.pool)) return;
    const { pool } = this.#primary;
    this.#tally.interruptions += 1;
    if (this.#replica !== null && this.#isReady(this.#replica)) {
      this.#events.push({ kind: 'interrupted', pool, outcome: 'failover', to: this.#replica.pool });
      this.#downtime += this.rules.switchReadySeconds;
      this.#tally.survived += 1;
      this.#count('forced');
      this.#primary = this.#replica;
      this.#replica = null;
    } else {
      this.#events.push({ kind: 'interrupted', pool, outcome: 'down', to: null });
      this.#primary = null;
    }
  }

  /** The first machine is free to choose: no downtime, no switch. */
  #placeFirst(wanted: string | null): void {
    this.#primary = this.#launched(wanted !== null && this.#isUp(wanted) ? wanted : ON_DEMAND);
  }

  #recover(wanted: string | null): void {
    const target = wanted !== null && this.#isUp(wanted) ? wanted : ON_DEMAND;
    if (wanted !== null && target !== wanted) this.#tally.launchesFailed += 1;
    if (this.#replica?.pool === target) this.#promote(this.#replica);
    else this.#launchCold(target);
    this.#count('forced');
  }

  #move(primary: Machine, wanted: string | null): void {
    if (wanted === null || wanted === primary.pool) return;
    if (this.#replica?.pool === wanted) this.#promote(this.#replica);
    else if (this.#isUp(wanted)) this.#launchCold(wanted);
    else {
      this.#tally.launchesFailed += 1;
      return;
    }
    this.#count('voluntary');
  }

  /** A replica that is still warming up is waited for. */
  #promote(replica: Machine): void {
    const { switchReadySeconds, coldLaunchSeconds } = this.rules;
    this.#downtime += Math.max(switchReadySeconds, coldLaunchSeconds - this.#ageOf(replica));
    this.#primary = replica;
    this.#replica = null;
  }

  #launchCold(pool: string): void {
    this.#downtime += this.rules.coldLaunchSeconds;
    this.#tally.cold += 1;
    this.#primary = this.#launched(pool);
  }

  #keepReplica(wanted: string | null): void {
    if (wanted !== null && wanted === this.#replica?.pool) return;
    this.#replica = null;
    if (wanted === null) return;
    if (this.#isUp(wanted)) this.#replica = this.#launched(wanted);
    else this.#tally.launchesFailed += 1;
  }

  #bill(): StepRecord {
    const { stepSeconds } = this.scenario;
    const hours = stepSeconds / 3600;
    const primary = this.#primary ?? this.#launched(ON_DEMAND);
    const replica = this.#replica;
    const replicaUsd = replica === null ? 0 : this.#priceOf(replica.pool) * hours;
    const costUsd = this.#priceOf(primary.pool) * hours + replicaUsd;
    const downtimeSeconds = Math.min(this.#downtime, stepSeconds);
    this.#tally.costUsd += costUsd;
    this.#tally.replicaCostUsd += replicaUsd;
    this.#tally.downtimeSeconds += downtimeSeconds;
    const step = this.#step;
    this.#step += 1;
    return {
      step,
      events: this.#events,
      primary: primary.pool,
      replica: replica?.pool ?? null,
      costUsd,
      downtimeSeconds,
    };
  }

  #count(kind: 'forced' | 'voluntary'): void {
    this.#tally.switches += 1;
    this.#tally[kind] += 1;
  }

  #launched(pool: string): Machine {
    return { pool, launchedAt: this.#step };
  }

  #ageOf(machine: Machine): number {
    return (this.#step - machine.launchedAt) * this.scenario.stepSeconds;
  }

  #isReady(machine: Machine): boolean {
    return this.#ageOf(machine) >= this.rules.coldLaunchSeconds;
  }

  /** A pool that the scenario does not have counts as none. */
  #known(pool: string | null): string | null {
    return pool === null || pool === ON_DEMAND || this.#index.has(pool) ? pool : null;
  }

  #isUp(pool: string): boolean {
    if (pool === ON_DEMAND) return true;
    return this.scenario.available[this.#index.get(pool) ?? -1]?.[this.#step] === 1;
  }

  #priceOf(pool: string): number {
    const { onDemand, prices } = this.scenario;
    return prices[this.#index.get(pool) ?? -1]?.[this.#step] ?? onDemand.usdPerHour;
  }
}

/** Plays a whole scenario at once. */
export function replay(
  scenario: Scenario,
  policy: PromptPolicy,
  options: { readonly rules?: ReplayRules; readonly onStep?: (record: StepRecord) => void } = {},
): Figures {
  const run = new Replay(scenario, options.rules);
  while (!run.isOver) {
    const record = run.apply(policy.act(run.observe()));
    options.onStep?.(record);
  }
  return run.figures();
}

/** The same for a policy that has to be waited for. Between two steps others get their turn, where asked. */
export async function replayInTurns(
  scenario: Scenario,
  policy: ReplayPolicy,
  options: {
    readonly rules?: ReplayRules;
    readonly onStep?: (record: StepRecord, observation: StepObservation) => void;
    /** Before every step; throws to end the replay. */
    readonly takeTurn?: (step: number) => Promise<void> | undefined;
  } = {},
): Promise<Figures> {
  const run = new Replay(scenario, options.rules);
  while (!run.isOver) {
    const turn = options.takeTurn?.(run.step);
    if (turn !== undefined) await turn;
    const observation = run.observe();
    const action = policy.act(observation);
    const record = run.apply(action instanceof Promise ? await action : action);
    options.onStep?.(record, observation);
  }
  return run.figures();
}
