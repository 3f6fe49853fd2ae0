import { sql, type Kysely, type Selectable } from 'kysely';
import { isHeld } from './point-queries.ts';
import type { BackupLogTable, Schema } from './schema.ts';
import { isFoundBad } from './verification-queries.ts';

/** What of a row tells where an archive is. */
const WHERE = [
  'place',
  'object_id',
  'sha1',
  'sha256',
  'sum_note',
  'removed_at',
  'removing_at',
  'given_up_at',
  'unsettled',
  'catalog_id',
] as const;

/**
 * Lets a held copy take the place of a backup's own archive where that is gone: a backup is a restore point while any copy of it
 * is held. Its id stays.
 */
export async function promoteCopies(db: Kysely<Schema>, backupIds: readonly number[]): Promise<void> {
  for (const id of backupIds) {
    const own = await db.selectFrom('backup_log').selectAll().where('id', '=', id).executeTakeFirst();
    if (own === undefined || own.copy_of !== null || (own.removed_at === null && own.given_up_at === null)) continue;
    const copy = await bestCopy(db, own);
    if (copy === undefined) continue;
    const pick = (row: typeof own) => Object.fromEntries(WHERE.map((column) => [column, row[column]]));
    await db.updateTable('backup_log').set(pick(copy)).where('id', '=', id).execute();
    await db.updateTable('backup_log').set(pick(own)).where('id', '=', copy.id).execute();
    await swapSums(db, id, copy.id);
    await swapVerifications(db, id, copy.id);
  }
}

/** The copy that is read in place of a backup's own archive: a good one, and one of the same place before others. */
async function bestCopy(db: Kysely<Schema>, { id, place }: Pick<Selectable<BackupLogTable>, 'id' | 'place'>) {
  const rows = isHeld(db.selectFrom('backup_log').selectAll().where('copy_of', '=', id));
  const held = await rows.where('success', '=', sql.lit('1')).orderBy('id').execute();
  const copies = held.toSorted((a, b) => Number(b.place === place) - Number(a.place === place));
  for (const copy of copies) if (!(await isFoundBad(db, copy.id))) return copy;
  return copies[0];
}

/** Exchanges the sums of the parts of two rows of the log. */
async function swapSums(db: Kysely<Schema>, a: number, b: number): Promise<void> {
  const rows = await db.selectFrom('part_sums').selectAll().where('backup_id', 'in', [a, b]).execute();
  await db.deleteFrom('part_sums').where('backup_id', 'in', [a, b]).execute();
  for (const { backup_id: id, sums } of rows) {
    await db
      .insertInto('part_sums')
      .values({ backup_id: id === a ? b : a, sums })
      .execute();
  }
}

/** Exchanges the verifications of two rows of the log: they are about an archive in its place. */
async function swapVerifications(db: Kysely<Schema>, a: number, b: number): Promise<void> {
  const rows = await db
    .selectFrom('verification_log')
    .select(['id', 'backup_id'])
    .where('backup_id', 'in', [a, b])
    .execute();
  for (const { id, backup_id: of } of rows) {
    await db
      .updateTable('verification_log')
      .set({ backup_id: of === a ? b : a })
      .where('id', '=', id)
      .execute();
  }
}
