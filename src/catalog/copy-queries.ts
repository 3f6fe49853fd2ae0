import { sql, type Kysely, type Updateable } from 'kysely';
import type { BackupRecord, Checksum } from '../core/backup-record.ts';
import { grouped } from '../core/group-by.ts';
import { notePartSums, sumCells } from './checksum-rows.ts';
import { toBackup } from './backup-rows.ts';
import { isHeld } from './point-queries.ts';
import { toCompact } from './row-reader.ts';
import type { BackupLogTable, Schema } from './schema.ts';

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
  /** The copies that are noted as missing of a server's restore points, newest first. */
  missingCopies(serverId: number): Promise<BackupRecord[]>;
  /** Servers of which a copy may be missing or bad: asked once, as most runs find none. */
  serversWithGaps(): Promise<ReadonlySet<number>>;
  /** The archives of a server's restore points that a verification found bad, even if a later one took that back. */
  suspects(serverId: number): Promise<BackupRecord[]>;
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
        const id = await holdCopy(trx, backupId, { place, objectId, ...sumCells(checksum), sum_note: null }, at);
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
        .where('copy_of', 'in', isHeld(db.selectFrom('backup_log').where('success', '=', sql.lit('1'))).select('id'))
        .where('server_id', '=', serverId);
      const found = await isHeld(rows).orderBy('started_at', 'desc').orderBy('id', 'desc').execute();
      return found.map((row) => toBackup(row));
    },
    serversWithGaps: async () => {
      const missing = db
        .selectFrom('backup_log')
        .select('server_id')
        .where('copy_of', 'is not', null)
        .where('success', '=', sql.lit('0'))
        .where('object_id', 'is', null);
      const bad = db.selectFrom('verification_log').select('server_id').where('success', '=', sql.lit('0'));
      // Not a union: to sort it, SQLite would read the whole log by another index.
      const found = await missing.unionAll(bad).execute();
      return new Set(found.flatMap(({ server_id: id }) => id ?? []));
    },
    suspects: async (serverId) => {
      const bad = db
        .selectFrom('verification_log')
        .select('backup_id')
        .where('server_id', '=', serverId)
        .where('success', '=', sql.lit('0'));
      const rows = db
        .selectFrom('backup_log')
        .selectAll()
        .where('id', 'in', bad)
        .where('success', '=', sql.lit('1'))
        .where('object_id', 'is not', null);
      return (await isHeld(rows).orderBy('started_at', 'desc').execute()).map((row) => toBackup(row));
    },
  };
}

/** What tells an archive from others: its place and id there, and its checksums. */
type HeldArchive = { place: string; objectId: string } & Pick<
  Updateable<BackupLogTable>,
  'sha1' | 'sha256' | 'sum_note'
>;

/** Records that a place holds a copy, in place of the note that it is missing there. Returns the id of its row. */
export async function holdCopy(
  db: Kysely<Schema>,
  backupId: number,
  { place, objectId, ...sums }: HeldArchive,
  at: Date,
): Promise<number> {
  const id = await rowFor(db, backupId, place, at);
  await db
    .updateTable('backup_log')
    .set({
      success: '1',
      result: 'Success',
      ts: toCompact(at),
      finished_at: at.toISOString(),
      object_id: objectId,
      ...sums,
    })
    .where('id', '=', id)
    .execute();
  return id;
}

/** The row of a backup's copy in a place that holds none yet; makes it where there is none. Its checksums are not known yet. */
async function rowFor(db: Kysely<Schema>, backupId: number, place: string, at: Date): Promise<number> {
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
