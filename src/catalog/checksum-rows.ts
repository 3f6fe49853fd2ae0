import type { Kysely } from 'kysely';
import type { Checksum } from '../core/backup-record.ts';
import type { Schema } from './schema.ts';

/** The cells of an archive's sums; empty where only those of its parts are known. */
export function sumCells(checksum: Checksum): { sha1: string | null; sha256: string | null } {
  if ('partSums' in checksum) return { sha1: null, sha256: null };
  return { sha1: checksum.sha1 ?? null, sha256: checksum.sha256 ?? null };
}

/** Stores the sums of an archive's parts in place of those that are known, where its checksum is made of them. */
export async function notePartSums(db: Kysely<Schema>, backupId: number, checksum: Checksum): Promise<void> {
  await db.deleteFrom('part_sums').where('backup_id', '=', backupId).execute();
  if (!('partSums' in checksum)) return;
  const sums = JSON.stringify(checksum.partSums);
  await db.insertInto('part_sums').values({ backup_id: backupId, sums }).execute();
}
