import type { Context } from '../core/context.ts';
import { PgbakError } from '../core/errors.ts';
import { printableName } from '../core/printable.ts';
import { hasDatabase } from '../postgres/cluster-databases.ts';
import { parseConnection } from '../postgres/connection.ts';
import { connectionStringOf } from '../server/connection-of.ts';
import { databaseOf } from '../server/programs.ts';
import type { ServerRecord } from '../server/server.ts';

/**
 * Whether a backup failed since its database was dropped after the cluster had been asked for its databases. Where the cluster does
 * not answer, that is not known, and the failure stays one.
 */
export async function wasDropped({ partOf, ...server }: ServerRecord, context: Context): Promise<boolean> {
  if (partOf?.database === undefined || context.signal.aborted) return false;
  const { database: name, ...roles } = partOf;
  try {
    const connectionString = connectionStringOf({ ...server, partOf: roles }, context.environment.variable);
    return !(await hasDatabase(await databaseOf(parseConnection(connectionString), context), name));
  } catch (error) {
    if (error instanceof PgbakError) return false;
    throw error;
  }
}

/** Leaves no failed attempt of a database that was dropped, and tells of it. The next run warns that it is gone. */
export async function forgetAttempt(server: ServerRecord, attempt: number, context: Context): Promise<void> {
  const { catalog, clock, report } = context;
  await catalog.backups.removeAttempt(attempt);
  await catalog.servers.noteGone(server.id, clock.now());
  const name = printableName(server.partOf?.database ?? server.name);
  report({
    type: 'note',
    server: server.name,
    message: `the database ${name} was dropped meanwhile; no backup was made`,
  });
}
