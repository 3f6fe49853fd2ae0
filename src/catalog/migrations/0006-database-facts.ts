import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** How a database was made and set. This rarely changes between backups, so the same facts are stored once. */
export async function addDatabaseFacts(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('database_facts')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('facts', 'text', (column) => column.notNull().unique())
    .execute();
  await db.schema
    .alterTable('backup_log')
    .addColumn('facts_id', 'integer', (column) => column.references('database_facts.id'))
    .execute();
}
