import type { Context } from '../core/context.ts';
import { rulesRow, type RulesRow } from '../server/retention-rules.ts';
import { knownPlacesOf } from '../server/destination.ts';

/** A destination as `destination list --json` prints it. */
export interface DestinationRow {
  name: string;
  place: string;
  /** The servers that store their archives there. */
  servers: string[];
  /** How many backups should be there, and their size in bytes. */
  backups: number;
  size: number;
  /** Its own rules of retention, which apply there in place of a server's; null where it has none. */
  retention: RulesRow | null;
  /** For how many days Object Lock forbids to remove an archive; null for no lock. */
  objectLock: { days: number; mode: 'governance' | 'compliance' } | null;
  /** Why its record cannot be read; null where it can. */
  error: string | null;
}

/** The named destinations, with what they hold. */
export async function destinationRows({
  catalog,
  environment,
}: Pick<Context, 'catalog' | 'environment'>): Promise<DestinationRow[]> {
  const servers = await catalog.servers.list();
  const totals = await catalog.places.totals();
  return environment.namedDestinations.map(({ name, place, unreadable, ...settings }) => {
    const { count, sizeBytes } = totals.get(place) ?? { count: 0, sizeBytes: 0 };
    return {
      name,
      place,
      servers: servers.filter((one) => knownPlacesOf(one, environment).includes(place)).map((one) => one.name),
      backups: count,
      size: sizeBytes,
      retention: rulesRow(settings),
      objectLock:
        settings.objectLockDays === undefined ? null : { days: settings.objectLockDays, mode: settings.objectLockMode },
      error:
        unreadable === undefined ? null : unreadable.map(({ column, problem }) => `${column} ${problem}`).join('; '),
    };
  });
}
