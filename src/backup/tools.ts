import type { Catalog } from '../catalog/open-catalog.ts';
import type { Compression } from '../core/compression.ts';
import type { PingUrls, ServerSettings, SettingsOverrides, Destination } from '../server/settings.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Level } from '../core/backup-record.ts';
import type { WriteArchiveRequest, WrittenArchive } from '../archive/write-archive.ts';
import type { Ping, PingMoment } from '../notify/ping.ts';
import type { DumpRequest, PreparedDump } from '../postgres/prepare-dump.ts';
import type { RestorePoint } from '../restore/choose-point.ts';
import type { Verification } from '../restore/verify.ts';
import type { Room, Storage } from '../storage/storage.ts';
import type { Clock } from '../system/clock.ts';
import type { TemporaryDirectory } from '../system/temporary-directory.ts';
import type { Report } from './events.ts';
import type { PruneEntry } from '../retention/prune.ts';

/** What an archive is to be made of; where 7-Zip is and what it gets to see of the environment is known already. */
export type ArchiveRequest = Omit<WriteArchiveRequest, 'sevenZip' | 'environment'>;

/** What ends a ping before its time. */
export type PingLimits = Pick<Ping, 'signal' | 'withinMs'>;

/**
 * Everything a run needs of the outside world, built in one place and handed in. A function asks for the part it
 * needs, so that its signature tells what it touches.
 */
export interface Tools {
  catalog: Pick<Catalog, 'id' | 'servers' | 'backups' | 'rebuild'>;
  clock: Clock;
  /** Aborted with an `InterruptedError` when a signal asks pgbak to stop. */
  signal: AbortSignal;
  report: Report;
  /** The process' own version, kept with each stored archive. */
  version: string;
  /** Throws a `ConfigError` that tells everything wrong with a server's settings. */
  settingsFor: (server: ServerRecord, overrides?: SettingsOverrides) => ServerSettings;
  /** Where its archives go; undefined where its settings do not say. */
  placeOf: (server: ServerRecord) => string | undefined;
  /** The machine that a server's database is on; a server that does not say stands for itself. */
  hostOf: (server: ServerRecord) => string;
  pingUrlsFor: (server: ServerRecord) => { urls: PingUrls; problems: string[] };
  /** Throws a `ConfigError` for a connection string that cannot be one, without connecting. */
  checkConnection: (connectionString: Secret) => void;
  /** Asks the server its version and finds the pg_dump that matches. */
  prepareDump: (
    server: DumpRequest['server'],
    settings: DumpRequest['settings'],
    signal: AbortSignal,
  ) => Promise<PreparedDump>;
  /** Finds the programs that a backup takes; a `ProgramError` where there is no 7-Zip or no zstd. */
  findPrograms: (compression: Compression) => Promise<void>;
  writeArchive: (request: ArchiveRequest) => Promise<WrittenArchive>;
  storageFor: (destination: Destination) => Promise<Storage>;
  /** The room on the disk for an archive that is written there; undefined where none of it can be given back. */
  openRoom: (archivePath: string) => Promise<Omit<Room, 'hold'> | undefined>;
  /** Restores a new backup, or reads all of it, and remembers what came out. Rejects only when interrupted. */
  verify: (
    level: Level,
    server: ServerRecord,
    point: RestorePoint,
    password: Secret | undefined,
  ) => Promise<Verification>;
  /** Whether a copy of the catalogue is kept beside the backups. */
  copiesCatalog: boolean;
  /**
   * Writes a copy of the catalogue, archived, to a new file. Its secrets are in it only where an archive password that
   * is the same for all servers encrypts it.
   */
  archiveCatalog: (path: string) => Promise<{ sizeBytes: number }>;
  /** Removes what a server's rules do not keep; never the backup that was just made. */
  prune: (server: ServerRecord, justMade: number) => Promise<PruneEntry[]>;
  /** Resolves with a warning when the ping could not be delivered, after some seconds at most; never rejects. */
  ping: (moment: PingMoment, url: Secret, body: string, limits: PingLimits) => Promise<string | undefined>;
  createTemporaryDirectory: () => Promise<TemporaryDirectory>;
  /** Removes what a killed run left in the temporary directory; a sentence for each thing removed. */
  sweepTemporaryDirectories: () => Promise<string[]>;
}
