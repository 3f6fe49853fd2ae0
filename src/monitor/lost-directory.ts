import { existsSync } from 'node:fs';
import type { Context } from '../core/context.ts';
import { ConfigError, PgbakError } from '../core/errors.ts';
import { knownPlaceOf } from '../server/destination.ts';
import type { ServerFields, ServerRecord } from '../server/server.ts';
import { fileInPath } from '../storage/directory/file-in-path.ts';
import { directoryAt } from '../storage/place.ts';
import { acceptPlace, checkPlace } from '../storage/registry.ts';
import { quoted } from '../core/printable.ts';
import { editCommand } from '../core/server-hint.ts';

interface Settling {
  /** `--create-destination` was given. */
  isAllowed: boolean;
  /** Asks a person, where one can be asked, whether to create the directory or, where it is there, to use it as it is. */
  ask?: (problem: string, isThere: boolean) => Promise<boolean>;
}

/**
 * Makes sure that the directory of a server's archives is there. Most likely a missing or unknown directory means that a
 * disk is not mounted, so it is created or accepted only when the user says so. Returns a sentence where something was
 * done.
 */
export async function settleDestination(
  server: Pick<ServerFields, 'destination' | 'b2Bucket'>,
  { catalog, environment }: Context,
  { isAllowed, ask }: Settling,
): Promise<string | undefined> {
  const place = knownPlaceOf(server, environment);
  const path = directoryAt(place);
  if (place === undefined || path === undefined) return undefined;
  try {
    await checkPlace(place, catalog.places);
    return undefined;
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    // A file can neither be created as a directory nor used as one.
    if (fileInPath(path) !== undefined) throw error;
    const isThere = existsSync(path);
    if (!isAllowed && (await ask?.(error.message, isThere)) !== true) {
      const means = isThere ? 'Mount its disk, or use the directory as it is' : 'Mount its disk, or create it';
      throw new ConfigError(
        error.message,
        `Is the path right? ${means}: ${editCommand(`--destination ${quoted(place)} --create-destination`)}`,
      );
    }
    await acceptPlace(place, catalog.places);
    return isThere ? `${path} exists and is used as it is` : `Created ${path}`;
  }
}

/**
 * Tells why the directory of a server's archives is not the one that holds the earlier ones: gone, empty or another, as
 * when a disk is not mounted. Looks at each directory once.
 */
export function misplacedIn({ catalog, environment }: Context): (server: ServerRecord) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  return async (server) => {
    const place = knownPlaceOf(server, environment);
    if (place === undefined) return undefined;
    const problem = known.get(place) ?? problemAt(place);
    known.set(place, problem);
    return await problem;
  };

  async function problemAt(place: string): Promise<string | undefined> {
    try {
      await checkPlace(place, catalog.places);
      return undefined;
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      return error.message;
    }
  }
}
