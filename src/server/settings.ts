import { type Compression, DIRECTORY_COMPRESSION, type Format, parseCompression } from '../core/archive-format.ts';
import { attempt, ConfigError, PgbakError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { Secret } from '../core/secret.ts';
import { DEFAULT_PLACE, parsePlace } from '../storage/place.ts';
import type { Destination } from '../storage/registry.ts';
import { parseArchiveName } from './names.ts';
import { configuredName } from './cluster-part.ts';
import { connectionStringOf } from './connection-of.ts';
import { resolveDestinations, targetsOf, type ServerDestination } from './destination.ts';
import { allOf } from './problems.ts';
import type { Environment } from './environment.ts';
import { resolveReference } from './reference.ts';
import { isRoles, type ServerFields, type ServerRecord, unreadableProblem } from './server.ts';

/** What one run asks for in place of a server's own format and compression. */
export type SettingsOverrides = { [Field in keyof ArchiveKind]?: ArchiveKind[Field] | undefined };

/** Format and compression as the catalogue notes them, which is done before the compression is checked. */
type ArchiveKind = Pick<ServerFields, 'format' | 'compression'>;
type Archived = ArchiveKind & Pick<ServerRecord, 'partOf'>;

/** Format and compression of the next backup, as the catalogue notes them. */
export function archiveKindOf(server: Archived, overrides: SettingsOverrides = {}): ArchiveKind {
  // The roles of a cluster are a script, in each format of its databases.
  const format = isRoles(server) ? server.format : (overrides.format ?? server.format);
  if (format === 'directory') return { format, compression: DIRECTORY_COMPRESSION };
  return { format, compression: overrides.compression ?? server.compression };
}

/** What is wrong with a compression that was given for a dump that pg_dump compresses itself. */
export function compressionProblem(
  { compression }: { compression?: string | undefined },
  format: Format,
): ConfigError | undefined {
  if (compression === undefined || format !== 'directory') return undefined;
  return new ConfigError(
    `--compression ${compression} has no effect with the format directory: pg_dump compresses it itself (${DIRECTORY_COMPRESSION})`,
    'Leave out --compression, or choose another format: --format binary',
  );
}

/** Throws the same. */
export function refuseCompression(given: { compression?: string | undefined }, format: Format): void {
  const problem = compressionProblem(given, format);
  if (problem !== undefined) throw problem;
}

/** What a backup of one server needs, complete and checked: override, else record, else environment, else default. */
export interface ServerSettings {
  connectionString: Secret;
  format: Format;
  compression: Compression;
  /** The same as it is noted with a backup: `lzma2:1`. */
  compressionText: string;
  archiveName: string;
  archivePassword: Secret | undefined;
  /** The primary one of the next. */
  destination: Destination;
  destinations: readonly ServerDestination[];
  /** The dump is ended after this. */
  dumpTimeoutMs: number;
}

/**
 * Resolves a server's settings, references included. Throws one `ConfigError` that tells everything that is wrong, so
 * that five problems are found in one night.
 */
export function resolveSettings(
  server: ServerRecord,
  environment: Environment,
  overrides: SettingsOverrides = {},
): ServerSettings {
  const problems: PgbakError[] = [];
  const tried = <Value>(resolve: () => Value): Value | undefined => {
    const value = attempt(resolve);
    if (!(value instanceof PgbakError)) return value;
    problems.push(value);
    return undefined;
  };
  const unreadable = unreadableProblem(server);
  if (unreadable !== undefined) throw unreadable;
  const connectionString = tried(() => connectionStringOf(server, environment.variable));
  const archivePassword = tried(() => archivePasswordOf(server, environment));
  const { format, compression: compressionText } = archiveKindOf(server, overrides);
  const compression = tried<Compression>(() =>
    format === 'directory' ? { method: 'none' } : parseCompression(compressionText),
  );
  const archiveName = tried(() => parseArchiveName(server.archiveName));
  const destinations = tried(() => resolveDestinations(server, environment));
  if (server.archivePassword === undefined && environment.isArchivePasswordEmpty) {
    problems.push(
      new ConfigError(
        'ARCHIVE_PASSWORD is set, but empty: the archive would not be encrypted',
        'Give it the password, or unset it to store archives that everyone can read.',
      ),
    );
  }
  if (connectionString?.reveal().trim() === '') {
    problems.push(
      new ConfigError(
        'the connection string is missing, as it is after a rebuild of the catalogue',
        `Give it again: pgbak edit ${quoted(configuredName(server))} --connection-string postgresql://USER@HOST/DATABASE`,
      ),
    );
  }
  if (!connectionString || !compression || archiveName === undefined || !destinations || problems.length > 0) {
    throw allOf(problems);
  }
  return {
    connectionString,
    format,
    compression,
    compressionText,
    archiveName,
    archivePassword,
    destination: destinations[0].destination,
    destinations,
    dumpTimeoutMs: environment.dumpTimeoutMs,
  };
}

/** Where a setting comes from. */
type Source = 'record' | 'environment' | 'none';

/** Refers to the archive password of the environment, for a server that gets one of its own. */
export const ENVIRONMENT_PASSWORD = 'env:ARCHIVE_PASSWORD';

/** Where the archive password of a server comes from; `none` means that its archives are not encrypted. */
export function encryptionSource(server: Pick<ServerRecord, 'archivePassword'>, environment: Environment): Source {
  return sourceOf(server.archivePassword, environment.archivePassword);
}

/** Where the B2 settings of a server's primary destination come from; `none` for a directory, `incomplete` while one is missing. */
export function b2Source(server: ServerRecord, environment: Environment): Source | 'mixed' | 'incomplete' {
  const [{ place, record }] = targetsOf(server, environment);
  if (place.kind !== 'b2') return 'none';
  const { b2KeyId, b2AppKey } = record ?? server;
  // The text of the destination may name the bucket itself.
  const own = record === undefined ? parsePlace(server.destinations[0] ?? DEFAULT_PLACE) : place;
  const bucket = (own.kind === 'b2' ? own.bucket : undefined) ?? server.b2Bucket;
  const sources = [
    sourceOf(b2KeyId, environment.b2KeyId),
    sourceOf(b2AppKey, environment.b2AppKey),
    sourceOf(bucket, place.bucket),
  ];
  if (sources.includes('none')) return 'incomplete';
  const [first = 'none'] = sources;
  return sources.every((source) => source === first) ? first : 'mixed';
}

function sourceOf(record: unknown, environment: unknown): Source {
  return record !== undefined ? 'record' : environment !== undefined ? 'environment' : 'none';
}

/** The password that a server's archives are opened with today. */
export function archivePasswordOf(server: ServerRecord, environment: Environment): Secret | undefined {
  const secret = server.archivePassword ?? environment.archivePassword;
  return secret === undefined ? undefined : resolveReference(secret, 'the archive password', environment.variable);
}

/**
 * The passwords that open a server's earlier archives, newest first. A reference that leads nowhere becomes a problem and
 * leaves the other passwords alone.
 */
export function earlierPasswordsOf(
  server: Pick<ServerRecord, 'earlierArchivePasswords'>,
  environment: Environment,
): { passwords: Secret[]; problems: string[] } {
  const passwords: Secret[] = [];
  const problems: string[] = [];
  for (const value of server.earlierArchivePasswords) {
    const password = attempt(() => resolveReference(value, 'an earlier archive password', environment.variable));
    if (password instanceof PgbakError) problems.push(password.message);
    else passwords.push(password);
  }
  return { passwords, problems };
}

/** The password that a flag gives, or the one that it refers to. */
export function givenPassword(given: string, { variable }: Environment): Secret {
  return resolveReference(new Secret(given), 'the archive password', variable);
}

/** The secrets that a backup works with, references resolved: no message may hold one. */
export function settingSecrets(settings: ServerSettings | undefined): Secret[] {
  if (settings === undefined) return [];
  const { connectionString, archivePassword, destinations } = settings;
  const ofDestinations = destinations.flatMap(({ destination }): unknown[] => Object.values(destination));
  return [connectionString, archivePassword, ...ofDestinations].filter((value) => value instanceof Secret);
}
