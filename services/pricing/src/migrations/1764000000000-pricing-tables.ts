import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const POOLS = [
  {
    name: 'spot_pool',
    columns: [
      column.id('pool_id', { primary: true }),
      column.string('region', 32),
      column.string('az', 32),
      column.string('instance_type', 32),
      column.string('name', 128),
      column.instant('first_seen_at'),
      column.money('on_demand_usd_per_hour', { nullable: true }),
      column.string('on_demand_source', 32, { nullable: true }),
    ],
    indexes: [{ columns: ['region', 'instance_type'] }],
  },
  {
    name: 'current_price',
    columns: [
      column.id('pool_id', { primary: true }),
      column.money('spot_usd_per_hour', { nullable: true }),
      column.string('source', 32, { nullable: true }),
      column.instant('observed_at', { nullable: true }),
      column.int('version'),
    ],
  },
  {
    name: 'raw_price',
    columns: [
      column.id('pool_id', { primary: true }),
      column.instant('observed_at', { primary: true }),
      column.string('source', 32, { primary: true }),
      column.id('reported_by', { primary: true }),
      column.money('spot_usd_per_hour'),
      column.instant('received_at'),
      column.id('report_id', { nullable: true }),
    ],
    indexes: [{ columns: ['pool_id', 'source', 'observed_at'] }, { columns: ['observed_at'] }],
  },
];

const REPORTS = [
  {
    name: 'price_report',
    columns: [
      column.id('id', { primary: true }),
      column.id('agent_key'),
      column.id('agent_id'),
      column.id('client_id'),
      column.string('role', 16),
      column.money('on_demand_usd_per_hour', { nullable: true }),
      column.bool('on_demand_estimated', { nullable: true }),
      column.int('rejected_prices'),
      column.json('body', { nullable: true }),
      column.instant('observed_at'),
      column.instant('received_at'),
    ],
    indexes: [{ columns: ['agent_id', 'received_at'] }, { columns: ['received_at'] }],
  },
  {
    name: 'price_reporter',
    columns: [
      column.id('instance_id', { primary: true }),
      column.id('agent_key', { nullable: true }),
      column.id('ec2_instance_id', { nullable: true }),
      column.string('role', 16),
      column.int('epoch'),
      column.instant('changed_at'),
    ],
    indexes: [{ columns: ['agent_key'] }, { columns: ['ec2_instance_id'] }],
  },
  {
    name: 'price_watch',
    columns: [
      column.string('region', 32, { primary: true }),
      column.string('instance_type', 32, { primary: true }),
      column.instant('read_until', { nullable: true }),
      column.instant('confirmed_at', { nullable: true }),
      column.instant('wanted_at'),
    ],
  },
];

export class PricingTables implements MigrationInterface {
  readonly name = 'PricingTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of [...POOLS, ...REPORTS]) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...POOLS, ...REPORTS]) await dropTable(runner, table.name);
  }
}
