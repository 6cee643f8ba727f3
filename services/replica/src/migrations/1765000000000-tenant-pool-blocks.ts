import { column, createTable, dropTable } from '@spotopt/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANT_POOL_BLOCK = {
  name: 'tenant_pool_block',
  columns: [
    column.string('pool_id', 128, { primary: true }),
    column.id('client_id', { primary: true }),
    column.instant('until_at'),
    column.int('failures'),
    column.string('reason', 255),
  ],
  indexes: [{ columns: ['client_id', 'until_at'] }],
};

/** Pools that a tenant cannot use for reasons of its own. */
export class TenantPoolBlocks implements MigrationInterface {
  readonly name = 'TenantPoolBlocks1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, TENANT_POOL_BLOCK);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, TENANT_POOL_BLOCK.name);
  }
}
