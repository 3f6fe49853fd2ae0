import type { Catalog } from './open-catalog.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import { ConfigError } from '../core/errors.ts';
import { findServer } from './find-server.ts';

/** One entry of the log; a `ConfigError` when there is none, or when it is of another server than was named. */
export async function findBackup(
  catalog: Pick<Catalog, 'servers' | 'backups'>,
  backupId: number,
  server: string | undefined,
): Promise<BackupRecord> {
  const backup = await catalog.backups.find(backupId);
  if (backup === undefined) throw new ConfigError(`there is no backup ${backupId}`, 'See the ids: pgbak logs');
  const named = server === undefined ? undefined : await findServer(catalog, server);
  if (named !== undefined && named.id !== backup.serverId) {
    throw new ConfigError(`backup ${backupId} is of ${backup.serverName}, not of ${named.name}`);
  }
  return backup;
}
