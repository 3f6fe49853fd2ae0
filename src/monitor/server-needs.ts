import { parseCompression } from '../core/archive-format.ts';
import type { Context } from '../core/context.ts';
import { attempt, PgbakError, ProgramError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';
import type { Database } from '../postgres/database.ts';
import { findUnreadableTables } from '../postgres/unreadable-tables.ts';
import { fittingServer } from '../restore/scratch/cluster.ts';
import { correctedBy, reach } from '../restore/target-server.ts';
import { settingsPlace } from '../server/destination.ts';
import { clientProgramsOf, rcloneOf, zstdOf } from '../server/programs.ts';
import { resolveReference } from '../server/reference.ts';
import type { ServerFields } from '../server/server.ts';

// What `doctor` checks of a server that is stored, and `add` and `edit` before they store one.

const MOST_NAMES = 10;

/** Throws a `ProgramError` where the role may not read all that a backup reads. */
export async function checkRights(server: ServerFields, database: Database): Promise<string> {
  const tables = await findUnreadableTables(database, server);
  if (tables.length === 0) return 'the role may read every table';
  const names = tables.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = tables.length > MOST_NAMES ? ` and ${tables.length - MOST_NAMES} more` : '';
  const isHidden = tables.some(({ reason }) => reason === 'hidden');
  const grants = 'GRANT pg_read_all_data TO the role (PostgreSQL 14 and later)';
  throw new ProgramError(
    `the role cannot read all of ${names.join(', ')}${more}`,
    isHidden ? `${grants}, and ALTER ROLE ... BYPASSRLS for row-level security.` : `${grants}, or dump as the owner.`,
  );
}

type Run = Pick<Context, 'environment' | 'signal'>;

/** Looks for the programs that only some servers need. Each look throws a `PgbakError` where one is not there. */
export function neededPrograms(server: ServerFields, run: Run): (() => Promise<string>)[] {
  const needed: (() => Promise<string>)[] = [];
  if (server.format !== 'directory' && parseCompression(server.compression).method === 'zstd') {
    needed.push(async () => {
      await zstdOf(run);
      return 'zstd is there';
    });
  }
  const place = attempt(() => settingsPlace(server, run.environment));
  if (!(place instanceof PgbakError) && place.kind === 'rclone') {
    needed.push(async () => {
      const { version, file } = await rcloneOf(run);
      return `rclone ${version} (${file})`;
    });
  }
  if (server.verifyAfter === 'restore') {
    needed.push(async () => `backups are verified in ${await scratchServer(run)}`);
  }
  return needed;
}

/** Where backups would be restored to be verified, in words. */
async function scratchServer(run: Run): Promise<string> {
  const { scratchUrl, variable } = run.environment;
  if (scratchUrl === undefined) {
    const { programs } = await fittingServer(await clientProgramsOf(run));
    return `a PostgreSQL ${programs.version.text} that is started for it`;
  }
  const connection = parseConnection(resolveReference(scratchUrl, 'the scratch URL', variable));
  const { database, facts } = await reach(connection, run).catch((error: unknown) => {
    throw correctedBy('PGBAK_SCRATCH_URL=', connection, error);
  });
  return `${database.connection.label}, PostgreSQL ${facts.version.text}`;
}
