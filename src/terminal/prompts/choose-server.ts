import type { Catalog } from '../../catalog/open-catalog.ts';
import type { ServerRecord } from '../../server/server.ts';
import { ConfigError } from '../../core/errors.ts';
import { printableName } from '../../core/printable.ts';
import { findServer, refuseCluster, refusePart } from '../../catalog/find-server.ts';
import { promptContext } from '../../system/interruption.ts';
import { canAsk } from '../output.ts';

interface Choice {
  /** The server given on the command line. */
  idOrName: string | undefined;
  /** `Delete which server?` */
  question: string;
  /** The command as it would be typed with a server. */
  usage: string;
  isJson: boolean;
  /** The command, where a backup of one database is meant: `restore`. Else a whole server, or a cluster, is. */
  isAbout: { server: string } | { backup: string; instead?: string };
}

/** The server that was named, or the one that a person chooses from a list. Without a terminal it must be named. */
export async function chooseServer(
  catalog: Pick<Catalog, 'servers' | 'places'>,
  choice: Choice,
): Promise<ServerRecord> {
  const { isAbout } = choice;
  if (choice.idOrName !== undefined) {
    const named = await findServer(catalog, choice.idOrName);
    if ('server' in isAbout) refusePart(named, isAbout.server);
    else await refuseCluster(named, isAbout.backup, catalog, isAbout.instead);
    return named;
  }
  if (!canAsk(choice.isJson)) throw new ConfigError('no server was named', `For example: ${choice.usage}`);
  const servers = 'server' in isAbout ? await catalog.servers.list() : await catalog.servers.units();
  if (servers.length === 0)
    throw new ConfigError(
      'there are no servers in the catalogue',
      'Add one: pgbak add. If the catalogue is lost: pgbak catalog rebuild --from file:/DIRECTORY or b2:BUCKET',
    );
  return await select(
    choice.question,
    servers.map((server) => ({ name: printableName(server.name), value: server })),
  );
}

async function select<T>(message: string, choices: { name: string; value: T }[]): Promise<T> {
  const { select: ask } = await import('@inquirer/prompts');
  return await ask({ message, choices, pageSize: 15 }, promptContext());
}
