import type { Clock, Failpoints, Tx, UnitOfWork } from '@spotopt/kernel';
import type { Decision, DecisionStore } from '../decide/ports.js';
import type { WorkloadStore } from '../workload/ports.js';
import type { Advice, Outcome } from './advice.js';
import type { AskShadows } from './ask-shadows.js';
import { isRead, judgeAdvice, type Seen } from './judge-advice.js';
import type { AdviceStore } from './ports.js';
import type { ReadCourses } from './read-courses.js';

export interface CompareAdviceDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly failpoints: Failpoints;
  readonly advice: AdviceStore;
  readonly decisions: Pick<DecisionStore, 'find'>;
  readonly workloads: Pick<WorkloadStore, 'listChanges'>;
  readonly readCourses: ReadCourses;
  readonly askShadows: Pick<AskShadows, 'execute'>;
  readonly onError: (error: unknown, what: string) => void;
}

export interface CompareAdviceSettings {
  /** How far back decisions are looked for that no shadow engine was shown. */
  readonly catchUpMs: number;
}

/** Decisions of one batch; those of one market share what is read of it. */
const BATCH = 100;
/** Batches of one pass; the rest is the first of the next one. */
const MOST_BATCHES = 50;
/** Until then a decision may still be on its way to the shadow engines. */
const CATCH_UP_AFTER_MS = 10 * 60_000;
const RETRY_MS = 3_600_000;
/** Prices that were not read this long after the horizon never will be. */
const PATIENCE_MS = 24 * 3_600_000;

interface Judged {
  readonly advice: Advice;
  /** Null to look again later, when prices may have been read. */
  readonly outcome: Outcome | null;
}

/** One pass over what was advised so long ago that one can see what came of it. */
export class CompareAdvice {
  constructor(
    private readonly deps: CompareAdviceDeps,
    private readonly settings: CompareAdviceSettings,
  ) {}

  async execute(signal?: AbortSignal): Promise<void> {
    await this.#catchUp(signal);
    const { uow, clock, advice } = this.deps;
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      const due = await uow.read((tx) => advice.listDue(tx, clock.now(), BATCH));
      if (due.length === 0) return;
      const open = await uow.read((tx) => advice.ofDecisions(tx, due));
      for (const group of Map.groupBy(open, marketOf).values()) {
        if (signal?.aborted === true) return;
        await this.#compareMarket(group);
      }
    }
  }

  /** Shows shadow engines the decisions that a crash or a storm kept from them. */
  async #catchUp(signal?: AbortSignal): Promise<void> {
    const { uow, clock, advice, decisions, askShadows } = this.deps;
    const from = new Date(clock.nowMs() - this.settings.catchUpMs);
    const to = new Date(clock.nowMs() - CATCH_UP_AFTER_MS);
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      const missed = await uow.read((tx) => advice.listUnadvised(tx, from, to, BATCH));
      for (const decisionId of missed) {
        if (signal?.aborted === true) return;
        const decision = await uow.read((tx) => decisions.find(tx, decisionId));
        if (decision !== null) await askShadows.execute(decision);
      }
      if (missed.length < BATCH) return;
    }
  }

  async #compareMarket(group: readonly Advice[]): Promise<void> {
    const { uow, decisions, readCourses } = this.deps;
    const byDecision = Map.groupBy(group, ({ decisionId }) => decisionId);
    const found = await uow.read(async (tx) => {
      const known = new Map<string, Decision>();
      for (const decisionId of byDecision.keys()) {
        const decision = await decisions.find(tx, decisionId);
        if (decision !== null) known.set(decisionId, decision);
      }
      const sinceMs = Math.min(...group.map(({ decidedAt }) => decidedAt.getTime()));
      const courses = await readCourses.execute(tx, poolsOf(group, [...known.values()]), new Date(sinceMs));
      return { known, courses };
    });
    for (const [decisionId, advice] of byDecision) {
      const decision = found.known.get(decisionId);
      const judged =
        decision === undefined
          ? advice.map((one) => ({ advice: one, outcome: gone() }))
          : await this.#judge(decision, advice, found.courses);
      const now = this.deps.clock.now();
      await this.#keep(
        judged.filter(({ advice: { evaluateAt } }) => evaluateAt !== null && evaluateAt <= now),
      );
    }
  }

  async #judge(
    decision: Decision,
    advice: readonly Advice[],
    courses: Seen['courses'],
  ): Promise<readonly Judged[]> {
    const { uow, clock, onError } = this.deps;
    // The rows of one decision share their horizon, unless the setting changed between them.
    const judged: Judged[] = [];
    for (const [endMs, group] of Map.groupBy(advice, ({ horizonEndsAt }) => horizonEndsAt.getTime())) {
      const horizonEndsAt = new Date(endMs);
      if (clock.nowMs() < endMs + PATIENCE_MS && !isRead(decision.observation, horizonEndsAt, courses)) {
        for (const one of group) judged.push({ advice: one, outcome: null });
        continue;
      }
      const rest = await uow.read((tx) => this.#sightings(tx, decision, horizonEndsAt));
      try {
        const outcomes = judgeAdvice(decision.observation, group, horizonEndsAt, { courses, ...rest });
        for (const [index, one] of group.entries()) {
          judged.push({ advice: one, outcome: outcomes[index] ?? null });
        }
      } catch (error) {
        onError(error, `what came of decision ${decision.decisionId} cannot be computed`);
        for (const one of group)
          judged.push({ advice: one, outcome: { unknown: 'not-computable', poolId: null } });
      }
    }
    return judged;
  }

  async #sightings(
    tx: Tx,
    { agentId, decidedAt }: Decision,
    until: Date,
  ): Promise<Pick<Seen, 'sightings' | 'changesOfPrimary'>> {
    const { advice, workloads } = this.deps;
    const changes = await workloads.listChanges(tx, agentId, decidedAt);
    const within = changes.filter(
      ({ state, endedAt }) => state === 'finished' && endedAt !== null && endedAt <= until,
    );
    return {
      sightings: await advice.listSightings(tx, agentId, decidedAt, until),
      changesOfPrimary: within.length,
    };
  }

  async #keep(judged: readonly Judged[]): Promise<void> {
    const { uow, clock, advice: store, failpoints } = this.deps;
    failpoints.hit('advice-judged');
    await uow.run(async (tx) => {
      const now = clock.now();
      for (const { advice, outcome } of judged) {
        if (outcome === null) await store.putOff(tx, advice, new Date(now.getTime() + RETRY_MS));
        else await store.settle(tx, advice, outcome, now);
      }
    });
    failpoints.hit('advice-settled');
  }
}

const gone = (): Outcome => ({ unknown: 'decision-gone', poolId: null });

const marketOf = ({ region, instanceType }: Advice): string => `${region} ${instanceType}`;

/** Every pool in which the primary or a standby was, could have been, or should have been. */
function poolsOf(advice: readonly Advice[], decisions: readonly Decision[]): string[] {
  const named = advice.flatMap(({ advised, current }) => [advised?.target, advised?.standby, current]);
  const seen = decisions.flatMap(({ observation: { pools, standby } }) => [...pools, standby]);
  return [...new Set([...named, ...seen].flatMap((place) => (place == null ? [] : [place.poolId])))].sort();
}
