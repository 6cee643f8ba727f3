import type { AgentSettings, Mode, ReplicaType } from '@spotopt/contracts';
import {
  boolColumn,
  doubleColumn,
  idColumn,
  instantColumn,
  intColumn,
  jsonColumn,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity } from 'typeorm';
import type { Agent, Installation, Instance, InstanceState, TrafficTarget } from './ports.js';

@Entity('agent')
export class AgentRow {
  @Column(idColumn({ primary: true })) id!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(stringColumn(128, { name: 'logical_agent_id' })) logicalAgentId!: string;
  @Column(stringColumn(128, { name: 'identity_key', nullable: true })) identityKey!: string | null;
  @Column(stringColumn(16)) status!: Agent['status'];
  @Column(stringColumn(64)) region!: string;
  @Column(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(stringColumn(255, { nullable: true })) hostname!: string | null;
  @Column(stringColumn(64, { name: 'agent_version', nullable: true })) agentVersion!: string | null;
  @Column(jsonColumn()) settings!: AgentSettings;
  /** Copy of the setting, for the sweep that looks for agents with a manual replica. */
  @Column(boolColumn({ name: 'manual_replica_enabled' })) manualReplicaEnabled!: boolean;
  @Column(intColumn()) epoch!: number;
  @Column(jsonColumn({ name: 'traffic_target', nullable: true })) trafficTarget!: TrafficTarget | null;
  @Column(instantColumn({ name: 'last_heartbeat_at', nullable: true })) lastHeartbeatAt!: Date | null;
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(intColumn()) version!: number;
}

@Entity('installation')
export class InstallationRow {
  @Column(idColumn({ name: 'agent_key', primary: true })) agentKey!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(idColumn({ name: 'ec2_instance_id' })) ec2InstanceId!: string;
  @Column(jsonColumn({ name: 'command_types' })) commandTypes!: string[];
  @Column(stringColumn(64, { name: 'agent_version', nullable: true })) agentVersion!: string | null;
  @Column(instantColumn({ name: 'registered_at' })) registeredAt!: Date;
  @Column(instantColumn({ name: 'last_seen_at' })) lastSeenAt!: Date;
}

@Entity('instance')
export class InstanceRow {
  @Column(idColumn({ primary: true })) id!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(idColumn({ name: 'client_id' })) clientId!: string;
  @Column(idColumn({ name: 'ec2_instance_id', nullable: true })) ec2InstanceId!: string | null;
  @Column(stringColumn(16)) state!: InstanceState;
  @Column(stringColumn(32, { name: 'replica_type', nullable: true })) replicaType!: ReplicaType | null;
  @Column(stringColumn(128, { name: 'pool_id' })) poolId!: string;
  @Column(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(stringColumn(64)) region!: string;
  @Column(stringColumn(64)) az!: string;
  @Column(stringColumn(16)) mode!: Mode;
  @Column(stringColumn(64, { name: 'ami_id', nullable: true })) amiId!: string | null;
  @Column(stringColumn(16, { name: 'sync_status' })) syncStatus!: Instance['syncStatus'];
  @Column(doubleColumn({ name: 'sync_latency_ms', nullable: true })) syncLatencyMs!: number | null;
  @Column(doubleColumn({ name: 'state_transfer_progress' })) stateTransferProgress!: number;
  @Column(stringColumn(128, { name: 'created_by' })) createdBy!: string;
  @Column(stringColumn(128, { name: 'request_id', nullable: true })) requestId!: string | null;
  @Column(stringColumn(500, { name: 'failure_reason', nullable: true })) failureReason!: string | null;
  @Column(idColumn({ name: 'launch_command_id', nullable: true })) launchCommandId!: string | null;
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(instantColumn({ name: 'launched_at', nullable: true })) launchedAt!: Date | null;
  @Column(instantColumn({ name: 'ready_at', nullable: true })) readyAt!: Date | null;
  @Column(instantColumn({ name: 'promoted_at', nullable: true })) promotedAt!: Date | null;
  @Column(instantColumn({ name: 'zombie_since', nullable: true })) zombieSince!: Date | null;
  @Column(instantColumn({ name: 'termination_requested_at', nullable: true }))
  terminationRequestedAt!: Date | null;
  @Column(instantColumn({ name: 'terminated_at', nullable: true })) terminatedAt!: Date | null;
  @Column(instantColumn({ name: 'last_heartbeat_at', nullable: true })) lastHeartbeatAt!: Date | null;
  @Column(intColumn({ name: 'confirmed_epoch', nullable: true })) confirmedEpoch!: number | null;
  @Column(intColumn()) version!: number;
}

export function toAgentRow(agent: Agent): AgentRow {
  return Object.assign(new AgentRow(), agent, {
    identityKey: agent.status === 'deleted' ? null : agent.logicalAgentId,
    manualReplicaEnabled: agent.settings.manualReplicaEnabled,
  });
}

export function toAgent(row: AgentRow): Agent {
  const { identityKey: _identityKey, manualReplicaEnabled: _manual, ...agent } = row;
  return agent;
}

export function toInstallationRow(installation: Installation): InstallationRow {
  return Object.assign(new InstallationRow(), installation, {
    commandTypes: [...installation.commandTypes],
  });
}

export function toInstanceRow(instance: Instance): InstanceRow {
  return Object.assign(new InstanceRow(), instance, {
    failureReason: instance.failureReason?.slice(0, 500) ?? null,
  });
}

export function toInstance(row: InstanceRow): Instance {
  return { ...row };
}
