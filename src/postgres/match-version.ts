import { ProgramError } from '../core/errors.ts';
import type { ClientPrograms, Version } from './client-programs.ts';
import type { Concern } from './dump-concerns.ts';

/**
 * Chooses the client programs to dump a server with: of its own major version, else of the nearest newer one. An older
 * pg_dump does not know what the server holds, and refuses (https://www.postgresql.org/docs/current/app-pgdump.html,
 * "Notes").
 *
 * @throws ProgramError that names both versions and what to install
 */
export function matchVersion(serverName: string, server: Version, found: readonly ClientPrograms[]): ClientPrograms {
  const fitting = found.filter(({ version }) => version.major >= server.major);
  const [nearest] = fitting.sort((a, b) => a.version.major - b.version.major);
  if (nearest !== undefined) return nearest;
  const newest = found.toSorted((a, b) => b.version.major - a.version.major)[0];
  const have = newest === undefined ? 'no pg_dump was found' : `the newest pg_dump here is ${newest.version.text}`;
  throw new ProgramError(
    `server ${serverName} is PostgreSQL ${server.text}, and ${have}`,
    `Install ${packageFor(server.major)}, or set PGBAK_PG_BIN to the directory of such a pg_dump.`,
  );
}

/** Advice where the client programs are newer than the server; undefined where they are of its version. */
export function adviseMatching(server: Version, programs: ClientPrograms): Concern | undefined {
  if (programs.version.major === server.major) return undefined;
  return {
    level: 'advice',
    message: `pg_dump ${programs.version.text} is newer than the server (${server.text}), so its dumps are for PostgreSQL ${programs.version.major}: to load one into ${server.major} by hand, remove the settings that ${server.major} does not know`,
    hint: `Install the client programs of the server's own version: ${packageFor(server.major)}`,
  };
}

/**
 * Chooses the client programs to load a dump with: the given ones, unless a newer pg_dump wrote the dump. Only a
 * pg_restore of that version or a newer one reads it.
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
 * Explains why pg_restore cannot load into a server over a connection of its own; undefined where it can. From 17 on it
 * begins with `SET transaction_timeout`, which older servers refuse. A script that goes through pgbak loses that line.
 */
export function cannotLoadDirectly(server: Version, { version }: ClientPrograms): string | undefined {
  if (version.major < 17 || server.major >= 17) return undefined;
  return `pg_restore ${version.major} sets transaction_timeout, which PostgreSQL ${server.major} does not know`;
}

/** The name of the package with the client programs on this platform. */
export function packageFor(major: number, platform: NodeJS.Platform = process.platform): string {
  return platform === 'darwin' ? `postgresql@${major} (brew)` : `postgresql-client-${major}`;
}
