import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { BackupRecord, Checksum, PartSum, RowCounts } from '../core/backup-record.ts';
import { type DatabaseFacts, parseDatabaseFacts } from '../core/database-facts.ts';
import { notePartSums, sumCells } from './checksum-rows.ts';
import { toBackup } from './backup-rows.ts';
import type { Schema } from './schema.ts';
import { wasFoundBad } from './verification-queries.ts';

/** What is known of an archive once it is stored. */
export interface StoredBackup {
  sizeBytes: number;
  rawSizeBytes: number;
  place: string;
  objectId: string;
  checksum: Checksum;
  /** The roles that the dump names. */
  roles: readonly string[];
  facts: DatabaseFacts;
  hasGlobals: boolean;
  /** Rows by `schema.table` in the dump's snapshot, where they were counted. */
  rowCounts?: RowCounts;
}

export interface StoredBackupQueries {
  /** Records where the archive is before it is judged, so that a stored archive is never forgotten. */
  noteStored(backupId: number, stored: StoredBackup): Promise<void>;
  /** Whether the archive was stored, the attempt does not count as good, and no verification found the archive bad. */
  isOnlyStored(backupId: number): Promise<boolean>;
  /** Ended attempts of which storage may hold something that is not recorded. */
  unsettled(): Promise<BackupRecord[]>;
  noteUnsettled(backupId: number, isUnsettled: boolean): Promise<void>;
  /** Rows by `schema.table`, as counted with the dump. */
  rowCounts(backupId: number): Promise<RowCounts | undefined>;
  /** How the database was made and set; undefined where that was not recorded. */
  databaseFacts(backupId: number): Promise<DatabaseFacts | undefined>;
  /** The sums of an archive's parts, where no sum of the whole is known. */
  partSums(backupId: number): Promise<PartSum[] | undefined>;
}

export function storedBackupQueries(db: Kysely<Schema>): StoredBackupQueries {
  return {
    unsettled: async () => {
      // A literal, so that the database can use its partial index.
      const few = db
        .selectFrom('backup_log')
        .selectAll()
        .where(sql<boolean>`unsettled = 1 and finished_at is not null`);
      return (await few.orderBy('id').execute()).map((row) => toBackup(row));
    },
    noteUnsettled: async (backupId, isUnsettled) => {
      const update = db.updateTable('backup_log').set({ unsettled: Number(isUnsettled) });
      await update.where('id', '=', backupId).execute();
    },
    noteStored: (backupId, { rowCounts, checksum, ...stored }) =>
      db.transaction().execute(async (trx) => {
        await trx
          .updateTable('backup_log')
          .set({
            file_size: stored.sizeBytes,
            raw_size: stored.rawSizeBytes,
            place: stored.place,
            object_id: stored.objectId,
            ...sumCells(checksum),
            roles: JSON.stringify(stored.roles),
            encoding: stored.facts.encoding,
            facts_id: await noteFacts(trx, stored.facts),
            has_globals: Number(stored.hasGlobals),
          })
          .where('id', '=', backupId)
          .execute();
        await notePartSums(trx, backupId, checksum);
        if (rowCounts === undefined) return;
        await trx
          .insertInto('row_counts')
          .values({ backup_id: backupId, counts: JSON.stringify(rowCounts) })
          .execute();
      }),
    isOnlyStored: async (backupId) => {
      const rows = db.selectFrom('backup_log').select(['success', 'object_id']).where('id', '=', backupId);
      const row = await rows.executeTakeFirst();
      if (row === undefined || row.success === '1' || row.object_id === null) return false;
      return !(await wasFoundBad(db, backupId));
    },
    rowCounts: async (backupId) => {
      const own = (eb: ExpressionBuilder<Schema, 'row_counts'>) =>
        eb
          .selectFrom('backup_log')
          .select(sql<number>`coalesce(copy_of, id)`.as('id'))
          .where('id', '=', backupId);
      const row = await db.selectFrom('row_counts').select('counts').where('backup_id', '=', own).executeTakeFirst();
      if (row === undefined) return undefined;
      const counts: RowCounts = JSON.parse(row.counts);
      return counts;
    },
    databaseFacts: (backupId) => factsOfBackup(db, backupId),
    partSums: async (backupId) => {
      const rows = db.selectFrom('part_sums').select('sums').where('backup_id', '=', backupId);
      const row = await rows.executeTakeFirst();
      if (row === undefined) return undefined;
      const sums: PartSum[] = JSON.parse(row.sums);
      return sums;
    },
  };
}

/** Stores facts unless the same ones are stored already; returns their id. */
export async function noteFacts(db: Kysely<Schema>, facts: DatabaseFacts): Promise<number> {
  const json = JSON.stringify(facts);
  await db
    .insertInto('database_facts')
    .values({ facts: json })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = db.selectFrom('database_facts').select('id').where('facts', '=', json);
  return (await row.executeTakeFirstOrThrow()).id;
}

/** The facts that were recorded with a backup; undefined for none. */
async function factsOfBackup(db: Kysely<Schema>, backupId: number): Promise<DatabaseFacts | undefined> {
  const row = await db
    .selectFrom('backup_log')
    .innerJoin('database_facts', 'database_facts.id', 'backup_log.facts_id')
    .select('database_facts.facts')
    .where('backup_log.id', '=', backupId)
    .executeTakeFirst();
  return row === undefined ? undefined : parseDatabaseFacts(row.facts);
}
