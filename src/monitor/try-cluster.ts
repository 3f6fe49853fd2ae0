import type { Context } from '../core/context.ts';
import { ConfigError, describeFailure, failureText } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { printableName } from '../core/printable.ts';
import { hintFor } from '../core/server-hint.ts';
import {
  closedText,
  findDatabases,
  idleText,
  NOTHING_FOUND,
  type FoundDatabases,
} from '../postgres/cluster-databases.ts';
import { parseConnection } from '../postgres/connection.ts';
import { prepareRoles } from '../postgres/prepare-roles.ts';
import { connectionStringOf } from '../server/connection-of.ts';
import { databaseOf } from '../server/programs.ts';
import type { ServerFields } from '../server/server.ts';

const MOST_NAMES = 10;

/** Connects to a cluster as a run would, and says which databases it found. Throws what the backup of its roles would throw. */
export async function clusterCheck(cluster: ServerFields, context: Context): Promise<string> {
  const connection = parseConnection(connectionStringOf(cluster, context.environment.variable));
  const database = await databaseOf(connection, context);
  const found = await findDatabases(database, cluster);
  const { summary, concerns } = await prepareRoles(database, cluster.name);
  if (found.databases.length === 0) {
    throw new ConfigError(NOTHING_FOUND, 'Look at the patterns of --include-database and --exclude-database.');
  }
  return [
    `Connected: ${foundInWords(found)}; ${summary}`,
    ...lacksIn(found).map((one) => `Mind: ${one}`),
    ...concerns.map(({ message, hint }) => `Mind: ${message}. ${hintFor(hint, undefined)}`),
  ].join('\n');
}

/** `12 databases: crm, shop and 10 more`. */
export function foundInWords({ databases }: Pick<FoundDatabases, 'databases'>): string {
  const names = databases.slice(0, MOST_NAMES).map(({ name }) => printableName(name));
  const more = databases.length - names.length;
  const shown =
    names.length === 1 || more > 0 ? names.join(', ') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${formatCount(databases.length, 'database')}: ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What a backup of these databases would lack, a sentence for each. */
function lacksIn({ databases, closed, idle }: FoundDatabases): string[] {
  return [
    ...databases.flatMap(({ obstacle }) => (obstacle === undefined ? [] : [failureText(describeFailure(obstacle))])),
    ...closed.map(closedText),
    ...idle.map(idleText),
  ];
}
