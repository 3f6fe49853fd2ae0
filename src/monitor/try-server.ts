import { archivesThere } from './archives-there.ts';
import { whereNext } from '../storage/place.ts';
import { attempt, ConfigError, PgbakError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { shownObjectName } from '../server/names.ts';
import { prepareDump } from '../postgres/prepare-dump.ts';
import { namesDatabase, parseConnection } from '../postgres/connection.ts';
import type { Environment } from '../server/environment.ts';
import { databaseOf } from '../server/programs.ts';
import { checkRights, neededPrograms } from './server-needs.ts';
import { resolveReference } from '../server/reference.ts';
import { mustTry } from '../server/server-form.ts';
import type { FieldName, ServerChanges, ServerFields } from '../server/server.ts';
import { resolveDestinations, type ServerDestination } from '../server/destination.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, storageFor } from '../server/storage-at.ts';
import type { Context } from '../core/context.ts';
import { hintFor } from '../core/server-hint.ts';

/**
 * Connects to a server as a backup would, and says what it found. Throws what a backup would throw: no connection, no
 * pg_dump for that version, a table that the role may not read.
 */
export async function connectionCheck(server: ServerFields, context: Context): Promise<string> {
  if (server.allDatabases) {
    const { clusterCheck } = await import('./try-cluster.ts');
    return await clusterCheck(server, { ...context, environment: { ...context.environment } });
  }
  const { variable } = context.environment;
  const connectionString = resolveReference(server.connectionString, 'the connection string', variable);
  // A copy of the environment: each try looks for the programs anew, since a user may install them in between.
  const anew = { ...context, environment: { ...context.environment } };
  const connection = parseConnection(connectionString);
  const database = await databaseOf(connection, anew);
  const { facts, summary, concerns } = await prepareDump({ database, server, format: server.format });
  await checkRights(server, database);
  return [
    `Connected: database ${facts.database}, ${formatBytes(facts.databaseSizeBytes)}, ${summary}`,
    ...(namesDatabase(connection) ? [] : [unnamedDatabase(facts.database)]),
    ...concerns.map(({ message, hint }) => `Mind: ${message}. ${hintFor(hint, undefined)}`),
  ].join('\n');
}

/** Looks for the programs that the server's settings need, and says what it found. Throws where one is not there. */
export async function programsCheck(server: ServerFields, context: Context): Promise<string[]> {
  const anew = { ...context, environment: { ...context.environment } };
  const found: string[] = [];
  for (const look of neededPrograms(server, anew)) found.push(await look());
  return found;
}

/** One of the tries before a server is stored. */
interface Try {
  at: 'database' | 'programs' | 'storage';
  /** The field that a person looks at first when it fails. */
  field: FieldName;
  /** Resolves with what it found, which is empty where that need not be told. */
  run: () => Promise<string>;
}

/** What must be tried before a server is stored: everything of a new one, and of an edited one what its changes concern. */
export function neededTries(fields: ServerFields, changes: ServerChanges | 'new', context: Context): Try[] {
  const tries: Try[] = [
    { at: 'database', field: 'connectionString', run: () => connectionCheck(fields, context) },
    { at: 'programs', field: 'compression', run: () => programsCheck(fields, context).then(() => '') },
    { at: 'storage', field: 'destinations', run: () => storageCheck(fields, context) },
  ];
  return tries.filter(({ at }) => changes === 'new' || mustTry(changes, at));
}

function unnamedDatabase(taken: string): string {
  return `warning: the connection string names no database, so "${taken}" is backed up, as libpq takes it. To back up another, name it: postgresql://USER@HOST/DATABASE, or dbname=DATABASE`;
}

/**
 * Asks storage whether it would take the server's archives, as a backup does before its dump, and says what it
 * found. Settings that are missing are a failure too: the first backup would fail.
 */
export async function storageCheck(server: ServerFields, { catalog, environment, signal }: Context): Promise<string> {
  const objectName = shownObjectName(server);
  const lines: string[] = [];
  for (const { destination } of triedDestinations(server, environment)) {
    const storage = await storageFor(destination, catalog, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS });
    await storage.prepare(objectName, signal);
    const limits = (await storage.limits?.(signal)) ?? [];
    const others = await archivesThere(server, storage, catalog, signal);
    lines.push(
      `Storage: archives can go to ${whereNext(storage.place, objectName)}`,
      ...limits.map((one) => `With this key, ${one}`),
      ...others,
    );
  }
  return lines.join('\n');
}

/** Cron may have settings in its own environment that are missing here. Then storage cannot be tried. */
function triedDestinations(server: ServerFields, environment: Environment): readonly ServerDestination[] {
  const destinations = attempt(() => resolveDestinations(server, environment));
  if (!(destinations instanceof PgbakError)) return destinations;
  const hint = destinations.hint ?? 'Correct it.';
  throw new ConfigError(destinations.message, `${hint} Or, where only cron or systemd has them: --no-check`);
}
