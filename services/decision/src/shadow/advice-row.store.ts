import {
  doubleColumn,
  idColumn,
  instantColumn,
  jsonColumn,
  moneyColumn,
  stringColumn,
  textColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PlacementChoice, ProposedAction } from '../engine/ports.js';
import type { EngineKind } from '../runtime/ports.js';
import type { Advice, Advised, AdviceRole, Outcome } from './advice.js';

type Mode = PlacementChoice['mode'];

@Entity('advice')
export class AdviceRow {
  @PrimaryColumn(idColumn({ name: 'decision_id' })) decisionId!: string;
  @PrimaryColumn(idColumn({ name: 'engine_id' })) engineId!: string;
  @PrimaryColumn(stringColumn(64, { name: 'engine_version' })) engineVersion!: string;
  @Column(stringColumn(16, { name: 'engine_kind' })) engineKind!: EngineKind;
  @Column(stringColumn(64, { name: 'engine_name' })) engineName!: string;
  @Column(stringColumn(64, { name: 'engine_sha256', nullable: true })) engineSha256!: string | null;
  @Column(stringColumn(16)) role!: AdviceRole;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(64)) region!: string;
  @Column(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(instantColumn({ name: 'decided_at' })) decidedAt!: Date;
  @Column(stringColumn(16, { name: 'current_mode', nullable: true })) currentMode!: Mode | 'unknown' | null;
  @Column(idColumn({ name: 'current_pool_id', nullable: true })) currentPoolId!: string | null;
  /** Null when the engine failed. */
  @Column(stringColumn(32, { nullable: true })) action!: ProposedAction | null;
  @Column(stringColumn(16, { name: 'target_mode', nullable: true })) targetMode!: Mode | null;
  @Column(idColumn({ name: 'target_pool_id', nullable: true })) targetPoolId!: string | null;
  @Column(stringColumn(16, { name: 'standby_mode', nullable: true })) standbyMode!: Mode | null;
  @Column(idColumn({ name: 'standby_pool_id', nullable: true })) standbyPoolId!: string | null;
  @Column(moneyColumn({ name: 'expected_usd_per_hour', nullable: true })) expectedUsdPerHour!: number | null;
  @Column(moneyColumn({ name: 'expected_saving_usd_per_hour' })) expectedSavingUsdPerHour!: number;
  @Column(doubleColumn({ name: 'elapsed_ms' })) elapsedMs!: number;
  @Column(stringColumn(64, { name: 'failure_code', nullable: true })) failureCode!: string | null;
  @Column(textColumn({ name: 'failure_message', nullable: true })) failureMessage!: string | null;
  @Column(instantColumn({ name: 'horizon_ends_at' })) horizonEndsAt!: Date;
  @Column(instantColumn({ name: 'evaluate_at', nullable: true })) evaluateAt!: Date | null;
  @Column(instantColumn({ name: 'evaluated_at', nullable: true })) evaluatedAt!: Date | null;
  @Column(jsonColumn({ nullable: true })) outcome!: Outcome | null;
}

const MESSAGE_LENGTH = 2_000;
/** A stranger's engine may expect anything; the column holds this much. */
const MOST_USD = 9_999_999;

const storable = (usd: number): number => Math.min(MOST_USD, Math.max(-MOST_USD, usd));

export function toRow(advice: Advice): AdviceRow {
  const { engine, current, advised, failure, ...rest } = advice;
  return {
    ...rest,
    engineId: engine.engineId,
    engineVersion: engine.version,
    engineKind: engine.kind,
    engineName: engine.name,
    engineSha256: engine.sha256,
    currentMode: current?.mode ?? null,
    currentPoolId: current?.poolId ?? null,
    ...(advised === null ? NOTHING_ADVISED : columnsOf(advised)),
    failureCode: failure?.code.slice(0, 64) ?? null,
    failureMessage: failure?.message.slice(0, MESSAGE_LENGTH) ?? null,
  };
}

const NOTHING_ADVISED = {
  action: null,
  targetMode: null,
  targetPoolId: null,
  standbyMode: null,
  standbyPoolId: null,
  expectedUsdPerHour: null,
  expectedSavingUsdPerHour: 0,
} as const;

function columnsOf({
  action,
  target,
  standby,
  ...expected
}: Advised): Pick<AdviceRow, keyof typeof NOTHING_ADVISED> {
  const { expectedUsdPerHour, expectedSavingUsdPerHour } = expected;
  return {
    action,
    targetMode: target?.mode ?? null,
    targetPoolId: target?.poolId ?? null,
    standbyMode: standby?.mode ?? null,
    standbyPoolId: standby?.poolId ?? null,
    expectedUsdPerHour: expectedUsdPerHour === null ? null : storable(expectedUsdPerHour),
    expectedSavingUsdPerHour: storable(expectedSavingUsdPerHour),
  };
}

export function toAdvice(row: AdviceRow): Advice {
  const { decisionId, agentId, clientId, region, instanceType, decidedAt, role, elapsedMs } = row;
  const { failureCode, failureMessage, horizonEndsAt, evaluateAt, evaluatedAt, outcome } = row;
  return {
    ...{ decisionId, agentId, clientId, region, instanceType, decidedAt, role, elapsedMs },
    engine: {
      engineId: row.engineId,
      kind: row.engineKind,
      name: row.engineName,
      version: row.engineVersion,
      sha256: row.engineSha256,
    },
    current: placed(row.currentMode, row.currentPoolId),
    advised: toAdvised(row),
    failure: failureCode === null ? null : { code: failureCode, message: failureMessage ?? '' },
    ...{ horizonEndsAt, evaluateAt, evaluatedAt, outcome },
  };
}

function toAdvised(row: AdviceRow): Advised | null {
  if (row.action === null) return null;
  return {
    action: row.action,
    target: placed(row.targetMode, row.targetPoolId),
    standby: placed(row.standbyMode, row.standbyPoolId),
    expectedUsdPerHour: row.expectedUsdPerHour,
    expectedSavingUsdPerHour: row.expectedSavingUsdPerHour,
  };
}

function placed<M extends string>(
  mode: M | null,
  poolId: string | null,
): { readonly mode: M; readonly poolId: string } | null {
  return mode === null || poolId === null ? null : { mode, poolId };
}
