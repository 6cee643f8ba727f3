import { AppError, type Tx } from '@spotopt/kernel';
import { forUpdate, isDuplicateKey, managerOf } from '@spotopt/persistence';
import { In, LessThan, type ObjectLiteral } from 'typeorm';
import {
  AgentRow,
  InstallationRow,
  InstanceRow,
  toAgent,
  toAgentRow,
  toInstallationRow,
  toInstance,
  toInstanceRow,
} from './fleet-rows.store.js';
import {
  type Agent,
  type AgentFilter,
  type AgentPatch,
  FleetStore,
  type Installation,
  type Instance,
  type InstanceFilter,
  instanceLifecycle,
  type InstancePatch,
  type InstanceState,
} from './ports.js';

/** @throws AppError `version-conflict` (transient) unless exactly the row that was read is changed */
export async function updateGuarded<Row extends ObjectLiteral>(
  tx: Tx,
  entity: new () => Row,
  key: { readonly id: string; readonly version: number },
  row: Row,
): Promise<void> {
  const result = await managerOf(tx)
    .createQueryBuilder()
    .update(entity)
    .set({ ...row, version: key.version + 1 })
    .where('id = :id AND version = :version', { id: key.id, version: key.version })
    .execute();
  if (result.affected !== 1) {
    throw AppError.transient('version-conflict', `${entity.name} ${key.id} was changed by somebody else`);
  }
}

export class TypeormFleetStore extends FleetStore {
  override async insertAgent(tx: Tx, agent: Agent): Promise<void> {
    await refusingDuplicates(agent.id, () => managerOf(tx).insert(AgentRow, toAgentRow(agent)));
  }

  override async findAgent(tx: Tx, agentId: string): Promise<Agent | null> {
    const row = await managerOf(tx).findOneBy(AgentRow, { id: agentId });
    return row === null ? null : toAgent(row);
  }

  override async lockStandbysOf(tx: Tx, agentId: string): Promise<void> {
    await forUpdate(tx, managerOf(tx).createQueryBuilder(AgentRow, 'agent').where({ id: agentId })).getOne();
  }

  override async findAgentByLogicalId(
    tx: Tx,
    clientId: string,
    logicalAgentId: string,
  ): Promise<Agent | null> {
    const row = await managerOf(tx).findOneBy(AgentRow, { clientId, identityKey: logicalAgentId });
    return row === null ? null : toAgent(row);
  }

  override async listAgents(tx: Tx, filter: AgentFilter): Promise<Agent[]> {
    const rows = await managerOf(tx).find(AgentRow, {
      where: {
        ...(filter.clientId === undefined ? {} : { clientId: filter.clientId }),
        ...(filter.status === undefined ? {} : { status: filter.status }),
        ...(filter.heardBefore === undefined ? {} : { lastHeartbeatAt: LessThan(filter.heardBefore) }),
        ...(filter.manualReplicaEnabled === undefined
          ? {}
          : { manualReplicaEnabled: filter.manualReplicaEnabled }),
      },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    return rows
      .filter(
        (row) => filter.includeDeleted === true || filter.status !== undefined || row.status !== 'deleted',
      )
      .map(toAgent);
  }

  override async updateAgent(tx: Tx, agent: Agent, patch: AgentPatch): Promise<Agent> {
    const next: Agent = { ...agent, ...patch };
    await updateGuarded(tx, AgentRow, agent, toAgentRow(next));
    return { ...next, version: agent.version + 1 };
  }

  override async saveInstallation(tx: Tx, installation: Installation): Promise<void> {
    const manager = managerOf(tx);
    const row = toInstallationRow(installation);
    const updated = await manager.update(InstallationRow, { agentKey: installation.agentKey }, row);
    if (updated.affected === 0) {
      await refusingDuplicates(installation.agentKey, () => manager.insert(InstallationRow, row));
    }
  }

  override findInstallation(tx: Tx, agentKey: string): Promise<Installation | null> {
    return managerOf(tx).findOneBy(InstallationRow, { agentKey });
  }

  override findInstallationOn(tx: Tx, agentId: string, ec2InstanceId: string): Promise<Installation | null> {
    return managerOf(tx).findOneBy(InstallationRow, { agentId, ec2InstanceId });
  }

  override async insertInstance(tx: Tx, instance: Instance): Promise<void> {
    await refusingSecondPrimary(instance, () => managerOf(tx).insert(InstanceRow, toInstanceRow(instance)));
  }

  override async findInstance(tx: Tx, instanceId: string): Promise<Instance | null> {
    const row = await managerOf(tx).findOneBy(InstanceRow, { id: instanceId });
    return row === null ? null : toInstance(row);
  }

  override async findInstanceByEc2Id(tx: Tx, ec2InstanceId: string): Promise<Instance | null> {
    const row = await managerOf(tx).findOneBy(InstanceRow, { ec2InstanceId });
    return row === null ? null : toInstance(row);
  }

  override async findInstanceByLaunchCommand(tx: Tx, commandId: string): Promise<Instance | null> {
    const row = await managerOf(tx).findOneBy(InstanceRow, { launchCommandId: commandId });
    return row === null ? null : toInstance(row);
  }

  override async findPrimary(tx: Tx, agentId: string): Promise<Instance | null> {
    const row = await managerOf(tx).findOneBy(InstanceRow, { agentId, state: 'primary' });
    return row === null ? null : toInstance(row);
  }

  override async listInstances(tx: Tx, filter: InstanceFilter): Promise<Instance[]> {
    const rows = await managerOf(tx).find(InstanceRow, {
      where: {
        ...(filter.agentId === undefined ? {} : { agentId: filter.agentId }),
        ...(filter.states === undefined ? {} : { state: In([...filter.states]) }),
      },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    return rows.map(toInstance);
  }

  override async updateInstance(
    tx: Tx,
    instance: Instance,
    to: InstanceState,
    patch: InstancePatch = {},
  ): Promise<Instance> {
    if (to !== instance.state) instanceLifecycle.assert(instance.state, to);
    const next: Instance = { ...instance, ...patch, state: to };
    await refusingSecondPrimary(next, () => updateGuarded(tx, InstanceRow, instance, toInstanceRow(next)));
    return { ...next, version: instance.version + 1 };
  }

  override async moveInstance(
    tx: Tx,
    instance: Instance,
    to: { readonly agentId: string; readonly state: InstanceState },
    patch: InstancePatch,
  ): Promise<Instance> {
    const next: Instance = { ...instance, ...patch, ...to };
    await refusingSecondPrimary(next, () => updateGuarded(tx, InstanceRow, instance, toInstanceRow(next)));
    return { ...next, version: instance.version + 1 };
  }

  override async removeInstance(tx: Tx, instance: Instance): Promise<void> {
    const { id, version } = instance;
    const result = await managerOf(tx).delete(InstanceRow, { id, version });
    if (result.affected !== 1 || instance.state === 'primary') {
      throw AppError.transient('version-conflict', `instance ${id} was changed by somebody else`);
    }
  }

  override countPrimaries(tx: Tx, agentId: string): Promise<number> {
    return managerOf(tx).countBy(InstanceRow, { agentId, state: 'primary' });
  }
}

/** Somebody else wrote the same key a moment ago: in a new transaction its row is seen. */
async function refusingDuplicates(key: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw AppError.transient('version-conflict', `${key} was written by somebody else`, { cause: error });
  }
}

async function refusingSecondPrimary(instance: Instance, write: () => Promise<unknown>): Promise<void> {
  if (instance.state !== 'primary') return refusingDuplicates(instance.id, write);
  try {
    await write();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw AppError.permanent('second-primary', `agent ${instance.agentId} already has a PRIMARY`, {
      cause: error,
      details: { agentId: instance.agentId },
    });
  }
}
