import type { BackupRecord } from '../core/backup-record.ts';
import { asShortText, type DatabaseFacts } from '../core/database-facts.ts';

/** What is told of an archive beside it, where its place can: enough for a new machine to restore it. */
export function objectFacts(
  backup: Pick<BackupRecord, 'serverName' | 'startedAt'> & { format: string; compression: string },
  databaseFacts: DatabaseFacts | undefined,
  version: string,
): Record<string, string> {
  // B2 takes 2,048 bytes of facts for a file in a bucket with Object Lock.
  const database = databaseFacts === undefined ? undefined : asShortText(databaseFacts, 1000);
  return {
    'pgbak-version': version,
    'pgbak-server': backup.serverName,
    'pgbak-started-at': backup.startedAt.toISOString(),
    'pgbak-format': backup.format,
    'pgbak-compression': backup.compression,
    ...(database === undefined ? {} : { 'pgbak-database': database }),
  };
}

/** The size of the dump, which is known only once the archive is complete. */
export function sizeFact(rawSizeBytes: number): Record<string, string> {
  return { 'pgbak-raw-size': String(rawSizeBytes) };
}
