import { addColumn, column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const LEARNING = {
  name: 'market_learning',
  columns: [
    column.string('region', 64, { primary: true }),
    column.string('instance_type', 64, { primary: true }),
    column.json('market_belief', { nullable: true }),
    column.json('pool_beliefs'),
    column.instant('learned_until'),
    column.string('learner', 64),
    column.int('version'),
  ],
};

/** What was learned of each market, and what AWS says of its pools. */
export class MarketLearningTable implements MigrationInterface {
  readonly name = 'MarketLearning1764460000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, LEARNING);
    await addColumn(runner, 'market_pool', column.int('advisor_bucket', { nullable: true }));
    await addColumn(runner, 'market_pool', column.int('placement_score', { nullable: true }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumns('market_pool', ['advisor_bucket', 'placement_score']);
    await dropTable(runner, LEARNING.name);
  }
}
