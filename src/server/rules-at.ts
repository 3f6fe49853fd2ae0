import { attempt, PgbakError } from '../core/errors.ts';
import { unreadableDestination, type DestinationRecord } from './destination-record.ts';
import { targetsOf } from './destination.ts';
import type { Environment } from './environment.ts';
import { isNamedBare, keeperOf } from './keeper.ts';
import { hasRules, type RetentionRules } from './retention-rules.ts';
import type { ServerFields } from './server.ts';

type Ruled = RetentionRules & Pick<ServerFields, 'destinations' | 'b2Bucket'>;

/** The rules of retention that apply to a server's backups in one place. */
export interface RulesHere {
  rules: RetentionRules;
  /** The destination that has these rules; undefined for the rules of the server. */
  owner: string | undefined;
}

/**
 * The rules of the destination that has a place, where it has any, or else the server's. A server that names the place itself
 * has nothing to do with the destination, as with its keys.
 *
 * @throws ConfigError where the record cannot be read that may have rules for this place
 */
export function rulesAt(place: string, server: Ruled, environment: Environment): RulesHere {
  const keeper = keeperOf(place, server, environment);
  const ofUnknownPlace = environment.namedDestinations.find(({ unreadable }) =>
    unreadable?.some(({ column }) => column === 'place'),
  );
  const doubtful = keeper ?? (isNamedBare(place, server, environment) ? undefined : ofUnknownPlace);
  const problem = doubtful === undefined ? undefined : unreadableDestination(doubtful);
  if (problem !== undefined) throw problem;
  if (keeper !== undefined && hasRules(keeper)) return { rules: keeper, owner: keeper.name };
  return { rules: server, owner: undefined };
}

/** The destinations of a server that have rules of their own; none where they cannot be read. */
export function destinationsWithRules(server: Ruled, environment: Environment): DestinationRecord[] {
  const targets = attempt(() => targetsOf(server, environment));
  if (targets instanceof PgbakError) return [];
  return targets.flatMap(({ record }) => (record !== undefined && hasRules(record) ? [record] : []));
}
