import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Marks attempts after which storage may hold something that is not recorded. */
export async function addUnsettled(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('backup_log')
    .addColumn('unsettled', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('backup_log_unsettled')
    .on('backup_log')
    .column('id')
    .where(sql.ref('unsettled'), '=', 1)
    .execute();
}
