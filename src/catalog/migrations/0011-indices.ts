import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/**
 * Indices for the most frequent queries of a log of a million attempts: what is in storage, by time, of one server or of all;
 * a server's last good backups; failures; thorough verifications. Drops the index by `success`, which SQLite preferred to all
 * of these although it hardly narrows a search.
 */
export async function addIndices(db: Kysely<Schema>): Promise<void> {
  const isStored = sql`(object_id is not null or success = '1') and removed_at is null and given_up_at is null`;
  await sql`drop index backup_log_success`.execute(db);
  await sql`create index backup_log_good on backup_log (server_id, id) where success = '1'`.execute(db);
  await sql`create index backup_log_failed on backup_log (id) where success = '0'`.execute(db);
  await sql`create index backup_log_stored on backup_log (server_id, started_at, id) where ${isStored}`.execute(db);
  await sql`create index backup_log_newest_stored on backup_log (started_at, id) where ${isStored}`.execute(db);
  await sql`create index verification_log_thorough on verification_log (server_id, id)
    where level <> 'remote'`.execute(db);
}
