import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Lets a server leave out its large objects. */
export async function addNoLargeObjects(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('servers')
    .addColumn('no_large_objects', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}
