import { attempt, ConfigError, PgbakError } from '../core/errors.ts';
import {
  DEFAULT_PLACE,
  directoryAt,
  directoryPlace,
  parsePlace,
  printPlace,
  unknownPlace,
  type Place,
} from '../storage/place.ts';
import type { Destination } from '../storage/registry.ts';
import type { Environment } from './environment.ts';
import { resolveReference } from './reference.ts';
import type { ServerFields } from './server.ts';
import type { Secret } from '../core/secret.ts';

type PlaceFields = Pick<ServerFields, 'destination' | 'b2Bucket'>;

/** Reads the setting `destination`. The bucket is a field of its own. Throws a `ConfigError`. */
export function parseDestination(text: string): Place {
  const place = parsePlace(text);
  if (place.kind === 'b2' && place.bucket !== undefined) throw unknownPlace(text);
  return place;
}

/** The text of a destination as it is stored: a plain path gets its scheme. Throws a `ConfigError` for no destination. */
export function destinationText(text: string): string {
  const isPath = parseDestination(text).kind === 'directory' && directoryAt(text) === undefined;
  return isPath ? directoryPlace(text) : text;
}

/** The destination of a server's archives: from its record, or else from the environment. */
export function settingsPlace(server: PlaceFields, environment: Environment): Place {
  const place = parseDestination(server.destination ?? environment.destination ?? DEFAULT_PLACE);
  if (place.kind !== 'b2') return place;
  const bucket = server.b2Bucket ?? environment.b2Bucket;
  return bucket === undefined ? place : { ...place, bucket };
}

/**
 * The place of a server's archives, to show and to compare: `b2:BUCKET`, `b2` while no bucket is known, `rclone:REMOTE:PATH`, or
 * `file:/dir`.
 */
export function placeOf(server: PlaceFields, environment: Environment): string {
  return printPlace(settingsPlace(server, environment));
}

/** The same place where it is certain; undefined where the bucket is not known, or the destination cannot be read. */
export function knownPlaceOf(server: PlaceFields, environment: Environment): string | undefined {
  const place = attempt(() => placeOf(server, environment));
  return place instanceof PgbakError || place === DEFAULT_PLACE ? undefined : place;
}

/** The fields of a server that stores its archives in a place. */
export function fieldsOfPlace(place: Place): PlaceFields {
  if (place.kind !== 'b2') return { destination: printPlace(place) };
  const { kind, bucket } = place;
  return { destination: printPlace({ kind }), ...(bucket === undefined ? {} : { b2Bucket: bucket }) };
}

type DestinationFields = PlaceFields & Pick<ServerFields, 'b2KeyId' | 'b2AppKey'>;

/** A server's place with its credentials; throws a `ConfigError` that names every B2 setting that is missing. */
export function resolveDestination(server: DestinationFields, environment: Environment): Destination {
  const place = settingsPlace(server, environment);
  if (place.kind === 'directory') return place;
  if (place.kind === 'rclone') return { ...place, program: environment.rclone, variables: environment.variables };
  const { bucket } = place;
  const keyId = server.b2KeyId ?? environment.b2KeyId;
  const applicationKey = server.b2AppKey ?? environment.b2AppKey;
  if (keyId === undefined || applicationKey === undefined || bucket === undefined) {
    const missing = [
      ...(keyId === undefined ? ['key id (--b2-key-id or B2_KEY_ID)'] : []),
      ...(applicationKey === undefined ? ['application key (--b2-app-key or B2_APP_KEY)'] : []),
      ...(bucket === undefined ? ['bucket (--b2-bucket or B2_BUCKET)'] : []),
    ];
    throw new ConfigError(
      `B2 settings are missing: ${missing.join(', ')}`,
      'Set them for the server or in the environment that starts pgbak, or choose --destination file:/absolute/dir.',
    );
  }
  const resolved = (value: Secret, what: string) => resolveReference(value, what, environment.variable);
  return {
    kind: 'b2',
    keyId: resolved(keyId, 'the B2 key id'),
    applicationKey: resolved(applicationKey, 'the B2 application key'),
    bucket,
    apiUrl: environment.b2ApiUrl,
  };
}
