import type { Tx } from '@spotopt/kernel';
import {
  idColumn,
  instantColumn,
  jsonColumn,
  managerOf,
  moneyColumn,
  selectRows,
  stringColumn,
  textColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Observation, Proposal } from '../engine/ports.js';
import type { EngineRef } from '../runtime/ports.js';
import type { EngineAttempt } from './ask-engines.js';
import { actionOf, reasonOf, targetPoolIdOf } from './decision.js';
import type { GuardrailFacts, Verdict } from './guardrails.js';
import { type Decision, type DecisionFilter, DecisionStore, type DecisionSummary } from './ports.js';

@Entity('decision')
export class DecisionRow {
  @PrimaryColumn(idColumn({ name: 'decision_id' })) decisionId!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(instantColumn({ name: 'decided_at' })) decidedAt!: Date;
  @Column(idColumn({ name: 'from_ec2_instance_id', nullable: true })) fromEc2InstanceId!: string | null;
  @Column(stringColumn(64)) engine!: string;
  @Column(stringColumn(64, { name: 'engine_version' })) engineVersion!: string;
  @Column(stringColumn(32)) action!: string;
  @Column(stringColumn(16)) outcome!: string;
  @Column(idColumn({ name: 'target_pool_id', nullable: true })) targetPoolId!: string | null;
  @Column(moneyColumn({ name: 'expected_savings_usd_per_hour' })) expectedSavingsUsdPerHour!: number;
  @Column(textColumn()) reason!: string;
  @Column(jsonColumn({ name: 'engine_ref' })) engineRef!: EngineRef;
  @Column(jsonColumn()) attempts!: readonly EngineAttempt[];
  @Column(jsonColumn()) observation!: Observation;
  @Column(jsonColumn()) facts!: GuardrailFacts;
  @Column(jsonColumn()) proposal!: Proposal;
  @Column(jsonColumn()) verdict!: Verdict;
}

const SUMMARY = {
  ...{ decisionId: true, agentId: true, clientId: true, decidedAt: true, fromEc2InstanceId: true },
  ...{ engineRef: true, proposal: true, verdict: true },
} as const;
const MOST_COUNTED = 10_000;

export class SqlDecisionStore extends DecisionStore {
  override async add(tx: Tx, decision: Decision): Promise<void> {
    const { proposal, verdict, engine: engineRef, ...rest } = decision;
    const row: DecisionRow = {
      ...rest,
      proposal,
      verdict,
      engineRef,
      engine: proposal.engine,
      engineVersion: proposal.engineVersion,
      action: actionOf(decision),
      outcome: verdict.outcome,
      targetPoolId: targetPoolIdOf(decision),
      expectedSavingsUsdPerHour: proposal.expectedSavingsUsdPerHour,
      reason: reasonOf(decision),
    };
    await managerOf(tx)
      .createQueryBuilder()
      .insert()
      .into(DecisionRow)
      .values(row)
      .updateEntity(false)
      .execute();
  }

  override async find(tx: Tx, decisionId: string): Promise<Decision | null> {
    const row = await managerOf(tx).findOneBy(DecisionRow, { decisionId });
    return row === null ? null : toDecision(row);
  }

  override async list(
    tx: Tx,
    filter: DecisionFilter,
  ): Promise<{ decisions: DecisionSummary[]; total: number }> {
    const { clientId, agentId, limit } = filter;
    const rows = await managerOf(tx).find(DecisionRow, {
      select: SUMMARY,
      where: { ...(clientId === null ? {} : { clientId }), ...(agentId === null ? {} : { agentId }) },
      order: { decidedAt: 'DESC', decisionId: 'DESC' },
      take: limit,
    });
    return { decisions: rows.map(toSummary), total: await this.#count(tx, filter) };
  }

  /** Of months of a large fleet nobody needs the exact number, and counting it would take seconds. */
  async #count(tx: Tx, { clientId, agentId }: DecisionFilter): Promise<number> {
    const conditions = [
      ...(clientId === null ? [] : [['client_id = ?', clientId] as const]),
      ...(agentId === null ? [] : [['agent_id = ?', agentId] as const]),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
    const [row] = await selectRows<{ total: number | string }>(
      tx,
      `SELECT COUNT(*) AS total FROM (SELECT 1 FROM decision ${where} LIMIT ${String(MOST_COUNTED)}) AS counted`,
      conditions.map(([, value]) => value),
    );
    return Number(row?.total ?? 0);
  }
}

function toDecision(row: DecisionRow): Decision {
  const { observation, facts, attempts } = row;
  return { ...toSummary(row), observation, facts, attempts };
}

function toSummary(row: DecisionRow): DecisionSummary {
  const { decisionId, agentId, clientId, decidedAt, fromEc2InstanceId, engineRef, proposal, verdict } = row;
  return {
    decisionId,
    agentId,
    clientId,
    decidedAt,
    fromEc2InstanceId,
    engine: engineRef,
    proposal,
    verdict,
  };
}
