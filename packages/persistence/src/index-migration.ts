import type { QueryRunner } from 'typeorm';
import type { MigrationClass } from './open-database.js';
import { createIndex, dropIndex } from './schema-changes.js';

/** A migration that adds indexes, each on one column. */
export function indexMigration(
  name: string,
  indexes: readonly { readonly table: string; readonly column: string }[],
): MigrationClass {
  const named = indexes.map((index) => ({ ...index, name: `ix_${index.table}_${index.column}` }));
  return class {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      for (const index of named) {
        await createIndex(runner, index.table, { columns: [index.column], name: index.name });
      }
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const index of named) await dropIndex(runner, index.table, index.name);
    }
  };
}
