import { placeOf } from '../server/destination.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerRecord } from '../server/server.ts';
import { PgbakError } from '../core/errors.ts';
import { rebuild, type Rebuilt } from './rebuild.ts';
import { systemClock } from '../system/clock.ts';
import { archivePasswordOf } from './open-restore.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { openPlace } from '../server/storage-at.ts';

/** Rebuilds what the catalogue lacks from a place that a user names: `b2`, `b2:BUCKET` or `file:/dir`. */
export async function rebuildFrom(
  from: string,
  workplace: Workplace,
  options: {
    adoptCatalogs: readonly string[];
    password: Secret | undefined;
    warn: (message: string) => void;
    signal: AbortSignal;
  },
): Promise<Rebuilt> {
  const { password, ...passedOn } = options;
  const { catalog, environment } = workplace;
  const storage = await openPlace(from, workplace);
  const { place } = storage;
  const destination = place.startsWith('file:')
    ? { destination: place }
    : { destination: 'b2', b2Bucket: place.slice('b2:'.length) };
  const storesThere = (server: Parameters<typeof placeOf>[0]) => placeOf(server, environment) === place;
  const passwordOf = (server: ServerRecord) => {
    try {
      return password ?? archivePasswordOf(server, environment);
    } catch (error) {
      // Without its password a server is rebuilt as well, and asks for it when it is restored.
      if (error instanceof PgbakError) return undefined;
      throw error;
    }
  };
  return await rebuild({ catalog, storage, destination, storesThere, passwordOf, now: systemClock.now(), ...passedOn });
}
