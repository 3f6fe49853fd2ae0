import type { Context } from '../core/context.ts';
import { ConfigError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { printableName, quoted } from '../core/printable.ts';
import { patternOf } from '../postgres/cluster-databases.ts';
import type { ServerRecord } from '../server/server.ts';

/**
 * Notes that databases were meant to leave their cluster, so that no run warns of them any more. Their backups stay by the rules.
 * Returns a line for each.
 *
 * @throws ConfigError, before anything is noted, for a database that is there, or that pgbak never saw
 */
export async function forgetDatabases(
  cluster: ServerRecord,
  databases: readonly string[],
  { catalog, clock }: Pick<Context, 'catalog' | 'clock'>,
): Promise<string[]> {
  if (databases.length === 0) return [];
  if (!cluster.allDatabases) {
    throw new ConfigError(
      `${cluster.name} is a single database, and --forget-database is about those of a whole cluster`,
      `To forget the server: pgbak del ${quoted(cluster.name)}`,
    );
  }
  const parts = await catalog.servers.partsOf(cluster);
  const gone = databases.map((name) => {
    const part = parts.find(({ partOf }) => partOf?.database === name);
    if (part === undefined) throw unknownDatabase(cluster, name, parts);
    if (part.partOf?.goneAt === undefined) throw stillThere(cluster, name);
    return part;
  });
  for (const { id } of gone) await catalog.servers.noteForgotten(id, clock.now());
  return gone.map(({ name }) => `${name} is not expected any more. Its backups stay: pgbak backups ${quoted(name)}`);
}

function unknownDatabase(cluster: ServerRecord, name: string, parts: readonly ServerRecord[]): ConfigError {
  const known = parts.flatMap(({ partOf }) => partOf?.database ?? []);
  const meant = nearest(name, known);
  return new ConfigError(
    `pgbak knows no database ${printableName(name)} of ${cluster.name}`,
    meant === undefined ? `Those that it knows: pgbak list ${quoted(cluster.name)}` : `Did you mean ${quoted(meant)}?`,
  );
}

function stillThere(cluster: ServerRecord, name: string): ConfigError {
  return new ConfigError(
    `the database ${printableName(name)} was in the cluster when pgbak last looked`,
    `To back it up no more: pgbak edit ${quoted(cluster.name)} --exclude-database ${quoted(patternOf(name))}`,
  );
}
