import { randomUUID } from 'node:crypto';
import { PgbakError } from '../core/errors.ts';
import { knownPlacesOf, withCredentials } from '../server/destination.ts';
import type { DestinationRecord } from '../server/destination-record.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, storageFor } from '../server/storage-at.ts';
import { parsePlace } from '../storage/place.ts';
import type { Examination, Finding } from './findings.ts';

/** Checks the named destinations that no server uses. Those that servers use are checked with them. */
export async function checkDestinations(examination: Examination): Promise<Finding[]> {
  const { catalog, environment, servers } = examination;
  const all = (await catalog?.servers.list()) ?? [];
  // A person asked about some servers only.
  if (servers.length < all.length) return [];
  const isUsed = ({ name, place }: DestinationRecord) =>
    all.some((server) => server.destinations.includes(name) || knownPlacesOf(server, environment).includes(place));
  return await Promise.all(
    environment.namedDestinations.filter((one) => !isUsed(one)).map((one) => checkUnused(one, examination)),
  );
}

async function checkUnused(record: DestinationRecord, examination: Examination): Promise<Finding> {
  const { catalog, environment, signal } = examination;
  const { name, place } = record;
  try {
    const destination = withCredentials(parsePlace(place), record, environment);
    const storage = await storageFor(destination, catalog, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS });
    await storage.check(`pgbak-test-${randomUUID().slice(0, 8)}.txt.7z`, signal);
    const message = `archives can go to ${storage.place}, but no server stores its backups there`;
    return { about: name, level: 'ok', message };
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    // Its hint is about no server: the name of a destination would make a wrong command of it.
    const { message, hint } = error;
    return { about: name, level: 'problem', message, ...(hint === undefined ? {} : { hint }) };
  }
}
