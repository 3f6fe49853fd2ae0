import type { BackupRecord } from '../core/backup-record.ts';
import { ConfigError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { didYouMean, mayRepeat } from '../core/nearest.ts';
import { isExpected, summedUp } from '../server/cluster-part.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Catalog } from './open-catalog.ts';

/** The server with this id or name; a `ConfigError` that names the nearest one when there is none. */
export async function findServer(
  catalog: Pick<Catalog, 'servers' | 'places'>,
  idOrName: string,
): Promise<ServerRecord> {
  const server = await catalog.servers.find(idOrName);
  if (server !== undefined) return server;
  const names = (await catalog.servers.besides(undefined)).map(({ name }) => name);
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

/** The servers and parts of clusters with these ids or names, each once; all servers where none is named. */
export async function findConfigured(
  catalog: Pick<Catalog, 'servers' | 'places'>,
  idsOrNames: readonly string[] = [],
): Promise<ServerRecord[]> {
  if (idsOrNames.length === 0) return await catalog.servers.list();
  return eachOnce(await Promise.all(idsOrNames.map((idOrName) => findServer(catalog, idOrName))));
}

/** The same, and in place of a cluster its parts: what has backups of its own. */
export async function findServers(
  catalog: Pick<Catalog, 'servers' | 'places'>,
  idsOrNames: readonly string[] = [],
): Promise<ServerRecord[]> {
  if (idsOrNames.length === 0) return await catalog.servers.units();
  const found = await findConfigured(catalog, idsOrNames);
  return eachOnce((await Promise.all(found.map((server) => unitsOf(server, catalog)))).flat());
}

/** What of a server is backed up by itself: the parts of a cluster, once they are known, or else the server. */
export async function unitsOf(server: ServerRecord, catalog: Pick<Catalog, 'servers'>): Promise<ServerRecord[]> {
  const parts = server.allDatabases ? await catalog.servers.partsOf(server) : [];
  return parts.length === 0 ? [server] : parts;
}

/** A server, and of a cluster also its parts: what a list shows. */
export async function withParts(server: ServerRecord, catalog: Pick<Catalog, 'servers'>): Promise<ServerRecord[]> {
  if (!server.allDatabases) return [server];
  const parts = await catalog.servers.partsOf(server);
  return [summedUp(server, parts), ...parts.filter((part) => isExpected(part))];
}

function eachOnce(servers: readonly ServerRecord[]): ServerRecord[] {
  return [...new Map(servers.map((server) => [server.id, server])).values()];
}

/** Refuses a part of a cluster where a whole server is meant. */
export function refusePart({ partOf, name }: ServerRecord, command: string): void {
  if (partOf === undefined) return;
  throw new ConfigError(
    `${name} is a part of the cluster ${partOf.clusterName}, and has its settings`,
    `Name the cluster: pgbak ${command} ${quoted(partOf.clusterName)}`,
  );
}

/** Refuses a whole cluster where one database of it is meant. */
export async function refuseCluster(
  server: ServerRecord,
  command: string,
  catalog: Pick<Catalog, 'servers'>,
  instead = '',
): Promise<void> {
  if (!server.allDatabases) return;
  const [, first] = await catalog.servers.partsOf(server);
  throw new ConfigError(
    `${server.name} is a whole cluster, and a single database is meant`,
    `Name one of its databases: pgbak ${command} ${quoted(first?.name ?? `${server.name}/shop`)}${instead}`,
  );
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
