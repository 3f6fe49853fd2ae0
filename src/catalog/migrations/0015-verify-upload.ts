import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Lets a destination ask for each archive to be read back where its remote knows no hash. */
export async function addVerifyUpload(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('destinations')
    .addColumn('verify_upload', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}
