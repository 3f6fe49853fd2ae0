import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** The SHA-256 of an archive, and the note of it that a rebuild finds beside the archive. */
export async function addStrongSums(db: Kysely<Schema>): Promise<void> {
  const log = db.schema.alterTable('backup_log');
  for (const name of ['sha256', 'sum_note']) await log.addColumn(name, 'text').execute();
}
