import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** The SHA-1 of each part, for an archive whose parts were never on disk together. */
export async function addPartSums(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('part_sums')
    .addColumn('backup_id', 'integer', (column) => column.primaryKey().references('backup_log.id').onDelete('cascade'))
    .addColumn('sums', 'text', (column) => column.notNull())
    .execute();
}
