import type { Tx } from '@spotopt/kernel';
import { forUpdate, insertIfAbsent, managerOf, updateRows } from '@spotopt/persistence';
import { REVIEW_DAYS } from './closing-plan.js';
import { addDays, earlierDay } from './day.js';
import type { LedgerAgent, LedgerScope } from './ports.js';
import { LedgerAgentRow, toLedgerAgent } from './usage-rows.store.js';

/** A workload of which nothing runs any more is done once its last day cannot be closed with another result. */
const MAY_CHANGE =
  '(agent.reviewUntil IS NULL OR agent.nextDay IS NULL OR agent.nextDay <= agent.reviewUntil)';

/** The lock comes first in its transaction, so that what is read after it is what the last holder left. */
export async function lockAgent(
  tx: Tx,
  { agentId, clientId }: { readonly agentId: string; readonly clientId: string },
): Promise<void> {
  if (await tryLock(tx, agentId)) return;
  const row = { agentId, clientId, firstDay: null, reviewUntil: null, nextDay: null, changes: 0 };
  if (!(await insertIfAbsent(tx, LedgerAgentRow, row))) await tryLock(tx, agentId);
}

async function tryLock(tx: Tx, agentId: string): Promise<boolean> {
  const query = managerOf(tx).createQueryBuilder(LedgerAgentRow, 'agent').where({ agentId });
  return (await forUpdate(tx, query).getOne()) !== null;
}

export async function noteChange(
  tx: Tx,
  agentId: string,
  change: {
    readonly firstDay: string | null;
    readonly lastDay: string | null;
    readonly changedFromDay: string | null;
  },
): Promise<void> {
  const { changedFromDay, firstDay, lastDay } = change;
  const reviewUntil = lastDay === null ? null : addDays(lastDay, REVIEW_DAYS + 1);
  const row = await managerOf(tx).findOneBy(LedgerAgentRow, { agentId });
  if (row === null) return;
  const nextDay =
    row.nextDay === null || changedFromDay === null ? row.nextDay : earlierDay(row.nextDay, changedFromDay);
  // News that change nothing leave the counter alone: a closing that is under way need not begin anew for them.
  const isSame = changedFromDay === null && firstDay === row.firstDay && reviewUntil === row.reviewUntil;
  if (isSame) return;
  const changes = row.changes + 1;
  await updateRows(tx, LedgerAgentRow, { agentId }, { firstDay, reviewUntil, nextDay, changes });
}

export async function listDue(
  tx: Tx,
  { today, after, limit }: { readonly today: string; readonly after: string; readonly limit: number },
): Promise<LedgerAgent[]> {
  const rows = await managerOf(tx)
    .createQueryBuilder(LedgerAgentRow, 'agent')
    .where('agent.agentId > :after', { after })
    .andWhere('agent.firstDay < :today', { today })
    .andWhere('(agent.nextDay IS NULL OR agent.nextDay < :today)', { today })
    .andWhere(MAY_CHANGE)
    .orderBy('agent.agentId')
    .limit(limit)
    .getMany();
  return rows.map(toLedgerAgent);
}

export async function listOpen(tx: Tx, scope: LedgerScope, today: string): Promise<LedgerAgent[]> {
  const query = managerOf(tx)
    .createQueryBuilder(LedgerAgentRow, 'agent')
    .where('agent.firstDay <= :today', { today })
    .andWhere(MAY_CHANGE);
  if (scope.clientId !== null) query.andWhere('agent.clientId = :clientId', { clientId: scope.clientId });
  if (scope.agentId !== null) query.andWhere('agent.agentId = :agentId', { agentId: scope.agentId });
  return (await query.getMany()).map(toLedgerAgent);
}

export async function setNextDay(tx: Tx, agent: LedgerAgent, nextDay: string): Promise<boolean> {
  const { agentId, changes } = agent;
  // The days alone do not tell: news of a day that was just closed leave an earlier next day as it is.
  const guard = { agentId, changes };
  return (await updateRows(tx, LedgerAgentRow, guard, { nextDay })) === 1;
}
