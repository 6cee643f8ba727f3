import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const USAGE = [
  {
    name: 'usage_fact',
    columns: [
      column.id('event_id', { primary: true }),
      column.id('instance_id', { primary: true }),
      column.string('kind', 16, { primary: true }),
      column.id('ec2_instance_id', { nullable: true }),
      column.id('agent_id'),
      column.id('client_id'),
      column.id('pool_id', { nullable: true }),
      column.string('mode', 16),
      column.instant('at'),
      column.json('change'),
    ],
    indexes: [
      { columns: ['ec2_instance_id'] },
      { columns: ['instance_id'] },
      { columns: ['agent_id', 'kind'] },
    ],
  },
  {
    name: 'usage_machine',
    columns: [
      column.id('ec2_instance_id', { primary: true }),
      column.id('client_id'),
      column.string('mode', 16),
      column.id('pool_id'),
      column.instant('started_at'),
      column.instant('ended_at', { nullable: true }),
    ],
    indexes: [{ columns: ['ended_at'] }, { columns: ['pool_id', 'started_at'] }],
  },
  {
    name: 'usage_interval',
    columns: [
      column.id('ec2_instance_id', { primary: true }),
      column.instant('from_at', { primary: true }),
      column.instant('to_at', { nullable: true }),
      column.id('instance_id'),
      column.id('agent_id'),
      column.id('client_id'),
      column.string('role', 16),
      column.string('purpose', 16),
    ],
    indexes: [
      { columns: ['agent_id', 'from_at'] },
      { columns: ['agent_id', 'to_at'] },
      { columns: ['client_id', 'to_at'] },
      { columns: ['to_at'] },
    ],
  },
  {
    name: 'ledger_occurrence',
    columns: [
      column.string('kind', 16, { primary: true }),
      column.id('id', { primary: true }),
      column.id('agent_id'),
      column.id('client_id'),
      column.instant('at'),
      column.bigint('downtime_ms'),
    ],
    indexes: [{ columns: ['agent_id', 'at'] }, { columns: ['at'] }],
  },
];

const FIGURES = [
  column.money('on_demand_usd'),
  column.money('primary_usd'),
  column.money('standby_usd'),
  column.money('switch_usd'),
  column.money('interruption_usd'),
  column.money('estimated_savings_usd'),
  column.money('counterfactual_usd', { nullable: true }),
  column.bigint('spot_ms'),
  column.bigint('on_demand_ms'),
  column.bigint('standby_ms'),
  column.bigint('filled_ms'),
  column.bigint('unpriced_ms'),
  column.int('switches'),
  column.int('interruptions'),
  column.bigint('downtime_ms'),
];

const LEDGER = [
  {
    name: 'ledger_agent',
    columns: [
      column.id('agent_id', { primary: true }),
      column.id('client_id'),
      column.string('first_day', 10, { nullable: true }),
      column.string('review_until', 10, { nullable: true }),
      column.string('next_day', 10, { nullable: true }),
      column.int('changes'),
    ],
    indexes: [{ columns: ['client_id'] }],
  },
  {
    name: 'ledger_day',
    columns: [
      column.id('agent_id', { primary: true }),
      column.string('day', 10, { primary: true }),
      column.id('client_id'),
      column.int('revision'),
      column.instant('closed_at'),
      ...FIGURES,
    ],
    indexes: [{ columns: ['client_id', 'day'] }, { columns: ['day'] }],
  },
  {
    name: 'ledger_closing',
    columns: [
      column.id('agent_id', { primary: true }),
      column.string('day', 10, { primary: true }),
      column.int('revision', { primary: true }),
      column.id('client_id'),
      column.instant('closed_at'),
      ...FIGURES,
      column.json('changed'),
    ],
    indexes: [{ columns: ['client_id', 'day'] }],
  },
  {
    name: 'ledger_line',
    columns: [
      column.id('agent_id', { primary: true }),
      column.string('day', 10, { primary: true }),
      column.int('line_no', { primary: true }),
      column.id('client_id'),
      column.id('instance_id'),
      column.id('ec2_instance_id'),
      column.string('mode', 16),
      column.id('pool_id'),
      column.string('purpose', 16),
      column.instant('from_at'),
      column.instant('to_at'),
      column.money('cost_usd'),
      column.money('on_demand_usd'),
      column.money('counterfactual_usd', { nullable: true }),
      column.bigint('filled_ms'),
      column.bigint('carried_ms'),
      column.bigint('unpriced_ms'),
      column.bool('estimated'),
    ],
    indexes: [{ columns: ['client_id', 'day'] }, { columns: ['ec2_instance_id'] }, { columns: ['day'] }],
  },
  {
    name: 'settled_cost',
    columns: [
      column.id('client_id', { primary: true }),
      column.id('ec2_instance_id', { primary: true }),
      column.instant('hour_at', { primary: true }),
      column.string('source', 32, { primary: true }),
      column.string('day', 10),
      column.money('usd'),
      column.double('hours', { nullable: true }),
      column.id('import_id'),
      column.instant('imported_at'),
    ],
    indexes: [{ columns: ['day'] }],
  },
];

export class LedgerTables implements MigrationInterface {
  readonly name = 'LedgerTables1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of [...USAGE, ...LEDGER]) await createTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...USAGE, ...LEDGER]) await dropTable(runner, table.name);
  }
}
