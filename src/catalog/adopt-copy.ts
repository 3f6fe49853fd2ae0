import { sql, type Kysely } from 'kysely';
import { holdCopy } from './copy-queries.ts';
import { isAttempt, isHeld } from './point-queries.ts';
import type { FoundBackup } from './rebuild-queries.ts';
import type { Schema } from './schema.ts';
import { isFoundBad } from './verification-queries.ts';

/** A name in a directory tells seconds only. */
const TO_THE_SECOND = 'yyyy-mm-ddThh:mm:ss'.length;

/**
 * Takes an archive that was found in storage for a further copy of a backup that is known in another place, or was found bad in this one: of the same server and
 * catalogue, begun in the same second, with the same name and size. Returns that backup's id; undefined where there is no
 * such backup.
 */
export async function adoptCopy(db: Kysely<Schema>, found: FoundBackup): Promise<number | undefined> {
  const { serverId, startedAt, storedAt, place, objectId, objectName, sizeBytes, catalogId } = found;
  const second = sql<string>`substr(started_at, 1, ${TO_THE_SECOND})`;
  const known = db
    .selectFrom('backup_log')
    .select(['id', 'place', 'sha1', 'sha256'])
    .where('server_id', '=', serverId)
    .where('success', '=', sql.lit('1'))
    .where(second, '=', startedAt.toISOString().slice(0, TO_THE_SECOND))
    .where('object_name', '=', objectName)
    .where('file_size', '=', sizeBytes)
    .where('catalog_id', catalogId === undefined ? 'is' : '=', catalogId ?? null);
  const backup = await isAttempt(isHeld(known)).executeTakeFirst();
  if (backup === undefined) return undefined;
  const { sha1, sha256 } = backup;
  // A copy that was found bad may have been made anew before the run was cut off.
  if (backup.place === place && !(await isFoundBad(db, backup.id))) return undefined;
  if ((found.sha1 ?? sha1) !== (sha1 ?? found.sha1 ?? null)) return undefined;
  const others = db.selectFrom('backup_log').select('id').where('copy_of', '=', backup.id).where('place', '=', place);
  for (const other of await isHeld(others.where('object_id', 'is not', null)).execute()) {
    if (!(await isFoundBad(db, other.id))) return undefined;
  }
  // What the archive must be is known from the other copy.
  const sums = { sha1: found.sha1 ?? sha1, sha256: found.sha256 ?? sha256, sum_note: found.sumNote ?? null };
  await holdCopy(db, backup.id, { place, objectId, ...sums }, storedAt);
  return backup.id;
}
