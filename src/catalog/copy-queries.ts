import { sql, type Kysely } from 'kysely';
import type { BackupRecord, Checksum } from '../core/backup-record.ts';
import { grouped } from '../core/group-by.ts';
import { notePartSums, sumCells } from './checksum-rows.ts';
import { toBackup } from './backup-rows.ts';
import { isHeld } from './point-queries.ts';
import { toCompact } from './row-reader.ts';
import type { Schema } from './schema.ts';

/** A further copy of an archive, once it is stored. */
export interface StoredCopy {
  place: string;
  objectId: string;
  checksum: Checksum;
}

/** The further copies of backups. Each has a row of its own in the log. */
export interface CopyQueries {
  /** Records a copy, in place of the note that it is missing there. Returns the id of its row. */
  noteCopy(backupId: number, copy: StoredCopy, at: Date): Promise<number>;
  /** Records that a copy is missing in a place, and why. */
  noteMissingCopy(backupId: number, missing: { place: string; error: string }, at: Date): Promise<void>;
  /** A backup that is held and all of its further copies: those that are held, and those that are missing. */
  copiesOf(backupId: number): Promise<BackupRecord[]>;
  /** Those of them that are held, the one that is read first at the beginning. */
  heldCopies(backupId: number): Promise<BackupRecord[]>;
  /** The further copies of some backups, held or missing, by the backup's id. */
  furtherCopies(backupIds: readonly number[]): Promise<Map<number, BackupRecord[]>>;
  /** The copies that are missing of restore points, newest first: of one server, or of all. */
  missingCopies(serverId?: number): Promise<BackupRecord[]>;
}

export function copyQueries(db: Kysely<Schema>): CopyQueries {
  const all = (backupId: number) => {
    const rows = db
      .selectFrom('backup_log')
      .selectAll()
      .where((eb) => eb.or([eb('id', '=', backupId), eb('copy_of', '=', backupId)]));
    return isHeld(rows).orderBy('id');
  };
  return {
    noteCopy: (backupId, { place, objectId, checksum }, at) =>
      db.transaction().execute(async (trx) => {
        const id = await rowFor(trx, backupId, place, at);
        await trx
          .updateTable('backup_log')
          .set({
            success: '1',
            result: 'Success',
            ts: toCompact(at),
            finished_at: at.toISOString(),
            object_id: objectId,
            ...sumCells(checksum),
            sum_note: null,
          })
          .where('id', '=', id)
          .execute();
        await notePartSums(trx, id, checksum);
        return id;
      }),
    noteMissingCopy: (backupId, { place, error }, at) =>
      db.transaction().execute(async (trx) => {
        const id = await rowFor(trx, backupId, place, at);
        const missing = { result: error, ts: toCompact(at), finished_at: at.toISOString() };
        await trx.updateTable('backup_log').set(missing).where('id', '=', id).execute();
      }),
    copiesOf: async (backupId) => (await all(backupId).execute()).map((row) => toBackup(row)),
    heldCopies: async (backupId) =>
      (await all(backupId).where('object_id', 'is not', null).execute()).map((row) => toBackup(row)),
    furtherCopies: async (backupIds) => {
      const rows = isHeld(db.selectFrom('backup_log').selectAll().where('copy_of', 'in', backupIds)).orderBy('id');
      const found = backupIds.length === 0 ? [] : await rows.execute();
      return grouped(
        found.map((row) => toBackup(row)),
        ({ copyOf }) => copyOf ?? 0,
      );
    },
    missingCopies: async (serverId) => {
      const rows = db
        .selectFrom('backup_log')
        .selectAll()
        .where('copy_of', 'is not', null)
        .where('success', '=', sql.lit('0'))
        .where('object_id', 'is', null)
        .where('copy_of', 'in', isHeld(db.selectFrom('backup_log').where('success', '=', sql.lit('1'))).select('id'));
      const ofServer = serverId === undefined ? rows : rows.where('server_id', '=', serverId);
      const found = await isHeld(ofServer).orderBy('started_at', 'desc').orderBy('id', 'desc').execute();
      return found.map((row) => toBackup(row));
    },
  };
}

/** The row of a backup's copy in a place that holds none yet; makes it where there is none. Its checksums are not known yet. */
export async function rowFor(db: Kysely<Schema>, backupId: number, place: string, at: Date): Promise<number> {
  const known = db.selectFrom('backup_log').select('id').where('copy_of', '=', backupId).where('place', '=', place);
  const row = await isHeld(known).where('object_id', 'is', null).executeTakeFirst();
  if (row !== undefined) return row.id;
  const { id: _id, ...archive } = await db
    .selectFrom('backup_log')
    .selectAll()
    .where('id', '=', backupId)
    .executeTakeFirstOrThrow();
  const nothingYet = { success: '0', result: 'Running', object_id: null, sha1: null, sha256: null, sum_note: null };
  const { id } = await db
    .insertInto('backup_log')
    .values({ ...archive, ...nothingYet, place, ts: toCompact(at), unsettled: 0, warnings: '[]', copy_of: backupId })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

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
    const copies = isHeld(db.selectFrom('backup_log').selectAll().where('copy_of', '=', id));
    const copy = await copies.where('success', '=', sql.lit('1')).orderBy('id').executeTakeFirst();
    if (copy === undefined) continue;
    const pick = (row: typeof own) => Object.fromEntries(WHERE.map((column) => [column, row[column]]));
    await db.updateTable('backup_log').set(pick(copy)).where('id', '=', id).execute();
    await db.updateTable('backup_log').set(pick(own)).where('id', '=', copy.id).execute();
    await swapSums(db, id, copy.id);
    await swapVerifications(db, id, copy.id);
  }
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
