import type { DayRange } from './ports.js';

/** Condition on the columns client_id, agent_id and day. */
export function whereOf(range: DayRange): { sql: string; parameters: string[] } {
  const conditions = ['day >= ?', 'day <= ?'];
  const parameters = [range.from, range.to];
  if (range.clientId !== null) {
    conditions.push('client_id = ?');
    parameters.push(range.clientId);
  }
  if (range.agentId !== null) {
    conditions.push('agent_id = ?');
    parameters.push(range.agentId);
  }
  return { sql: conditions.join(' AND '), parameters };
}
