import type { Destination } from '../storage/registry.ts';
import { ConfigError, PgbakError } from '../core/errors.ts';
import { parseArchiveName } from './archive-name.ts';
import { parseCompression, type Compression } from '../core/compression.ts';
import { resolveDestination } from './destination.ts';
import type { Environment } from './environment.ts';
import { resolveReference } from './reference.ts';
import type { Secret } from '../core/secret.ts';
import type { Format } from '../core/dump-format.ts';
import { unreadableProblem, type ServerFields, type ServerRecord } from './server.ts';

/** What one run asks for in place of a server's own format and compression. */
export type SettingsOverrides = { [Field in keyof ArchiveKind]?: ArchiveKind[Field] | undefined };

/** Format and compression as the catalogue notes them, which is done before the compression is checked. */
type ArchiveKind = Pick<ServerFields, 'format' | 'compression'>;

/** Format and compression of the next backup, as the catalogue notes them. */
export function archiveKindOf(server: ArchiveKind, overrides: SettingsOverrides = {}): ArchiveKind {
  return { format: overrides.format ?? server.format, compression: overrides.compression ?? server.compression };
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
  destination: Destination;
  /** After this the dump is ended. */
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
  const attempt = <T>(resolve: () => T): T | undefined => {
    try {
      return resolve();
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const resolved = (value: Secret | undefined, what: string) =>
    value === undefined ? undefined : attempt(() => resolveReference(value, what, environment.variable));

  const unreadable = unreadableProblem(server);
  if (unreadable !== undefined) throw unreadable;
  const connectionString = resolved(server.connectionString, 'the connection string');
  const archivePassword = resolved(server.archivePassword ?? environment.archivePassword, 'the archive password');
  const { format, compression: compressionText } = archiveKindOf(server, overrides);
  const compression = attempt(() => parseCompression(compressionText));
  const archiveName = attempt(() => parseArchiveName(server.archiveName));
  const destination = attempt(() => resolveDestination(server, environment));
  if (server.archivePassword === undefined && environment.isArchivePasswordEmpty) {
    problems.push(
      new ConfigError(
        'ARCHIVE_PASSWORD is set, but empty: the archive would not be encrypted',
        'Give it the password, or unset it to store archives that anybody can read.',
      ),
    );
  }
  if (connectionString?.reveal().trim() === '') {
    problems.push(
      new ConfigError(
        'the connection string is missing, as it is after a rebuild of the catalogue',
        `Give it again: pgbak edit ${server.name} --connection-string ...`,
      ),
    );
  }
  if (!connectionString || !compression || archiveName === undefined || !destination || problems.length > 0) {
    throw combined(problems);
  }
  return {
    connectionString,
    format,
    compression,
    compressionText,
    archiveName,
    archivePassword,
    destination,
    dumpTimeoutMs: environment.dumpTimeoutMs,
  };
}

function combined(problems: readonly PgbakError[]): ConfigError {
  const hints = [...new Set(problems.flatMap((problem) => problem.hint ?? []))];
  return new ConfigError(problems.map((problem) => problem.message).join('; '), hints.join(' ') || undefined);
}

/** Where a ping goes for each moment of a backup, and of its verification. */
export interface PingUrls {
  start?: Secret;
  success?: Secret;
  fail?: Secret;
  verify?: Secret;
}

/**
 * The ping URLs of a server, apart from its other settings: a server whose settings are broken must still be able to
 * tell that it failed. A reference that leads nowhere becomes a problem and leaves the other URLs alone.
 */
export function resolvePingUrls(
  server: Pick<ServerRecord, 'hcUrlStart' | 'hcUrlSuccess' | 'hcUrlFail' | 'hcUrlVerify'>,
  environment: Environment,
): { urls: PingUrls; problems: string[] } {
  const urls: PingUrls = {};
  const problems: string[] = [];
  const given = {
    start: server.hcUrlStart,
    success: server.hcUrlSuccess,
    fail: server.hcUrlFail,
    verify: server.hcUrlVerify,
  };
  for (const moment of ['start', 'success', 'fail', 'verify'] as const) {
    const value = given[moment];
    if (value === undefined) continue;
    try {
      urls[moment] = resolveReference(value, `the ${moment} ping URL`, environment.variable);
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      problems.push(error.message);
    }
  }
  return { urls, problems };
}
