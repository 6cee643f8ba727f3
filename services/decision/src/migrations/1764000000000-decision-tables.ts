import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const WORKLOADS = [
  {
    name: 'workload',
    columns: [
      column.id('agent_id', { primary: true }),
      column.id('client_id'),
      column.string('region', 64),
      column.string('instance_type', 64),
      column.json('settings'),
      column.instant('settings_at'),
      column.bool('online'),
      column.instant('online_at'),
      column.bool('deleted'),
      column.int('epoch'),
      column.json('primary_placement', { nullable: true }),
      column.instant('registered_at'),
      column.instant('next_decision_at'),
      column.instant('proposal_open_until', { nullable: true }),
      column.int('version'),
    ],
    indexes: [{ columns: ['deleted', 'next_decision_at'] }],
  },
  {
    name: 'change_of_primary',
    columns: [
      column.id('switch_id', { primary: true }),
      column.id('agent_id'),
      column.string('state', 16),
      column.instant('started_at'),
      column.instant('ended_at', { nullable: true }),
    ],
    indexes: [{ columns: ['agent_id', 'started_at'] }],
  },
  {
    name: 'decision',
    columns: [
      column.id('decision_id', { primary: true }),
      column.id('agent_id'),
      column.id('client_id'),
      column.instant('decided_at'),
      column.id('from_ec2_instance_id', { nullable: true }),
      column.string('engine', 64),
      column.string('engine_version', 64),
      column.string('action', 32),
      column.string('outcome', 16),
      column.id('target_pool_id', { nullable: true }),
      column.money('expected_savings_usd_per_hour'),
      column.text('reason'),
      column.json('observation'),
      column.json('facts'),
      column.json('proposal'),
      column.json('verdict'),
    ],
    indexes: [
      { columns: ['agent_id', 'decided_at'] },
      { columns: ['client_id', 'decided_at'] },
      { columns: ['decided_at'] },
    ],
  },
];

const MARKETS = [
  {
    name: 'market',
    columns: [
      column.string('region', 64, { primary: true }),
      column.string('instance_type', 64, { primary: true }),
      column.instant('read_until', { nullable: true }),
      column.instant('refreshed_at', { nullable: true }),
    ],
  },
  {
    name: 'market_pool',
    columns: [
      column.id('pool_id', { primary: true }),
      column.string('region', 64),
      column.string('az', 64),
      column.string('instance_type', 64),
      column.money('usd_per_hour'),
      column.instant('observed_at'),
      column.money('on_demand_usd_per_hour', { nullable: true }),
      column.string('on_demand_source', 32, { nullable: true }),
    ],
    indexes: [{ columns: ['region', 'instance_type'] }],
  },
  {
    name: 'price_point',
    columns: [
      column.id('pool_id', { primary: true }),
      column.instant('at', { primary: true }),
      column.money('usd_per_hour'),
    ],
    indexes: [{ columns: ['at'] }],
  },
  {
    name: 'pool_mark',
    columns: [
      column.id('id', { primary: true }),
      column.string('kind', 16),
      column.id('pool_id', { nullable: true }),
      column.id('ec2_instance_id', { nullable: true }),
      column.instant('at'),
    ],
    indexes: [{ columns: ['pool_id', 'at'] }, { columns: ['ec2_instance_id'] }],
  },
  {
    name: 'machine_placement',
    columns: [
      column.id('ec2_instance_id', { primary: true }),
      column.id('pool_id'),
      column.string('mode', 16),
      column.instant('seen_at'),
    ],
  },
];

export class DecisionTables implements MigrationInterface {
  readonly name = 'DecisionTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of [...WORKLOADS, ...MARKETS]) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...WORKLOADS, ...MARKETS]) await dropTable(runner, table.name);
  }
}
