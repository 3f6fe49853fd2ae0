import { existsSync } from 'node:fs';
import type { Context } from '../core/context.ts';
import { ConfigError, PgbakError } from '../core/errors.ts';
import { knownPlacesOf } from '../server/destination.ts';
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
  /** The command that says yes to it, of the flags for a server. */
  retry?: (flags: string) => string;
}

/**
 * Makes sure that the directories of a server's archives are there. Most likely a missing or unknown directory means that a
 * disk is not mounted, so it is created or accepted only when the user says so. Returns a sentence where something was
 * done.
 */
export async function settleDestination(
  server: Pick<ServerFields, 'destinations' | 'b2Bucket'>,
  context: Context,
  settling: Settling,
): Promise<string | undefined> {
  const done: string[] = [];
  for (const place of knownPlacesOf(server, context.environment)) {
    const sentence = await settlePlace(place, context, settling);
    if (sentence !== undefined) done.push(sentence);
  }
  return done.length === 0 ? undefined : done.join('\n');
}

/** The same for one place. */
export async function settlePlace(
  place: string,
  { catalog }: Pick<Context, 'catalog'>,
  { isAllowed, ask, retry = (flags) => editCommand(flags) }: Settling,
): Promise<string | undefined> {
  const path = directoryAt(place);
  if (path === undefined) return undefined;
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
        `Is the path right? ${means}: ${retry(`--destination ${quoted(place)} --create-destination`)}`,
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
export function misplacedIn(context: Context): (server: ServerRecord) => Promise<string | undefined> {
  const misplaced = misplacedPlacesIn(context);
  return async (server) => [...(await misplaced(server)).values()][0];
}

/** The same for each of its places. */
export function misplacedPlacesIn({
  catalog,
  environment,
}: Context): (server: ServerRecord) => Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, Promise<string | undefined>>();
  return async (server) => {
    const problems = new Map<string, string>();
    for (const place of knownPlacesOf(server, environment)) {
      const asked = known.get(place) ?? problemAt(place);
      known.set(place, asked);
      const problem = await asked;
      if (problem !== undefined) problems.set(place, problem);
    }
    return problems;
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
