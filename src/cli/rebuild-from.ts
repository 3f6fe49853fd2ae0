import { placeOf } from '../config/destination.ts';
import { rebuild, type RebuiltServer } from '../restore/rebuild.ts';
import type { Workplace } from './open-workplace.ts';
import { openPlace } from './storage-at.ts';

/** Rebuilds what the catalogue lacks from a place that a user names: `b2`, `b2:BUCKET` or `file:/dir`. */
export async function rebuildFrom(from: string, workplace: Workplace, signal: AbortSignal): Promise<RebuiltServer[]> {
  const { catalog, environment } = workplace;
  const storage = await openPlace(from, workplace);
  const { place } = storage;
  const destination = place.startsWith('file:')
    ? { destination: place }
    : { destination: 'b2', b2Bucket: place.slice('b2:'.length) };
  const storesThere = (server: Parameters<typeof placeOf>[0]) => placeOf(server, environment) === place;
  return await rebuild({ catalog, storage, destination, storesThere, signal });
}
