import { placeOf } from '../config/destination.ts';
import type { Secret } from '../config/secret.ts';
import type { ServerRecord } from '../config/server.ts';
import { PgbakError } from '../errors.ts';
import { rebuild, type RebuiltServer } from '../restore/rebuild.ts';
import { archivePasswordOf } from './open-restore.ts';
import type { Workplace } from './open-workplace.ts';
import { openPlace } from './storage-at.ts';

/** Rebuilds what the catalogue lacks from a place that a user names: `b2`, `b2:BUCKET` or `file:/dir`. */
export async function rebuildFrom(
  from: string,
  workplace: Workplace,
  { password, warn, signal }: { password: Secret | undefined; warn: (message: string) => void; signal: AbortSignal },
): Promise<RebuiltServer[]> {
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
  return await rebuild({ catalog, storage, destination, storesThere, passwordOf, warn, signal });
}
