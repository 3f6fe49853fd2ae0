import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** Lets a server say how many connections dump it at once, for dumps of the format `directory`. */
export async function addDumpJobs(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('servers')
    .addColumn('dump_jobs', 'integer', (column) => column.notNull().defaultTo(2))
    .execute();
}
