import type { Catalog } from './open-catalog.ts';
import type { ServerRecord } from '../server/server.ts';
import { ConfigError } from '../core/errors.ts';

/** What is repeated where no server has it. A URL or a connection string in its place may hold a secret. */
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

/** The same for several, each of them once however often it is named. */
export async function findServers(
  catalog: Pick<Catalog, 'servers'>,
  idsOrNames: readonly string[],
): Promise<ServerRecord[]> {
  const found = await Promise.all(idsOrNames.map((idOrName) => findServer(catalog, idOrName)));
  return [...new Map(found.map((server) => [server.id, server])).values()];
}
