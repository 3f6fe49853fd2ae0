import { attempt, ConfigError, PgbakError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { quoted } from '../core/printable.ts';
import type { Secret } from '../core/secret.ts';
import { absoluteOf, DEFAULT_PLACE, parsePlace, printPlace, type Place } from '../storage/place.ts';
import type { ObjectLock } from '../storage/object-lock.ts';
import type { Destination } from '../storage/registry.ts';
import type { S3Account } from '../storage/s3/account.ts';
import { parseRate } from './bandwidth.ts';
import { isDestinationName } from './destination-name.ts';
import { unreadableDestination, type DestinationRecord } from './destination-record.ts';
import type { Environment } from './environment.ts';
import { allOf } from './problems.ts';
import { resolveReference } from './reference.ts';
import type { ServerFields } from './server.ts';

type PlaceFields = Pick<ServerFields, 'destinations' | 'b2Bucket'>;

/** One of the places that a server's archives go to, and its record where it has a name. */
interface Target {
  place: Place;
  record?: DestinationRecord;
}

/** The destinations of a server's archives, the primary one first: from its record, or else from the environment. */
export function targetsOf(server: PlaceFields, environment: Environment): [Target, ...Target[]] {
  const [first = environment.destination ?? DEFAULT_PLACE, ...others] = server.destinations;
  const target = (text: string) => targetOf(text, server, environment);
  return [target(first), ...others.map(target)];
}

function targetOf(text: string, server: Pick<PlaceFields, 'b2Bucket'>, environment: Environment): Target {
  if (isDestinationName(text)) {
    const record = recordNamed(text, environment);
    return { place: parsePlace(record.place), record };
  }
  const place = parsePlace(text);
  if (place.kind !== 'b2' || place.bucket !== undefined) return { place };
  const bucket = server.b2Bucket ?? environment.b2Bucket;
  return { place: bucket === undefined ? place : { ...place, bucket } };
}

/** The destination of a name. Throws a `ConfigError` where there is none. */
export function recordNamed(name: string, { namedDestinations }: Environment): DestinationRecord {
  const record = namedDestinations.find((one) => one.name === name);
  if (record !== undefined) return record;
  const names = namedDestinations.map((one) => one.name);
  const meant = absoluteOf(name);
  throw new ConfigError(
    // The text is not repeated: a secret may have got into the wrong field.
    `there is no destination of that name${didYouMean(name, names)}`,
    meant === undefined
      ? `Destinations: ${names.length === 0 ? 'none yet' : names.join(', ')}. A place is b2, b2:BUCKET, s3:BUCKET, file:/srv/backups or rclone:REMOTE:PATH.`
      : `If the directory is meant: --destination ${quoted(`file:${meant}`)}`,
  );
}

/** The primary destination of a server, without credentials. */
export function settingsPlace(server: PlaceFields, environment: Environment): Place {
  return targetsOf(server, environment)[0].place;
}

/**
 * The place of a server's archives, to show and to compare: `b2:BUCKET`, `b2` while no bucket is known, `file:/dir`, ... Of
 * several it is the primary one.
 */
export function placeOf(server: PlaceFields, environment: Environment): string {
  return printPlace(settingsPlace(server, environment));
}

/** The same place where it is certain; undefined where the bucket is not known, or the destination cannot be read. */
export function knownPlaceOf(server: PlaceFields, environment: Environment): string | undefined {
  return knownPlacesOf(server, environment)[0];
}

/** All places of a server's archives, the primary one first. Throws a `ConfigError` where a name leads nowhere. */
export function placesOf(server: PlaceFields, environment: Environment): string[] {
  return targetsOf(server, environment).map(({ place }) => printPlace(place));
}

/** Those of them that are certain; none where the destinations cannot be read. */
export function knownPlacesOf(server: PlaceFields, environment: Environment): string[] {
  const places = attempt(() => placesOf(server, environment));
  return places instanceof PgbakError ? [] : places.filter((place) => place !== DEFAULT_PLACE);
}

/** The destinations for people: `file:/srv/backups`, or `nas (file:/srv/nas), b2:offsite`. */
export function destinationsText(server: PlaceFields, environment: Environment): string {
  const targets = attempt(() => targetsOf(server, environment));
  if (targets instanceof PgbakError) return server.destinations.join(', ');
  return targets
    .map(({ place, record }) => (record === undefined ? printPlace(place) : `${record.name} (${printPlace(place)})`))
    .join(', ');
}

/** The fields of a server that stores its archives in a place. */
export function fieldsOfPlace(place: Place, environment: Environment): PlaceFields {
  const named = recordAt(printPlace(place), environment);
  return { destinations: [named?.name ?? printPlace(place)] };
}

/** The place that a user names, by itself or as a destination. Throws a `ConfigError` for neither. */
export function placeNamed(text: string, environment: Environment): string {
  return printPlace(targetOf(text, {}, environment).place);
}

/** The named destination of a place. No two have the same. */
export function recordAt(place: string, { namedDestinations }: Environment): DestinationRecord | undefined {
  return namedDestinations.find((one) => one.place === place);
}

type DestinationOwner = PlaceFields & Pick<ServerFields, 'b2KeyId' | 'b2AppKey'>;

/** One of a server's destinations, ready to be opened. */
export interface ServerDestination {
  /** Undefined for a place without a name. */
  name: string | undefined;
  /** As it is recorded with a backup. */
  place: string;
  destination: Destination;
}

/**
 * All of a server's destinations with their credentials, the primary one first. A named one has its own settings, or those of the
 * environment. Throws one `ConfigError` that names everything that is missing.
 */
export function resolveDestinations(
  server: DestinationOwner,
  environment: Environment,
): [ServerDestination, ...ServerDestination[]] {
  const resolved: ServerDestination[] = [];
  const problems: PgbakError[] = [];
  for (const { place, record } of targetsOf(server, environment)) {
    const destination = attempt(() => withCredentials(place, record ?? server, environment));
    if (destination instanceof PgbakError) problems.push(destination);
    else resolved.push({ name: record?.name, place: printPlace(place), destination });
  }
  const [first, ...others] = resolved;
  if (first === undefined || problems.length > 0) throw allOf(problems);
  return [first, ...others];
}

/** The primary one of them. */
export function resolveDestination(server: DestinationOwner, environment: Environment): Destination {
  const [{ place, record }] = targetsOf(server, environment);
  return withCredentials(place, record ?? server, environment);
}

/**
 * A place with the credentials of a named destination, or else of a server.
 *
 * @throws ConfigError that names every setting that is missing
 */
export function withCredentials(
  place: Place,
  owner: DestinationRecord | Pick<ServerFields, 'b2KeyId' | 'b2AppKey'>,
  environment: Environment,
): Destination {
  const record = 'place' in owner ? owner : undefined;
  const unreadable = record === undefined ? undefined : unreadableDestination(record);
  if (unreadable !== undefined) throw unreadable;
  const { bandwidth } = record ?? {};
  const bytesPerSecond = bandwidth === undefined ? undefined : parseRate(bandwidth);
  if (place.kind === 'directory') return { ...place, bytesPerSecond };
  if (place.kind === 'rclone') {
    const { rclone: program, variables } = environment;
    const { rcloneConfig: configFile, verifyUpload: readsBack = false } = record ?? {};
    return { ...place, program, variables, configFile, readsBack, bandwidth };
  }
  if (place.kind === 's3') return { ...place, ...s3Settings(record, environment), bytesPerSecond };
  const { bucket, prefix } = place;
  const keyId = owner.b2KeyId ?? environment.b2KeyId;
  const applicationKey = owner.b2AppKey ?? environment.b2AppKey;
  if (keyId === undefined || applicationKey === undefined || bucket === undefined) {
    const missing = [
      ...(keyId === undefined ? ['key id (--b2-key-id or B2_KEY_ID)'] : []),
      ...(applicationKey === undefined ? ['application key (--b2-app-key or B2_APP_KEY)'] : []),
      ...(bucket === undefined ? ['bucket (--b2-bucket or B2_BUCKET)'] : []),
    ];
    throw record === undefined
      ? new ConfigError(
          `B2 settings are missing: ${missing.join(', ')}`,
          'Set them for the server or in the environment that starts pgbak, or choose --destination file:/absolute/dir or s3:BUCKET.',
        )
      : new ConfigError(
          `B2 settings of the destination ${record.name} are missing: ${missing.join(', ')}`,
          `Set them: pgbak destination edit ${record.name} --b2-key-id ID --b2-app-key file:/path, or in the environment that starts pgbak.`,
        );
  }
  const of = record === undefined ? '' : ` of the destination ${record.name}`;
  const resolved = (value: Secret, what: string) => resolveReference(value, `${what}${of}`, environment.variable);
  return {
    kind: 'b2',
    keyId: resolved(keyId, 'the B2 key id'),
    applicationKey: resolved(applicationKey, 'the B2 application key'),
    bucket,
    ...(prefix === undefined ? {} : { prefix }),
    objectLock: lockOf(record),
    apiUrl: environment.b2ApiUrl,
    bytesPerSecond,
  };
}

function lockOf(record: DestinationRecord | undefined): ObjectLock | undefined {
  const { objectLockDays: days, objectLockMode: mode } = record ?? {};
  return days === undefined || mode === undefined ? undefined : { days, mode };
}

/**
 * Settings of S3. What none names, the SDK finds where the programs of AWS do; but for the endpoint, which also tells how a bucket
 * is addressed.
 */
function s3Settings(record: DestinationRecord | undefined, { variable }: Environment): Omit<S3Account, 'bucket'> {
  const endpoint = record?.s3Endpoint ?? variable('AWS_ENDPOINT_URL_S3') ?? variable('AWS_ENDPOINT_URL');
  if (record === undefined) return { endpoint };
  const { name, s3AccessKeyId, s3SecretAccessKey, s3PathStyle } = record;
  if ((s3AccessKeyId === undefined) !== (s3SecretAccessKey === undefined)) {
    const missing = s3AccessKeyId === undefined ? '--access-key-id' : '--secret-access-key';
    throw new ConfigError(
      `the destination ${name} has only one half of an access key: ${missing} is missing`,
      `Set it: pgbak destination edit ${name} ${missing} VALUE, or remove the other one.`,
    );
  }
  const resolved = (value: Secret | undefined, what: string) =>
    value === undefined ? undefined : resolveReference(value, `${what} of the destination ${name}`, variable);
  return {
    endpoint,
    region: record.s3Region,
    accessKeyId: resolved(s3AccessKeyId, 'the access key id')?.reveal(),
    secretAccessKey: resolved(s3SecretAccessKey, 'the secret access key'),
    profile: record.s3Profile,
    storageClass: record.s3StorageClass,
    ...(s3PathStyle === 'auto' ? {} : { pathStyle: s3PathStyle === 'yes' }),
    objectLock: lockOf(record),
  };
}
