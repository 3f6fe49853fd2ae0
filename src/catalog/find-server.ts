import type { BackupRecord } from '../core/backup-record.ts';
import { ConfigError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { didYouMean, mayRepeat } from '../core/nearest.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Catalog } from './open-catalog.ts';

/** The server with this id or name; a `ConfigError` that names the nearest one when there is none. */
export async function findServer(
  catalog: Pick<Catalog, 'servers' | 'places'>,
  idOrName: string,
): Promise<ServerRecord> {
  const server = await catalog.servers.find(idOrName);
  if (server !== undefined) return server;
  const names = (await catalog.servers.list()).map(({ name }) => name);
  const parts = idOrName.split(',').filter((part) => part !== '');
  if (idOrName.includes(',') && parts.length > 0 && parts.every((part) => names.includes(part))) {
    const hint = `Separate names by spaces: ${parts.map((part) => quoted(part)).join(' ')}`;
    throw new ConfigError(`there is no server "${idOrName}"`, hint);
  }
  const [place] = await catalog.places.ofDeleted(idOrName);
  if (place !== undefined) {
    throw new ConfigError(
      `the server "${idOrName}" was deleted`,
      `Its backups are in ${place}. To be able to restore them: pgbak catalog rebuild --from ${quoted(place)}`,
    );
  }
  const message = mayRepeat(idOrName)
    ? `there is no server "${idOrName}"${didYouMean(idOrName, names)}`
    : 'there is no server of the name that was given';
  throw new ConfigError(message, hintFor(idOrName, names));
}

function hintFor(typed: string, names: readonly string[]): string {
  if (typed === 'help') return 'For help put --help behind the command: pgbak run --help';
  return names.length === 0 ? 'There are no servers yet. Add one: pgbak add' : 'The servers: pgbak list';
}

/** The servers with these ids or names, each once; all servers where none is named. */
export async function findServers(
  catalog: Pick<Catalog, 'servers' | 'places'>,
  idsOrNames: readonly string[] = [],
): Promise<ServerRecord[]> {
  if (idsOrNames.length === 0) return await catalog.servers.list();
  const found = await Promise.all(idsOrNames.map((idOrName) => findServer(catalog, idOrName)));
  return [...new Map(found.map((server) => [server.id, server])).values()];
}

/** One entry of the log; a `ConfigError` when there is none, or when it belongs to another server than the named one. */
export async function findBackup(
  catalog: Pick<Catalog, 'servers' | 'backups' | 'places'>,
  backupId: number,
  servers: readonly string[] | undefined,
): Promise<BackupRecord> {
  const backup = await catalog.backups.find(backupId);
  const named = servers === undefined ? [] : await findServers(catalog, servers);
  if (backup === undefined) {
    const [only] = named.length === 1 ? named : [];
    const hint =
      only === undefined
        ? 'The ids of all backups: pgbak logs'
        : `The backups of ${only.name}: pgbak backups ${quoted(only.name)}`;
    throw new ConfigError(`there is no backup ${backupId}`, hint);
  }
  if (named.length > 0 && !named.some(({ id }) => id === backup.serverId)) {
    throw new ConfigError(
      `backup ${backupId} is of ${backup.serverName}, not of ${named.map(({ name }) => name).join(' or ')}`,
      `The backups of that server: pgbak backups ${named.map(({ name }) => quoted(name)).join(' ')}`,
    );
  }
  return backup;
}
