import { ProgramError } from '../errors.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Concern } from './dump-concerns.ts';
import type { Version } from './version.ts';

/**
 * The client programs to dump a server with: of its own major version, else of the nearest newer one. Never an older
 * one, which cannot know what the server holds and refuses (https://www.postgresql.org/docs/current/app-pgdump.html,
 * "Notes"). Throws a `ProgramError` that names both versions and what to install.
 */
export function matchVersion(serverName: string, server: Version, found: readonly ClientPrograms[]): ClientPrograms {
  const fitting = found.filter(({ version }) => version.major >= server.major);
  const [nearest] = fitting.sort((a, b) => a.version.major - b.version.major);
  if (nearest !== undefined) return nearest;
  const newest = found.toSorted((a, b) => b.version.major - a.version.major)[0];
  const have = newest === undefined ? 'no pg_dump was found' : `the newest pg_dump found is ${newest.version.text}`;
  throw new ProgramError(
    `server ${serverName} is PostgreSQL ${server.text}, ${have}: install ${packageFor(server.major)} or set PGBAK_PG_BIN`,
  );
}

/** What to tell of client programs that are newer than the server; undefined where they are its own. */
export function adviseMatching(server: Version, programs: ClientPrograms): Concern | undefined {
  if (programs.version.major === server.major) return undefined;
  return {
    level: 'advice',
    message: `pg_dump ${programs.version.text} is newer than the server (${server.text}), so its dumps are written for PostgreSQL ${programs.version.major}: by hand they load into ${server.major} only without the settings that it does not know`,
    hint: `Install the client programs of the server's own version: ${packageFor(server.major)}`,
  };
}

/** The package that brings the client programs, by the name it has on this platform. */
export function packageFor(major: number, platform: NodeJS.Platform = process.platform): string {
  return platform === 'darwin' ? `postgresql@${major} (brew)` : `postgresql-client-${major}`;
}
