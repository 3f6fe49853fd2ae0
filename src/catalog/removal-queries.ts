import type { Kysely } from 'kysely';
import type { BackupRecord, KeptBackup } from '../core/backup-record.ts';
import { toBackup } from './backup-rows.ts';
import { isHeld } from './point-queries.ts';
import { promoteCopies } from './promote-copies.ts';
import type { Schema } from './schema.ts';

/** The removal of archives from storage: announced before, recorded after. */
export interface RemovalQueries {
  /** Records that the archives of these backups are about to be removed or, with undefined, that they were not. */
  noteRemoving(backupIds: readonly number[], at: Date | undefined): Promise<void>;
  /** Records that these archives were removed. Another copy takes the place of one that has some. */
  noteRemoved(backupIds: readonly number[], removedAt: Date): Promise<void>;
  /** Keeps a backup and all of its copies against the rules, or lets the rules apply again with undefined. */
  keep(backupId: number, kept: KeptBackup | undefined, at: Date): Promise<void>;
  /** Backups whose removal began and may have happened. */
  removing(): Promise<BackupRecord[]>;
  /** The ids of all backups that share this object, except removed ones. */
  sharing(place: string, objectId: string): Promise<number[]>;
}

export function removalQueries(db: Kysely<Schema>): RemovalQueries {
  return {
    noteRemoving: async (backupIds, at) => {
      const update = db.updateTable('backup_log').set({ removing_at: at?.toISOString() ?? null });
      await update.where('id', 'in', backupIds).execute();
    },
    noteRemoved: (backupIds, removedAt) =>
      db.transaction().execute(async (trx) => {
        const update = trx.updateTable('backup_log').set({ removed_at: removedAt.toISOString(), removing_at: null });
        await update.where('id', 'in', backupIds).execute();
        await promoteCopies(trx, backupIds);
      }),
    keep: async (backupId, kept, at) => {
      const values = {
        kept_at: kept === undefined ? null : at.toISOString(),
        kept_until: kept?.until?.toISOString() ?? null,
        kept_note: kept?.note ?? null,
      };
      const update = db.updateTable('backup_log').set(values);
      await update.where((eb) => eb.or([eb('id', '=', backupId), eb('copy_of', '=', backupId)])).execute();
    },
    removing: async () => {
      const log = db.selectFrom('backup_log').selectAll();
      const rows = log.where('removing_at', 'is not', null).where('removed_at', 'is', null);
      return (await rows.orderBy('id').execute()).map((row) => toBackup(row));
    },
    sharing: async (place, objectId) => {
      const rows = db.selectFrom('backup_log').select('id').where('object_id', '=', objectId);
      return (await isHeld(rows.where('place', '=', place)).execute()).map(({ id }) => id);
    },
  };
}
