import { ProgramError } from '../core/errors.ts';
import type { ClientPrograms, Version } from './client-programs.ts';
import type { Concern } from './dump-concerns.ts';

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

/**
 * The client programs to load a dump with: those given, unless a pg_dump of a newer version wrote it, which only a
 * pg_restore of that version or a newer one reads.
 */
export function programsThatRead(
  writtenByMajor: number | undefined,
  given: ClientPrograms,
  found: readonly ClientPrograms[],
): ClientPrograms {
  const wanted = writtenByMajor ?? 0;
  if (given.version.major >= wanted) return given;
  const able = found.filter(({ version }) => version.major >= wanted);
  return able.toSorted((a, b) => a.version.major - b.version.major)[0] ?? given;
}

/**
 * Why a pg_restore cannot connect to a server by itself: that of 17 and later begins with `SET transaction_timeout`, which
 * older servers refuse. What goes through a script of pgbak's has that line taken out. Undefined where it can.
 */
export function cannotLoadDirectly(server: Version, { version }: ClientPrograms): string | undefined {
  if (version.major < 17 || server.major >= 17) return undefined;
  return `pg_restore ${version.major} sets transaction_timeout, which PostgreSQL ${server.major} does not know`;
}

/** The package that brings the client programs, by the name it has on this platform. */
export function packageFor(major: number, platform: NodeJS.Platform = process.platform): string {
  return platform === 'darwin' ? `postgresql@${major} (brew)` : `postgresql-client-${major}`;
}
