import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Lets a server keep the archive passwords that its earlier backups were made with, as a JSON array of texts. */
export async function addEarlierPasswords(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('servers')
    .addColumn('earlier_archive_passwords', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute();
}
