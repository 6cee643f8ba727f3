import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Agents, installations, machines, switches, and what is known of pools. */
export class Fleet1763700000000 implements MigrationInterface {
  readonly name = 'Fleet1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'agent',
      columns: [
        column.id('id', { primary: true }),
        column.id('client_id'),
        column.string('logical_agent_id', 128),
        // The logical id while the agent lives, NULL afterwards: a deleted agent frees its name.
        column.string('identity_key', 128, { nullable: true }),
        column.string('status', 16),
        column.string('region', 64),
        column.string('instance_type', 64),
        column.string('hostname', 255, { nullable: true }),
        column.string('agent_version', 64, { nullable: true }),
        column.json('settings'),
        column.bool('manual_replica_enabled'),
        column.int('epoch'),
        column.json('traffic_target', { nullable: true }),
        column.instant('last_heartbeat_at', { nullable: true }),
        column.instant('created_at'),
        column.int('version'),
      ],
      indexes: [
        { columns: ['client_id', 'identity_key'], unique: true },
        { columns: ['status', 'last_heartbeat_at'] },
      ],
    });
    await createTable(runner, {
      name: 'installation',
      columns: [
        column.id('agent_key', { primary: true }),
        column.id('agent_id'),
        column.id('client_id'),
        column.id('ec2_instance_id'),
        column.json('command_types'),
        column.string('agent_version', 64, { nullable: true }),
        column.instant('registered_at'),
        column.instant('last_seen_at'),
      ],
      indexes: [{ columns: ['agent_id', 'ec2_instance_id'], unique: true }],
    });
    await this.#instances(runner);
    await this.#switches(runner);
    await this.#pools(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = ['agent', 'installation', 'instance', 'switch', 'switch_step', 'pool', 'pool_block'];
    for (const table of tables) await dropTable(runner, table);
  }

  async #instances(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'instance',
      columns: [
        column.id('id', { primary: true }),
        column.id('agent_id'),
        column.id('client_id'),
        column.id('ec2_instance_id', { nullable: true }),
        column.string('state', 16),
        column.string('replica_type', 32, { nullable: true }),
        column.string('pool_id', 128),
        column.string('instance_type', 64),
        column.string('region', 64),
        column.string('az', 64),
        column.string('mode', 16),
        column.string('ami_id', 64, { nullable: true }),
        column.string('sync_status', 16),
        column.double('sync_latency_ms', { nullable: true }),
        column.double('state_transfer_progress'),
        column.string('created_by', 128),
        column.string('request_id', 128, { nullable: true }),
        column.string('failure_reason', 500, { nullable: true }),
        column.id('launch_command_id', { nullable: true }),
        column.instant('created_at'),
        column.instant('launched_at', { nullable: true }),
        column.instant('ready_at', { nullable: true }),
        column.instant('promoted_at', { nullable: true }),
        column.instant('zombie_since', { nullable: true }),
        column.instant('termination_requested_at', { nullable: true }),
        column.instant('terminated_at', { nullable: true }),
        column.instant('last_heartbeat_at', { nullable: true }),
        column.int('confirmed_epoch', { nullable: true }),
        column.int('version'),
        // The database itself refuses a second PRIMARY of one workload, whatever the program does.
        column.generated('primary_guard', "CASE WHEN state = 'primary' THEN agent_id END"),
        column.generated(
          'manual_guard',
          "CASE WHEN replica_type = 'manual' AND state IN ('launching', 'syncing', 'ready') THEN agent_id END",
        ),
      ],
      indexes: [
        { columns: ['ec2_instance_id'], unique: true },
        { columns: ['primary_guard'], unique: true },
        { columns: ['manual_guard'], unique: true },
        { columns: ['agent_id', 'state'] },
        { columns: ['state'] },
        { columns: ['launch_command_id'] },
      ],
    });
  }

  async #switches(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'switch',
      columns: [
        column.id('id', { primary: true }),
        column.id('agent_id'),
        column.id('client_id'),
        column.string('trigger_type', 32),
        column.string('reason', 500),
        column.string('requested_by', 128),
        column.string('request_id', 128, { nullable: true }),
        column.id('decision_id', { nullable: true }),
        column.id('incident_id', { nullable: true }),
        column.id('correlation_id'),
        column.string('execution', 16),
        column.string('status', 16),
        column.string('step', 16),
        column.id('from_instance_id'),
        column.id('to_instance_id', { nullable: true }),
        column.string('target_mode', 16),
        column.string('target_pool_id', 128, { nullable: true }),
        column.bool('demote_old_primary'),
        column.instant('reclaim_at', { nullable: true }),
        column.int('epoch_after', { nullable: true }),
        column.instant('started_at'),
        column.instant('step_started_at'),
        column.instant('finished_at', { nullable: true }),
        column.id('launch_command_id', { nullable: true }),
        column.string('launch_failure', 500, { nullable: true }),
        column.id('quiesce_command_id', { nullable: true }),
        column.string('quiesce_outcome', 16, { nullable: true }),
        column.id('promote_command_id', { nullable: true }),
        column.instant('served_until', { nullable: true }),
        column.instant('serving_since', { nullable: true }),
        column.instant('traffic_moved_at', { nullable: true }),
        column.money('old_usd_per_hour', { nullable: true }),
        column.money('new_usd_per_hour', { nullable: true }),
        column.money('on_demand_usd_per_hour', { nullable: true }),
        column.string('error', 500, { nullable: true }),
        column.bool('rolled_back'),
        column.int('version'),
        column.generated('running_guard', "CASE WHEN status = 'running' THEN agent_id END"),
      ],
      indexes: [
        { columns: ['running_guard'], unique: true },
        { columns: ['agent_id', 'request_id'], unique: true },
        { columns: ['agent_id', 'started_at'] },
        { columns: ['client_id', 'started_at'] },
        { columns: ['status'] },
        { columns: ['launch_command_id'] },
        { columns: ['quiesce_command_id'] },
        { columns: ['promote_command_id'] },
      ],
    });
    await createTable(runner, {
      name: 'switch_step',
      columns: [
        column.id('switch_id', { primary: true }),
        column.string('step', 16, { primary: true }),
        column.string('outcome', 16),
        column.string('detail', 500),
        column.instant('started_at'),
        column.instant('finished_at'),
      ],
    });
  }

  async #pools(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'pool',
      columns: [
        column.string('pool_id', 128, { primary: true }),
        column.string('region', 64),
        column.string('az', 64),
        column.string('instance_type', 64),
        column.money('spot_usd_per_hour'),
        column.money('on_demand_usd_per_hour', { nullable: true }),
        column.instant('observed_at'),
      ],
      indexes: [{ columns: ['region', 'instance_type'] }],
    });
    await createTable(runner, {
      name: 'pool_block',
      columns: [
        column.string('pool_id', 128, { primary: true }),
        column.instant('until_at'),
        column.int('failures'),
        column.string('reason', 255),
      ],
    });
  }
}
