import { attempt, PgbakError } from '../core/errors.ts';
import { printPlace } from '../storage/place.ts';
import type { DestinationRecord } from './destination-record.ts';
import { recordAt, targetsOf } from './destination.ts';
import type { Environment } from './environment.ts';
import type { ServerFields } from './server.ts';

type Naming = Pick<ServerFields, 'destinations' | 'b2Bucket'>;

/** The named destination whose keys and rules apply in a place; undefined where there is none, or the server itself names the place. */
export function keeperOf(place: string, server: Naming, environment: Environment): DestinationRecord | undefined {
  return isNamedBare(place, server, environment) ? undefined : recordAt(place, environment);
}

/** Whether a server names a place itself, not by a destination. */
export function isNamedBare(place: string, server: Naming, environment: Environment): boolean {
  const targets = attempt(() => targetsOf(server, environment));
  return (
    !(targets instanceof PgbakError) &&
    targets.some((target) => target.record === undefined && printPlace(target.place) === place)
  );
}
