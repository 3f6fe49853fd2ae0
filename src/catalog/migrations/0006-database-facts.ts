import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** How a database was made and set. The same from one backup to the next, so that each of them is kept once. */
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
