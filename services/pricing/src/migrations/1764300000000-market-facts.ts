import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const market = () => [
  column.string('region', 32, { primary: true }),
  column.string('instance_type', 32, { primary: true }),
];

const READS = [
  {
    name: 'market_fact_read',
    columns: [
      column.string('kind', 16, { primary: true }),
      ...market(),
      column.int('failures'),
      column.string('problem', 64, { nullable: true }),
      column.instant('tried_at'),
      column.instant('due_at'),
    ],
  },
  {
    name: 'on_demand_price',
    columns: [
      ...market(),
      column.instant('valid_from', { primary: true }),
      column.money('usd_per_hour'),
      column.string('source', 32),
      column.instant('read_at'),
    ],
  },
  {
    name: 'advisor_bucket',
    columns: [
      ...market(),
      column.int('bucket'),
      column.string('label', 32),
      column.double('savings_percent'),
      column.instant('read_at'),
    ],
  },
  {
    name: 'pool_offering',
    columns: [column.id('pool_id', { primary: true }), column.bool('offered'), column.instant('read_at')],
  },
  {
    name: 'placement_question',
    columns: [
      ...market(),
      column.id('fingerprint'),
      column.json('instance_types'),
      column.int('target_capacity'),
    ],
  },
  {
    name: 'placement_answer',
    columns: [
      column.id('fingerprint', { primary: true }),
      column.instant('first_asked_at'),
      column.instant('read_at', { nullable: true }),
      column.json('scores', { nullable: true }),
    ],
    indexes: [{ columns: ['first_asked_at'] }],
  },
];

const HISTORY = [
  {
    name: 'machine_place',
    columns: [
      column.id('ec2_instance_id', { primary: true }),
      column.id('pool_id'),
      column.string('mode', 16),
    ],
    indexes: [{ columns: ['pool_id'] }],
  },
  {
    name: 'machine_notice',
    columns: [
      column.id('incident_id', { primary: true }),
      column.string('kind', 16, { primary: true }),
      column.id('ec2_instance_id'),
      column.instant('detected_at'),
    ],
    indexes: [{ columns: ['detected_at'] }, { columns: ['ec2_instance_id'] }],
  },
  {
    name: 'machine_end',
    columns: [
      column.id('ec2_instance_id', { primary: true }),
      column.instant('ended_at'),
      column.string('reason', 255),
    ],
    indexes: [{ columns: ['ended_at'] }],
  },
  {
    name: 'pool_boot',
    columns: [
      column.id('replica_id', { primary: true }),
      column.id('pool_id'),
      column.double('ready_after_ms'),
      column.instant('ready_at'),
    ],
    indexes: [{ columns: ['pool_id', 'ready_at'] }, { columns: ['ready_at'] }],
  },
];

/** What is known of pools besides spot prices. */
export class MarketFacts implements MigrationInterface {
  readonly name = 'MarketFacts1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of [...READS, ...HISTORY]) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...READS, ...HISTORY]) await dropTable(runner, table.name);
  }
}
