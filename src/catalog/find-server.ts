import type { BackupRecord } from '../core/backup-record.ts';
import { ConfigError } from '../core/errors.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Catalog } from './open-catalog.ts';

/** Only such a name is repeated in an error: a URL or connection string in its place may hold a secret. */
const PLAIN_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;

/** The server with this id or name; a `ConfigError` that lists the known ones when there is none. */
export async function findServer(catalog: Pick<Catalog, 'servers'>, idOrName: string): Promise<ServerRecord> {
  const server = await catalog.servers.find(idOrName);
  if (server !== undefined) return server;
  const names = (await catalog.servers.list()).map(({ name }) => name);
  const shown = names.slice(0, 10).join(', ') + (names.length > 10 ? ', ...' : '');
  throw new ConfigError(
    PLAIN_NAME.test(idOrName) ? `there is no server "${idOrName}"` : 'there is no server of the name that was given',
    names.length === 0 ? 'There are none yet; add one with pgbak add.' : `Known servers: ${shown}`,
  );
}

/** The servers with these ids or names, each once. */
export async function findServers(
  catalog: Pick<Catalog, 'servers'>,
  idsOrNames: readonly string[],
): Promise<ServerRecord[]> {
  const found = await Promise.all(idsOrNames.map((idOrName) => findServer(catalog, idOrName)));
  return [...new Map(found.map((server) => [server.id, server])).values()];
}

/** One entry of the log; a `ConfigError` when there is none, or when it belongs to another server than the named one. */
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
