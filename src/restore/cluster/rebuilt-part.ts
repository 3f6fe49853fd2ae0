import type { Context } from '../../core/context.ts';
import { Secret } from '../../core/secret.ts';
import { archivePartOf, databaseOfArchive, isOfRoles } from '../../server/cluster-names.ts';
import { fieldsOfPlace, knownPlacesOf } from '../../server/destination.ts';
import { freeName } from '../../server/names.ts';
import { CLUSTER_DEFAULTS, type ServerRecord } from '../../server/server.ts';
import { parsePlace } from '../../storage/place.ts';
import type { RemoteArchive } from '../remote-archives.ts';

/** What the archive of roles is called in the folder of its cluster. */
const ROLES = archivePartOf(undefined);

/** The archives of a place by their archive names. */
type ArchivesByName = ReadonlyMap<string, readonly RemoteArchive[]>;

/**
 * The part of a cluster that archives belong to. Archives of one folder are of a cluster where it holds archives of roles; a cluster
 * that the catalogue lacks is recorded. Undefined for archives of a server of its own.
 */
export async function rebuiltPart(
  archiveName: string,
  byName: ArchivesByName,
  place: string,
  { catalog, environment }: Context,
): Promise<ServerRecord | undefined> {
  const end = archiveName.lastIndexOf('/');
  const folder = archiveName.slice(0, Math.max(end, 0));
  const roles = byName.get(`${folder}/${ROLES}`)?.at(-1);
  // A server of its own may be called "globals".
  if (folder === '' || roles === undefined || !isOfRoles(roles.serverName)) return undefined;
  const servers = await catalog.servers.list();
  const known = servers.find(
    (one) => one.allDatabases && one.archiveName === folder && knownPlacesOf(one, environment).includes(place),
  );
  const newest = byName.get(archiveName)?.at(-1) ?? roles;
  const cluster =
    known ??
    (await catalog.servers.add({
      ...CLUSTER_DEFAULTS,
      ...fieldsOfPlace(parsePlace(place), environment),
      name: freeName(roles.serverName.slice(0, -`/${ROLES}`.length), new Set(servers.map(({ name }) => name))),
      allDatabases: true,
      connectionString: new Secret(''),
      archiveName: folder,
      format: newest.format,
      compression: newest.compression ?? CLUSTER_DEFAULTS.compression,
    }));
  const database = databaseOfArchive(archiveName.slice(end + 1));
  const parts = await catalog.servers.partsOf(cluster);
  return (
    parts.find(({ partOf }) => partOf?.database === database) ?? (await catalog.servers.addPart(cluster, database))
  );
}
