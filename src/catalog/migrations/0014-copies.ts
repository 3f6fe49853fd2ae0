import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/**
 * Lets a backup have further copies of its archive in other places, each with a row of its own, and be kept against all rules of
 * retention.
 */
export async function addCopies(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('backup_log')
    .addColumn('copy_of', 'integer', (column) => column.references('backup_log.id').onDelete('cascade'))
    .execute();
  for (const name of ['kept_at', 'kept_until', 'kept_note']) {
    await db.schema.alterTable('backup_log').addColumn(name, 'text').execute();
  }
  await sql`create index backup_log_copies on backup_log (copy_of, id) where copy_of is not null`.execute(db);
}
