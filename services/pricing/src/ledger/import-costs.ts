import type { ImportCosts as ImportCostsRpc, RpcRequest, RpcResponse } from '@spotopt/contracts';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import type { SettledCostStore, UsageStore } from './ports.js';

export interface ImportCostsDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly usage: UsageStore;
  readonly settled: SettledCostStore;
}

type Request = RpcRequest<typeof ImportCostsRpc>;

/**
 * Takes what AWS charged. The last import of a machine and hour wins, so that a report which was completed later
 * may be imported again as a whole, and the files of a day add up; within one request the last row does.
 */
export class ImportCosts {
  constructor(private readonly deps: ImportCostsDeps) {}

  execute({ clientId, importId, source, rows }: Request): Promise<RpcResponse<typeof ImportCostsRpc>> {
    const { uow, clock, usage, settled } = this.deps;
    const ids = [...new Set(rows.map((row) => row.ec2InstanceId))];
    // In one order, so that two imports of the same machines wait for each other instead of blocking each other.
    const last = [...new Map(rows.map((row) => [`${row.ec2InstanceId} ${row.hourAt}`, row]))]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row);
    return uow.run(async (tx) => {
      const known = await usage.knownMachines(tx, clientId, ids);
      const own = last.filter((row) => known.has(row.ec2InstanceId));
      const importedAt = clock.now();
      for (const { hourAt, ...row } of own) {
        await settled.save(tx, { ...row, hourAt: new Date(hourAt), clientId, importId, source, importedAt });
      }
      return { stored: own.length, unknownInstances: ids.filter((id) => !known.has(id)).sort() };
    });
  }
}
