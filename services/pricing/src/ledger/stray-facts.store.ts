import type { Tx } from '@spotopt/kernel';
import { changeRows, selectRows } from '@spotopt/persistence';

interface FactKey extends Record<string, unknown> {
  readonly event_id: string;
  readonly instance_id: string;
  readonly kind: string;
}

/** What holds for a whole workload has no instance id: it stays for as long as any machine of the workload does. */
export async function deleteStrayFactsBefore(tx: Tx, before: Date, limit: number): Promise<number> {
  const stray = await selectRows<FactKey>(
    tx,
    `SELECT f.event_id, f.instance_id, f.kind FROM usage_fact f
     WHERE f.ec2_instance_id IS NULL AND f.at < ?
       AND (f.instance_id = '' OR NOT EXISTS (SELECT 1 FROM usage_fact named
         WHERE named.instance_id = f.instance_id AND named.ec2_instance_id IS NOT NULL))
       AND (f.instance_id <> '' OR NOT EXISTS (SELECT 1 FROM usage_fact named
         WHERE named.agent_id = f.agent_id AND named.ec2_instance_id IS NOT NULL))
     ORDER BY f.at LIMIT ${String(limit)}`,
    [before],
  );
  for (const { event_id: eventId, instance_id: instanceId, kind } of stray) {
    const key = [eventId, instanceId, kind];
    await changeRows(tx, 'DELETE FROM usage_fact WHERE event_id = ? AND instance_id = ? AND kind = ?', key);
  }
  return stray.length;
}
