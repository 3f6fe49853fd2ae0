import { sql, type Kysely } from 'kysely';
import { rowFor } from './copy-queries.ts';
import { isAttempt, isHeld } from './point-queries.ts';
import type { FoundBackup } from './rebuild-queries.ts';
import { toCompact } from './row-reader.ts';
import type { Schema } from './schema.ts';

/** A name in a directory tells seconds only. */
const TO_THE_SECOND = 'yyyy-mm-ddThh:mm:ss'.length;

/**
 * Takes an archive that was found in storage for a further copy of a backup that is known in another place: of the same server and
 * catalogue, begun in the same second, with the same name and size. Returns the id of its row; undefined where there is no such
 * backup.
 */
export async function adoptCopy(db: Kysely<Schema>, found: FoundBackup): Promise<number | undefined> {
  const { serverId, startedAt, storedAt, place, objectId, objectName, sizeBytes, catalogId } = found;
  const second = sql<string>`substr(started_at, 1, ${TO_THE_SECOND})`;
  const known = db
    .selectFrom('backup_log')
    .select(['id', 'sha1', 'sha256'])
    .where('server_id', '=', serverId)
    .where('success', '=', sql.lit('1'))
    .where(second, '=', startedAt.toISOString().slice(0, TO_THE_SECOND))
    .where('object_name', '=', objectName)
    .where('file_size', '=', sizeBytes)
    .where('place', '<>', place)
    .where('catalog_id', catalogId === undefined ? 'is' : '=', catalogId ?? null);
  const backup = await isAttempt(isHeld(known)).executeTakeFirst();
  if (backup === undefined) return undefined;
  const { sha1, sha256 } = backup;
  if ((found.sha1 ?? sha1) !== (sha1 ?? found.sha1 ?? null)) return undefined;
  const others = db.selectFrom('backup_log').select('id').where('copy_of', '=', backup.id).where('place', '=', place);
  if ((await isHeld(others.where('object_id', 'is not', null)).executeTakeFirst()) !== undefined) return undefined;
  const id = await rowFor(db, backup.id, place, storedAt);
  await db
    .updateTable('backup_log')
    .set({
      success: '1',
      result: 'Success',
      ts: toCompact(storedAt),
      object_id: objectId,
      sha1: found.sha1 ?? sha1,
      // What the archive must be is known from the other copy.
      sha256: found.sha256 ?? sha256,
      sum_note: found.sumNote ?? null,
    })
    .where('id', '=', id)
    .execute();
  return id;
}
