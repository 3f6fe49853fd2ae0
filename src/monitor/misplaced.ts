import { knownPlaceOf, parseDestination } from '../server/destination.ts';
import type { ServerRecord } from '../server/server.ts';
import { PgbakError } from '../core/errors.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { memoryOf } from '../server/storage-at.ts';

/**
 * Tells, of a server whose archives go to a directory, why that is not the one which earlier archives are in: gone, empty
 * or another, as when its disk is not mounted. Each directory is looked at once.
 */
export function misplacedIn({
  catalog,
  environment,
}: Workplace): (server: ServerRecord) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  return async (server) => {
    const place = knownPlaceOf(server, environment);
    if (place?.startsWith('file:') !== true) return undefined;
    const problem = known.get(place) ?? problemAt(place);
    known.set(place, problem);
    return await problem;
  };

  async function problemAt(place: string): Promise<string | undefined> {
    const destination = parseDestination(place);
    if (destination.kind !== 'directory') return undefined;
    const { checkDestination } = await import('../storage/directory/mark.ts');
    try {
      await checkDestination(destination.path, memoryOf(destination.path, catalog), false);
      return undefined;
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      return error.message;
    }
  }
}
