import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** An archive whose parts were never on the disk together is known by the SHA-1 of each. */
export async function addPartSums(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('part_sums')
    .addColumn('backup_id', 'integer', (column) => column.primaryKey().references('backup_log.id').onDelete('cascade'))
    .addColumn('sums', 'text', (column) => column.notNull())
    .execute();
}
