import { NoFailpoints, UlidIds, type Failpoints } from '@spotopt/kernel';
import { ManualClock, sampleSettings, type DatabaseDialect, testDatabase } from '@spotopt/testkit';
import { DecideWorkload } from '../decide/decide-workload.js';
import { SqlDecisionStore } from '../decide/decision.store.js';
import { Observe } from '../decide/observe.js';
import type { Decision } from '../decide/ports.js';
import { SurveyWorkload } from '../decide/survey-workload.js';
import { decisionService } from '../decision.module.js';
import { SeedRuleEngine } from '../engine/seed-rule.js';
import { SqlLearningStore } from '../learning/learning.store.js';
import { SqlMarketStore } from '../market/market.store.js';
import { SqlMarkStore } from '../market/mark.store.js';
import { BuiltinRoster } from '../runtime/builtin-roster.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRunner } from '../runtime/ports.js';
import { SqlStandbyStore } from '../workload/standby.store.js';
import { SqlWorkloadStore } from '../workload/workload.store.js';
import { SqlAdviceStore } from './advice.store.js';
import { AskShadows } from './ask-shadows.js';
import { CompareAdvice } from './compare-advice.js';
import { ReadCourses } from './read-courses.js';

export const NOW = new Date('2026-11-20T12:00:00.000Z');
export const A = 't3.medium.us-east-1a';
export const B = 't3.medium.us-east-1b';
export const HOUR_MS = 3_600_000;
/** Long, so that a day takes few decisions. */
const CYCLE_MS = 2 * HOUR_MS;
const MARKET = { region: 'us-east-1', instanceType: 't3.medium' };

/** One workload on-demand in zone a at 0.10 an hour, a spot pool in zone b at 0.02, and the stores around them. */
export class ShadowWorld {
  readonly clock = new ManualClock(NOW);
  readonly workloads = new SqlWorkloadStore();
  readonly markets = new SqlMarketStore();
  readonly marks = new SqlMarkStore();
  readonly decisions = new SqlDecisionStore();
  readonly advice = new SqlAdviceStore();
  readonly errors: string[] = [];

  private constructor(private readonly test: Awaited<ReturnType<typeof testDatabase>>) {}

  static async open(dialect: DatabaseDialect): Promise<ShadowWorld> {
    const test = await testDatabase(dialect, { ...decisionService, service: 'decision' });
    const world = new ShadowWorld(test);
    await world.uow.run((tx) =>
      world.workloads.save(tx, null, {
        agentId: 'agent-1',
        clientId: 'client-1',
        ...MARKET,
        settings: sampleSettings(),
        settingsAt: NOW,
        online: true,
        onlineAt: NOW,
        deleted: false,
        epoch: 1,
        primary: { ec2InstanceId: 'i-0001', mode: 'ondemand', poolId: A },
        registeredAt: NOW,
        nextDecisionAt: NOW,
        proposalOpenUntil: null,
        version: 0,
      }),
    );
    await world.price(B, 0.02, -50);
    await world.read(0);
    return world;
  }

  get uow() {
    return this.test.database.uow;
  }

  close(): Promise<void> {
    return this.test.cleanUp();
  }

  /** A price that holds from this many hours after the decision on. */
  async price(poolId: string, usdPerHour: number, hours: number): Promise<void> {
    await this.uow.run((tx) =>
      this.markets.savePrice(tx, {
        poolId,
        region: MARKET.region,
        az: poolId.slice(poolId.lastIndexOf('.') + 1),
        instanceType: MARKET.instanceType,
        usdPerHour,
        observedAt: new Date(NOW.getTime() + hours * HOUR_MS),
        onDemandUsdPerHour: 0.1,
        onDemandSource: 'catalogue',
        advisorBucket: null,
        placementScore: null,
      }),
    );
  }

  async read(hours: number): Promise<void> {
    await this.uow.run((tx) =>
      this.markets.setReadUntil(tx, MARKET, new Date(NOW.getTime() + hours * HOUR_MS)),
    );
  }

  async takeBack(poolId: string, hours: number): Promise<void> {
    const ec2InstanceId = `i-${String(hours)}`;
    const at = new Date(NOW.getTime() + hours * HOUR_MS);
    await this.uow.run(async (tx) => {
      await this.marks.savePlacement(tx, { ec2InstanceId, poolId, mode: 'spot', seenAt: NOW });
      await this.marks.addInterruption(tx, { incidentId: `incident-${ec2InstanceId}`, ec2InstanceId, at });
    });
  }

  decideWorkload(
    onDecided: (decision: Decision) => void = () => undefined,
    inCharge: readonly EngineRunner[] = [new BuiltinRunner(new SeedRuleEngine())],
  ): DecideWorkload {
    const { uow, outbox } = this.test.database;
    const { clock, workloads, decisions } = this;
    const observe = new Observe(
      { markets: this.markets, marks: this.marks, learnings: new SqlLearningStore() },
      { cycleMs: CYCLE_MS, maxPriceAgeMs: 3_600_000 },
    );
    const survey = new SurveyWorkload({ uow, clock, workloads, standbys: new SqlStandbyStore(), observe });
    const engines = new BuiltinRoster(inCharge);
    return new DecideWorkload(
      { uow, outbox, clock, ids: new UlidIds(), workloads, decisions, survey, engines, onDecided },
      { cycleMs: CYCLE_MS, proposalMs: 600_000, engineTimeoutMs: 1_000 },
    );
  }

  async decide(inCharge?: readonly EngineRunner[]): Promise<Decision> {
    const decision = await this.decideWorkload(undefined, inCharge).execute('agent-1');
    if (decision === null) throw new Error('nothing was decided');
    return decision;
  }

  askShadows(shadows: readonly EngineRunner[], engineTimeoutMs = 1_000): AskShadows {
    return new AskShadows(
      {
        uow: this.uow,
        advice: this.advice,
        engines: new BuiltinRoster([], shadows),
        onAsked: () => undefined,
        onError: this.onError,
      },
      { horizonMs: 24 * HOUR_MS, settleMs: HOUR_MS / 4, engineTimeoutMs },
    );
  }

  compareAdvice(
    shadows: readonly EngineRunner[] = [],
    failpoints: Failpoints = new NoFailpoints(),
  ): CompareAdvice {
    const { uow, clock, advice, decisions, workloads, onError } = this;
    const readCourses = new ReadCourses(this);
    const askShadows = this.askShadows(shadows);
    return new CompareAdvice(
      { uow, clock, failpoints, advice, decisions, workloads, readCourses, askShadows, onError },
      { catchUpMs: HOUR_MS },
    );
  }

  readonly onError = (error: unknown, what: string): void => {
    this.errors.push(`${what}: ${String(error)}`);
  };
}
