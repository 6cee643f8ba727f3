import type { Tx } from '@spotopt/kernel';
import { insertIfAbsent, instantOf, managerOf, selectRows, updateRows } from '@spotopt/persistence';
import { Between, Brackets, In, type SelectQueryBuilder } from 'typeorm';
import type { EngineAttempt } from '../decide/ports.js';
import type { EngineRef } from '../runtime/ports.js';
import type { Advice, Outcome } from './advice.js';
import { AdviceRow, toAdvice, toRow } from './advice-row.store.js';
import { type AdviceFilter, type AdvicePosition, AdviceStore, type ComparisonFilter } from './ports.js';
import type { Sighting } from './what-happened.js';

export class SqlAdviceStore extends AdviceStore {
  override async add(tx: Tx, advice: readonly Advice[]): Promise<void> {
    for (const one of advice) await insertIfAbsent(tx, AdviceRow, toRow(one));
  }

  override async ofDecisions(tx: Tx, decisionIds: readonly string[]): Promise<Advice[]> {
    if (decisionIds.length === 0) return [];
    const rows = await managerOf(tx).findBy(AdviceRow, { decisionId: In([...decisionIds]) });
    return rows.map(toAdvice).sort(newestFirst);
  }

  override async list(tx: Tx, { clientId, agentId, decisionId, limit }: AdviceFilter): Promise<Advice[]> {
    const rows = await managerOf(tx).find(AdviceRow, {
      where: {
        ...(clientId === null ? {} : { clientId }),
        ...(agentId === null ? {} : { agentId }),
        ...(decisionId === null ? {} : { decisionId }),
      },
      order: { decidedAt: 'DESC', decisionId: 'DESC', role: 'ASC', engineId: 'ASC' },
      take: limit,
    });
    return rows.map(toAdvice).sort(newestFirst);
  }

  override async page(
    tx: Tx,
    filter: ComparisonFilter,
    after: AdvicePosition | null,
    limit: number,
  ): Promise<Advice[]> {
    const query = compared(tx, filter).select('advice.decision_id', 'decisionId');
    if (after !== null) {
      const { decidedAt, decisionId } = after;
      query.andWhere(
        new Brackets((older) =>
          older
            .where('advice.decidedAt < :decidedAt', { decidedAt })
            .orWhere('advice.decidedAt = :decidedAt AND advice.decisionId < :decisionId', { decisionId }),
        ),
      );
    }
    const found = await query
      .andWhere("advice.role = 'decided'")
      .orderBy('advice.decidedAt', 'DESC')
      .addOrderBy('advice.decisionId', 'DESC')
      .limit(limit)
      .getRawMany<{ decisionId: string }>();
    return this.ofDecisions(
      tx,
      found.map(({ decisionId }) => decisionId),
    );
  }

  override async lastInCharge(tx: Tx, filter: ComparisonFilter): Promise<EngineRef | null> {
    const row = await compared(tx, filter)
      .andWhere("advice.role = 'decided'")
      .orderBy('advice.decidedAt', 'DESC')
      .addOrderBy('advice.decisionId', 'DESC')
      .limit(1)
      .getOne();
    if (row === null) return null;
    const { decisionId, engine } = toAdvice(row);
    const [decision] = await selectRows<{ attempts: string }>(
      tx,
      'SELECT attempts FROM decision WHERE decision_id = ?',
      [decisionId],
    );
    const [first] = JSON.parse(decision?.attempts ?? '[]') as EngineAttempt[];
    return first?.engine ?? engine;
  }

  override async listDue(tx: Tx, now: Date, limit: number): Promise<string[]> {
    const rows = await managerOf(tx)
      .createQueryBuilder(AdviceRow, 'advice')
      .select('advice.decision_id', 'decisionId')
      .where('advice.evaluateAt <= :now', { now })
      .groupBy('advice.decision_id')
      .orderBy('MIN(advice.evaluate_at)', 'ASC')
      .addOrderBy('advice.decision_id', 'ASC')
      .limit(limit)
      .getRawMany<{ decisionId: string }>();
    return rows.map(({ decisionId }) => decisionId);
  }

  override async listUnadvised(tx: Tx, from: Date, to: Date, limit: number): Promise<string[]> {
    const rows = await selectRows<{ id: string }>(
      tx,
      `SELECT decision.decision_id AS id FROM decision
       LEFT JOIN advice ON advice.decision_id = decision.decision_id AND advice.role = 'decided'
       WHERE decision.decided_at >= ? AND decision.decided_at < ? AND advice.decision_id IS NULL
       ORDER BY decision.decided_at, decision.decision_id LIMIT ${String(limit)}`,
      [from, to],
    );
    return rows.map(({ id }) => id);
  }

  override async listSightings(tx: Tx, agentId: string, from: Date, to: Date): Promise<Sighting[]> {
    const rows = await managerOf(tx).find(AdviceRow, {
      where: { agentId, role: 'decided', decidedAt: Between(from, to) },
      select: { decisionId: true, decidedAt: true, currentMode: true, currentPoolId: true },
      order: { decidedAt: 'ASC', decisionId: 'ASC' },
    });
    return rows.map(({ decidedAt, currentMode, currentPoolId }) => ({
      atMs: instantOf(decidedAt).getTime(),
      mode: currentMode ?? 'unknown',
      poolId: currentPoolId ?? '',
    }));
  }

  override async settle(tx: Tx, advice: Advice, outcome: Outcome, at: Date): Promise<boolean> {
    return (
      (await updateRows(tx, AdviceRow, guardOf(advice), { outcome, evaluatedAt: at, evaluateAt: null })) === 1
    );
  }

  override async putOff(tx: Tx, advice: Advice, until: Date): Promise<boolean> {
    return (await updateRows(tx, AdviceRow, guardOf(advice), { evaluateAt: until })) === 1;
  }
}

function guardOf({ decisionId, engine, evaluateAt }: Advice): Partial<AdviceRow> {
  return { decisionId, engineId: engine.engineId, engineVersion: engine.version, evaluateAt };
}

function compared(tx: Tx, { clientId, agentId, from, to }: ComparisonFilter): SelectQueryBuilder<AdviceRow> {
  const query = managerOf(tx)
    .createQueryBuilder(AdviceRow, 'advice')
    .where('advice.decidedAt >= :from AND advice.decidedAt < :to', { from, to });
  if (clientId !== null) query.andWhere('advice.clientId = :clientId', { clientId });
  if (agentId !== null) query.andWhere('advice.agentId = :agentId', { agentId });
  return query;
}

const RANK: Readonly<Record<Advice['role'], number>> = { decided: 0, 'passed-over': 1, shadow: 2 };

function newestFirst(a: Advice, b: Advice): number {
  const later = b.decidedAt.getTime() - a.decidedAt.getTime();
  if (later !== 0) return later;
  if (a.decisionId !== b.decisionId) return a.decisionId < b.decisionId ? 1 : -1;
  return RANK[a.role] - RANK[b.role] || (a.engine.engineId < b.engine.engineId ? -1 : 1);
}
