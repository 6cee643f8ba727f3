import type { Type } from '@nestjs/common';
import type { EntityClass, MigrationClass, RetentionRule } from '@spotopt/persistence';
import type { ServiceContext } from '@spotopt/platform';
import { type DecisionConfig, decisionKeepMs } from '../config.js';
import type { Decision, DecisionStore, EngineRoster } from '../decide/ports.js';
import type { MarketStore, MarkStore } from '../market/ports.js';
import { AdviceTable } from '../migrations/1764900000000-advice.js';
import type { WorkloadStore } from '../workload/ports.js';
import { AdviceRow } from './advice-row.store.js';
import { AdviceController } from './advice.controller.js';
import { SqlAdviceStore } from './advice.store.js';
import { AskShadows } from './ask-shadows.js';
import { CompareAdvice } from './compare-advice.js';
import { CompareAdviceJob } from './compare-advice.job.js';
import { CompareEngines } from './compare-engines.js';
import { ListAdvice } from './list-advice.js';
import { ReadCourses } from './read-courses.js';
import { ShadowQueue } from './shadow-queue.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const COMPARE_EVERY_MS = 5 * MINUTE_MS;
/** On a fast clock five minutes are short; what is due may wait. */
const COMPARE_FLOOR_MS = 5_000;
/** Interruptions are told within seconds; this much later also after a disturbance. */
const SETTLE_MS = 15 * MINUTE_MS;
/** Decisions carry all that was seen, some 100 KiB where a market has many pools. */
const QUEUE_CAPACITY = 100;
const QUEUE_CONCURRENCY = 2;

export const SHADOW_LISTENERS: Type[] = [AdviceController];
export const SHADOW_ENTITIES: EntityClass[] = [AdviceRow];
export const SHADOW_MIGRATIONS: MigrationClass[] = [AdviceTable];

/** Advice is kept as long as the decision at which it was given. */
export function shadowRetention(config: DecisionConfig): RetentionRule[] {
  return [
    {
      table: 'advice',
      keys: ['decision_id', 'engine_id', 'engine_version'],
      timeColumn: 'decided_at',
      keepMs: decisionKeepMs(config),
    },
  ];
}

export interface ShadowStores {
  readonly decisions: DecisionStore;
  readonly workloads: WorkloadStore;
  readonly markets: MarketStore;
  readonly marks: MarkStore;
  readonly engines: EngineRoster;
}

export interface ShadowParts {
  readonly instances: readonly object[];
  readonly onDecided: (decision: Decision) => void;
}

/** Engines that are asked beside the one that decides, and the comparison of all of them. */
export function wireShadow(context: ServiceContext<DecisionConfig>, stores: ShadowStores): ShadowParts {
  const { config, clock, database, failpoints, logger, metrics, random } = context;
  const { uow, leases } = database;
  const advice = new SqlAdviceStore();
  const asked = metrics.counter({
    name: 'decision_shadow_asked_total',
    help: 'Shadow engines that were shown a decision.',
    labels: ['result'],
  });
  const dropped = metrics.counter({
    name: 'decision_shadow_dropped_total',
    help: 'Decisions that had to give way before shadow engines were shown them.',
  });
  const onError = (error: unknown, what: string): void => {
    logger.warn({ err: error }, what);
  };
  const askShadows = new AskShadows(
    {
      ...{ uow, advice, onError },
      engines: stores.engines,
      onAsked: (result) => {
        asked.add({ result });
      },
    },
    {
      horizonMs: config.adviceHorizonHours * HOUR_MS,
      settleMs: SETTLE_MS,
      engineTimeoutMs: config.engineTimeoutMs,
    },
  );
  const queue = new ShadowQueue({
    ...{ askShadows, onError },
    capacity: QUEUE_CAPACITY,
    concurrency: QUEUE_CONCURRENCY,
    onDropped: () => {
      dropped.add();
    },
  });
  const intervalMs = clock.noShorterThan(COMPARE_FLOOR_MS, COMPARE_EVERY_MS);
  const compareAdvice = new CompareAdvice(
    {
      ...stores,
      ...{ uow, clock, failpoints, advice, askShadows, onError },
      readCourses: new ReadCourses(stores),
    },
    { catchUpMs: Math.max(HOUR_MS, 3 * intervalMs) },
  );
  return {
    instances: [
      queue,
      new CompareAdviceJob({ intervalMs, clock, leases, random, logger }, compareAdvice),
      new ListAdvice(uow, advice),
      new CompareEngines(uow, advice),
    ],
    onDecided: (decision) => {
      queue.offer(decision);
    },
  };
}
